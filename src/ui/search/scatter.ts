import type { ObjectiveId, QualityId, SearchPoint } from '../../search/types.ts';
import { createAxis, type Axis } from '../../report/scale.ts';
import { valueOf } from '../../state/searching-run.ts';
import { axisUnit, type AxisUnit } from '../../search/figures.ts';

/** What a chart of points is told by. */
export interface Sides {
  readonly x: ObjectiveId;
  readonly y: ObjectiveId;
  /** As the size of dots; null: all are of one size. */
  readonly z: ObjectiveId | null;
  readonly quality: QualityId;
}

/** A network in the chart, in the axes' own values. */
export interface Dot {
  readonly id: number;
  readonly x: number;
  readonly y: number;
  /** Where it was predicted, if `x` was measured. */
  readonly predicted: number | null;
  /** Of 0 to 1. */
  readonly size: number;
  /** It breaks a bound. */
  readonly broken: boolean;
}

/** The sides of a chart of these objectives: quality upwards, the first other one to the right, a third as size. */
export function sidesOf(objectives: readonly ObjectiveId[], wished: ObjectiveId | null, quality: QualityId): Sides {
  const others: readonly ObjectiveId[] = objectives.filter((each) => each !== 'quality');
  const x = wished && others.includes(wished) ? wished : (others[0] ?? 'bytes');
  const rest = others.filter((each) => each !== x);
  if (objectives.includes('quality')) return { x, y: 'quality', z: rest[0] ?? null, quality };
  return { x, y: rest[0] ?? 'quality', z: rest[1] ?? null, quality };
}

/** Points whose both values are known. */
export function dotsOf(points: readonly SearchPoint[], { x, y, z, quality }: Sides): readonly Dot[] {
  const sizes = z === null ? [] : points.flatMap((point) => valueOf(point, z, quality) ?? []);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  return points.flatMap((point): readonly Dot[] => {
    const [across, up] = [valueOf(point, x, quality), valueOf(point, y, quality)];
    if (across === null || up === null) return [];
    const third = z === null ? null : valueOf(point, z, quality);
    return [
      {
        id: point.id,
        x: across,
        y: up,
        predicted: x === 'latency' && point.measured !== null ? point.latency : null,
        size: third === null || most <= least ? 0.5 : (third - least) / (most - least),
        broken: point.broken > 0,
      },
    ];
  });
}

/** What of the dots nothing else beats: less to the right, more upwards, less of what is no quality. */
export function corners<T extends Dot>(dots: readonly T[], upIsBetter: boolean): readonly T[] {
  const sign = upIsBetter ? 1 : -1;
  const sorted = [...dots].sort((a, b) => a.x - b.x || sign * (b.y - a.y));
  const kept: T[] = [];
  for (const dot of sorted) {
    const last = kept.at(-1);
    if (!last || sign * (dot.y - last.y) > 0) kept.push(dot);
  }
  return kept;
}

export interface Frame {
  readonly x: Axis;
  readonly y: Axis;
  readonly units: { readonly x: AxisUnit; readonly y: AxisUnit };
}

/** Share of the front’s extent that is shown around it. */
const AROUND = 0.25;

/**
 * Axes over all dots, or close around the front and the original.
 *
 * @param bounds of the axes, which are drawn where they lie near
 */
export function frameOf(
  dots: readonly Dot[],
  front: ReadonlySet<number>,
  { x, y, quality }: Sides,
  close: boolean,
  bounds: { readonly x: number | null; readonly y: number | null },
): Frame {
  const near = dots.filter(({ id }) => id === 0 || front.has(id));
  const shown = close && near.length > 1 ? near : dots;
  const axis = (of: (dot: Dot) => number, objective: ObjectiveId, bound: number | null): [Axis, AxisUnit] => {
    // From where a network was predicted a line leads to it.
    const predicted = objective === x ? shown.flatMap((dot) => dot.predicted ?? []) : [];
    const values = [...shown.map(of), ...predicted];
    const [low, high] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
    const reach = (bound !== null && bound > low / 2 && bound < high * 1.5 ? [bound] : []).concat(low, high);
    const unit = axisUnit(objective, Math.max(...reach), quality);
    const spare = (Math.max(...reach) - Math.min(...reach)) * (close ? AROUND / 2 : 0.02);
    const from = Math.max(0, Math.min(...reach) - spare) / unit.size;
    const top = (Math.max(...reach) + spare) / unit.size;
    const most = objective === 'quality' ? 1 / unit.size : Infinity;
    return [createAxis(from, Math.min(top, most), 6), unit];
  };
  const [across, acrossUnit] = axis((dot) => dot.x, x, bounds.x);
  const [up, upUnit] = axis((dot) => dot.y, y, bounds.y);
  return { x: across, y: up, units: { x: acrossUnit, y: upUnit } };
}

/** A place in the picture, px. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

export const placer =
  ({ x, y, units }: Frame, width: number, height: number) =>
  (across: number, up: number): Place => ({
    x: x.place(across / units.x.size) * width,
    y: (1 - y.place(up / units.y.size)) * height,
  });

/** A line that goes across, then up or down, from place to place. */
export function stepPath(places: readonly Place[]): string {
  const [first, ...rest] = places;
  if (!first) return '';
  const round = (value: number): string => value.toFixed(1);
  return `M${round(first.x)} ${round(first.y)}${rest.map(({ x, y }) => `H${round(x)}V${round(y)}`).join('')}`;
}

/** Classes of size that dots are drawn in. */
export const SIZES = [5, 6.5, 8, 9.5, 11] as const;
export const sizeClass = (size: number): number => Math.min(SIZES.length - 1, Math.floor(size * SIZES.length));

/** Dots of one class as one path: lines of no length with round ends, however many there are. */
export const dotPath = (places: readonly Place[]): string =>
  places.map(({ x, y }) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join('');

/** The dot nearest to a place, no farther than `reach` px; null: there is none. */
export function nearest(
  dots: readonly { readonly id: number; readonly place: Place }[],
  at: Place,
  reach: number,
): number | null {
  let [found, least] = [null as number | null, reach ** 2];
  for (const { id, place } of dots) {
    const far = (place.x - at.x) ** 2 + (place.y - at.y) ** 2;
    // Of two on one place the later one lies on top.
    if (far <= least) [found, least] = [id, far];
  }
  return found;
}

/** A stripe beside a point of the front: the widest that it gets, height and padding of its frame, how far away, px. */
export const CALLOUT = { stripe: 100, height: 26, pad: 8, away: [12, 34, 64] } as const;

/**
 * Where stripes find room beside points of a front: up and to the left of them, where nothing lies that is better. In
 * the order given, those that would cover another or leave the picture are left out.
 *
 * @param w width of each, px
 */
export function callouts(
  points: readonly { readonly id: number; readonly place: Place }[],
  width: number,
  taken: readonly Place[],
  w: number,
): readonly { readonly id: number; readonly corner: Place }[] {
  const placed: { id: number; corner: Place }[] = [];
  const { height: h, away } = CALLOUT;
  const isFree = (corner: Place): boolean => {
    const covers = (other: Place, ow: number, oh: number): boolean =>
      corner.x < other.x + ow + 4 &&
      other.x < corner.x + w + 4 &&
      corner.y < other.y + oh + 4 &&
      other.y < corner.y + h + 4;
    const inside = corner.y >= 0 && corner.x + w <= width;
    return (
      inside &&
      placed.every((each) => !covers(each.corner, w, h)) &&
      taken.every(({ x, y }) => !covers({ x: x - 4, y: y - 4 }, 8, 8))
    );
  };
  for (const { id, place } of points) {
    const corners = away.map((by) => ({ x: Math.max(0, place.x - w - by), y: place.y - h - by }));
    const corner = corners.find(isFree);
    if (corner) placed.push({ id, corner });
  }
  return placed;
}
