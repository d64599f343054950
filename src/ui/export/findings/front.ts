import { formatInteger, plural } from '../../../base/format.ts';
import type { ReportFinding, ReportSeries } from '../../../report/types.ts';
import type { SearchRun } from '../../../state/searching-run.ts';
import { axisUnit, titleOf, valueText } from '../../search/figures.ts';

/** Rows of the table: members of the front, by the first objective. */
const MOST = 12;

/** What a search found, by its first two objectives. */
export function frontFinding({
  name,
  points,
  front,
  evaluations,
  history,
  quality,
  request,
}: SearchRun): ReportFinding | null {
  const [first, second] = request.objectives;
  if (front.length === 0 || first === undefined || second === undefined) return null;
  const sizes = [first, second].map((objective, at) =>
    axisUnit(objective, Math.max(...points.map(({ values }) => values[at] ?? 0).filter(Number.isFinite)), quality),
  );
  const at = ({ values }: { readonly values: readonly number[] }): [number, number] => [
    (values[0] ?? NaN) / (sizes[0]?.size ?? 1),
    (values[1] ?? NaN) / (sizes[1]?.size ?? 1),
  ];
  const ids = new Set(front);
  const members = points.filter(({ id }) => ids.has(id)).sort((a, b) => (a.values[0] ?? 0) - (b.values[0] ?? 0));
  const whole = points.filter(({ id }) => id === 0);
  const series: ReportSeries[] = [
    { name: '', shape: 'points', tone: 'before', points: points.filter(({ id }) => !ids.has(id)).map(at) },
    { name: 'front', shape: 'line', tone: 'after', points: members.map(at) },
    { name: '', shape: 'points', tone: 'after', points: members.map(at) },
    { name: 'as it is', shape: 'points', tone: 'warning', points: whole.map(at) },
  ];
  const share = history.at(-1)?.hypervolume;
  const axis = (index: 0 | 1, objective: typeof first): string =>
    `${titleOf(objective, quality)}${sizes[index]?.unit ? `, ${sizes[index].unit}` : ''}`;
  return {
    title: 'Search',
    note: `${plural(evaluations, 'network')} of ${name} judged`,
    words:
      share === undefined
        ? []
        : [`The front covers ${share.toFixed(3)} of the box between the worst and the best there could be.`],
    chart: {
      label: `${formatInteger(points.length)} networks, ${formatInteger(front.length)} of them on the front`,
      x: { title: axis(0, first), log: false },
      y: { title: axis(1, second), log: false },
      series,
    },
    table: {
      heads: ['Network', ...request.objectives.map((objective) => titleOf(objective, quality))],
      rows: members
        .slice(0, MOST)
        .map(({ id, values }) => [
          id === 0 ? 'as it is' : formatInteger(id),
          ...request.objectives.map((objective, index) => valueText(objective, values[index] ?? null, quality)),
        ]),
    },
  };
}
