import { writeFileSync } from 'node:fs';
import type { ModelSummary } from '../../analysis/summary.ts';
import { formatBytes, formatCount } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';
import type { ExitCode } from '../command.ts';
import { table, type Output } from '../output.ts';
import type { CommandStudio } from '../studio.ts';
import { verifyLines } from './verify.ts';

const PASS = 'remove-dead-channels';

/** Options of `whittle prune` where it removes what adds nothing. */
export const DEAD_OPTIONS: Options = {
  dead: { type: 'boolean', help: 'remove the channels that add nothing: constant, unread, or copies of others' },
};

const OTHERS = ['ratio', 'macs', 'sparsity', 'pattern', 'scope', 'importance', 'round-to', 'seed'] as const;

/** Whether only dead channels are to go: what they are is no matter of a share or a ranking. */
export function isDeadPruning(args: Arguments): boolean {
  const other = OTHERS.find((name) => args.text(name) !== null);
  if (args.flag('dead') && (other || args.texts('protect').length > 0)) {
    throw new UsageError(`--dead removes what adds nothing; --${other ?? 'protect'} has no part in it.`);
  }
  return args.flag('dead');
}

/** `1.24 MB → 1.10 MB, 300 k → 270 k parameters, 85.0 M → 80.1 M MACs` */
export const sizesLine = (before: ModelSummary, after: ModelSummary): string =>
  [
    `${formatBytes(before.bytes)} → ${formatBytes(after.bytes)}`,
    `${formatCount(before.parameters)} → ${formatCount(after.parameters)} parameters`,
    `${formatCount(before.macs)} → ${formatCount(after.macs)} MACs`,
  ].join(', ');

/** `whittle prune --dead`: the same results with fewer channels. The model's inputs with a default are frozen by now. */
export async function pruneDead(studio: CommandStudio, args: Arguments, output: Output, job: Job): Promise<ExitCode> {
  const [out, dry] = [args.text('out'), args.flag('dry-run')];
  const [found] = await studio.sites([PASS], {}, job);
  const refused = (found?.refusals ?? []).map(({ nodes: [first], reason }) => ({
    node: first === undefined ? null : studio.nodeLabel(first),
    reason,
  }));
  const document = await studio.apply({ pass: PASS, options: {}, off: [] }, job);
  const [first, last] = [document.stops[0], document.stops.at(-1)];
  if (!first || !last) throw new UsageError('MODEL is missing.');
  if (out && !dry) writeFileSync(out, studio.exportModel().bytes);
  const verify = args.flag('verify') ? await studio.verifyWhole(job) : null;
  const [before, after] = [first.summary, last.summary];
  output.result({ before, after, groups: last.groups, refused, ...(verify ? { verify } : {}) }, [
    ...table(last.groups.map((group) => [group.name, `${group.before} → ${group.after}`, kindsOf(group.dead ?? {})])),
    ...(last.groups.length === 0 ? ['Every channel adds something.'] : []),
    ...refused.map(({ node, reason }) => `refused  ${node ?? ''}: ${reason}`),
    sizesLine(before, after),
    ...(verify ? verifyLines(verify) : []),
    dry ? 'Nothing was written (--dry-run).' : `Written to ${out}`,
  ]);
  return 0;
}

/** `2 zero, 1 copy` */
const kindsOf = (dead: Readonly<Record<string, number>>): string =>
  Object.entries(dead)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
