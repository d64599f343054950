import { placeName } from '../../base/backends.ts';
import { formatMs, formatShare, UNKNOWN } from '../../base/format.ts';
import { linesOf } from '../profile/group.ts';
import type { ProfileView, Roofline } from '../profile/types.ts';
import type { GivenFinding, ReportFinding, ReportSeries } from '../types.ts';

/** Lines of the table. */
const MOST = 15;

const whereOf = ({ backend, threads, level, clockText, runs, device }: ProfileView): string =>
  `${placeName(backend, threads, device ?? undefined)}, level ${level}, ${runs} runs, ${clockText}`;

/**
 * Where the time goes by operator, and what limits each node of the last profile.
 *
 * @param views one model, or before and after
 * @param roofline of the device they were taken on; null: it was not measured
 */
export function profileFindings(views: readonly ProfileView[], roofline: Roofline | null): GivenFinding[] {
  const last = views.at(-1);
  if (!last) return [];
  const lines = linesOf(views, 'operator');
  const total = last.ms;
  const heads = ['Operator', ...views.map(({ title, name }) => title || name), 'Share'];
  const rows = lines.slice(0, MOST).map(({ label, detail, ms }) => {
    const share = ms.at(-1);
    const times = ms.map((each) => (each === null ? UNKNOWN : formatMs(each)));
    return [detail === '' ? label : `${label}, ${detail}`, ...times, formatShare(share == null ? null : share / total)];
  });
  const found: GivenFinding = {
    title: 'Where the time goes',
    note: whereOf(last),
    words: lines.length > MOST ? [`${lines.length - MOST} more operators take less than these.`] : [],
    chart: null,
    table: { heads, rows },
    ...commandFor(last, views.length > 1, roofline !== null),
  };
  return roofline ? [found, rooflineFinding(last, roofline)] : [found];
}

/** The command line has WASM only, and no other device. */
function commandFor(
  { backend, threads, device }: ProfileView,
  isPair: boolean,
  isRoofed: boolean,
): { command?: string } {
  if (backend !== 'wasm' || device) return {};
  const words = ['whittle profile {model}', isPair ? '--against {result}' : '', isRoofed ? '--roofline' : ''];
  return { command: [...words, `--threads ${threads}`].filter((word) => word !== '').join(' ') };
}

function rooflineFinding(view: ProfileView, { peakGflops, bandwidthGbs, dispatchUs, method }: Roofline): ReportFinding {
  const points = view.rows.flatMap(({ flops, bytes, gflops }): [number, number][] =>
    flops && bytes && gflops ? [[flops / bytes, gflops]] : [],
  );
  const reach = points.map(([intensity]) => intensity);
  const [low, high] = [Math.min(...reach, 0.1), Math.max(...reach, 100)];
  const ridge = peakGflops / bandwidthGbs;
  const roof = [low, ridge, Math.max(high, 2 * ridge)].map((intensity): [number, number] => [
    intensity,
    Math.min(peakGflops, intensity * bandwidthGbs),
  ]);
  const series: ReportSeries[] = [
    { name: 'limit', shape: 'dashed', tone: 'warning', points: roof },
    { name: '', shape: 'points', tone: 'after', points },
  ];
  return {
    title: 'Roofline',
    note: `a point is a node of ${view.title || view.name}`,
    words: [
      `This device does ${Math.round(peakGflops)} GFLOP/s and ${bandwidthGbs.toFixed(1)} GB/s at best through the runtime, and takes ${dispatchUs.toFixed(1)} µs to start a node. ${method.replace(/\.?$/, '.')}`,
    ],
    chart: {
      label: `GFLOP/s of ${points.length} nodes against their FLOPs a byte, under the limits of the device`,
      x: { title: 'FLOPs a byte', log: true },
      y: { title: 'GFLOP/s', log: true },
      series,
    },
    table: null,
  };
}
