import { writeFileSync } from 'node:fs';
import type { Json } from '../../base/json.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import { freeze } from '../freeze.ts';
import { openStudio } from '../studio.ts';
import { table } from '../output.ts';
import { DEAD_OPTIONS, isDeadPruning, pruneDead, sizesLine } from './prune-dead.ts';
import { isWeightPruning, pruneWeights, WEIGHT_OPTIONS } from './prune-weights.ts';
import { verifyLines } from './verify.ts';
import type { Command } from '../command.ts';

function pruneOptions(args: Arguments): Record<string, Json> {
  const ratio = args.number('ratio', { min: 0, max: 0.99 });
  const macs = args.number('macs', { min: 0.01, max: 1 });
  if (ratio === null && macs === null) throw new UsageError('--ratio, --macs, --sparsity or --dead is missing.');
  const scope = args.choice('scope', ['group', 'global']);
  const importance = args.choice('importance', ['l2', 'l1', 'random']);
  const roundTo = args.number('round-to', { min: 1, max: 256, integer: true });
  const seed = args.number('seed', { min: 0, max: 2 ** 31, integer: true });
  return {
    ...(ratio === null ? {} : { ratio }),
    ...(macs === null ? {} : { macs }),
    ...(scope ? { scope } : {}),
    ...(importance ? { importance } : {}),
    ...(roundTo === null ? {} : { roundTo }),
    ...(seed === null ? {} : { seed }),
    protected: args.texts('protect'),
  };
}

export const prune: Command = {
  name: 'prune',
  summary:
    'Removes channels by dependency groups, or those that add nothing, or sets weights to zero; writes the result.',
  positionals: ['MODEL'],
  options: {
    out: { type: 'string', short: 'o', value: 'OUT', help: 'where the result goes' },
    ratio: { type: 'string', value: 'R', help: 'share of channels removed per group, 0 to 1' },
    macs: { type: 'string', value: 'F', help: 'share of the MACs that is kept, in place of --ratio' },
    scope: { type: 'string', value: 'group|layer|global', help: 'rank within each group (tensor), or over all' },
    importance: { type: 'string', value: 'ID', help: 'channels: l2, l1, random; weights: magnitude, lamp, random' },
    'round-to': { type: 'string', value: 'N', help: 'widths become multiples of N (1)' },
    seed: { type: 'string', value: 'S', help: 'seed of the random ranking' },
    protect: { type: 'string', multiple: true, value: 'NAME', help: 'a group or weight that stays whole' },
    ...WEIGHT_OPTIONS,
    ...DEAD_OPTIONS,
    verify: { type: 'boolean', help: 'run original and result and show how close they are' },
    'dry-run': { type: 'boolean', help: 'count what would come out; write nothing' },
  },
  async run(args, output, job) {
    const out = args.text('out');
    const dry = args.flag('dry-run');
    if (!out && !dry) throw new UsageError('-o is missing (or --dry-run).');
    const weights = isWeightPruning(args);
    const dead = isDeadPruning(args);
    const options = weights || dead ? {} : pruneOptions(args);
    const { studio } = await openStudio(args.positionals[0] ?? '', job);
    if (weights) return pruneWeights(studio, args, output, job);
    await freeze(studio, output, job);
    if (dead) return pruneDead(studio, args, output, job);
    const { frozen } = await studio.prunePlan({ importance: 'l2', seed: 0 }, job);
    const document = await studio.apply({ pass: 'prune-channels', options, off: [] }, job);
    const [first, last] = [document.stops[0], document.stops.at(-1)];
    if (!first || !last) throw new UsageError('MODEL is missing.');
    if (out && !dry) writeFileSync(out, studio.exportModel().bytes);
    const verify = args.flag('verify') ? await studio.verifyWhole(job) : null;
    const result = {
      before: first.summary,
      after: last.summary,
      groups: last.groups,
      frozen: frozen.map(({ label, reason }) => ({ node: label, reason })),
      ...(verify ? { verify } : {}),
    };
    output.result(result, [
      ...table(last.groups.map((group) => [group.name, `${group.before} → ${group.after}`])),
      ...frozen.map((each) => `frozen  ${each.label}: ${each.reason}`),
      sizesLine(first.summary, last.summary),
      ...(verify ? verifyLines(verify) : []),
      dry ? 'Nothing was written (--dry-run).' : `Written to ${out}`,
    ]);
    return 0;
  },
};
