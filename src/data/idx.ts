import { bytesOf, countOf, elementsOf, type ElementType } from './elements.ts';
import { inflate, isGzip } from './inflate.ts';
import { checkExtent, MOST_BYTES, refuse } from './refuse.ts';
import type { DataTensor } from './types.ts';

/** The third byte of the magic number. */
const TYPES: Readonly<Record<number, ElementType>> = {
  0x08: 'uint8',
  0x09: 'int8',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
};
const MOST_AXES = 8;

interface Header {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** Bytes before the elements. */
  readonly size: number;
}

export const isIdx = (head: Uint8Array): boolean =>
  head[0] === 0 &&
  head[1] === 0 &&
  TYPES[head[2] ?? 0] !== undefined &&
  (head[3] ?? 0) >= 1 &&
  (head[3] ?? 0) <= MOST_AXES;

/**
 * The idx format of MNIST (Y. LeCun, "The MNIST database"): 0, 0, type, rank, sizes as big-endian u32, big-endian
 * elements in row-major order; plain or gzipped. Throws `bad-file`.
 */
export async function readIdx(file: string, bytes: Uint8Array): Promise<DataTensor> {
  const head = isGzip(bytes) ? await inflate(file, bytes, 'gzip', 4 + 4 * MOST_AXES, 'leave') : bytes;
  const { dtype, shape, size } = readHeader(file, head);
  const want = countOf(shape) * bytesOf(dtype);
  if (want > MOST_BYTES) {
    const most = `more than ${MOST_BYTES} bytes in one file are not read`;
    throw refuse('unsupported', file, `the header says ${shape.join(' × ')} ${dtype}; ${most}. Split it.`);
  }
  const whole = isGzip(bytes) ? await inflate(file, bytes, 'gzip', size + want, 'refuse') : bytes;
  checkExtent(file, shape, bytesOf(dtype), whole.byteLength - size);
  return { dtype, shape, data: elementsOf(dtype, whole.subarray(size), true) };
}

function readHeader(file: string, head: Uint8Array): Header {
  const rank = head[3] ?? 0;
  const dtype = TYPES[head[2] ?? 0];
  if (!isIdx(head) || !dtype) {
    throw refuse(
      'bad-file',
      file,
      'it does not begin with an idx magic number (0, 0, type, rank). Give an idx file, plain or .gz.',
    );
  }
  const size = 4 + 4 * rank;
  if (head.byteLength < size) throw refuse('bad-file', file, `its header of ${size} bytes is cut short. Get it again.`);
  const view = new DataView(head.buffer, head.byteOffset, size);
  return { dtype, shape: Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis)), size };
}
