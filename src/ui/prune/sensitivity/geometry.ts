import type { CurveLine } from '../../../state/curves.ts';

/** Where a chart's values lie, px. Harm goes up with its square root, so that small harm is told apart. */
export interface CurveScale {
  readonly width: number;
  readonly height: number;
  /** The largest share removed, and the largest harm. */
  readonly reach: number;
  readonly worst: number;
}

/** Between labels of the shares removed. */
export const TICK = 0.2;

export function scaleOf(lines: readonly CurveLine[], width: number, height: number): CurveScale {
  const points = lines.flatMap((line) => line.points);
  const far = points.reduce((most, { removed }) => Math.max(most, removed), TICK);
  const worst = points.reduce((most, { harm }) => (Number.isFinite(harm) ? Math.max(most, harm) : most), 0);
  return { width, height, reach: far, worst: worst > 0 ? worst : 1 };
}

export const xOf = ({ width, reach }: CurveScale, removed: number): number => (removed / reach) * width;
export const yOf = ({ height, worst }: CurveScale, harm: number): number =>
  height * (1 - Math.sqrt(Math.max(0, harm) / worst));

const short = (value: number): string => String(Math.round(value * 10) / 10);

/** A path through the measured points; it ends where harm is no number. */
export function curvePath(scale: CurveScale, { points }: CurveLine): string {
  const end = points.findIndex(({ harm }) => !Number.isFinite(harm));
  return points
    .slice(0, end < 0 ? points.length : end)
    .map(
      ({ removed, harm }, index) =>
        `${index === 0 ? 'M' : 'L'}${short(xOf(scale, removed))} ${short(yOf(scale, harm))}`,
    )
    .join('');
}

/** A measured point: which line, and which of its points. */
export interface Place {
  readonly line: number;
  readonly point: number;
}

/** The measured point nearest to a place of the chart, px; null: there is none. */
export function nearest(scale: CurveScale, lines: readonly CurveLine[], x: number, y: number): Place | null {
  let [best, found]: [number, Place | null] = [Infinity, null];
  for (const [line, { points }] of lines.entries()) {
    for (const [point, { removed, harm }] of points.entries()) {
      if (point === 0 || !Number.isFinite(harm)) continue;
      const distance = (xOf(scale, removed) - x) ** 2 + (yOf(scale, harm) - y) ** 2;
      if (distance < best) [best, found] = [distance, { line, point }];
    }
  }
  return found;
}

/** The place after a key: up and down go through the groups, left and right along one; null: the key means nothing. */
export function placeAfterKey(lines: readonly CurveLine[], place: Place | null, key: string): Place | null {
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    Home: [0, -Infinity],
    End: [0, Infinity],
  };
  const step = steps[key];
  if (!step || lines.length === 0) return null;
  const { line, point } = place ?? { line: 0, point: 1 };
  const at = place ? Math.min(lines.length - 1, Math.max(0, line + step[0])) : 0;
  const last = (lines[at]?.points.length ?? 1) - 1;
  return { line: at, point: Math.min(last, Math.max(Math.min(1, last), place ? point + step[1] : 1)) };
}
