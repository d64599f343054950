import { CodedError } from '../base/error.ts';
import { numberToFloat16 } from '../base/float16.ts';
import type { DataType } from '../ir/types.ts';
import type { CachePort, CacheTensor, DecoderIo } from '../kv/types.ts';
import { allocate, isHostType, unsupportedType } from '../runtime/tensors.ts';
import type { HostTensor } from '../runtime/types.ts';

/** `[1, count]` of whole numbers, in whatever type the model wants them. */
export function row(name: string, dtype: DataType, count: number, value: (at: number) => number): HostTensor {
  if (!isHostType(dtype) || dtype === 'string' || dtype === 'int4' || dtype === 'uint4') {
    throw unsupportedType(name, dtype);
  }
  const data = allocate(dtype, count);
  for (let at = 0; at < count; at++) {
    const number = value(at);
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[at] = BigInt(number);
    else data[at] = dtype === 'float16' ? numberToFloat16(number) : number;
  }
  return { dtype, shape: [1, count], data };
}

export const idsFeed = ({ ids }: DecoderIo, given: readonly number[]): Record<string, HostTensor> => ({
  [ids.name]: row(ids.name, ids.dtype, given.length, (at) => given[at] ?? 0),
});

/** All of so many positions, earlier and new ones, may be looked at. */
export const maskFeed = ({ mask }: DecoderIo, count: number): Record<string, HostTensor> =>
  mask ? { [mask.name]: row(mask.name, mask.dtype, count, () => 1) } : {};

/** So many new positions from `first` on. */
export const positionsFeed = ({ positions }: DecoderIo, first: number, count: number): Record<string, HostTensor> =>
  positions ? { [positions.name]: row(positions.name, positions.dtype, count, (at) => first + at) } : {};

/** So many positions that were dropped before those that are kept. */
export const offsetFeed = ({ offset }: DecoderIo, dropped: number): Record<string, HostTensor> =>
  offset === undefined ? {} : { [offset]: { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(dropped)) } };

/** All that goes from one run into the next: keys and values, and what stands beside whole numbers. */
export const portsOf = ({ cache }: DecoderIo): readonly (CachePort & Pick<CacheTensor, 'axes'>)[] =>
  cache.flatMap(({ quantized, ...tensor }) => {
    const beside = quantized ? [quantized.scale, quantized.residual] : [];
    return [tensor, ...beside.map((port) => ({ ...port, axes: tensor.axes }))];
  });

/**
 * A cache of no positions, by name of the input.
 *
 * @throws CodedError `unsupported` where heads or their width are no numbers
 */
export function emptyCache(io: DecoderIo): Record<string, HostTensor> {
  return Object.fromEntries(
    portsOf(io).map(({ input, dtype, shape, axes }) => {
      if (!isHostType(dtype) || dtype === 'string') throw unsupportedType(input, dtype);
      const sizes = shape.map((dim, axis) => {
        if (axis === axes.positions) return 0;
        if (axis === axes.batch) return 1;
        if (typeof dim === 'number') return dim;
        throw new CodedError(
          'unsupported',
          `The size of axis ${axis} of ${input} is not known (${dim}). Set it with bind-shapes.`,
          { value: input },
        );
      });
      return [input, { dtype, shape: sizes, data: allocate(dtype, 0) }];
    }),
  );
}

/** A whole text at once, with nothing kept before it. */
export const wholeFeeds = (io: DecoderIo, ids: readonly number[]): Record<string, HostTensor> => ({
  ...emptyCache(io),
  ...maskFeed(io, ids.length),
  ...positionsFeed(io, 0, ids.length),
  ...offsetFeed(io, 0),
  ...idsFeed(io, ids),
});
