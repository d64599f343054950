import { UNKNOWN } from '../../base/format.ts';
import type { BenchResult } from '../../bench/types.ts';
import type { CompareSide } from '../../engine/compare-types.ts';
import type { BenchEntry } from '../../state/document.ts';

/** `Original against step 5`; `Step 2 alone`; `Original against other.onnx`. */
export function entryTitle({ a, b, second }: Pick<BenchEntry, 'a' | 'b' | 'second'>): string {
  const name = (side: CompareSide, isFirst: boolean): string => {
    if (side === 'second') return second ?? 'the second file';
    if (side === 0) return isFirst ? 'Original' : 'the original';
    return `${isFirst ? 'Step' : 'step'} ${side}`;
  };
  if (b === null) return `${name(a, true)} alone`;
  return a === b ? `${name(a, true)} against itself` : `${name(a, true)} against ${name(b, false)}`;
}

/** Row by row: number of the sample, time before, time after; a missing time is null. */
export function sampleRows({ a, b }: BenchResult): readonly (readonly [number, number | null, number | null])[] {
  const count = Math.max(a.samples.length, b?.samples.length ?? 0);
  return Array.from({ length: count }, (_, index) => [index + 1, a.samples[index] ?? null, b?.samples[index] ?? null]);
}

/** RFC 4180, times in ms at full precision; what does not exist is empty. */
export function samplesCsv(result: BenchResult): string {
  const rows = sampleRows(result).map(([index, before, after]) => [index, before ?? '', after ?? ''].join(','));
  return ['sample,before_ms,after_ms', ...rows].join('\r\n') + '\r\n';
}

export const samplesJson = (entry: BenchEntry): string => `${JSON.stringify(entry, null, 2)}\n`;

/** What one measurement did, in words. */
export function describeSamples({ a, b }: BenchResult): string {
  const batch = a.runsPerSample > 1 ? ` of ${a.runsPerSample} runs` : '';
  const how = b ? ' each, interleaved' : '';
  const rounds = a.blocks.length > 1 ? ` · ${a.blocks.length} rounds` : '';
  return `${a.samples.length} samples${batch}${how}${rounds} · ${a.warmups} warm-up · every dot is one sample`;
}

/** A time of the original and of the result in the words of the table: unknown stays unknown. */
export const plainMs = (value: number | null): string => (value === null ? UNKNOWN : value.toFixed(3));
