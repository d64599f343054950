import type { LabValue } from '../../../engine/verify-lab/types.ts';

/** How a value stands: within its tolerance, off it, or too sensitive to tell. */
export type Standing = 'ok' | 'off' | 'unsure';

export const standingOf = ({ ok, tooSensitive }: Pick<LabValue, 'ok' | 'tooSensitive'>): Standing =>
  tooSensitive ? 'unsure' : ok ? 'ok' : 'off';

export interface Tick {
  readonly exponent: number;
  /** 0: the foot of the scale, 1: its head. */
  readonly at: number;
}

export interface ErrorScale {
  readonly ticks: readonly Tick[];
  /** Place of an error above 0, from 0 to 1. */
  place(error: number): number;
  /** Some error is no finite number: it has a line of its own above the scale. */
  readonly beyond: boolean;
}

/** Labels that find room beside the scale. */
const MOST_TICKS = 6;
/** Errors below are drawn at the foot: no type that models compute with is finer. */
const FINEST = -12;

/** A logarithmic scale over whole decades that holds every error and the tolerance; errors of 0 stand under it. */
export function errorScale(errors: readonly number[], tolerance: number): ErrorScale {
  const shown = [...errors, tolerance].filter((error) => error > 0 && Number.isFinite(error)).map(Math.log10);
  const least = shown.reduce((a, b) => Math.min(a, b), Infinity);
  const most = shown.reduce((a, b) => Math.max(a, b), -Infinity);
  const low = Number.isFinite(least) ? Math.max(FINEST, Math.floor(least)) : -8;
  const high = Math.max(low + 2, Number.isFinite(most) ? Math.ceil(most) : 0);
  const step = Math.ceil((high - low) / MOST_TICKS);
  const ticks: Tick[] = [];
  for (let exponent = low; exponent <= high; exponent += step) {
    ticks.push({ exponent, at: (exponent - low) / (high - low) });
  }
  return {
    ticks,
    place: (error) => Math.min(1, Math.max(0, (Math.log10(error) - low) / (high - low))),
    beyond: errors.some((error) => !Number.isFinite(error)),
  };
}

const SUPERSCRIPTS: Readonly<Record<string, string>> = {
  '-': '⁻',
  0: '⁰',
  1: '¹',
  2: '²',
  3: '³',
  4: '⁴',
  5: '⁵',
  6: '⁶',
  7: '⁷',
  8: '⁸',
  9: '⁹',
};

/** `10⁻⁶` */
export const powerOfTen = (exponent: number): string =>
  `10${Array.from(String(exponent), (digit) => SUPERSCRIPTS[digit] ?? digit).join('')}`;
