import type { Json } from '../base/json.ts';
import { sameJson } from './same.ts';
import type { RecipeStep } from './types.ts';

/** Steps of two recipes that answer to each other, by index; null: there is none. */
export interface AlignedStep {
  readonly before: number | null;
  readonly after: number | null;
  /** It is the same step, elsewhere. */
  readonly moved: boolean;
}

const isSame = (a: RecipeStep, b: RecipeStep): boolean => sameJson(a as unknown as Json, b as unknown as Json);

/** What a pair is worth: equal steps before those of one pass with the same options, before those of one pass. */
function worth(a: RecipeStep, b: RecipeStep): number {
  if (a.pass !== b.pass) return 0;
  if (isSame(a, b)) return 4;
  return sameJson(a.options, b.options) ? 3 : 2;
}

/** Best pairs from each place on (Needleman and Wunsch, without a price for gaps): `best[i][j]` of a[i…], b[j…]. */
function table(a: readonly RecipeStep[], b: readonly RecipeStep[]): readonly Float64Array[] {
  const best = Array.from({ length: a.length + 1 }, () => new Float64Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const pair = worth(a[i]!, b[j]!);
      const paired = pair > 0 ? pair + best[i + 1]![j + 1]! : 0;
      best[i]![j] = Math.max(paired, best[i + 1]![j]!, best[i]![j + 1]!);
    }
  }
  return best;
}

/**
 * Aligns steps in their order; equal steps that only changed places are told as moved, where the second recipe has them. Time
 * and memory are the product of both lengths.
 */
export function alignSteps(a: readonly RecipeStep[], b: readonly RecipeStep[]): readonly AlignedStep[] {
  const best = table(a, b);
  const rows: AlignedStep[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const pair = i < a.length && j < b.length ? worth(a[i]!, b[j]!) : 0;
    if (pair > 0 && best[i]![j] === pair + best[i + 1]![j + 1]!) {
      rows.push({ before: i++, after: j++, moved: false });
    } else if (i < a.length && (j === b.length || best[i]![j] === best[i + 1]![j])) {
      rows.push({ before: i++, after: null, moved: false });
    } else rows.push({ before: null, after: j++, moved: false });
  }
  return joinMoved(rows, a, b);
}

function joinMoved(
  rows: readonly AlignedStep[],
  a: readonly RecipeStep[],
  b: readonly RecipeStep[],
): readonly AlignedStep[] {
  const gone = rows.filter(({ after }) => after === null).map(({ before }) => before!);
  const taken = new Set<number>();
  const joined = rows.map((row): AlignedStep => {
    if (row.before !== null || row.after === null) return row;
    const from = gone.find((index) => !taken.has(index) && isSame(a[index]!, b[row.after!]!));
    if (from === undefined) return row;
    taken.add(from);
    return { before: from, after: row.after, moved: true };
  });
  return joined.filter(({ before, after }) => after !== null || !taken.has(before!));
}
