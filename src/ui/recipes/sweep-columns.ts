import { formatBytes, formatCount, formatInteger, formatMs, formatRatioInterval, UNKNOWN } from '../../base/format.ts';
import type { Json } from '../../base/json.ts';
import type { SweepPoint } from '../../engine/recipes/sweep-types.ts';

/** A figure of a sweep: a column of its table, and a line of its plot. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  /** What is drawn; null: not known. */
  at(point: SweepPoint): number | null;
  /** As it stands in the table. */
  text(point: SweepPoint): string;
  /** A height of the axis. */
  tick(value: number): string;
}

const share = (value: number): string => `${(100 * value).toFixed(1)}\u202f%`;

const ALL: readonly Figure[] = [
  {
    id: 'bytes',
    title: 'Size',
    at: ({ bytes }) => bytes,
    text: ({ bytes }) => formatBytes(bytes),
    tick: formatBytes,
  },
  { id: 'macs', title: 'MACs', at: ({ macs }) => macs, text: ({ macs }) => formatCount(macs), tick: formatCount },
  {
    id: 'parameters',
    title: 'Parameters',
    at: ({ parameters }) => parameters,
    text: ({ parameters }) => formatCount(parameters),
    tick: formatCount,
  },
  {
    id: 'nodes',
    title: 'Nodes',
    at: ({ nodes }) => nodes,
    text: ({ nodes }) => formatInteger(nodes),
    tick: formatInteger,
  },
];

const MEASURED: readonly Figure[] = [
  {
    id: 'ms',
    title: 'Time',
    at: ({ bench }) => bench?.ms ?? null,
    text: ({ bench }) => (bench ? formatMs(bench.ms) : UNKNOWN),
    tick: formatMs,
  },
  {
    id: 'ratio',
    title: 'Speed-up',
    at: ({ bench }) => bench?.ratio ?? null,
    text: ({ bench }) => (bench ? formatRatioInterval(bench.ratio, bench.interval) : UNKNOWN),
    tick: (value) => `${value.toFixed(2)}×`,
  },
  {
    id: 'cosine',
    title: 'Cosine',
    at: ({ fidelity }) => fidelity?.cosine ?? null,
    text: ({ fidelity }) => fidelity?.cosine.toFixed(4) ?? UNKNOWN,
    tick: (value) => value.toFixed(3),
  },
  {
    id: 'accuracy',
    title: 'Accuracy',
    at: ({ fidelity }) => fidelity?.accuracy?.after ?? null,
    text: ({ fidelity }) => (fidelity?.accuracy ? share(fidelity.accuracy.after) : UNKNOWN),
    tick: share,
  },
];

/** Figures that were counted, and those that were measured for any value. */
export const figuresOf = (points: readonly SweepPoint[]): readonly Figure[] => [
  ...ALL,
  ...MEASURED.filter((figure) => points.some((point) => figure.at(point) !== null)),
];

export const valueText = (value: Json): string =>
  typeof value === 'number'
    ? String(value).replace('-', '−')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
