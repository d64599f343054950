import { csvText } from '../base/csv-text.ts';

/** A sample whose top class is another one after. */
interface Changed {
  readonly index: number;
  readonly file: string | null;
  readonly label: number | null;
  readonly before: number;
  readonly after: number;
  readonly confidence: readonly [number, number];
}
interface Result {
  readonly pair: { readonly changed: readonly Changed[] } | null;
  readonly labelNames: readonly string[] | null;
}

const HEAD = ['index', 'file', 'label', 'before', 'after', 'confidence_before', 'confidence_after'];

/** The samples whose top class changed, classes by their names where these are known. */
export function changedCsv({ pair, labelNames }: Result): string {
  const name = (label: number | null): string | null =>
    label === null ? null : (labelNames?.[label] ?? String(label));
  const rows = (pair?.changed ?? []).map(({ index, file, label, before, after, confidence }) => [
    index,
    file,
    name(label),
    name(before),
    name(after),
    ...confidence.map((each) => each.toFixed(6)),
  ]);
  return csvText([HEAD, ...rows]);
}
