import { allocateElements, bytesOf, countOf, elementsOf, type Elements, type ElementType } from './elements.ts';
import { checkExtent, refuse } from './refuse.ts';
import type { DataTensor } from './types.ts';

/** NumPy's kind and width, without the byte order. */
const TYPES: Readonly<Record<string, ElementType>> = {
  f4: 'float32',
  f8: 'float64',
  f2: 'float16',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  b1: 'bool',
};
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy's own limit on arrays. */
const MOST_AXES = 64;

export const isNpy = (head: Uint8Array): boolean => MAGIC.every((byte, i) => head[i] === byte);

/**
 * NumPy's `.npy`, versions 1 to 3 (numpy.lib.format): magic, version, header length, a Python literal, the elements in C
 * or Fortran order, either byte order. Throws `bad-file`, and `unsupported` for types that models do not take.
 */
export function readNpy(file: string, bytes: Uint8Array): DataTensor {
  if (!isNpy(bytes))
    throw refuse('bad-file', file, 'it does not begin with NumPy’s magic number. Give a file of numpy.save.');
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3)
    throw refuse('unsupported', file, `.npy version ${version} is not known; 1 to 3 are.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length =
    bytes.byteLength < start ? Infinity : version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.byteLength) throw refuse('bad-file', file, 'its header is cut short. Get it again.');
  const header = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, start + length));
  const { dtype, bigEndian, fortran, shape } = parseHeader(file, header);
  const body = bytes.subarray(start + length);
  checkExtent(file, shape, bytesOf(dtype), body.byteLength);
  const data = elementsOf(dtype, body, bigEndian);
  return { dtype, shape, data: fortran ? fromFortran(dtype, shape, data) : data };
}

interface Header {
  readonly dtype: ElementType;
  readonly bigEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

function parseHeader(file: string, header: string): Header {
  const fortran = /'fortran_order': *(True|False)/.exec(header)?.[1];
  const sizes = /'shape': *\(([\d, L]*)\)/.exec(header)?.[1];
  const descr = /'descr': *'([^']*)'/.exec(header)?.[1];
  const about = header.trim().slice(0, 80);
  if (fortran === undefined || sizes === undefined || (descr === undefined && !header.includes("'descr'"))) {
    throw refuse('bad-file', file, `its header is no description of an array: ${about}. Write it with numpy.save.`);
  }
  const match = /^([<>|=]?)([a-z]\d)$/.exec(descr ?? '');
  const dtype = TYPES[match?.[2] ?? ''];
  if (!dtype) {
    const kind = descr === undefined ? 'records' : `type '${descr}'`;
    throw refuse(
      'unsupported',
      file,
      `it holds ${kind}, which no model input takes. Convert it to numbers with astype.`,
    );
  }
  const shape = sizes.split(',').flatMap((each) => (each.trim() ? [Number.parseInt(each, 10)] : []));
  if (shape.length > MOST_AXES || shape.some((size) => !Number.isSafeInteger(size))) {
    throw refuse('bad-file', file, `its shape is impossible: ${about}. Write it with numpy.save.`);
  }
  return { dtype, bigEndian: match?.[1] === '>', fortran: fortran === 'True', shape };
}

/** First axis fastest → last axis fastest. */
function fromFortran(dtype: ElementType, shape: readonly number[], data: Elements): Elements {
  const out = allocateElements(dtype, countOf(shape));
  const strides = shape.map((_, axis) => countOf(shape.slice(0, axis)));
  const at = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0;
      at[axis] = (at[axis] ?? 0) + 1;
      from += stride;
      if ((at[axis] ?? 0) < (shape[axis] ?? 0)) break;
      from -= stride * (shape[axis] ?? 0);
      at[axis] = 0;
    }
  }
  return out;
}
