import { seeded } from '../base/random.ts';
import { float16ToNumber, numberToFloat16 } from '../ir/float.ts';
import { isFloat } from '../ir/types.ts';
import { makeFeeds, type FeedKind, type FeedPlan } from '../runtime/feeds.ts';
import type { Feeds, HostTensor, PortInfo } from '../runtime/types.ts';

/** One set of inputs to try; the feeds are made when they are needed, and are the same each time: nobody writes to them. */
export interface InputCase {
  readonly name: string;
  /** Ordinary inputs decide whether the model is ill-conditioned; extreme ones do not. */
  readonly ordinary: boolean;
  /** Given by a person. */
  readonly given: boolean;
  /** Recorded outputs, by the original's names; null: there are none. */
  readonly expected: Feeds | null;
  feeds(): Feeds;
}

/** Inputs that a person gives: real images, recorded tokens. */
export interface NamedFeeds {
  readonly name: string;
  readonly feeds: Feeds;
  /** Outputs that were recorded with them, by name. */
  readonly expected?: Feeds;
}

const EXTREMES: readonly { readonly name: string; readonly kind: FeedKind; readonly floatsOnly: boolean }[] = [
  { name: 'negative', kind: 'negative', floatsOnly: true },
  { name: 'zeros', kind: 'zeros', floatsOnly: false },
  { name: 'large', kind: 'large', floatsOnly: false },
  { name: 'one-hot', kind: 'one-hot', floatsOnly: false },
];

/**
 * The given inputs, then seeds, the range of images, all-negative, zeros, large, one-hot. Where sizes are free, the
 * first and third seed take the first plan (odd sizes), the others the second. No seeds: the given inputs alone.
 */
export function inputCases(
  inputs: readonly PortInfo[],
  plans: readonly FeedPlan[],
  seeds: number,
  given: readonly NamedFeeds[],
): InputCase[] {
  const cases: InputCase[] = given.map(({ name, feeds, expected = null }) => ({
    name,
    ordinary: true,
    given: true,
    expected,
    feeds: () => feeds,
  }));
  const add = (name: string, kind: FeedKind, seed: number, plan: FeedPlan | undefined, ordinary: boolean): void => {
    if (!plan) return;
    const feeds = keptWhereSmall(() => makeFeeds(inputs, kind, seed, plan));
    cases.push({ name, ordinary, given: false, expected: null, feeds });
  };
  const [first, second = first] = plans;
  for (let seed = 1; seed <= seeds; seed++) add(`seed ${seed}`, 'normal', seed, seed % 2 === 1 ? first : second, true);
  if (inputs.length === 0) return cases.slice(0, Math.max(1, given.length));
  if (seeds === 0) return cases;
  const hasFloats = inputs.some(({ dtype }) => isFloat(dtype));
  if (hasFloats) add('0 to 1', 'unit', 1, second, true);
  for (const { name, kind, floatsOnly } of EXTREMES) {
    if (hasFloats || !floatsOnly) add(name, kind, 1, second, false);
  }
  return cases;
}

/** What is made once in place of for every setting and model takes so many bytes at most. */
const KEPT = 2 ** 22;

function keptWhereSmall(make: () => Feeds): () => Feeds {
  let kept: Feeds | null = null;
  return () => {
    if (kept) return kept;
    const feeds = make();
    const bytes = Object.values(feeds).reduce((sum, { data }) => sum + ('byteLength' in data ? data.byteLength : 0), 0);
    if (bytes <= KEPT) kept = feeds;
    return feeds;
  };
}

/**
 * The feeds with every float moved to a neighbouring float, up or down by a seeded coin. A zero has no last place of its
 * own: it moves up by that of the tensor's largest value (of 1 where all are zero). All zeros move alike, so that ties
 * stay ties and a rewrite that breaks them otherwise is still seen.
 */
export function perturb(feeds: Feeds, seed: number): Feeds {
  const random = seeded(seed);
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => [name, isFloat(tensor.dtype) ? nudge(tensor, random) : tensor]),
  );
}

const largestOf = (values: ArrayLike<number>): number => {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] ?? 0);
    if (Number.isFinite(size)) largest = Math.max(largest, size);
  }
  return largest || 1;
};

function nudge(tensor: HostTensor, random: () => number): HostTensor {
  const { data, dtype } = tensor;
  if (!ArrayBuffer.isView(data)) return tensor;
  const copy = new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  const coin = (): boolean => random() < 0.5;
  if (dtype === 'float64') {
    const values = new Float64Array(copy.buffer);
    const largest = largestOf(values);
    values.forEach((value, i) => {
      const step = (value === 0 ? largest : Math.abs(value)) * Number.EPSILON;
      values[i] = coin() || value === 0 ? value + step : value - step;
    });
  } else if (dtype === 'float32') {
    const zero = new Uint32Array(Float32Array.of(largestOf(new Float32Array(copy.buffer)) * 2 ** -23).buffer)[0] ?? 1;
    nudgeBits(new Uint32Array(copy.buffer), { magnitude: 0x7fffffff, largest: 0x7f7fffff, zero }, coin);
  } else {
    const bits = new Uint16Array(copy.buffer);
    const zero = numberToFloat16(largestOf(Float32Array.from(bits, float16ToNumber)) * 2 ** -10);
    nudgeBits(bits, { magnitude: 0x7fff, largest: 0x7bff, zero }, coin);
  }
  return { ...tensor, data: copy };
}

/** What a float type's bit patterns mean: the mask of the magnitude, the largest finite one, and a step for zero. */
interface Patterns {
  readonly magnitude: number;
  readonly largest: number;
  readonly zero: number;
}

/** Each pattern to the next one away from 0, or towards it; the ends stay finite. */
function nudgeBits(bits: Uint32Array | Uint16Array, { magnitude, largest, zero }: Patterns, coin: () => boolean): void {
  for (let i = 0; i < bits.length; i++) {
    const pattern = bits[i] ?? 0;
    const size = (pattern & magnitude) >>> 0;
    const up = coin();
    if (size === 0) bits[i] = zero;
    else if (size <= largest) bits[i] = up && size < largest ? pattern + 1 : pattern - 1;
  }
}
