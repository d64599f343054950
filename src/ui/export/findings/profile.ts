import { placeName } from '../../../base/backends.ts';
import { formatMs, formatShare, UNKNOWN } from '../../../base/format.ts';
import { linesOf } from '../../../report/profile/group.ts';
import type { ProfileView, Roofline } from '../../../report/profile/types.ts';
import type { ReportFinding, ReportSeries } from '../../../report/types.ts';
import type { Profiled } from '../../../state/profiling.ts';

/** Lines of the table. */
const MOST = 15;

const whereOf = ({ backend, threads, level, clockText, runs, device }: ProfileView): string =>
  `${placeName(backend, threads, device ?? undefined)}, level ${level}, ${runs} runs, ${clockText}`;

/** Where the time goes by operator, before first, and what limits each node of the last profile. */
export function profileFindings({ sides, roofline }: Profiled): ReportFinding[] {
  const views = sides.map(({ view }) => view);
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
  const found: ReportFinding = {
    title: 'Where the time goes',
    note: whereOf(last),
    words: lines.length > MOST ? [`${lines.length - MOST} more operators take less than these.`] : [],
    chart: null,
    table: { heads, rows },
  };
  return roofline ? [found, rooflineFinding(last, roofline)] : [found];
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
