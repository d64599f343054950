import { readFileSync } from 'node:fs';
import type { Json } from '../../base/json.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import { checkFlatten, COUNTED, FLATTEN_OPTIONS, flattenedOptions } from '../flatten.ts';
import { fold, freeze } from '../freeze.ts';
import { CALIBRATING, calibrateFrom, fidelityLines } from '../open-data.ts';
import { openStudio } from '../studio.ts';
import { table } from '../output.ts';
import { DEAD_OPTIONS, isDeadPruning, pruneDead, sizesLine } from './prune-dead.ts';
import { checkTarget, LATENCY_OPTIONS, latencyLine, latencyTarget } from './prune-latency.ts';
import { isWeightPruning, pruneWeights, WEIGHT_OPTIONS } from './prune-weights.ts';
import { cutInRounds, ROUND_OPTIONS, roundsOf } from './prune-rounds.ts';
import { IMPORTANCES } from './importances.ts';
import { verifyLines } from './verify.ts';
import type { Command } from '../command.ts';
import { writeModelFile } from '../write-model.ts';

/** What can be counted without timing. */
const TARGETS = [...COUNTED, 'latency'] as const;

function pruneOptions(args: Arguments): Record<string, Json> {
  const ratio = args.number('ratio', { min: 0, max: 0.99 });
  const targets = TARGETS.flatMap((name) => {
    const share = args.number(name, { min: 0.01, max: 1 });
    return share === null ? [] : [[name, share] as const];
  });
  if (ratio === null && targets.length === 0) {
    throw new UsageError('--ratio, --macs, --parameters, --bytes, --latency, --sparsity or --dead is missing.');
  }
  if (targets.length > 1)
    throw new UsageError(`Only one of ${targets.map(([name]) => `--${name}`).join(' and ')} can be the target.`);
  const scope = args.choice('scope', ['group', 'global', 'isomorphic']);
  const scores = args.text('scores');
  const formula = args.text('formula');
  const importance = args.choice('importance', IMPORTANCES) ?? (scores ? 'scores' : formula ? 'formula' : null);
  const repair = args.choice('repair', ['none', 'mean', 'least-squares']);
  const roundTo = args.number('round-to', { min: 1, max: 256, integer: true });
  const seed = args.number('seed', { min: 0, max: 2 ** 31, integer: true });
  return {
    ...(ratio === null ? {} : { ratio }),
    ...Object.fromEntries(targets),
    ...(scope ? { scope } : {}),
    ...(importance ? { importance } : {}),
    ...(repair ? { repair } : {}),
    ...(roundTo === null ? {} : { roundTo }),
    ...(seed === null ? {} : { seed }),
    ...(scores ? { scores: readJson(scores) } : {}),
    ...(formula ? { formula } : {}),
    ...(args.flag('keep-heads') ? { heads: false } : {}),
    ...(args.flag('across-norms') ? { acrossNorms: true } : {}),
    ratios: shares(args.texts('ratio-of')),
    protected: args.texts('protect'),
  };
}

/** `GROUP=R`, the last `=` counting: keys of groups may hold one. */
const shares = (texts: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    texts.map((text) => {
      const at = text.lastIndexOf('=');
      const share = Number(text.slice(at + 1));
      if (at < 1 || text.slice(at + 1).trim() === '' || !(share >= 0 && share <= 1)) {
        throw new UsageError(`--ratio-of takes GROUP=R with R from 0 to 1, not "${text}".`);
      }
      return [text.slice(0, at), share];
    }),
  );

function readJson(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Json;
  } catch (error) {
    throw new UsageError(`${path} is not read as JSON: ${(error as Error).message}`);
  }
}

export const prune: Command = {
  name: 'prune',
  summary:
    'Removes channels by dependency groups, or those that add nothing, or sets weights to zero; writes the result.',
  positionals: ['MODEL'],
  options: {
    out: { type: 'string', short: 'o', value: 'OUT', writes: true, help: 'where the result goes' },
    ratio: { type: 'string', value: 'R', help: 'share of channels removed per group, 0 to 1' },
    macs: { type: 'string', value: 'F', help: 'share of the MACs that is kept, in place of --ratio' },
    parameters: { type: 'string', value: 'F', help: 'share of the parameters that is kept' },
    bytes: { type: 'string', value: 'F', help: 'share of the bytes that is kept' },
    ...LATENCY_OPTIONS,
    scope: {
      type: 'string',
      value: 'group|isomorphic|output|layer|global',
      help: 'channels: within each group, over those built alike, over all; weights: within each output, tensor, over all',
    },
    importance: {
      type: 'string',
      value: 'ID',
      help: `channels: ${IMPORTANCES.join(', ')}; weights: magnitude, lamp, wanda, random`,
    },
    repair: {
      type: 'string',
      value: 'none|mean|least-squares',
      help: 'what makes up for channels that go (none)',
    },
    scores: { type: 'string', value: 'FILE', help: 'scores of your own: JSON, lists of numbers by group' },
    formula: { type: 'string', value: 'F', help: 'rank by a formula over importances: "l2 * apoz / mean(l2)"' },
    'ratio-of': { type: 'string', multiple: true, value: 'GROUP=R', help: 'share removed from one group' },
    ...FLATTEN_OPTIONS,
    'keep-heads': { type: 'boolean', help: 'attention heads stay' },
    'across-norms': { type: 'boolean', help: 'cut channels too that a norm takes its statistics over' },
    ...ROUND_OPTIONS,
    ...CALIBRATING,
    'round-to': { type: 'string', value: 'N', help: 'widths become multiples of N (1)' },
    seed: { type: 'string', value: 'S', help: 'seed of the random ranking' },
    protect: { type: 'string', multiple: true, value: 'NAME', help: 'a group or weight that stays whole' },
    ...WEIGHT_OPTIONS,
    ...DEAD_OPTIONS,
    verify: { type: 'boolean', help: 'run original and result and show how close they are' },
    'dry-run': { type: 'boolean', help: 'count what would come out; write nothing' },
  },
  examples: [
    'whittle prune model.onnx --ratio 0.5 -o pruned.onnx',
    'whittle prune model.onnx --sparsity 0.8 --pattern 2:4 --dry-run',
  ],
  async run(args, output, job) {
    const out = args.text('out');
    const dry = args.flag('dry-run');
    if (!out && !dry) throw new UsageError('-o is missing (or --dry-run).');
    const weights = isWeightPruning(args);
    const dead = isDeadPruning(args);
    const options = weights || dead ? {} : pruneOptions(args);
    if (!weights && !dead) checkFlatten(args, options);
    const rounds = roundsOf(args);
    const { studio } = await openStudio(args.positionals[0] ?? '', job);
    if (weights) return pruneWeights(studio, args, output, job);
    await freeze(studio, output, job);
    await fold(studio, output, job);
    const judgement = await calibrateFrom(args, studio, output, job);
    if (dead) return pruneDead(studio, args, judgement, output, job);
    const even = args.flag('flatten') ? await flattenedOptions(studio, options, judgement, args, job) : options;
    const before = studio.document().cursor;
    const target = await latencyTarget(studio, even, args, output, job);
    const step = target?.options ?? even;
    const acrossNorms = options['acrossNorms'] === true;
    const { frozen } = await studio.prunePlan({ importance: 'l2', seed: 0, acrossNorms }, job);
    const groups = await cutInRounds(studio, step, rounds, job);
    const { stops } = studio.document();
    const [first, last] = [stops[0], stops.at(-1)];
    if (!first || !last) throw new UsageError('MODEL is missing.');
    if (out && !dry) writeModelFile(studio, out);
    const data = judgement ? await studio.judge(judgement, job) : null;
    const verify = args.flag('verify') ? await studio.verifyWhole(job) : null;
    const latency = target ? await checkTarget(studio, before, target, args, job) : null;
    const result = {
      before: first.summary,
      after: last.summary,
      groups,
      frozen: frozen.map(({ label, reason }) => ({ node: label, reason })),
      ...(data ? { data } : {}),
      ...(verify ? { verify } : {}),
      ...(latency ? { latency } : {}),
    };
    output.result(result, [
      ...table(groups.map((group) => [group.name, `${group.before} → ${group.after}`])),
      ...frozen.map((each) => `frozen  ${each.label}: ${each.reason}`),
      sizesLine(first.summary, last.summary),
      ...(data ? fidelityLines(data) : []),
      ...(verify ? verifyLines(verify) : []),
      ...(latency ? [latencyLine(latency)] : []),
      dry ? 'Nothing was written (--dry-run).' : `Written to ${out}`,
    ]);
    return 0;
  },
};
