import type { Genome } from './genome.ts';
import type { GeneEffect, GeneView } from './types.ts';

/** Keeps choices that few points have near the mean. */
const RIDGE = 0.5;
/** With fewer points nothing is told. */
const FEWEST = 12;

export interface Sample {
  readonly genome: Genome;
  readonly quality: number;
  readonly latency: number | null;
}

/**
 * What each gene does, by all that was found: an additive model of all genes at once (ridge regression on one column for
 * each choice), so that a choice is not blamed for what usually comes with it.
 */
export function effectsOf(genes: readonly GeneView[], samples: readonly Sample[]): readonly GeneEffect[] {
  if (samples.length < FEWEST) return [];
  const searched = genes.flatMap(({ searched: is, allowed }, gene) => (is && allowed.length > 1 ? [gene] : []));
  const quality = additive(
    genes,
    searched,
    samples.map(({ genome, quality: y }) => ({ genome, y })),
  );
  const timed = samples.flatMap(({ genome, latency }) => (latency === null ? [] : [{ genome, y: latency }]));
  const latency = timed.length >= FEWEST ? additive(genes, searched, timed) : null;
  return searched.map((gene, i) => ({
    gene,
    quality: quality.choices[i] ?? [],
    latency: latency?.choices[i] ?? (genes[gene]?.choices ?? []).map(() => null),
    share: quality.shares[i] ?? 0,
  }));
}

interface Additive {
  /** For each gene the fitted mean at each of its choices; null: no sample has it. */
  readonly choices: readonly (readonly (number | null)[])[];
  /** For each gene, its part of the variance of what is fitted. */
  readonly shares: readonly number[];
}

function additive(
  genes: readonly GeneView[],
  searched: readonly number[],
  samples: readonly { readonly genome: Genome; readonly y: number }[],
): Additive {
  const mean = samples.reduce((sum, { y }) => sum + y, 0) / samples.length;
  const starts: number[] = [];
  let columns = 0;
  for (const gene of searched) {
    starts.push(columns);
    columns += genes[gene]?.choices.length ?? 0;
  }
  const counts = new Float64Array(columns);
  const normal = Array.from({ length: columns }, () => new Float64Array(columns));
  const right = new Float64Array(columns);
  for (const { genome, y } of samples) {
    const on = searched.map((gene, i) => (starts[i] ?? 0) + (genome[gene] ?? 0));
    for (const a of on) {
      counts[a]! += 1;
      right[a]! += y - mean;
      for (const b of on) normal[a]![b]! += 1;
    }
  }
  normal.forEach((row, i) => (row[i]! += RIDGE));
  const weights = solved(normal, right);
  const choices = searched.map((gene, i) =>
    (genes[gene]?.choices ?? []).map((_, choice) => {
      const column = (starts[i] ?? 0) + choice;
      return (counts[column] ?? 0) > 0 ? (weights[column] ?? 0) : null;
    }),
  );
  // Weights of a gene are told around their mean over the samples, so that the others' do not lie in them.
  const centred = choices.map((list, i) => {
    const of = list.map((_, choice) => counts[(starts[i] ?? 0) + choice] ?? 0);
    const centre = list.reduce<number>((sum, weight, choice) => sum + (weight ?? 0) * of[choice]!, 0) / samples.length;
    const variance = list.reduce<number>(
      (sum, weight, choice) => sum + (weight === null ? 0 : (weight - centre) ** 2 * of[choice]!),
      0,
    );
    return { means: list.map((weight) => (weight === null ? null : mean + weight - centre)), variance };
  });
  const total = centred.reduce((sum, { variance }) => sum + variance, 0);
  return {
    choices: centred.map(({ means }) => means),
    shares: centred.map(({ variance }) => (total > 0 ? variance / total : 0)),
  };
}

/** Gauss-Jordan with pivots; what has none is 0. `matrix` and `right` are used up. */
function solved(matrix: Float64Array[], right: Float64Array): Float64Array {
  const n = right.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(matrix[row]![column]!) > Math.abs(matrix[pivot]![column]!)) pivot = row;
    }
    const value = matrix[pivot]![column]!;
    if (Math.abs(value) < 1e-12) continue;
    [matrix[column], matrix[pivot]] = [matrix[pivot]!, matrix[column]!];
    [right[column], right[pivot]] = [right[pivot]!, right[column]!];
    for (let row = 0; row < n; row++) {
      const factor = matrix[row]![column]! / value;
      if (row === column || factor === 0) continue;
      for (let k = column; k < n; k++) matrix[row]![k]! -= factor * matrix[column]![k]!;
      right[row]! -= factor * right[column]!;
    }
  }
  return right.map((each, i) => (Math.abs(matrix[i]![i]!) < 1e-12 ? 0 : each / matrix[i]![i]!));
}
