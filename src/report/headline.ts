import { placeName } from '../base/backends.ts';
import { formatInteger, formatRatio, formatShare } from '../base/format.ts';
import type { ReportBench, ReportData } from './types.ts';

/** The benchmark that the headline speaks of: the last one that was run. */
export const mainBench = (data: ReportData): ReportBench | null => data.bench.at(-1) ?? null;

export const modelName = (data: ReportData): string => data.model.name.replace(/\.onnx$/i, '');

function speedClause(bench: ReportBench | null): string | null {
  if (bench?.verdict === 'faster') return `runs ${formatRatio(bench.ratio)} faster`;
  if (bench?.verdict === 'slower') return `runs slower, at ${formatRatio(bench.ratio)}`;
  return bench?.verdict === 'no change' ? 'runs as fast as before' : null;
}

function smaller(before: number, after: number, less: string, more: string): string | null {
  if (before <= 0) return null;
  const change = (after - before) / before;
  if (Math.abs(change) < 0.0005) return null;
  return `${formatShare(Math.abs(change))} ${change < 0 ? less : more}`;
}

function sizeClause({ before, after }: ReportData): string | null {
  const bytes = smaller(before.bytes, after.bytes, 'smaller', 'larger');
  if (bytes) return `is ${bytes}`;
  if (before.nodes === after.nodes) return null;
  return `has ${formatInteger(after.nodes)} nodes instead of ${formatInteger(before.nodes)}`;
}

/** What follows the model's name, as one sentence without its subject. A failed check comes before any gain. */
export function headlineClause(data: ReportData): string {
  if (data.verify && !data.verify.ok && data.verify.verdict === 'differs') return 'differs from the original.';
  const clauses = [speedClause(mainBench(data)), sizeClause(data)].filter((clause) => clause !== null);
  return clauses.length > 0 ? `${clauses.join(' and ')}.` : 'is as it was.';
}

function speedSentence(bench: ReportBench | null): string {
  if (!bench) return 'Speed was not measured.';
  const [low, high] = bench.interval;
  const where = placeName(bench.backend, bench.threads, bench.device);
  const against = `against the original under the runtime's own optimization (level ${bench.level})`;
  const interval = `95 % interval ${low.toFixed(2)} to ${high.toFixed(2)}`;
  if (bench.verdict === 'inconclusive')
    return `The timing is inconclusive: ${formatRatio(bench.ratio)}, ${interval}, on ${where}.`;
  if (bench.verdict === 'no verdict')
    return `The timing gets no verdict: ${formatRatio(bench.ratio)} on a WebGPU adapter that is software.`;
  return `Measured on ${where}, ${against}; ${interval}.`;
}

/** The paragraph under the headline: how it was measured, and what the check said. */
export function leadText(data: ReportData): string {
  const unchecked =
    data.steps.length === 0 ? 'Nothing was changed.' : 'The result was not checked against the original.';
  const check = data.verify ? data.verify.message : unchecked;
  return `${speedSentence(mainBench(data))} ${check}`;
}
