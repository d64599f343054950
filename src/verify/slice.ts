import { sizeOf } from '../ir/types.ts';
import type { HostTensor } from '../runtime/types.ts';
import type { Slice } from './values-types.ts';

type Elements = ArrayBufferView & { readonly length: number; [index: number]: unknown };

/** `tensor[…, kept, …]` along `axis`; null where it has no such axis, or fewer places, or packed elements. */
export function takeKept(tensor: HostTensor, { axis, kept }: Pick<Slice, 'axis' | 'kept'>): HostTensor | null {
  const { dtype, shape, data } = tensor;
  const size = shape[axis];
  if (size === undefined || dtype === 'int4' || dtype === 'uint4' || kept.some((place) => place >= size)) return null;
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const old = data as unknown as Elements;
  const length = outer * kept.length * inner;
  const out = ArrayBuffer.isView(data)
    ? new (data.constructor as new (length: number) => Elements)(length)
    : (Array.from({ length }) as unknown as Elements);
  let at = 0;
  for (let row = 0; row < outer; row++) {
    for (const place of kept) {
      const from = (row * size + place) * inner;
      for (let i = 0; i < inner; i++) out[at++] = old[from + i];
    }
  }
  return { dtype, shape: shape.with(axis, kept.length), data: out as unknown as HostTensor['data'] };
}
