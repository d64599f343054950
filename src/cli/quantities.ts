import { UsageError } from './arguments.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** `64MB`, `1.5 GiB`, `1000000` → bytes. */
export function parseBytes(text: string, option: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kKMG]?i?B?)\s*$/.exec(text);
  const unit = match?.[2] === undefined ? undefined : UNITS[match[2]];
  if (!match || unit === undefined) {
    throw new UsageError(`--${option} wants bytes, or a number with kB, MB, GB, KiB, MiB or GiB, not ${text}.`);
  }
  return Math.floor(Number(match[1]) * unit);
}

/** `30%` or `0.3` → 0.3. */
export function parseShare(text: string, option: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text);
  const share = Number(match?.[1]) / (match?.[2] === '%' ? 100 : 1);
  if (share >= 0 && share <= 1) return share;
  throw new UsageError(`--${option} wants a share such as 30% or 0.3, not ${text}.`);
}
