import { seeded } from '../base/random.ts';
import { isFloat } from '../ir/types.ts';
import { makeFeeds, type FeedKind, type FeedPlan } from '../runtime/feeds.ts';
import type { Feeds, HostTensor, PortInfo } from '../runtime/types.ts';

/** One set of inputs to try; the feeds are made when they are needed and are the same each time. */
export interface InputCase {
  readonly name: string;
  /** Ordinary inputs decide whether the model is ill-conditioned; extreme ones do not. */
  readonly ordinary: boolean;
  /** Given by a person. */
  readonly given: boolean;
  feeds(): Feeds;
}

/** Inputs that a person gives: real images, recorded tokens. */
export interface NamedFeeds {
  readonly name: string;
  readonly feeds: Feeds;
}

const EXTREMES: readonly { readonly name: string; readonly kind: FeedKind; readonly floatsOnly: boolean }[] = [
  { name: 'negative', kind: 'negative', floatsOnly: true },
  { name: 'zeros', kind: 'zeros', floatsOnly: false },
  { name: 'large', kind: 'large', floatsOnly: false },
  { name: 'one-hot', kind: 'one-hot', floatsOnly: false },
];

/**
 * The given inputs, then seeds, the range of images, all-negative, zeros, large, one-hot. Where sizes are free, the
 * first and third seed take the first plan (odd sizes), the others the second.
 */
export function inputCases(
  inputs: readonly PortInfo[],
  plans: readonly FeedPlan[],
  seeds: number,
  given: readonly NamedFeeds[],
): InputCase[] {
  const cases: InputCase[] = given.map(({ name, feeds }) => ({
    name,
    ordinary: true,
    given: true,
    feeds: () => feeds,
  }));
  const add = (name: string, kind: FeedKind, seed: number, plan: FeedPlan | undefined, ordinary: boolean): void => {
    if (plan) cases.push({ name, ordinary, given: false, feeds: () => makeFeeds(inputs, kind, seed, plan) });
  };
  const [first, second = first] = plans;
  for (let seed = 1; seed <= seeds; seed++) add(`seed ${seed}`, 'normal', seed, seed % 2 === 1 ? first : second, true);
  if (inputs.length === 0) return cases.slice(0, Math.max(1, given.length));
  const hasFloats = inputs.some(({ dtype }) => isFloat(dtype));
  if (hasFloats) add('0 to 1', 'unit', 1, second, true);
  for (const { name, kind, floatsOnly } of EXTREMES) {
    if (hasFloats || !floatsOnly) add(name, kind, 1, second, false);
  }
  return cases;
}

/** The feeds with every float moved to a neighbouring float, up or down by a seeded coin. */
export function perturb(feeds: Feeds, seed: number): Feeds {
  const random = seeded(seed);
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => [name, isFloat(tensor.dtype) ? nudge(tensor, random) : tensor]),
  );
}

const step = (value: number): number => (value === 0 ? Number.MIN_VALUE : value * Number.EPSILON);

function nudge(tensor: HostTensor, random: () => number): HostTensor {
  const { data } = tensor;
  if (!ArrayBuffer.isView(data)) return tensor;
  const copy = new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  if (tensor.dtype === 'float64') {
    const values = new Float64Array(copy.buffer);
    values.forEach((value, i) => (values[i] = random() < 0.5 ? value + step(value) : value - step(value)));
  } else {
    const bits = tensor.dtype === 'float32' ? new Uint32Array(copy.buffer) : new Uint16Array(copy.buffer);
    const [magnitude, largest] = tensor.dtype === 'float32' ? [0x7fffffff, 0x7f7fffff] : [0x7fff, 0x7bff];
    for (let i = 0; i < bits.length; i++) bits[i] = neighbour(bits[i] ?? 0, magnitude, largest, random() < 0.5);
  }
  return { ...tensor, data: copy };
}

/** The next pattern away from 0, or towards it; 0 goes to the smallest subnormal, the ends stay finite. */
function neighbour(bits: number, magnitude: number, largest: number, up: boolean): number {
  const size = (bits & magnitude) >>> 0;
  if (size === 0 || size > largest) return size === 0 ? bits + 1 : bits;
  return up && size < largest ? bits + 1 : bits - 1;
}
