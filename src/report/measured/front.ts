import { formatInteger, plural } from '../../base/format.ts';
import type { ReportFinding, ReportSeries } from '../types.ts';

/** One of the things that a search was for. */
export interface Objective {
  readonly title: string;
  /** In what an axis is told: its numbers are values divided by `size`. */
  readonly unit: string;
  readonly size: number;
  text(value: number | null): string;
}

/** What a search found. */
export interface Searched {
  /** Of which model. */
  readonly name: string;
  readonly evaluations: number;
  /** Two or more; the first two are drawn. */
  readonly objectives: readonly Objective[];
  /** Networks with a value for each objective; `isWhole`: the model as it is. */
  readonly points: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
    readonly isFront: boolean;
    readonly isWhole: boolean;
  }[];
  /** What the front covers of the box between the worst and the best there could be; null: it is not known. */
  readonly hypervolume: number | null;
}

/** Rows of the table: members of the front, by the first objective. */
const MOST = 12;

/** What a search found, by its first two objectives; null: it has no front. */
export function frontFinding({ name, evaluations, objectives, points, hypervolume }: Searched): ReportFinding | null {
  const [first, second] = objectives;
  const members = points
    .filter(({ isFront }) => isFront)
    .sort((a, b) => (a.values[0] ?? Infinity) - (b.values[0] ?? Infinity));
  if (members.length === 0 || !first || !second) return null;
  /** What was not measured has no place. */
  const places = (some: typeof points): [number, number][] =>
    some.flatMap(({ values: [x = null, y = null] }): [number, number][] =>
      x === null || y === null ? [] : [[x / first.size, y / second.size]],
    );
  const series: ReportSeries[] = [
    { name: '', shape: 'points', tone: 'before', points: places(points.filter(({ isFront }) => !isFront)) },
    { name: 'front', shape: 'line', tone: 'after', points: places(members) },
    { name: '', shape: 'points', tone: 'after', points: places(members) },
    { name: 'as it is', shape: 'points', tone: 'warning', points: places(points.filter(({ isWhole }) => isWhole)) },
  ];
  const axis = ({ title, unit }: Objective): string => (unit === '' ? title : `${title}, ${unit}`);
  return {
    title: 'Search',
    note: `${plural(evaluations, 'network')} of ${name} judged`,
    words:
      hypervolume === null
        ? []
        : [`The front covers ${hypervolume.toFixed(3)} of the box between the worst and the best there could be.`],
    chart: {
      label: `${formatInteger(points.length)} networks, ${formatInteger(members.length)} of them on the front`,
      x: { title: axis(first), log: false },
      y: { title: axis(second), log: false },
      series,
    },
    table: {
      heads: ['Network', ...objectives.map(({ title }) => title)],
      rows: members
        .slice(0, MOST)
        .map((member) => [
          member.isWhole ? 'as it is' : member.name,
          ...objectives.map(({ text }, at) => text(member.values[at] ?? null)),
        ]),
    },
  };
}
