import type { Job } from '../base/job.ts';
import type { Closeness } from '../prune/sensitivity.ts';
import type { MadeUp } from '../runtime/run-many.ts';
import type { Feeds, HostTensor } from '../runtime/types.ts';
import { argmax, distribution, divergence } from './distribution.ts';
import { numbersOf } from './host-numbers.ts';
import type { Parcel, RuntimePort } from './ports.ts';

/** Inputs on which a changed model is held against the original; others than those it was calibrated on. */
export interface Judgement {
  readonly feeds: readonly Feeds[] | MadeUp;
  /** The class of each row of each run, in order; null: no labels. */
  readonly labels: readonly number[] | null;
}

/** How near one output stays. */
export interface OutputFidelity extends Closeness {
  readonly name: string;
  /**
   * Share of what the original's classes tell that is kept: 1 − Σ KL(p‖q) / Σ KL(p‖uniform) over rows, p and q being the
   * classes' probabilities before and after; not below 0, which is what a model that says the same to everything has.
   */
  readonly information: number;
}

export interface Fidelity {
  readonly runs: number;
  readonly outputs: readonly OutputFidelity[];
  /** Share of rows whose largest element of the first output is the label's. */
  readonly accuracy: { readonly before: number; readonly after: number } | null;
}

/** What a model gave, by output. */
export type Run = Readonly<Record<string, HostTensor>>;

/** Runs both models on the same inputs; `original` may be the runs of before, which are given back. */
export async function fidelity(
  original: Parcel | readonly Run[],
  changed: Parcel,
  judgement: Judgement,
  port: RuntimePort,
  job: Job,
): Promise<{ readonly fidelity: Fidelity; readonly original: readonly Run[] }> {
  const before = 'bytes' in original ? await port.runs(original, judgement.feeds, job) : original;
  const after = await port.runs(changed, judgement.feeds, job);
  const outputs = closeness(before, after);
  const [was, is] = [accuracyOf(before, judgement.labels), accuracyOf(after, judgement.labels)];
  const accuracy = was !== null && is !== null ? { before: was, after: is } : null;
  return { fidelity: { runs: before.length, outputs, accuracy }, original: before };
}

/** How near each float output stays, run by run. */
export const closeness = (before: readonly Run[], after: readonly Run[]): readonly OutputFidelity[] =>
  floatOutputs(before).map((name) => compare(name, before, after));

const floatOutputs = (runs: readonly Run[]): string[] =>
  Object.entries(runs[0] ?? {})
    .filter(([, { dtype }]) => dtype === 'float32' || dtype === 'float16')
    .map(([name]) => name);

/**
 * Share of labelled rows whose largest element of the first float output is the label's; rows with a label below 0 have
 * none. Null: no labels, or no such output.
 */
export function accuracyOf(runs: readonly Run[], labels: Judgement['labels']): number | null {
  const [first] = floatOutputs(runs);
  if (!labels || first === undefined) return null;
  const rows = runs.flatMap((run) => rowsOf(run[first]));
  const right = labels.filter((label, i) => {
    const row = rows[i];
    return label >= 0 && row !== undefined && argmax(row) === label;
  });
  return right.length / Math.max(labels.filter((label) => label >= 0).length, 1);
}

function compare(name: string, before: readonly Run[], after: readonly Run[]): OutputFidelity {
  let [dot, a2, b2, kl, told, same, rows] = [0, 0, 0, 0, 0, 0, 0];
  for (const [run, reference] of before.entries()) {
    const [a, b] = [rowsOf(reference[name]), rowsOf(after[run]?.[name])];
    a.forEach((row, i) => {
      const other = b[i] ?? new Float64Array(row.length);
      row.forEach((x, j) => {
        const y = other[j] ?? 0;
        dot += x * y;
        a2 += x * x;
        b2 += y * y;
      });
      const p = distribution(row);
      kl += divergence(p, distribution(other));
      told += p.reduce((sum, each) => (each > 0 ? sum + each * Math.log(each) : sum), Math.log(p.length));
      if (argmax(row) === argmax(other)) same++;
      rows++;
    });
  }
  const cosine = a2 === 0 && b2 === 0 ? 1 : dot / Math.sqrt(a2 * b2);
  const mean = (sum: number): number => sum / Math.max(rows, 1);
  const information = told > 0 ? Math.max(0, 1 - kl / told) : Number(kl === 0);
  return { name, cosine, kl: mean(kl), information, agreement: mean(same) };
}

/** Rows along the last axis. */
function rowsOf(tensor: HostTensor | undefined): Float64Array[] {
  if (!tensor) return [];
  const numbers = numbersOf(tensor);
  const width = tensor.shape.at(-1) ?? 1;
  return Array.from({ length: width > 0 ? numbers.length / width : 0 }, (_, i) =>
    numbers.subarray(i * width, (i + 1) * width),
  );
}
