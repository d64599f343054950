import { seeded } from '../base/random.ts';
import { createAxis, type Axis } from './scale.ts';

/** Times of one model, as the plot needs them, ms. */
export interface TimingSeries {
  readonly median: number;
  readonly p95: number;
  readonly samples: readonly number[];
}

/** One series in unit coordinates: x along the axis, heights from 0 to 1. */
export interface DistributionSeries {
  /** Outline of the density, from left to right; empty where there are too few runs for a curve. */
  readonly density: readonly (readonly [x: number, height: number])[];
  /** One dot a run; `lane` scatters them so that equal times do not hide each other. */
  readonly dots: readonly { readonly x: number; readonly lane: number; readonly value: number }[];
  readonly median: number;
  readonly p95: number;
  /** Runs right of the axis, drawn at its end: how many, and the slowest. */
  readonly beyond: { readonly count: number; readonly max: number } | null;
}
export interface Distribution {
  readonly axis: Axis;
  readonly series: readonly DistributionSeries[];
}

const DENSITY_POINTS = 110;
/** A curve through fewer runs than this would be an invention. */
const FEWEST = 8;

/** Right end for one series: rare stalls must not squeeze the rest of the picture; they are counted at the edge. */
function reach(series: TimingSeries): number {
  const slowest = Math.max(...series.samples, series.p95);
  const body = series.median + Math.max(5 * (series.p95 - series.median), 0.15 * series.median);
  return Math.min(slowest, body);
}

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? 0;
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at % 1);
}

/** Silverman's rule (Density Estimation, 1986, eq. 3.31), at least 0.4 % of the axis so that equal runs keep a width. */
function bandwidth(samples: readonly number[], span: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  const deviation = Math.sqrt(samples.reduce((sum, value) => sum + (value - mean) ** 2, 0) / samples.length);
  const quartiles = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
  const spread = quartiles > 0 ? Math.min(deviation, quartiles) : deviation;
  return Math.max(0.9 * spread * samples.length ** -0.2, span * 0.004);
}

/** Gaussian kernel density, scaled to a peak of 1. */
function densityOf(samples: readonly number[], axis: Axis): readonly (readonly [number, number])[] {
  if (samples.length < FEWEST) return [];
  const width = bandwidth(samples, axis.to - axis.from);
  const heights = Array.from({ length: DENSITY_POINTS + 1 }, (_, index) => {
    const at = axis.from + ((axis.to - axis.from) * index) / DENSITY_POINTS;
    return samples.reduce((sum, value) => sum + Math.exp(-0.5 * ((at - value) / width) ** 2), 0);
  });
  const peak = Math.max(...heights);
  return heights.map((height, index) => [index / DENSITY_POINTS, peak > 0 ? height / peak : 0] as const);
}

function place(series: TimingSeries, axis: Axis, seed: number): DistributionSeries {
  const random = seeded(seed);
  const late = series.samples.filter((value) => value > axis.to);
  return {
    density: densityOf(series.samples, axis),
    dots: series.samples.map((value) => ({ x: Math.min(1, axis.place(value)), lane: random(), value })),
    median: axis.place(series.median),
    p95: Math.min(1, axis.place(series.p95)),
    beyond: late.length > 0 ? { count: late.length, max: Math.max(...late) } : null,
  };
}

/** Puts the runs of several models on one time axis. */
export function distribute(timings: readonly TimingSeries[]): Distribution {
  const fastest = Math.min(...timings.map((each) => Math.min(...each.samples, each.median)));
  const axis = createAxis(fastest, Math.max(...timings.map(reach)), 7);
  return { axis, series: timings.map((each, index) => place(each, axis, index + 1)) };
}

/** SVG path of a density over a baseline; `height` upward, `width` along the axis, one decimal. */
export function densityPath(series: DistributionSeries, width: number, height: number, base: number): string {
  const points = series.density.map(([x, h]) => `${(x * width).toFixed(1)} ${(base - h * height).toFixed(1)}`);
  return points.length > 0 ? `M${points.join('L')}` : '';
}
