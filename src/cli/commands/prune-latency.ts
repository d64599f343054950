import { CodedError } from '../../base/error.ts';
import { formatMs, formatOff, formatShare, plural } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import type { Json } from '../../base/json.ts';
import { fillTable } from '../../engine/latency-table/fill.ts';
import { storeTable, type StoredTable } from '../../engine/latency-table/table.ts';
import type { LatencyTarget } from '../../engine/latency-target.ts';
import type { LatencyCheck } from '../../engine/latency-types.ts';
import type { Arguments, Options } from '../arguments.ts';
import type { Output } from '../output.ts';
import type { CommandStudio } from '../studio.ts';
import { TableStore } from '../table-file.ts';

export const LATENCY_OPTIONS: Options = {
  latency: { type: 'string', value: 'F', help: 'share of the latency that is kept, predicted from widths timed here' },
  budget: { type: 'string', value: 'SECONDS', help: 'about how long --latency times the model (30)' },
  threads: { type: 'string', value: 'N', help: 'WASM threads that --latency is timed on (1)' },
  table: { type: 'string', value: 'FILE', help: 'predict --latency from this latency table; no width is timed' },
  measure: { type: 'boolean', help: 'measures the operators that the table lacks at these widths' },
};

const budgetOf = (args: Arguments): number => (args.number('budget', { min: 1, max: 3600 }) ?? 30) * 1000;
/** Of the budget, for the result in the end. */
const CHECK_SHARE = 0.25;

/** What a latency target comes to here; null: there is none among the options. */
export async function latencyTarget(
  studio: CommandStudio,
  { latency, ...options }: Readonly<Record<string, Json>>,
  args: Arguments,
  output: Output,
  job: Job,
): Promise<LatencyTarget | null> {
  if (typeof latency !== 'number') return null;
  const threads = args.number('threads', { min: 1, max: 64, integer: true }) ?? 1;
  const acrossNorms = options['acrossNorms'] === true;
  const timed = { backend: 'wasm', threads, acrossNorms, budgetMs: budgetOf(args) * (1 - CHECK_SHARE) } as const;
  const table = await tableFor(studio, timed, args, output, job);
  const request = { ...timed, ...(table ? { table } : {}) };
  const target = await studio.latencyTarget(options, latency, request, job);
  const { model, predicted } = target;
  const source = model.from === 'timed' ? 'Timed' : 'Predicted from the table';
  output.note(
    `${source} at ${plural(model.points, 'width')} (WASM, ${plural(threads, 'thread')}); predictions are within ± ${formatShare(model.error)} of them, half of the time.`,
  );
  if (predicted > latency) output.note(`No cut comes down to ${formatShare(latency)}: the narrowest widths are taken.`);
  return target;
}

/** The table that was asked for, filled where that was asked for too; null: the model is to be timed. */
async function tableFor(
  studio: CommandStudio,
  { threads, acrossNorms }: { readonly threads: number; readonly acrossNorms: boolean },
  args: Arguments,
  output: Output,
  job: Job,
): Promise<StoredTable | null> {
  const path = args.text('table');
  if (!path) return null;
  const store = new TableStore(path);
  const table = store.here(await studio.capabilities(), 'wasm', threads);
  if (!args.flag('measure')) {
    if (table.entries.size > 0) return storeTable(table);
    throw new CodedError('bad-request', `${path} has no table of this device. Add --measure to begin one.`);
  }
  const filled = await fillTable(studio, table, { widths: { acrossNorms } }, job, (grown) => store.put(grown));
  output.note(`${plural(filled.added, 'operator')} measured, kept in ${path}.`);
  return storeTable(filled.table);
}

/** Times the result against the model that was cut, at stop `before`. */
export const checkTarget = (
  studio: CommandStudio,
  before: number,
  { predicted, model }: LatencyTarget,
  args: Arguments,
  job: Job,
): Promise<LatencyCheck> =>
  studio.checkLatency({ before, predicted, model, budgetMs: budgetOf(args) * CHECK_SHARE }, job);

export const latencyLine = ({ predicted, measured, error, ms, threads }: LatencyCheck): string =>
  `latency ${formatMs(ms)} → ${formatMs(ms * measured)}: predicted ${formatShare(predicted)}, measured ${formatShare(measured)} of it (${formatOff(error)}; WASM, ${plural(threads, 'thread')})`;
