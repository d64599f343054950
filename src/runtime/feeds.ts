import { normal, seeded, type Random } from '../base/random.ts';
import { numberToFloat16 } from '../ir/float.ts';
import { isFloat, sizeOf, type DataType } from '../ir/types.ts';
import { shapeOf, type Sizes } from './feed-sizes.ts';
import { allocate, isHostType, unsupportedType } from './tensors.ts';
import type { Feeds, HostTensor, PortInfo } from './types.ts';

/**
 * What float inputs are filled with: `normal` N(0, 1); `unit` uniform in [0, 1), as images are; `negative` all below 0;
 * `zeros`; `large` N(0, 100²) (20² in float16); `one-hot` a single 1 in each first-axis slice. Other types get what
 * fits them: indices within their limit, masks of 0 and 1, rising positions.
 */
export type FeedKind = 'normal' | 'unit' | 'negative' | 'zeros' | 'large' | 'one-hot';

export interface FeedPlan {
  readonly sizes: Sizes;
  /** Shapes that the caller fixed, by input. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Exclusive upper bounds of integer inputs, where one is known: the size of the table that they index. */
  readonly limits: Readonly<Record<string, number>>;
}

/** Below this, integer inputs without a known limit are taken as indices. */
export const DEFAULT_LIMIT = 1000;

/** Deterministic inputs: the same ports, kind, seed and plan give the same bits on every machine. */
export function makeFeeds(inputs: readonly PortInfo[], kind: FeedKind, seed: number, plan: FeedPlan): Feeds {
  return Object.fromEntries(
    inputs.map((input, index) => [input.name, makeTensor(input, kind, seeded(seed * 1009 + index * 9176 + 1), plan)]),
  );
}

export function shapeIn(input: PortInfo, plan: FeedPlan): readonly number[] {
  return plan.shapes[input.name] ?? shapeOf(input, plan.sizes);
}

function makeTensor(input: PortInfo, kind: FeedKind, random: Random, plan: FeedPlan): HostTensor {
  const { name, dtype } = input;
  const shape = shapeIn(input, plan);
  if (!isHostType(dtype)) throw unsupportedType(name, dtype);
  const count = sizeOf(shape);
  if (dtype === 'string') return { dtype, shape, data: Array.from({ length: count }, () => word(random)) };
  const data = allocate(dtype, count);
  if (dtype === 'int4' || dtype === 'uint4') {
    if (kind !== 'zeros') data.forEach((_, i) => (data[i] = Math.floor(random() * 256)));
    return { dtype, shape, data };
  }
  const next =
    isFloat(dtype) && !isMask(name)
      ? floatValues(kind, dtype, shape, random)
      : discrete(input, kind, shape, random, plan);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < count; i++) data[i] = BigInt(next(i));
  } else {
    const encode = dtype === 'float16' ? numberToFloat16 : (value: number) => value;
    for (let i = 0; i < count; i++) data[i] = encode(next(i));
  }
  return { dtype, shape, data };
}

/** The value of element `i`, in row-major order; called once for each, rising. */
type Values = (i: number) => number;

function floatValues(kind: FeedKind, dtype: DataType, shape: readonly number[], random: Random): Values {
  const gauss = normal(random);
  switch (kind) {
    case 'normal':
      return gauss;
    case 'unit':
      return random;
    case 'negative':
      return () => -Math.abs(gauss()) - 0.01;
    case 'zeros':
      return () => 0;
    case 'large':
      return dtype === 'float16' ? () => gauss() * 20 : () => gauss() * 100;
    case 'one-hot':
      return oneHot(shape, random, 1);
  }
}

/** `value` at one seeded place of each first-axis slice, 0 elsewhere. */
function oneHot(shape: readonly number[], random: Random, value: number): Values {
  const slice = Math.max(1, sizeOf(shape.slice(1)));
  let hot = -1;
  return (i) => {
    if (i % slice === 0) hot = i + Math.floor(random() * slice);
    return i === hot ? value : 0;
  };
}

const isMask = (name: string): boolean => /mask/i.test(name);

/** What the name of an integer or boolean input says about its values. */
const MEANINGS: readonly { readonly name: RegExp; readonly values: (place: Place) => Values }[] = [
  { name: /mask/i, values: maskValues },
  { name: /token_type|segment/i, values: ({ random, kind, limit }) => below(Math.min(2, limit ?? 2), kind, random) },
  {
    name: /position/i,
    values:
      ({ last, limit }) =>
      (i) =>
        (i % last) % (limit ?? DEFAULT_LIMIT),
  },
  { name: /sample_?rate|^sr$/i, values: () => () => 16_000 },
];

interface Place {
  readonly kind: FeedKind;
  readonly random: Random;
  readonly shape: readonly number[];
  /** Size of the last axis, at least 1. */
  readonly last: number;
  readonly limit: number | undefined;
}

function discrete(
  { name, dtype }: PortInfo,
  kind: FeedKind,
  shape: readonly number[],
  random: Random,
  { limits }: FeedPlan,
): Values {
  const place: Place = { kind, random, shape, last: Math.max(1, shape.at(-1) ?? 1), limit: limits[name] };
  const meaning = MEANINGS.find((each) => each.name.test(name));
  if (meaning) return meaning.values(place);
  if (dtype === 'bool') return kind === 'zeros' ? () => 0 : () => Math.floor(random() * 2);
  const range = place.limit === undefined ? NARROW[dtype] : undefined;
  if (range) return kind === 'zeros' ? () => 0 : () => range[0] + Math.floor(random() * (range[1] - range[0] + 1));
  const limit = place.limit ?? DEFAULT_LIMIT;
  return kind === 'one-hot' ? oneHot(shape, random, limit - 1) : below(limit, kind, random);
}

/** Narrow integers are quantized data until a limit says otherwise. */
const NARROW: Partial<Record<DataType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-1000, 1000],
  uint16: [0, 1000],
};

/** Indices in [0, limit): 0 for `zeros`, the last one for `large`. */
function below(limit: number, kind: FeedKind, random: Random): Values {
  if (kind === 'zeros') return () => 0;
  if (kind === 'large') return () => limit - 1;
  return () => Math.floor(random() * limit);
}

/** Ones, then zeros to the end of the last axis, as padding makes them; at least one 1 in each row. */
function maskValues({ kind, random, last }: Place): Values {
  if (kind === 'zeros' || kind === 'large') return () => 1;
  let ones = last;
  return (i) => {
    if (i % last === 0) ones = Math.max(1, last - Math.floor(random() * Math.ceil(last / 2)));
    return i % last < ones ? 1 : 0;
  };
}

const WORDS = ['small', 'networks', 'run', 'on', 'the', 'edge'];
const word = (random: Random): string => WORDS[Math.floor(random() * WORDS.length)] ?? '';
