import type { ProfileRow, Roofline } from '../../../report/profile/types.ts';

/** A logarithmic axis: its ends, its labels, and where a value stands, 0 to 1. */
export interface LogAxis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  place(value: number): number;
}

function logAxis(least: number, most: number, base: number, step: number): LogAxis {
  const log = (value: number): number => Math.log(value) / Math.log(base);
  const first = Math.floor(log(least) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(log(most) - 1e-9));
  const [from, to] = [base ** first, base ** last];
  const every = Math.max(1, Math.ceil((last - first) / step));
  const ticks: number[] = [];
  for (let power = first; power <= last; power += every) ticks.push(base ** power);
  return { from, to, ticks, place: (value) => (log(value) - first) / (last - first) };
}

export interface RoofPoint {
  /** Index into the rows. */
  readonly row: number;
  /** FLOP per byte, GFLOP/s. */
  readonly intensity: number;
  readonly gflops: number;
  /** ms beyond what the ceilings allow. */
  readonly lost: number;
}

export interface RoofPicture {
  readonly x: LogAxis;
  readonly y: LogAxis;
  /** By intensity. */
  readonly points: readonly RoofPoint[];
  /** FLOP per byte where the memory's ceiling meets the peak; null: the device was not measured. */
  readonly ridge: number | null;
  /** The one that loses the most time; null: there is none. */
  readonly worst: RoofPoint | null;
}

/** Nodes beyond so many take too little time to be seen. */
export const MOST_POINTS = 400;

/** Where nodes stand under the ceilings; those with unknown work, or without any, are left out. Null: there are none. */
export function roofPicture(rows: readonly ProfileRow[], roofline: Roofline | null): RoofPicture | null {
  const points = rows
    .flatMap((row, index): (RoofPoint & { readonly ms: number })[] => {
      const { flops, bytes, gflops, ms, movedMs } = row;
      if (!flops || !bytes || !gflops || ms === null) return [];
      const own = ms - movedMs;
      const least = roofline ? Math.max(flops / roofline.peakGflops, bytes / roofline.bandwidthGbs) / 1e6 : 0;
      return [{ row: index, intensity: flops / bytes, gflops, lost: own - least, ms: own }];
    })
    .sort((a, b) => b.ms - a.ms)
    .slice(0, MOST_POINTS)
    .sort((a, b) => a.intensity - b.intensity);
  if (points.length === 0) return null;
  const ridge = roofline ? roofline.peakGflops / roofline.bandwidthGbs : null;
  const across = [...points.map(({ intensity }) => intensity), ...(ridge === null ? [] : [ridge / 4, ridge * 16])];
  const up = [...points.map(({ gflops }) => gflops), ...(roofline ? [roofline.peakGflops * 1.3] : [])];
  return {
    x: logAxis(Math.min(...across), Math.max(...across), 4, 6),
    y: logAxis(Math.min(...up), Math.max(...up), 10, 6),
    points,
    ridge,
    worst: points.reduce((most, each) => (each.lost > most.lost ? each : most)),
  };
}

const FRACTIONS: Readonly<Record<number, string>> = { 0.25: '¼', 0.0625: '1⁄16' };
/** `¼`, `16`, `0.001`. */
export const tickText = (value: number): string => FRACTIONS[value] ?? String(Number(value.toPrecision(3)));
