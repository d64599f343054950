import { checkPlaces, elementsOf, refusal } from './check.ts';
import type { ByteSource, ListedTensor, Remark, TensorFile } from './types.ts';

/** As the reference implementation has it (safetensors, `MAX_HEADER_SIZE`). */
const LARGEST_HEADER = 100_000_000;

/** Bits of an element by its type (safetensors, `Dtype`). */
const BITS: ReadonlyMap<string, number> = new Map([
  ['F4', 4],
  ['F6_E2M3', 6],
  ['F6_E3M2', 6],
  ...['BOOL', 'U8', 'I8', 'F8_E5M2', 'F8_E4M3', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ'].map(
    (name) => [name, 8] as const,
  ),
  ...['I16', 'U16', 'F16', 'BF16'].map((name) => [name, 16] as const),
  ...['I32', 'U32', 'F32'].map((name) => [name, 32] as const),
  ...['I64', 'U64', 'F64', 'C64'].map((name) => [name, 64] as const),
]);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The header of a safetensors file (Hugging Face, https://github.com/huggingface/safetensors#format): eight bytes with
 * its length, then JSON. Reads these and nothing else.
 *
 * @throws CodedError `bad-file` with the tensor or the byte that is wrong
 */
export async function readSafetensorsHeader(source: ByteSource): Promise<TensorFile> {
  if (source.size < 8)
    throw refusal(source, 0, `a safetensors file begins with eight bytes, and it has ${source.size}`);
  const head = await source.read(0, 8);
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  if (length > LARGEST_HEADER || Number(length) > source.size - 8) {
    throw refusal(source, 0, `its header says that it has ${length} bytes, more than the file or the format allows`);
  }
  const begin = 8 + Number(length);
  const header = parse(source, await source.read(8, Number(length)));
  const metadata = remarksOf(source, header['__metadata__']);
  const tensors = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => tensorOf(source, begin, name, entry));
  const unknown = [...new Set(tensors.map(({ dtype }) => dtype).filter((dtype) => !BITS.has(dtype)))];
  const notes = [
    ...unknown.map((dtype) => `The element type ${dtype} is not known here; lengths are those that the header tells.`),
    ...checkPlaces(source, begin, tensors, 1),
  ];
  const { name, size } = source;
  return { name, format: 'safetensors', version: null, bytes: size, headerBytes: begin, metadata, tensors, notes };
}

function parse(source: ByteSource, bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw refusal(source, 8, `its header is no JSON: ${(error as Error).message}`);
  }
  if (!isObject(header)) throw refusal(source, 8, 'its header is JSON, and no object of tensors');
  return header;
}

function remarksOf(source: ByteSource, metadata: unknown): Remark[] {
  if (metadata === undefined) return [];
  if (!isObject(metadata)) throw refusal(source, 8, '__metadata__ is no object of texts');
  return Object.entries(metadata).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
}

function tensorOf(source: ByteSource, begin: number, name: string, entry: unknown): ListedTensor {
  const wrong = (what: string): Error => refusal(source, 8, `the tensor ${name} ${what}`);
  if (!isObject(entry)) throw wrong('is described by something else than an object');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string') throw wrong('has no dtype');
  if (!Array.isArray(shape) || !shape.every(isCount)) throw wrong('has no shape of whole numbers from 0');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw wrong('has no data_offsets of two whole numbers');
  }
  const [from = 0, to = 0] = offsets;
  if (to < from) throw wrong(`ends at ${to}, before it begins at ${from}`);
  const elements = elementsOf(shape);
  if (elements === null) throw wrong(`has more elements than can be counted: ${shape.join('×')}`);
  const bits = BITS.get(dtype);
  if (bits !== undefined && Math.ceil((elements * bits) / 8) !== to - from) {
    throw wrong(`is ${dtype} of ${shape.join('×') || 'one element'}, and its data_offsets span ${to - from} bytes`);
  }
  return { name, dtype, shape, offset: begin + from, bytes: to - from };
}
