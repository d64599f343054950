import type { ModelSummary } from '../../analysis/summary.ts';
import { formatBytes, formatCount } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import type { Judgement } from '../../engine/fidelity.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';
import type { ExitCode } from '../command.ts';
import { fidelityLines } from '../open-data.ts';
import { table, type Output } from '../output.ts';
import type { CommandStudio } from '../studio.ts';
import { verifyLines } from './verify.ts';
import { writeModelFile } from '../write-model.ts';

const PASS = 'remove-dead-channels';

/** Options of `whittle prune` where it removes what adds nothing. */
export const DEAD_OPTIONS: Options = {
  dead: {
    type: 'boolean',
    help: 'remove the channels that add nothing: constant, unread, or copies; with --data, also those it never moves',
  },
};

const OTHERS = [
  ...['ratio', 'macs', 'parameters', 'bytes', 'sparsity', 'pattern', 'scope', 'importance', 'repair', 'scores'],
  ...['ratios', 'round-to', 'rounds'],
];
const FLAGS = ['flatten', 'keep-heads', 'reestimate'];
const LISTS = ['protect', 'ratio-of'];

/** Whether only dead channels are to go: what they are is no matter of a share or a ranking. */
export function isDeadPruning(args: Arguments): boolean {
  const other =
    OTHERS.find((name) => args.text(name) !== null) ??
    FLAGS.find((name) => args.flag(name)) ??
    LISTS.find((name) => args.texts(name).length > 0);
  if (args.flag('dead') && other) {
    throw new UsageError(`--dead removes what adds nothing; --${other} has no part in it.`);
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

/**
 * `whittle prune --dead`: the same results with fewer channels, and where data were given, also without those that they
 * never move. The model's inputs with a default are frozen by now.
 */
export async function pruneDead(
  studio: CommandStudio,
  args: Arguments,
  judgement: Judgement | null,
  output: Output,
  job: Job,
): Promise<ExitCode> {
  const [out, dry] = [args.text('out'), args.flag('dry-run')];
  const options = args.text('data') === null ? {} : { data: true };
  const [found] = await studio.sites([PASS], { [PASS]: options }, job);
  const refused = (found?.refusals ?? []).map(({ nodes: [first], reason }) => ({
    node: first === undefined ? null : studio.nodeLabel(first),
    reason,
  }));
  const document = await studio.apply({ pass: PASS, options, off: [] }, job);
  const [first, last] = [document.stops[0], document.stops.at(-1)];
  if (!first || !last) throw new UsageError('MODEL is missing.');
  if (out && !dry) writeModelFile(studio, out);
  const data = judgement ? await studio.judge(judgement, job) : null;
  const verify = args.flag('verify') ? await studio.verifyWhole(job) : null;
  const [before, after] = [first.summary, last.summary];
  output.result(
    { before, after, groups: last.groups, refused, ...(data ? { data } : {}), ...(verify ? { verify } : {}) },
    [
      ...table(last.groups.map((group) => [group.name, `${group.before} → ${group.after}`, kindsOf(group.dead ?? {})])),
      ...(last.groups.length === 0 ? ['Every channel adds something.'] : []),
      ...refused.map(({ node, reason }) => `refused  ${node ?? ''}: ${reason}`),
      sizesLine(before, after),
      ...(data ? fidelityLines(data) : []),
      ...(verify ? verifyLines(verify) : []),
      dry ? 'Nothing was written (--dry-run).' : `Written to ${out}`,
    ],
  );
  return 0;
}

/** `2 zero, 1 copy` */
const kindsOf = (dead: Readonly<Record<string, number>>): string =>
  Object.entries(dead)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
