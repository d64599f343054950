import { placeName } from '../base/backends.ts';
import { formatMs, formatPair, formatRatio, formatRatioInterval, msPair, plural } from '../base/format.ts';
import { MIN_PAIRS } from './statistics.ts';
import type { BenchResult } from './types.ts';

/** What a person should take from it: the verdict first, then where it was measured. */
export function benchMessage(result: Omit<BenchResult, 'message'>, asked: number): string {
  const { a, b, backend, threads, device } = result;
  const place = placeName(backend, threads, device);
  const times = b ? formatPair(msPair(a.median, b.median)) : `Median ${formatMs(a.median)}, p95 ${formatMs(a.p95)}`;
  const said = [b ? `${verdictSentence(result, asked)} ${times} on ${place}.` : `${times} on ${place}.`];
  if (result.software) said.push('This WebGPU adapter is software: its times say nothing about a graphics card.');
  return said.join(' ');
}

function verdictSentence({ a, level, ratio, interval, verdict }: Omit<BenchResult, 'message'>, asked: number): string {
  const speed = formatRatio(ratio);
  const range = formatRatioInterval(ratio, interval).slice(speed.length);
  const against = level === 'all' ? "the runtime's own optimization" : `the original at ${level}`;
  switch (verdict) {
    case 'faster':
      return `${speed} faster than ${against}${range}.`;
    case 'slower':
      return `${speed}${range}: slower than ${against}.`;
    case 'no verdict':
      return `No verdict: ${speed}${range}.`;
    case 'no change':
      return `No change: ${speed}${range}.`;
    default:
      return `Inconclusive: ${speed}${range}. ${advice(a.samples.length, asked)}`;
  }
}

const advice = (pairs: number, asked: number): string =>
  pairs < MIN_PAIRS && pairs < asked
    ? `Only ${plural(pairs, 'pair')} of runs fitted into the time given.`
    : pairs < MIN_PAIRS
      ? `${plural(pairs, 'pair')} of runs are too few to tell.`
      : 'The interval holds 1: more runs may settle it.';
