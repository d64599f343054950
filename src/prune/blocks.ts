import type { Dim } from '../ir/types.ts';
import type { Place, ReshapeBlock, StridedAxis } from './space.ts';

/** A product of sizes: the known part, and the symbols in it. */
interface Product {
  readonly known: number;
  readonly symbols: readonly string[];
}
const ONE: Product = { known: 1, symbols: [] };

const times = (product: Product, dim: Dim, unique: string): Product =>
  typeof dim === 'number'
    ? { known: product.known * dim, symbols: product.symbols }
    : { known: product.known, symbols: [...product.symbols, dim ?? unique].sort() };

const equal = (a: Product, b: Product): boolean =>
  a.known === b.known && a.symbols.length === b.symbols.length && a.symbols.every((each, i) => each === b.symbols[i]);

export interface Blocks {
  /** Dims that correspond one to one. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly blocks: readonly Pick<ReshapeBlock, 'inputs' | 'outputs'>[];
}

/**
 * Splits both shapes of a reshape into the shortest runs of dims with equal products. A run of one dim (beside ones) on
 * each side maps index to index; the others are decided once it is known which of their axes carry channels.
 */
export function reshapeBlocks(input: Place, output: Place): Blocks {
  const pairs: [number, number][] = [];
  const blocks: Pick<ReshapeBlock, 'inputs' | 'outputs'>[] = [];
  for (const [from, to] of runs(input.shape, output.shape)) {
    const [inputs, outputs] = [real(input, from), real(output, to)];
    const [i, j] = [inputs[0], outputs[0]];
    if (inputs.length === 1 && outputs.length === 1 && i !== undefined && j !== undefined) pairs.push([i, j]);
    else if (inputs.length + outputs.length > 0) {
      blocks.push({ inputs: strided(input, inputs), outputs: strided(output, outputs) });
    }
  }
  return { pairs, blocks };
}

type Run = readonly [readonly number[], readonly number[]];

/** The shortest runs of dims on both sides with equal products, from the left. */
export function runs(input: readonly Dim[], output: readonly Dim[]): Run[] {
  const found: Run[] = [];
  let [i, j] = [0, 0];
  const isOne = (dims: readonly Dim[], at: number): boolean => dims[at] === 1;
  while (i < input.length || j < output.length) {
    // A 1 on one side only is beside every run: taken into one, it would tie what stands behind an unknown size.
    if (isOne(input, i) !== isOne(output, j)) {
      found.push(isOne(input, i) ? [[i++], []] : [[], [j++]]);
      continue;
    }
    const [i0, j0] = [i, j];
    let [a, b] = [ONE, ONE];
    do {
      const takeInput = i < input.length && (i === i0 || j === output.length || (j > j0 && a.known <= b.known));
      if (takeInput) a = times(a, input[i] ?? null, `input ${i++}`);
      else if (j < output.length) b = times(b, output[j] ?? null, `output ${j++}`);
      else break;
    } while (!equal(a, b) || j === j0);
    found.push([range(i0, i), range(j0, j)]);
  }
  return found;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, k) => from + k);

/** Dims other than 1. */
const real = (place: Place, dims: readonly number[]): number[] => dims.filter((dim) => place.shape[dim] !== 1);

/** Strides within the run: the product of the dims to the right, 0 where one of them is not known. */
function strided(place: Place, dims: readonly number[]): StridedAxis[] {
  let stride = 1;
  return [...dims]
    .reverse()
    .map((dim) => {
      const axis = { axis: place.axes[dim] ?? -1, stride };
      const size = place.shape[dim];
      stride = typeof size === 'number' ? stride * size : 0;
      return axis;
    })
    .reverse();
}
