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
interface OutputFidelity extends Closeness {
  readonly name: string;
}

export interface Fidelity {
  readonly runs: number;
  readonly outputs: readonly OutputFidelity[];
  /** Share of rows whose largest element of the first output is the label's. */
  readonly accuracy: { readonly before: number; readonly after: number } | null;
}

type Run = Readonly<Record<string, HostTensor>>;

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
  const outputs = floatOutputs(before).map((name) => compare(name, before, after));
  const [was, is] = [accuracyOf(before, judgement.labels), accuracyOf(after, judgement.labels)];
  const accuracy = was !== null && is !== null ? { before: was, after: is } : null;
  return { fidelity: { runs: before.length, outputs, accuracy }, original: before };
}

const floatOutputs = (runs: readonly Run[]): string[] =>
  Object.entries(runs[0] ?? {})
    .filter(([, { dtype }]) => dtype === 'float32' || dtype === 'float16')
    .map(([name]) => name);

/** Share of rows whose largest element of the first float output is the label's; null: no labels, or no such output. */
export function accuracyOf(runs: readonly Run[], labels: Judgement['labels']): number | null {
  const [first] = floatOutputs(runs);
  if (!labels || first === undefined) return null;
  const rows = runs.flatMap((run) => rowsOf(run[first]));
  const right = labels.filter((label, i) => {
    const row = rows[i];
    return row !== undefined && argmax(row) === label;
  });
  return right.length / Math.max(labels.length, 1);
}

function compare(name: string, before: readonly Run[], after: readonly Run[]): OutputFidelity {
  let [dot, a2, b2, kl, same, rows] = [0, 0, 0, 0, 0, 0];
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
      kl += divergence(distribution(row), distribution(other));
      if (argmax(row) === argmax(other)) same++;
      rows++;
    });
  }
  const cosine = a2 === 0 && b2 === 0 ? 1 : dot / Math.sqrt(a2 * b2);
  return { name, cosine, kl: kl / Math.max(rows, 1), agreement: same / Math.max(rows, 1) };
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
