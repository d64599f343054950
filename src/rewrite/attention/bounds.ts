import type { GraphId } from '../../ir/types.ts';
import type { PassContext } from '../pass.ts';
import type { Form } from './heads.ts';
import { entriesOf, projectionOf, type Linear } from './linear.ts';
import { normalizedBy, type Normalized } from './normalized.ts';
import type { Past } from './past.ts';

/**
 * A number that no |q·k| exceeds, where queries and keys are linear in a normalised vector. With x = γ∘n + β and
 * ‖n‖₂ ≤ √K, a head q = Aᵀx + b has ‖q‖₂ ≤ √K·‖diag(γ)·A‖_F + ‖Aᵀβ + b‖₂, and |q·k| ≤ ‖q‖₂·‖k‖₂ (Cauchy–Schwarz).
 * Null: they are not.
 */
export function scoreBound(
  context: PassContext,
  graph: GraphId,
  query: Form,
  key: Form,
  past: Past | null,
): number | null {
  if (past) return null;
  const queries = headNorms(context, graph, query);
  const keys = queries && headNorms(context, graph, key);
  if (!queries || !keys || queries.length !== keys.length) return null;
  return Math.max(...queries.map((norm, head) => norm * (keys[head] ?? Infinity)));
}

/** For each head, a bound of ‖head‖₂; null: it is not linear in something normalised. */
function headNorms(context: PassContext, graph: GraphId, form: Form): readonly number[] | null {
  const found = projectionOf(context, graph, form);
  const normalized = found && normalizedBy(context, graph, found.linear.x);
  return normalized && normsOf(found.linear, normalized, found.heads);
}

function normsOf(linear: Linear, { gamma, beta }: Normalized, heads: readonly (readonly number[])[]): number[] {
  const { rows, at } = entriesOf(linear);
  const bias = linear.bias?.numbers();
  return heads.map((own) => {
    let scaled = 0;
    let shifts = 0;
    for (const column of own) {
      let shift = (linear.bias?.size === 1 ? bias?.[0] : bias?.[column]) ?? 0;
      for (let row = 0; row < rows; row++) {
        const w = at(row, column);
        scaled += (w * (gamma?.[row] ?? 1)) ** 2;
        shift += w * (beta?.[row] ?? 0);
      }
      shifts += shift ** 2;
    }
    return Math.sqrt(rows) * Math.sqrt(scaled) + Math.sqrt(shifts);
  });
}
