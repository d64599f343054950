import { formatInteger, formatMs, formatRatio, plural } from '../base/format.ts';
import { densityPath, distribute, type DistributionSeries } from './distribution.ts';
import { safe, type Markup, type MarkupValue } from './markup.ts';
import { createAxis, formatTick } from './scale.ts';
import type { ReportBench, ReportData } from './types.ts';

export const px = (value: number): string => String(Math.round(value * 10) / 10);

/** A picture that scales with its column; `label` says in words what it shows. */
export const picture = (width: number, height: number, label: string, content: MarkupValue): Markup =>
  safe`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${content}</svg>`;

/** Before and after as two bars on one scale. */
export function pairBars(before: number | null, after: number | null): Markup {
  if (before === null || after === null) return safe``;
  const most = Math.max(before, after, Number.MIN_VALUE);
  const bar = (y: number, value: number, kind: string): Markup =>
    safe`<rect class="${kind}" y="${y}" width="${px((value / most) * 170)}" height="4" rx="1.5" />`;
  return safe`<svg class="bars" viewBox="0 0 170 10" preserveAspectRatio="none" aria-hidden="true">
    ${bar(0, before, 'fill-before')}${bar(6, after, 'fill-after')}
  </svg>`;
}

const PLOT = { left: 10, width: 470, lane: 74, dots: 14 };

function dotsPath(series: DistributionSeries, base: number): string {
  return series.dots
    .map((dot) => `M${px(PLOT.left + dot.x * PLOT.width)} ${px(base + 5 + dot.lane * PLOT.dots)}h0`)
    .join('');
}

/** Runs that were too slow for the axis are counted at its end. */
const edgeNote = ({ count, max }: NonNullable<DistributionSeries['beyond']>, base: number): Markup =>
  safe`<text x="${PLOT.left + PLOT.width}" y="${base - 6}" text-anchor="end">+${formatInteger(count)} later, up to ${formatMs(max)}</text>`;

function lane(series: DistributionSeries, kind: string, label: string, base: number): Markup {
  const at = (x: number): string => px(PLOT.left + x * PLOT.width);
  const path = densityPath(series, PLOT.width, 40, base);
  const [anchor, side] = series.median < 0.6 ? ['start', 8] : ['end', -8];
  const outline = path === '' ? '' : `${path}L${px(PLOT.width)} ${base}L0 ${base}Z`;
  return safe`<g class="${kind}">
    <g transform="translate(${PLOT.left} 0)"><path class="area" d="${outline}" /><path class="curve" d="${path}" /></g>
    <path class="dots" d="${dotsPath(series, base)}" />
    <path class="median" d="M${at(series.median)} ${base - 48}V${base + 22}" />
    <path class="p95" d="M${at(series.p95)} ${base - 18}V${base + 22}" />
    <text class="label" x="${px(PLOT.left + series.median * PLOT.width + side)}" y="${base - 38}" text-anchor="${anchor}">${label}</text>
    ${series.beyond && edgeNote(series.beyond, base)}
  </g>`;
}

const words = (name: string, timing: ReportBench['before']): string =>
  `${name} ${formatMs(timing.median)}, p95 ${formatMs(timing.p95)}`;

/** Every run as a dot, median solid, p95 dashed; before above after on one axis. */
export function distributionChart(bench: ReportBench): Markup {
  const { axis, series } = distribute([bench.before, bench.after]);
  const [before, after] = series;
  if (!before || !after) return safe``;
  const bottom = PLOT.lane * 2 + 8;
  const grid = axis.ticks.map((tick, index) => {
    const x = px(PLOT.left + axis.place(tick) * PLOT.width);
    const text = formatTick(tick, axis.step) + (index === axis.ticks.length - 1 ? ' ms' : '');
    return safe`<path class="grid" d="M${x} 0V${bottom}" /><text x="${x}" y="${bottom + 14}" text-anchor="middle">${text}</text>`;
  });
  const labels = [words('before', bench.before), words('after', bench.after)] as const;
  return picture(PLOT.width + 26, bottom + 20, `Time for one run: ${labels.join('; ')}`, [
    grid,
    lane(before, 'before', labels[0], 50),
    lane(after, 'after', labels[1], 50 + PLOT.lane),
  ]);
}

/** The measured ratio with its 95 % interval, on an axis that holds 1×; changes inside ±3 % are shaded. */
export function intervalChart(bench: ReportBench): Markup {
  const [low, high] = bench.interval;
  const axis = createAxis(Math.min(0.97, low), Math.max(1.03, high), 6);
  const [left, width] = [14, 452];
  const at = (value: number): string => px(left + axis.place(value) * width);
  const ticks = axis.ticks.map(
    (tick) =>
      safe`<path class="grid" d="M${at(tick)} 4V30" /><text x="${at(tick)}" y="44" text-anchor="middle">${formatTick(tick, axis.step)}×</text>`,
  );
  const band = px((axis.place(1.03) - axis.place(0.97)) * width);
  const tone = bench.verdict === 'faster' ? 'good' : bench.verdict === 'slower' ? 'bad' : 'open';
  const label = `Ratio ${formatRatio(bench.ratio)}, between ${formatRatio(low)} and ${formatRatio(high)}`;
  return picture(480, 48, label, [
    ticks,
    safe`<rect class="band" x="${at(0.97)}" y="8" width="${band}" height="18" /><path class="one" d="M${at(1)} 2V32" />`,
    safe`<g class="interval ${tone}"><path d="M${at(low)} 17H${at(high)}" /><circle cx="${at(bench.ratio)}" cy="17" r="5" /></g>`,
  ]);
}

/** One bar a group: grey is the old width, the accent the new one. */
export function widthsChart(widths: ReportData['widths']): Markup {
  const [pitch, height] = [Math.min(44, 960 / widths.length), 72];
  const most = Math.max(...widths.map((each) => each.before), 1);
  const bar = (value: number, index: number): string => {
    const h = (value / most) * height;
    return `M${px(index * pitch)} ${px(height - h)}h${px(pitch * 0.78)}v${px(h)}h${px(-pitch * 0.78)}z`;
  };
  const label = `Channels of ${plural(widths.length, 'group')}, before and after`;
  return picture(960, height + 1, label, [
    safe`<path class="fill-before" d="${widths.map((each, index) => bar(each.before, index)).join('')}" />`,
    safe`<path class="fill-after" d="${widths.map((each, index) => bar(each.after, index)).join('')}" />`,
  ]);
}
