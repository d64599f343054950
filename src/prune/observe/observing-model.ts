import type { Analysis } from '../../analysis/analyze.ts';
import type { Model } from '../../ir/model.ts';
import type { Observed } from '../../rewrite/facts.ts';
import { removeIdle } from './idle.ts';
import { Observer } from './observer.ts';

/**
 * A copy of a model whose only outputs are figures of the observed values, computed by the runtime itself: what leaves it
 * is one number for each channel (or pair of channels), never the activations.
 */
export function observingModel(
  model: Model,
  analysis: Analysis,
  stats: readonly Observed[],
  moments: readonly Observed[],
): Model {
  const copy = model.clone();
  const observer = new Observer(copy, analysis);
  copy.graph.outputs.length = 0;
  for (const each of stats) observer.stats(each);
  for (const each of moments) observer.moments(each);
  copy.sort();
  return copy;
}

/** The same for mean and variance alone, by place in the list; what stands behind the observed values is left out. */
export function spreadModel(draft: Model, analysis: Analysis, observed: readonly Observed[]): Model {
  const copy = draft.clone();
  const observer = new Observer(copy, analysis);
  copy.graph.outputs.length = 0;
  for (const [i, each] of observed.entries()) observer.spread(i, each);
  copy.sort();
  removeIdle(copy);
  return copy;
}
