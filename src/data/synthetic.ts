import { CodedError } from '../base/error.ts';
import { normal, seeded, type Random } from '../base/random.ts';
import { countOf, encodeNumbers, isElementType, isFloatType, type ElementType } from './elements.ts';
import { describePort } from './fit.ts';
import { fillFor, filled } from './fill.ts';
import type { Fill, Proposal, SyntheticPreprocess } from './preprocess.ts';
import type { DataFeeds, DataSet, DataTensor, InputPort } from './types.ts';

/** Noise where a person has no data: the same seed gives the same samples on every machine. */
export const synthetic = (count: number, seed: number): DataSet => ({
  name: `synthetic (seed ${seed})`,
  kind: 'synthetic',
  count,
  sample: async (index) => ({ kind: 'seed', seed: seed * 100_003 + index }),
});

/** Exclusive bound of token ids where nothing is known of the vocabulary. */
const DEFAULT_IDS = 256;

/** Sizes where the model leaves them open. */
const DEFAULT_SIDE = 224;
const DEFAULT_SIZE = 16;

export function proposeSynthetic(inputs: readonly InputPort[]): Proposal {
  const bad = inputs.find(({ dtype }) => !isElementType(dtype));
  if (bad) throw new CodedError('unsupported', `Noise cannot feed ${describePort(bad)}. Give data as .npz or .pb.`);
  const isImage = inputs.some(({ shape, dtype }) => shape?.length === 4 && dtype.startsWith('float'));
  const preprocess: SyntheticPreprocess = {
    kind: 'synthetic',
    floats: isImage ? 'uniform' : 'normal',
    ids: DEFAULT_IDS,
    shapes: shapesFor(inputs),
    fill: fillsFor(inputs),
  };
  return {
    preprocess,
    notes: [
      `Floats are ${isImage ? 'uniform in [0, 1), as images are' : 'N(0, 1)'}; integers are below ${DEFAULT_IDS}, bytes over their range.`,
      'Noise shows that a model runs and how it computes; it says nothing of accuracy.',
    ],
  };
}

function fillsFor(inputs: readonly InputPort[]): Record<string, Fill> {
  const fill: Record<string, Fill> = {};
  for (const { name } of inputs) {
    const how = fillFor(name);
    if (how) fill[name] = how;
  }
  return fill;
}

/** A size for each free axis, the same wherever its symbol stands; without the batch axis where that is free or 1. */
function shapesFor(inputs: readonly InputPort[]): Record<string, readonly number[]> {
  const batched = inputs.every(({ shape }) => shape === null || typeof shape[0] !== 'number' || shape[0] === 1);
  const symbols = new Map<string, number>();
  for (const { shape } of inputs) if (typeof shape?.[0] === 'string') symbols.set(shape[0], 1);
  const size = (dim: number | string | null, axis: number, rank: number): number => {
    if (typeof dim === 'number') return dim;
    const chosen = symbols.get(dim ?? '') ?? (rank === 4 && axis >= 2 ? DEFAULT_SIDE : DEFAULT_SIZE);
    if (dim !== null) symbols.set(dim, chosen);
    return chosen;
  };
  return Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const sizes = (shape ?? [null]).map((dim, axis) => size(dim, axis, shape?.length ?? 1));
      return [name, batched ? sizes.slice(1) : sizes];
    }),
  );
}

/** One sample of noise for every input. */
export function noiseOf(seed: number, inputs: readonly InputPort[], preprocess: SyntheticPreprocess): DataFeeds {
  return Object.fromEntries(
    inputs.map((input, i) => [input.name, noise(input, seeded(seed * 1009 + i * 9176 + 1), preprocess)]),
  );
}

function noise(
  { name, dtype }: InputPort,
  random: Random,
  { floats, ids, shapes, fill }: SyntheticPreprocess,
): DataTensor {
  const shape = shapes[name];
  if (!shape || !isElementType(dtype)) {
    throw new CodedError('bad-request', `The preprocessing has no shape for the input "${name}". Add it under shapes.`);
  }
  const how = fill[name];
  if (how) return filled(how, dtype, shape);
  const next = isFloatType(dtype) ? (floats === 'normal' ? normal(random) : random) : whole(dtype, ids, random);
  return { dtype, shape, data: encodeNumbers(dtype, Float64Array.from({ length: countOf(shape) }, next)) };
}

function whole(dtype: ElementType, ids: number, random: Random): Random {
  if (dtype === 'bool') return () => Math.floor(random() * 2);
  if (dtype === 'uint8' || dtype === 'int8') {
    return () => Math.floor(random() * 256) - (dtype === 'int8' ? 128 : 0);
  }
  return () => Math.floor(random() * ids);
}
