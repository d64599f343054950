import { strToU8, zipSync } from 'fflate';
import { byteLengthOf, sizeOf, type DataType } from '../ir/types.ts';
import type { Feeds, HostTensor } from '../runtime/types.ts';

/** NumPy's type strings; types that NumPy lacks are stored as their bytes. */
const DESCRIPTORS: Partial<Record<DataType, string>> = {
  float32: '<f4',
  float64: '<f8',
  float16: '<f2',
  int8: '|i1',
  uint8: '|u1',
  int16: '<i2',
  uint16: '<u2',
  int32: '<i4',
  uint32: '<u4',
  int64: '<i8',
  uint64: '<u8',
  bool: '|b1',
};

/** A `.npz` that `numpy.load` opens: one `.npy` per input, uncompressed names as they are. */
export function writeNpz(feeds: Feeds): Uint8Array {
  const files: Record<string, Uint8Array> = {};
  for (const [name, tensor] of Object.entries(feeds)) files[`${fileName(name)}.npy`] = writeNpy(tensor);
  return zipSync(files, { level: 6, mtime: new Date(2000, 0, 1) });
}

/** Slashes would make folders in the archive, and NumPy would then list the input under another name. */
const fileName = (name: string): string => name.replaceAll(/[\\/]/g, '_');

/** NumPy format 1.0: magic, version, header length, a Python literal padded to 64 bytes, the elements in C order. */
export function writeNpy(tensor: HostTensor): Uint8Array {
  const { descriptor, shape, bytes } = contentOf(tensor);
  const size = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': (${size}), }`;
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + '\n';
  const out = new Uint8Array(10 + padded.length + bytes.length);
  out.set([0x93, ...strToU8('NUMPY'), 1, 0, padded.length & 0xff, padded.length >> 8]);
  out.set(strToU8(padded), 10);
  out.set(bytes, 10 + padded.length);
  return out;
}

function contentOf({ dtype, shape, data }: HostTensor): {
  descriptor: string;
  shape: readonly number[];
  bytes: Uint8Array;
} {
  if (!ArrayBuffer.isView(data)) return unicode(data, shape);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const descriptor = DESCRIPTORS[dtype];
  if (descriptor) return { descriptor, shape, bytes };
  return { descriptor: '|u1', shape: [byteLengthOf(dtype, sizeOf(shape))], bytes };
}

/** NumPy's fixed-width UTF-32 strings (`<U8`). */
function unicode(strings: readonly string[], shape: readonly number[]) {
  const points = strings.map((each) => Array.from(each, (char) => char.codePointAt(0) ?? 0));
  const width = Math.max(1, ...points.map((each) => each.length));
  const cells = new Uint32Array(strings.length * width);
  points.forEach((each, row) => cells.set(each, row * width));
  return { descriptor: `<U${width}`, shape, bytes: new Uint8Array(cells.buffer) };
}
