import { UNKNOWN } from '../../base/format.ts';
import type { BenchResult } from '../../bench/types.ts';
import type { BenchEntry } from '../../state/document.ts';

const stopName = (index: number): string => (index === 0 ? 'Original' : `Step ${index}`);

/** `Original against step 5`; `Step 2 alone`. */
export function entryTitle({ a, b }: Pick<BenchEntry, 'a' | 'b'>): string {
  if (b === null) return `${stopName(a)} alone`;
  return `${stopName(a)} against ${b === 0 ? 'the original' : `step ${b}`}`;
}

export const backendTitle = (backend: BenchResult['backend']): string => (backend === 'wasm' ? 'WASM' : 'WebGPU');

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
  return `${a.samples.length} samples${batch}${how} · ${a.warmups} warm-up · every dot is one sample`;
}

/** A time of the original and of the result in the words of the table: unknown stays unknown. */
export const plainMs = (value: number | null): string => (value === null ? UNKNOWN : value.toFixed(3));
