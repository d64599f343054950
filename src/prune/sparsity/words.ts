import { formatInteger } from '../../base/format.ts';
import type { SparsityTask } from './plan.ts';
import type { SparsityOptions, Weight } from './types.ts';

/** What will happen to a weight, in one sentence. */
export function whatOf(
  { weights, count, units }: SparsityTask,
  { name, layout }: Weight,
  { pattern }: SparsityOptions,
): string {
  if (pattern.kind === 'n:m') {
    return `Keeps ${pattern.keep} of every ${pattern.of} of the ${formatInteger(layout.reduction)} inputs of each output in ${name}.`;
  }
  const what = pattern.kind === 'block' ? `blocks ${pattern.outputs}×${pattern.reduction}` : 'weights';
  const share = `${formatInteger(count)} of ${formatInteger(units)} ${what}`;
  return weights.length > 1
    ? `Ranks ${name} with ${formatInteger(weights.length - 1)} more: ${share} become zero in all.`
    : `Sets ${share} of ${name} to zero.`;
}

/** Why a weight stays whole under these options; null: it can be pruned. */
export function wholeReason({ name, layout, ambiguous }: Weight, options: SparsityOptions): string | null {
  const { pattern } = options;
  if (options.protected.includes(name)) return `${name} is protected.`;
  const alongInputs = pattern.kind !== 'unstructured' || options.scope === 'output' || options.importance === 'wanda';
  if (ambiguous && alongInputs)
    return `${name} is read along different axes, so what lies along its inputs has no meaning.`;
  if (pattern.kind === 'unstructured') return null;
  const [outputs, reduction] = pattern.kind === 'block' ? [pattern.outputs, pattern.reduction] : [1, pattern.of];
  if (layout.outputs >= outputs && layout.reduction >= reduction) return null;
  const unit = pattern.kind === 'block' ? `block ${outputs}×${reduction}` : `group of ${reduction}`;
  return `${name} has no full ${unit}: it has ${layout.outputs} outputs of ${layout.reduction} inputs.`;
}

/** Why nothing is left to do at a weight. */
export const metReason = ({ count, weights }: SparsityTask, { name }: Weight): string =>
  count === 0
    ? `The share set for ${name} leaves it whole.`
    : `${weights.length > 1 ? 'The weights have' : `${name} has`} the zeros that are asked for already.`;
