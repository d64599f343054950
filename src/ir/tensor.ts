import { ELEMENT_ARRAYS, type ElementArray, type ElementArrayConstructor } from '../base/element-arrays.ts';
import { CodedError } from '../base/error.ts';
import { invariant } from '../base/assert.ts';
import { byteLengthOf, sizeOf, type DataType } from './types.ts';
import { decodeFloat } from './float.ts';

/**
 * Where a tensor's elements come from. `file` and `external` are ranges of the user's files and are read only when
 * asked; `derived` is computed on demand from other tensors.
 */
export interface TensorSource {
  readonly kind: 'file' | 'external' | 'memory' | 'derived' | 'splat';
  /** The elements in ONNX's little-endian `raw_data` layout. Not for strings. Never to be written to. */
  bytes(): Uint8Array;
  /**
   * The same bytes in pieces that are read when they are asked for and not kept, so that a large range need not be in
   * memory at once; each but the last has a multiple of 16 bytes. Absent: `bytes()` is all that there is.
   */
  pieces?(): Iterable<Uint8Array>;
  /** UTF-8 bytes of each element; strings only. */
  strings?(): readonly Uint8Array[];
}

const ARRAYS: Partial<Record<DataType, ElementArrayConstructor>> = {
  ...ELEMENT_ARRAYS,
  bfloat16: Uint16Array,
  complex64: Float32Array,
  complex128: Float64Array,
};

/** Typed views want alignment: a view that starts at an odd place is copied first (`slice` of Node's Buffer copies nothing). */
export function viewAs(dtype: DataType, bytes: Uint8Array): ElementArray {
  const Array = ARRAYS[dtype] ?? Uint8Array;
  const aligned = bytes.byteOffset % Array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / Array.BYTES_PER_ELEMENT));
}

/** What ONNX keeps beside the elements, for the round trip. */
export interface TensorExtras {
  /** Of a tensor inside an attribute; an initializer is named by its value. */
  readonly name?: string;
  readonly docString?: string;
  readonly metadataProps?: ReadonlyMap<string, string>;
  readonly unknown?: readonly Uint8Array[];
}

/** A constant: element type, shape, and a source that is read lazily. Immutable. */
export class Tensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly source: TensorSource;
  readonly extras: TensorExtras;

  constructor(dtype: DataType, shape: readonly number[], source: TensorSource, extras: TensorExtras = {}) {
    this.dtype = dtype;
    this.shape = shape;
    this.source = source;
    this.extras = extras;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Bytes in `raw_data` layout, known without reading. */
  get byteLength(): number {
    if (this.dtype === 'string') return this.strings().reduce((sum, each) => sum + each.byteLength, 0);
    return byteLengthOf(this.dtype, this.size);
  }

  bytes(): Uint8Array {
    const bytes = this.source.bytes();
    if (bytes.byteLength !== this.byteLength) {
      throw new CodedError(
        'bad-file',
        `A ${this.dtype} tensor of shape [${this.shape.join(', ')}] wants ${this.byteLength} bytes, ${bytes.byteLength} are there.`,
        { want: this.byteLength, have: bytes.byteLength },
      );
    }
    return bytes;
  }

  /** `bytes()` for whoever needs them one after the other: hashes, comparisons, files. */
  pieces(): Iterable<Uint8Array> {
    return this.source.pieces?.() ?? [this.bytes()];
  }

  strings(): readonly Uint8Array[] {
    invariant(this.source.strings, 'strings() is for string tensors');
    return this.source.strings();
  }

  /** The elements as they are stored (float16 and bfloat16 as 16-bit patterns; packed 4-bit types as bytes). */
  read(): ElementArray {
    return viewAs(this.dtype, this.bytes());
  }

  /** The elements as numbers, decoded where JavaScript has no array for the type. Integers beyond 2^53 lose digits. */
  numbers(): ArrayLike<number> {
    const raw = this.read();
    if (raw instanceof BigInt64Array || raw instanceof BigUint64Array) return Float64Array.from(raw, Number);
    return decodeFloat(this.dtype, raw, this.size);
  }
}

/** A tensor whose elements lie in memory, in `raw_data` layout. */
export function tensorFromBytes(
  dtype: DataType,
  shape: readonly number[],
  bytes: Uint8Array,
  kind: 'file' | 'memory' = 'memory',
): Tensor {
  return new Tensor(dtype, shape, { kind, bytes: () => bytes });
}

/** A tensor over a typed array that the caller gives up. */
export function tensorOf(dtype: DataType, shape: readonly number[], data: ElementArray): Tensor {
  invariant(data.length === sizeOf(shape), `${data.length} elements for shape [${shape.join(', ')}]`);
  return tensorFromBytes(dtype, shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

export const floats = (shape: readonly number[], data: ArrayLike<number>): Tensor =>
  tensorOf('float32', shape, data instanceof Float32Array ? data : Float32Array.from(data));

export const int64s = (data: readonly number[], shape: readonly number[] = [data.length]): Tensor =>
  tensorOf(
    'int64',
    shape,
    BigInt64Array.from(data, (each) => BigInt(each)),
  );

/** A source whose elements are computed (or fetched) when first asked for, and kept while the cache has room. */
export function cachedSource(kind: TensorSource['kind'], compute: () => Uint8Array): TensorSource {
  const key = {};
  const cache = kind === 'external' ? fetched : computed;
  return { kind, bytes: () => cache.get(key, compute) };
}

/** A tensor that is computed on demand from others. */
export const derivedTensor = (dtype: DataType, shape: readonly number[], compute: () => Uint8Array): Tensor =>
  new Tensor(dtype, shape, cachedSource('derived', compute));

/** Materialised tensors, the least recently used dropped first beyond a byte budget. */
class ByteCache {
  private readonly entries = new Map<object, Uint8Array>();
  private held = 0;
  private readonly budget: number;

  constructor(budget: number) {
    this.budget = budget;
  }

  clear(): void {
    this.entries.clear();
    this.held = 0;
  }

  get(key: object, compute: () => Uint8Array): Uint8Array {
    const kept = this.entries.get(key);
    const bytes = kept ?? compute();
    if (kept) this.entries.delete(key);
    else this.held += bytes.byteLength;
    this.entries.set(key, bytes);
    for (const [old, value] of this.entries) {
      if (this.held <= this.budget || old === key) break;
      this.entries.delete(old);
      this.held -= value.byteLength;
    }
    return bytes;
  }
}

/** What was computed is dear; what was read is read again from a file that the system keeps near by. */
const [computed, fetched] = [new ByteCache(256 << 20), new ByteCache(32 << 20)];

/** Lets go of what was materialised: the models that it was for are closed. */
export function forgetMaterialised(): void {
  computed.clear();
  fetched.clear();
}
