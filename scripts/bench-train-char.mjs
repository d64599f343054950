// A character transformer of half the size, taught by tokens alone, by the bundled one's logits, and by its hidden states
// beside them: perplexity of documents that neither train nor choose. Equal steps, the same begin for the same seed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandOf } from './command.mjs';
import { withSource } from './source.mjs';

const SEEDS = [1, 2, 3];
const STUDENT = 'sample:character-transformer?layers=2';
const TEACHER = 'sample:character-transformer';
const RUN = {
  data: 'stories',
  'test-data': 'stories',
  steps: 300,
  batch: 8,
  lr: 0.004,
  'warm-up': 30,
  'hold-out': 40,
  'evaluate-every': 300,
  'weight-decay': 0,
  average: 0.98,
};
/** The student's layers end where half of the teacher's, and all of them, end. */
const HINTS = [
  ['/model/layers.0/Add_1_output_0', '/model/layers.1/Add_1_output_0'],
  ['/model/layers.1/Add_1_output_0', '/model/layers.3/Add_1_output_0'],
];
const WAYS = {
  'tokens alone': ['train', STUDENT],
  logits: ['distill', STUDENT, '--teacher', TEACHER],
  'logits and hidden states': [
    ...['distill', STUDENT, '--teacher', TEACHER, '--hint-factor', '0.1'],
    ...HINTS.flatMap((pair) => ['--hint', pair.join('=')]),
  ],
};

const mean = (values) => values.reduce((sum, each) => sum + each, 0) / values.length;
const spread = (values) => Math.sqrt(mean(values.map((each) => (each - mean(values)) ** 2)) * (3 / 2));

export async function benchTrainChar(say) {
  return withSource(async (load) => {
    const whittle = await commandOf(load);
    const folder = mkdtempSync(join(tmpdir(), 'whittle-train-char-'));
    const options = Object.entries(RUN).flatMap(([key, value]) => [`--${key}`, String(value)]);
    const rows = [];
    for (const [name, argv] of Object.entries(WAYS)) {
      const found = [];
      for (const seed of SEEDS) {
        const run = [...argv, ...options, '--from-scratch', '--seed', String(seed), '-o', join(folder, 'student.onnx')];
        const { test, ms } = await whittle(...run);
        const { perplexity, top1, divergence } = test.after;
        found.push({
          seed,
          perplexity,
          top1,
          divergence,
          teacher: test.teacher?.perplexity ?? null,
          seconds: ms / 1000,
        });
      }
      const all = found.map(({ perplexity }) => perplexity);
      rows.push({ name, found });
      say(
        `train-char  ${name}: perplexity ${mean(all).toFixed(3)} ± ${spread(all).toFixed(3)} (${all.map((each) => each.toFixed(3)).join(', ')}), ` +
          `top-1 ${(100 * mean(found.map(({ top1 }) => top1))).toFixed(1)} %, teacher ${found[0].teacher?.toFixed(3) ?? 'none'}, ` +
          `${mean(found.map(({ seconds }) => seconds)).toFixed(0)} s a run`,
      );
    }
    rmSync(folder, { recursive: true });
    return rows;
  });
}
