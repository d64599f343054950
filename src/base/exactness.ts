/**
 * How exact a rewrite is. `bits`: bit-exact. `kernel`: the same arithmetic inside one kernel. `weights`: constants
 * folded into weights. `order`: sums reassociated. `approximation`: values change (pruning, distillation).
 */
export type Exactness = 'bits' | 'kernel' | 'weights' | 'order' | 'approximation';

/** From the strictest to the loosest. */
export const EXACTNESS: readonly Exactness[] = ['bits', 'kernel', 'weights', 'order', 'approximation'];

/** The loosest of the given classes; `bits` when there is none. */
export function loosest(classes: Iterable<Exactness>): Exactness {
  let rank = 0;
  for (const each of classes) rank = Math.max(rank, EXACTNESS.indexOf(each));
  return EXACTNESS[rank] ?? 'approximation';
}
