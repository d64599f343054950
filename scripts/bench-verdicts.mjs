// How far a verdict can be relied on: models against themselves, and against themselves with 5 % added to every run.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { realModels } from './real-models.mjs';
import { withSource } from './source.mjs';

const MODELS = new Set([
  'mnist',
  'mnist-net_256x4',
  'mobilenet_v2_fp32',
  'version-RFB-320',
  'FastestDet',
  'ch_PP-OCRv2_det_infer',
  'silero_vad',
  'magika_standard_v3_3',
  'bert_toy_unfused',
  'light_squeezenet',
]);
const REPEATS = 4;
const SLOWDOWN = 0.05;
const ALIKE = 0.02;
const REQUEST = {
  backend: 'wasm',
  level: 'all',
  threads: 1,
  runs: 50,
  rounds: 3,
  within: 0.015,
  budgetMs: 12_000,
};

/** A session of which every run takes so much longer, by spinning. */
const slowed = (session, share) => ({
  inputs: session.inputs,
  outputs: session.outputs,
  release: () => session.release(),
  async run(feeds) {
    const start = performance.now();
    const result = await session.run(feeds);
    const until = performance.now() + share * (performance.now() - start);
    while (performance.now() < until);
    return result;
  },
});

/** A model against itself; `share` is what is added to every run of the second, which is told by its buffer. */
function one({ benchmark, runtime, silentJob }, bytes, share, seed) {
  const second = bytes.slice();
  const both = {
    ...runtime,
    async createSession(model, ...rest) {
      const session = await runtime.createSession(model, ...rest);
      // Nothing is added to the model against itself, not even the reading of a clock.
      return model === second && share > 0 ? slowed(session, share) : session;
    },
  };
  return benchmark(both, bytes, second, REQUEST, silentJob(), { seed });
}

/** Rows `{ model, injected, ratio, interval, verdict, pairs, seconds }`. */
export async function benchVerdicts(files, say) {
  const all = files.length > 0 ? files : realModels().filter((file) => MODELS.has(basename(file, '.onnx')));
  return withSource(async (load) => {
    const { benchmark } = await load('/src/bench/benchmark.ts');
    const { nodeRuntime } = await load('/src/runtime/node.ts');
    const { silentJob } = await load('/src/base/job.ts');
    const tools = { benchmark, silentJob, runtime: nodeRuntime() };
    const rows = [];
    for (const file of all) {
      const bytes = new Uint8Array(readFileSync(file));
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        for (const injected of [0, SLOWDOWN]) {
          const start = performance.now();
          const result = await one(tools, bytes, injected, repeat + 1);
          const { ratio, interval, verdict, a, conditions } = result;
          const seconds = (performance.now() - start) / 1000;
          const row = {
            model: basename(file),
            injected,
            ratio,
            interval,
            verdict,
            pairs: a.samples.length,
            seconds,
            conditions,
          };
          rows.push(row);
          say(
            `verdicts ${row.model.padEnd(30)} ${injected ? '+5 %' : 'A/A '}  ${ratio.toFixed(4)} (${interval.map((each) => each.toFixed(4)).join(' to ')})  ${verdict.padEnd(12)} ${row.pairs} pairs, ${seconds.toFixed(0)} s, ${conditions.disturbed === null ? '–' : Math.round(100 * conditions.disturbed)} % disturbed`,
          );
        }
      }
    }
    return summarize(rows, say);
  });
}

function summarize(rows, say) {
  const share = (part, whole) => (whole.length === 0 ? NaN : part.length / whole.length);
  const alike = rows.filter(({ injected }) => injected === 0);
  const slower = rows.filter(({ injected }) => injected > 0);
  const inconclusive = share(
    alike.filter(({ verdict }) => verdict === 'inconclusive'),
    alike,
  );
  const right = share(
    alike.filter(({ verdict, ratio }) => verdict === 'inconclusive' || Math.abs(ratio - 1) <= ALIKE),
    alike,
  );
  const moved = share(
    alike.filter(({ verdict }) => verdict === 'faster' || verdict === 'slower'),
    alike,
  );
  const found = share(
    slower.filter(({ verdict }) => verdict === 'slower'),
    slower,
  );
  const percent = (value) => `${(100 * value).toFixed(1)} %`;
  say(
    `verdicts A/A: ${percent(right)} inconclusive or within 2 %, ${percent(inconclusive)} inconclusive, ${percent(moved)} called faster or slower (${alike.length} runs)`,
  );
  say(`verdicts 5 % added: found ${percent(found)} of the time (${slower.length} runs)`);
  return { rows, right, inconclusive, moved, found };
}
