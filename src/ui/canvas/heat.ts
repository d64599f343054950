import { formatBytes, formatCount, formatMs, formatShare, THIN } from '../../base/format.ts';
import type { OverlayValues } from '../../engine/types.ts';
import type { GraphView } from '../../ir/view.ts';
import type { CanvasOverlay } from './types.ts';

/** What the active overlay says of every row. */
export interface Heat {
  /** [rows] step of the sequential ramp, 0 to 6; -1: unknown. Null where rows are coloured by family. */
  readonly steps: Int8Array | null;
  /** [rows] the value in words: a share of the whole, or the value itself; '' for a row that has none. */
  readonly text: (row: number) => string;
  /** [rows] length of the cost bar, 0 to 1. */
  readonly bars: Float32Array;
  /** What the rows of a group say together: costs add up, of levels the highest counts, of shares the mean. */
  readonly together: (members: Int32Array) => {
    readonly share: string;
    readonly bar: number;
    readonly step: number | null;
  };
  /** Both ends of the ramp. `low` is what its first step stands for. */
  readonly legend: { readonly low: string; readonly high: string; readonly what: string } | null;
}

const STEPS = 7;
const WHOLE = { low: `0${THIN}%`, high: `100${THIN}%` };

interface Scale {
  /** [rows] NaN: unknown. */
  readonly of: (view: GraphView, asked: OverlayValues | null) => Float64Array;
  readonly what: string;
  readonly format: (value: number) => string;
  /**
   * `cost`: from 0 to the costliest row, by its square root, and told as a share of the whole. `share`: from 0 to 1,
   * linear. `level`: from 0 to the highest row, linear, and told as it is.
   */
  readonly kind: 'cost' | 'share' | 'level';
}

const nothing = (view: GraphView): Float64Array => new Float64Array(view.nodeIds.length).fill(NaN);

/** By row of what is known by node. */
function asked(view: GraphView, values: OverlayValues | null): Float64Array {
  const rows = nothing(view);
  if (!values) return rows;
  const byNode = new Map<number, number>();
  values.nodes.forEach((node, index) => byNode.set(node, values.values[index]!));
  return rows.map((_, row) => byNode.get(view.nodeIds[row]!) ?? NaN);
}

const SCALES: Readonly<Record<Exclude<CanvasOverlay, 'operator' | 'history'>, Scale>> = {
  macs: { of: (view) => view.macs, what: 'MACs per node', format: formatCount, kind: 'cost' },
  parameters: { of: (view) => view.parameters, what: 'parameters per node', format: formatCount, kind: 'cost' },
  bytes: { of: (view) => view.movedBytes, what: 'moved per node', format: formatBytes, kind: 'cost' },
  memory: { of: asked, what: 'of activations alive', format: formatBytes, kind: 'level' },
  time: { of: asked, what: 'per node', format: formatMs, kind: 'cost' },
  sparsity: { of: asked, what: 'zeros', format: formatShare, kind: 'share' },
  dead: { of: asked, what: 'of the channels are dead', format: formatShare, kind: 'share' },
  importance: { of: asked, what: 'of the channels hold 90 % of the importance', format: formatShare, kind: 'share' },
};

const isHeat = (overlay: CanvasOverlay): overlay is keyof typeof SCALES => overlay in SCALES;

/** Where rows are coloured by family the bars and shares are those of MACs. */
export function heatOf(view: GraphView, overlay: CanvasOverlay, values: OverlayValues | null): Heat {
  const scale = SCALES[isHeat(overlay) ? overlay : 'macs'];
  const all = scale.of(view, values);
  const { sum, most } = totals(view, all);
  const end = scale.kind === 'share' ? 1 : most;
  const place = (value: number): number => {
    const share = end > 0 ? value / end : 0;
    return scale.kind === 'cost' ? Math.sqrt(share) : share;
  };
  const heated = isHeat(overlay);
  const stepOf = (value: number): number =>
    Number.isNaN(value) ? -1 : Math.min(STEPS - 1, Math.floor(place(value) * STEPS));
  const barOf = (value: number): number => (Number.isNaN(value) ? 0 : Math.min(1, place(value)));
  const textOf = (value: number): string => {
    if (scale.kind === 'cost') return shareText(sum > 0 ? value / sum : value);
    return Number.isNaN(value) ? '' : scale.format(value);
  };
  return {
    steps: heated ? Int8Array.from(all, stepOf) : null,
    text: (row) => textOf(all[row]!),
    bars: Float32Array.from(all, barOf),
    together(members) {
      const value = TOGETHER[scale.kind](Array.from(members, (row) => all[row]!).filter((each) => !Number.isNaN(each)));
      return { share: textOf(value), bar: barOf(value), step: heated ? stepOf(value) : null };
    },
    legend: heated
      ? { ...(scale.kind === 'share' ? WHOLE : { low: '0', high: scale.format(end) }), what: scale.what }
      : null,
  };
}

/** NaN where nothing is known of any. */
const TOGETHER: Readonly<Record<Scale['kind'], (values: readonly number[]) => number>> = {
  cost: (values) => (values.length === 0 ? NaN : sumOf(values)),
  level: (values) => (values.length === 0 ? NaN : values.reduce((a, b) => Math.max(a, b))),
  share: (values) => sumOf(values) / values.length,
};
const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Rows inside a subgraph are part of their holder: the sum passes them by. */
function totals(view: GraphView, values: Float64Array): { readonly sum: number; readonly most: number } {
  let sum = 0;
  let most = 0;
  values.forEach((value, row) => {
    if (Number.isNaN(value)) return;
    if (view.holders[row] === -1) sum += value;
    most = Math.max(most, value);
  });
  return { sum, most };
}

/** "1.6 %"; nothing for a row that costs nothing. */
const shareText = (share: number): string => (share === 0 ? '' : formatShare(share));
