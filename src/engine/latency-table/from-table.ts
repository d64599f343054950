import { CodedError } from '../../base/error.ts';
import { formatShare, plural } from '../../base/format.ts';
import type { NodeId } from '../../ir/types.ts';
import { latencyFeatures } from '../../prune/latency/features.ts';
import { fitLatency } from '../../prune/latency/fit.ts';
import { channelGraph } from '../../prune/plan.ts';
import { cutModels } from '../latency-points.ts';
import type { LatencyModel, LatencyRequest } from '../latency-types.ts';
import { predictLatency } from './predict.ts';
import type { TableSubject } from './studio-calls.ts';
import { loadTable, type StoredTable } from './table.ts';
import type { LatencyPrediction } from './types.ts';

/** Of the work, what a table may leave out before a prediction is no good. */
const MOST_MISSING = 0.02;

/**
 * What a model's latency does when its channels are cut, with nothing timed: the latency at the widths that a forecast
 * rests on, and the share of each node, follow from a table. Throws `unsupported` where no channel can be cut, and
 * `bad-request` where the table does not cover the model at these widths.
 */
export function latencyFromTable(
  { model, analysis }: TableSubject,
  { table, acrossNorms = false }: LatencyRequest & { readonly table: StoredTable },
): LatencyModel {
  const loaded = loadTable(table);
  const graph = channelGraph(model, analysis, acrossNorms);
  const cuts = cutModels(model, analysis, acrossNorms);
  if (cuts.length === 0) throw new CodedError('unsupported', 'No channel of this model can be cut.');
  const whole = predictLatency(model, analysis, loaded);
  const predicted = cuts.map((cut) => predictLatency(cut.model, cut.analysis, loaded));
  requireCovered([whole, ...predicted]);
  const times = new Map<NodeId, number>();
  for (const { nodes, ms } of whole.parts) {
    const [first] = nodes;
    if (first !== undefined) times.set(first as NodeId, ms);
  }
  const points = cuts.map(({ kept }, place) => ({ kept, share: (predicted[place]?.ms ?? NaN) / whole.ms }));
  const channels = graph.groups.map((group) => group.channels);
  const rest = Math.max(0, whole.overheadMs);
  const fit = fitLatency(latencyFeatures(model, analysis, graph, times, rest), channels, points);
  const { backend, threads } = loaded.device;
  return { ...fit, backend, threads, ms: whole.ms, from: 'table' };
}

function requireCovered(predictions: readonly LatencyPrediction[]): void {
  const kinds = new Set(predictions.flatMap(({ missing }) => missing.flatMap(({ key }) => key ?? [])));
  const worst = Math.max(...predictions.map(({ missingWork }) => missingWork));
  if (worst <= MOST_MISSING) return;
  if (kinds.size === 0) {
    throw new CodedError(
      'unsupported',
      `The latency table cannot cover ${formatShare(worst)} of this model's work: shapes or types there are not known. Time it at several widths instead.`,
    );
  }
  throw new CodedError(
    'bad-request',
    `The latency table lacks ${plural(kinds.size, 'kind')} of operators of this model at the widths of a forecast, up to ${formatShare(worst)} of its work. Measure them first.`,
    { missing: kinds.size },
  );
}
