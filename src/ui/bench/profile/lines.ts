import { formatChange, formatShare, UNKNOWN } from '../../../base/format.ts';
import { three } from '../../../report/profile/bound.ts';
import { BETWEEN, type ProfileLine } from '../../../report/profile/group.ts';
import type { Bound } from '../../../report/profile/types.ts';

export type LineColumn = 'label' | 'calls' | 'before' | 'after' | 'change' | 'gflops' | 'bound';
export interface LineSort {
  readonly column: LineColumn;
  readonly down: boolean;
}

/** `compute 39.7 %`: what limits it, and how much of that limit it reaches. */
export const boundText = (bound: Bound | null): string => (bound ? `${bound.kind} ${formatShare(bound.fraction)}` : '');

/** A column of ms: as many decimals as the largest needs for three digits, so that points stand in line. */
export function msColumn(values: readonly (number | null)[]): (ms: number | null | undefined) => string {
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  const decimals = most >= 1000 ? 0 : most >= 100 ? 1 : most >= 1 ? 2 : 3;
  return (ms) => (ms === null || ms === undefined ? UNKNOWN : ms.toFixed(decimals));
}

export const changeText = ({ ms }: Pick<ProfileLine, 'ms'>): string =>
  ms.length < 2 || ms.every((each) => each === null)
    ? ''
    : ms[0] === null
      ? 'new'
      : ms[1] === null
        ? 'gone'
        : formatChange(ms[0] ?? null, ms[1] ?? null);

/** Whether a change is more than what the turns of the profiles differ by. */
export const isSettled = ({ ms, noise }: Pick<ProfileLine, 'ms' | 'noise'>): boolean =>
  Math.abs((ms.at(-1) ?? 0) - (ms[0] ?? 0)) > noise;

/** Less is better; what is not settled is no verdict. */
export function changeTone(text: string, settled: boolean): string {
  if (!settled) return 'text-ink-3';
  if (text.startsWith('+') || text === 'new') return 'text-removed';
  return text.startsWith('−') || text === 'gone' ? 'text-added' : 'text-ink-3';
}

export const gflopsText = (gflops: number | null): string => (gflops === null ? UNKNOWN : three(gflops));

const READ: Readonly<Record<Exclude<LineColumn, 'label' | 'bound'>, (line: ProfileLine) => number>> = {
  calls: ({ calls }) => calls.at(-1) ?? -1,
  before: ({ ms }) => ms[0] ?? -1,
  after: ({ ms }) => ms.at(-1) ?? -1,
  change: ({ ms }) => (ms.at(-1) ?? 0) - (ms[0] ?? 0),
  gflops: ({ gflops }) => gflops ?? -1,
};

const WORDS: Readonly<Record<'label' | 'bound', (line: ProfileLine) => string>> = {
  label: ({ label, detail }) => `${label} ${detail}`,
  bound: ({ bound }) => bound?.words ?? '',
};

/** What has a time comes first, then what lies between operators, then what has none. */
const placeOf = ({ key, ms }: ProfileLine): number => (key === BETWEEN ? 1 : ms.every((each) => each === null) ? 2 : 0);

/** Sorted lines; what lies between operators and what has no time stay last. */
export function sortLines(lines: readonly ProfileLine[], { column, down }: LineSort): readonly ProfileLine[] {
  const sign = down ? -1 : 1;
  const byWords = column === 'label' || column === 'bound' ? WORDS[column] : null;
  const compare = (a: ProfileLine, b: ProfileLine): number => {
    const place = placeOf(a) - placeOf(b);
    if (place !== 0) return place;
    if (byWords) return sign * byWords(a).localeCompare(byWords(b), undefined, { numeric: true });
    const read = READ[column as keyof typeof READ];
    return sign * (read(a) - read(b));
  };
  return [...lines].sort(compare);
}
