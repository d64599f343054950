import type { LatencyPrediction, LatencySource, TableEntry } from '../../../engine/latency-table/types.ts';

/** One kind of operator at given shapes: in the model at the cursor, or in the table. */
export interface EntryRow {
  readonly key: string;
  readonly operators: string;
  readonly shapes: string;
  /** Of one of them, ms; null: not covered. */
  readonly ms: number | null;
  readonly spread: number | null;
  /** How often the model has it; null: the table as a whole is listed. */
  readonly count: number | null;
  readonly source: LatencySource | null;
  /** Why it is not covered. */
  readonly reason: string | null;
}

/** Parts of a prediction by kind, those that take longest together first; what is not covered stands before all. */
export function modelRows({ parts, missing }: LatencyPrediction): readonly EntryRow[] {
  const rows = new Map<string, EntryRow>();
  for (const { key, operators, shapes, ms, spread, source } of parts) {
    const count = (rows.get(key)?.count ?? 0) + 1;
    rows.set(key, { key, operators, shapes, ms, spread, count, source, reason: null });
  }
  const open = new Map<string, EntryRow>();
  for (const { key, operators, shapes, reason } of missing) {
    const id = key ?? `${operators} ${shapes}`;
    const count = (open.get(id)?.count ?? 0) + 1;
    const told = { reason: reason ?? 'not measured', ms: null, spread: null, source: null };
    open.set(id, { key: id, operators, shapes, count, ...told });
  }
  const total = ({ ms, count }: EntryRow): number => (ms ?? 0) * (count ?? 1);
  return [...open.values(), ...[...rows.values()].sort((a, b) => total(b) - total(a))];
}

/** Every entry of a table, the longest first. */
export const tableRows = (entries: readonly TableEntry[]): readonly EntryRow[] =>
  [...entries]
    .sort((a, b) => b.ms - a.ms)
    .map(({ key, operators, shapes, ms, spread }) => {
      return { key, operators, shapes, ms, spread, count: null, source: 'measured', reason: null };
    });
