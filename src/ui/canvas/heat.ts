import { formatBytes, formatCount, formatShare } from '../../base/format.ts';
import type { GraphView } from '../../ir/view.ts';
import type { CanvasOverlay } from './types.ts';

/** What the active overlay says of every row. */
export interface Heat {
  /** [rows] step of the sequential ramp, 0 to 6; -1: unknown. Null where rows are coloured by family. */
  readonly steps: Int8Array | null;
  /** [rows] share of the whole, 0 to 1; NaN: unknown. */
  readonly shares: Float64Array;
  /** [rows] length of the cost bar, 0 to 1: square root of the share of the costliest row. */
  readonly bars: Float32Array;
  readonly legend: { readonly low: string; readonly high: string; readonly what: string } | null;
}

const STEPS = 7;

/** Costs that a heat map is made of, and how its upper end is written. */
const COSTS = {
  macs: { of: (view: GraphView) => view.macs, what: 'MACs per node', format: formatCount },
  parameters: { of: (view: GraphView) => view.parameters, what: 'parameters per node', format: formatCount },
  bytes: { of: (view: GraphView) => view.movedBytes, what: 'moved per node', format: formatBytes },
} as const;

const isCost = (overlay: CanvasOverlay): overlay is keyof typeof COSTS => overlay in COSTS;

/** Heat is square-root scaled and starts at 0. Where rows are coloured by family the shares are those of MACs. */
export function heatOf(view: GraphView, overlay: CanvasOverlay): Heat {
  const cost = COSTS[isCost(overlay) ? overlay : 'macs'];
  const values = cost.of(view);
  let sum = 0;
  let most = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    most = Math.max(most, value);
  }
  const root = (value: number): number => (most > 0 ? Math.sqrt(value / most) : 0);
  return {
    steps: isCost(overlay)
      ? Int8Array.from(values, (value) =>
          Number.isNaN(value) ? -1 : Math.min(STEPS - 1, Math.floor(root(value) * STEPS)),
        )
      : null,
    shares: values.map((value) => (sum > 0 ? value / sum : value)),
    bars: Float32Array.from(values, (value) => (Number.isNaN(value) ? 0 : root(value))),
    legend: isCost(overlay) ? { low: '0', high: cost.format(most), what: cost.what } : null,
  };
}

/** "1.6 %"; nothing for a row that costs nothing. */
export const shareText = (share: number): string => (share === 0 ? '' : formatShare(share));
