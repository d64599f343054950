import { formatRatioInterval } from '../../base/format.ts';
import type { TuneReport } from '../../engine/tune-types.ts';
import { UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { writeSessionFile } from '../session-file.ts';
import { table } from '../output.ts';
import { openStudio } from '../studio.ts';
import { rewrite } from './optimize.ts';
import { verifyLines } from './verify.ts';
import { writeFile } from '../write-file.ts';
import { writeModelFile } from '../write-model.ts';

function lines({ trials, session, device, message }: TuneReport): string[] {
  const rows = trials.map((trial) => [
    trial.kept ? 'kept' : '-',
    trial.name,
    trial.sites > 0 ? String(trial.sites) : '',
    formatRatioInterval(trial.ratio, trial.interval),
    trial.verdict,
  ]);
  return [...table(rows, [2]), ...(session ? [`Load it with ${JSON.stringify(session)}`] : []), message, device];
}

export const tune: Command = {
  name: 'tune',
  summary: 'Times candidate rewrites on this device, keeps those that gain beyond the noise, and writes the result.',
  positionals: ['MODEL'],
  options: {
    out: { type: 'string', short: 'o', value: 'OUT', writes: true, help: 'where the result goes' },
    recipe: { type: 'string', value: 'FILE|PRESET', help: 'what is applied first (clean)' },
    threads: { type: 'string', value: 'N', help: 'WASM threads (1)' },
    runs: { type: 'string', value: 'N', help: 'samples of each side of a comparison (20)' },
    budget: { type: 'string', value: 'SECONDS', help: 'upper bound for one comparison (5)' },
    verify: { type: 'boolean', help: 'run original and result and compare; exit 1 if they differ' },
    'save-recipe': {
      type: 'string',
      value: 'FILE',
      writes: true,
      help: 'write the recipe with the figures of each decision',
    },
  },
  examples: ['whittle tune model.onnx --runs 6 --budget 0.5 -o tuned.onnx'],
  async run(args, output, job) {
    const out = args.text('out');
    if (!out) throw new UsageError('-o is missing.');
    const { studio } = await openStudio(args.positionals[0] ?? '', job);
    const request = {
      backend: 'wasm',
      threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
      runs: args.number('runs', { min: 6, max: 10_000, integer: true }) ?? 20,
      budgetMs: (args.number('budget', { min: 0.5, max: 600 }) ?? 5) * 1000,
    } as const;
    if (args.text('recipe')) await rewrite(studio, args, job);
    else await studio.replay({ preset: 'clean' }, job);
    const { document, report } = await studio.tune(request, job);
    writeModelFile(studio, out);
    const session = writeSessionFile(studio.sessionText(), out);
    const verify = args.flag('verify') ? await studio.verifyWhole(job) : null;
    const recipe = args.text('save-recipe');
    if (recipe) writeFile(recipe, `${JSON.stringify(document.recipe, null, 2)}\n`);
    output.result({ ...report, verify }, [
      ...lines(report),
      ...(verify ? verifyLines(verify) : []),
      `Written to ${out}${session ? `, its session options to ${session}` : ''}`,
    ]);
    return verify?.verdict === 'differs' ? 1 : 0;
  },
};
