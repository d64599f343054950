import { seeded } from '../base/random.ts';
import { defined } from '../base/assert.ts';
import type { Model } from '../ir/model.ts';
import { Reference, type RefFeeds } from './reference/evaluate.ts';
import { refTensor, type RefTensor } from './reference/tensor.ts';

/** Some elements of a gradient: their places, and what central differences make of them. */
export interface Differences {
  readonly at: readonly number[];
  readonly values: readonly number[];
}

export interface DifferenceOptions {
  /** Of an element of size up to 1; larger ones take it times their size. */
  readonly step: number;
  /** The most elements of one tensor; of larger ones, as many are drawn. */
  readonly most: number;
  readonly seed: number;
}

/**
 * The gradient of `Σ rᵢ·yᵢ` by central differences in float64: their error is about step²·f‴/6 + 1e-16·|y| / step.
 *
 * @param feeds of every input, and of each target that is a constant
 * @param seeds r, by output; one that is left out does not count
 */
export function finiteDifferences(
  model: Model,
  feeds: RefFeeds,
  seeds: ReadonlyMap<string, RefTensor>,
  targets: readonly string[],
  { step, most, seed }: DifferenceOptions,
): ReadonlyMap<string, Differences> {
  const reference = new Reference(model);
  const outputs = model.graph.outputs.map((id) => [id, seeds.get(model.getValue(id).name)] as const);
  const run = (fed: RefFeeds) => {
    const values = reference.run(fed);
    return outputs.map(([id]) => defined(values.get(id), 'an output'));
  };
  return new Map(
    targets.map((name) => {
      const tensor = defined(feeds[name], `a feed for ${name}`);
      const at = places(tensor.data.length, most, seed);
      const values = at.map((place) => {
        const x = tensor.data[place] ?? 0;
        const h = step * Math.max(1, Math.abs(x));
        const moved = (to: number): RefFeeds => {
          const data = tensor.data.slice();
          data[place] = to;
          return { ...feeds, [name]: refTensor(tensor.dtype, tensor.shape, data) };
        };
        const [above, below] = [run(moved(x + h)), run(moved(x - h))];
        let change = 0;
        outputs.forEach(([, r], i) => {
          const [up, down] = [above[i]?.data ?? [], below[i]?.data ?? []];
          // Differences first: what does not depend on the element leaves no rounding behind.
          r?.data.forEach((weight, j) => (change += weight * ((up[j] ?? NaN) - (down[j] ?? NaN))));
        });
        return change / (x + h - (x - h));
      });
      return [name, { at, values }] as const;
    }),
  );
}

/** All places, or as many drawn from them. */
function places(size: number, most: number, seed: number): number[] {
  const all = Array.from({ length: size }, (_, i) => i);
  if (size <= most) return all;
  const random = seeded(seed);
  for (let i = 0; i < most; i++) {
    const j = i + Math.floor(random() * (size - i));
    [all[i], all[j]] = [all[j] ?? 0, all[i] ?? 0];
  }
  return all.slice(0, most).sort((a, b) => a - b);
}
