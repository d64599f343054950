import { formatCount } from '../base/format.ts';
import { picture, px } from './charts.ts';
import { safe, type Markup } from './markup.ts';
import { createAxis, createLogAxis, formatTick, type Axis } from './scale.ts';
import type { ReportAxis, ReportChart, ReportSeries } from './types.ts';

const FRAME = { left: 52, right: 122, top: 10, width: 400, height: 190, bottom: 34 };
/** Points of a line beyond this many are thinned: a pixel has room for one. */
const MOST_POINTS = 400;
/** The least room between two names at the right edge, px. */
const NAME_ROOM = 13;

const isDrawn = (value: number, { log }: ReportAxis): boolean => Number.isFinite(value) && (!log || value > 0);

function axisOf(values: readonly number[], axis: ReportAxis, count: number): Axis {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (axis.log) return createLogAxis(low, high);
  // Bars and areas grow from nothing; values that lie close together are shown apart.
  return createAxis(low >= 0 && low < 0.6 * high ? 0 : low, high, count);
}

/** A tick as short as it can be told: `20`, `1.5 M`, `0.02`. */
const tickText = (tick: number, axis: Axis, { log }: ReportAxis): string => {
  if (Math.abs(tick) >= 10_000) return formatCount(tick);
  return log ? String(Number(tick.toPrecision(2))) : formatTick(tick, axis.step);
};

function thinned<T>(points: readonly T[]): readonly T[] {
  if (points.length <= MOST_POINTS) return points;
  const each = (points.length - 1) / (MOST_POINTS - 1);
  return Array.from({ length: MOST_POINTS }, (_, at) => points[Math.round(at * each)]!);
}

/** Lines and points on two axes; each line is called by its name at its end. Null: there is nothing to draw. */
export function plot({ label, x, y, series }: ReportChart): Markup | null {
  const shown = series
    .map((each) => ({ ...each, points: thinned(each.points.filter(([a, b]) => isDrawn(a, x) && isDrawn(b, y))) }))
    .filter(({ points }) => points.length > 0);
  const all = shown.flatMap(({ points }) => points);
  if (all.length === 0) return null;
  const [across, up] = [
    axisOf(
      all.map(([a]) => a),
      x,
      6,
    ),
    axisOf(
      all.map(([, b]) => b),
      y,
      5,
    ),
  ];
  const atX = (value: number): number => FRAME.left + across.place(value) * FRAME.width;
  const atY = (value: number): number => FRAME.top + (1 - up.place(value)) * FRAME.height;
  const floor = FRAME.top + FRAME.height;
  const grid = [
    up.ticks.map(
      (tick) =>
        safe`<path class="grid" d="M${FRAME.left} ${px(atY(tick))}h${FRAME.width}" /><text x="${FRAME.left - 6}" y="${px(atY(tick) + 3.5)}" text-anchor="end">${tickText(tick, up, y)}</text>`,
    ),
    across.ticks.map(
      (tick) =>
        safe`<text x="${px(atX(tick))}" y="${floor + 14}" text-anchor="middle">${tickText(tick, across, x)}</text>`,
    ),
    safe`<text x="${FRAME.left + FRAME.width / 2}" y="${floor + 29}" text-anchor="middle">${x.title}</text>`,
    safe`<text x="${FRAME.left}" y="${FRAME.top - 1}">${y.title}</text>`,
  ];
  const height = floor + FRAME.bottom;
  return safe`<div class="plot">
    ${picture(FRAME.left + FRAME.width + FRAME.right, height, label, [
      grid,
      shown.map((each) => drawn(each, atX, atY)),
      names(shown, atY),
    ])}
  </div>`;
}

function drawn({ shape, tone, points }: ReportSeries, atX: (x: number) => number, atY: (y: number) => number): Markup {
  if (shape === 'points') {
    return safe`<g class="${tone}">${points.map(([a, b]) => safe`<circle cx="${px(atX(a))}" cy="${px(atY(b))}" r="3" />`)}</g>`;
  }
  const d = points
    .map(([a, b], at) => {
      if (at === 0) return `M${px(atX(a))} ${px(atY(b))}`;
      return shape === 'steps' ? `H${px(atX(a))}V${px(atY(b))}` : `L${px(atX(a))} ${px(atY(b))}`;
    })
    .join('');
  return safe`<g class="${tone}"><path class="series ${shape}" d="${d}" /></g>`;
}

/** At the right edge, by the height of the last point, moved apart where they would cover each other. */
function names(series: readonly ReportSeries[], atY: (y: number) => number): Markup {
  const ends = series
    .filter(({ name }) => name !== '')
    .map(({ name, tone, points }) => ({ name, tone, y: atY(points.at(-1)?.[1] ?? 0) }))
    .sort((a, b) => a.y - b.y);
  let last = -Infinity;
  const placed = ends.map((end) => {
    last = Math.max(end.y, last + NAME_ROOM);
    return { ...end, y: last };
  });
  const over = Math.max(0, (placed.at(-1)?.y ?? 0) - (FRAME.top + FRAME.height));
  const left = FRAME.left + FRAME.width + 8;
  return safe`${placed.map(
    ({ name, tone, y }) =>
      safe`<g class="${tone}"><circle cx="${left}" cy="${px(y - over)}" r="3" /><text class="end" x="${left + 7}" y="${px(y - over + 3.5)}">${name}</text></g>`,
  )}`;
}
