import type { Analysis } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import type { Model } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import { nodeLabel } from '../node-detail.ts';
import { Families } from './interpolate.ts';
import { partsOf, type Part, type Parts } from './parts.ts';
import type { LatencyPrediction, LatencyTable, MissingPart, PredictedPart, TableEntry } from './types.ts';

const families = new WeakMap<ReadonlyMap<string, TableEntry>, Families>();

function familiesOf({ entries }: LatencyTable): Families {
  const known = families.get(entries) ?? new Families(entries.values());
  families.set(entries, known);
  return known;
}

/**
 * Latency of a whole model, ms, from a table of times of its parts; nothing is run. Parts of which the table has no time
 * and no neighbours on both sides are named, and not in the sum. Throws `bad-request` where the table does not know what
 * a run costs beside its kernels.
 */
export function predictLatency(model: Model, analysis: Analysis, table: LatencyTable): LatencyPrediction {
  const { overhead, device } = table;
  if (!overhead) throw new CodedError('bad-request', 'The latency table is empty: measure operators first.');
  const parts = partsOf(model, analysis);
  const found: PredictedPart[] = [];
  const missing: MissingPart[] = [];
  let kernels = 0;
  for (const part of parts.list) {
    const told = toldOf(part, parts);
    const time = part.key === null ? null : timeOf(part.key, part.work, table);
    if (part.key === null || !time) {
      missing.push({ ...told, key: part.key, reason: part.reason, work: part.work });
      continue;
    }
    const { ms, spread, source } = time;
    kernels += time.kernels;
    found.push({ ...told, key: part.key, ms, spread, source });
  }
  const overheadMs = overhead.run + overhead.node * kernels + overhead.byte * parts.endBytes;
  const ms = Math.max(
    0,
    found.reduce((sum, part) => sum + part.ms, overheadMs),
  );
  return {
    device,
    ms,
    overheadMs,
    parts: found,
    missing,
    covered: parts.list.length > 0 ? found.length / parts.list.length : 1,
    missingWork: missingWork(parts, new Set(missing.flatMap(({ nodes }) => nodes as readonly NodeId[]))),
  };
}

function toldOf({ fragment, operators, shapes }: Part, { model }: Parts) {
  const nodes = fragment.nodes.map(({ id }) => id);
  const [first] = nodes;
  return { nodes, label: first === undefined ? operators : nodeLabel(model, first), operators, shapes };
}

/** Whether a table tells the time of a part, measured or between two that were. */
export const isTold = (key: string, work: number, table: LatencyTable): boolean => timeOf(key, work, table) !== null;

type Time = Pick<TableEntry, 'ms' | 'spread' | 'kernels'> & Pick<PredictedPart, 'source'>;

function timeOf(key: string, work: number, table: LatencyTable): Time | null {
  const entry = table.entries.get(key);
  if (entry) return { ...entry, source: 'measured' };
  const between = familiesOf(table).between(key, work);
  return between && { ...between, source: 'interpolated' };
}

/** Of MACs where the model has any, else of bytes. */
function missingWork({ list }: Parts, nodes: ReadonlySet<NodeId>): number {
  const total = list.reduce((sum, { macs }) => sum + macs, 0);
  const workOf = (part: Part): number => (total > 0 ? part.macs : part.work);
  const all = list.reduce((sum, part) => sum + workOf(part), 0);
  const lost = list
    .filter(({ fragment }) => fragment.nodes.some(({ id }) => nodes.has(id)))
    .reduce((sum, part) => sum + workOf(part), 0);
  return all > 0 ? lost / all : 0;
}
