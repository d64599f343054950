import { checkPlaces, elementsOf } from './check.ts';
import { Cursor } from './gguf-cursor.ts';
import { ggmlType } from './gguf-types.ts';
import { count, text, value } from './gguf-values.ts';
import type { ByteSource, ListedTensor, Remark, TensorFile } from './types.ts';

/** `GGUF`, as a little-endian number. */
export const MAGIC = 0x46554747;
const ALIGNMENT = 'general.alignment';
/** ggml's tensors have up to four axes; more would be another format. */
const MOST_AXES = 8;

/**
 * The header of a GGUF file (ggml, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 1 to 3 of either
 * byte order: metadata and tensors. Reads on until the last tensor is named, never a tensor itself.
 *
 * @throws CodedError `bad-file` with the byte and the field that is wrong
 */
export async function readGgufHeader(source: ByteSource): Promise<TensorFile> {
  const cursor = new Cursor(source);
  if ((await cursor.u32('the magic number')) !== MAGIC) throw cursor.refuse('it does not begin with GGUF');
  const version = await versionOf(cursor);
  const wide = version > 1;
  const field = wide ? 8 : 4;
  const tensorCount = await count(cursor, wide, field + 4 + 4 + 8, 'the number of tensors');
  const remarkCount = await count(cursor, wide, field + 4 + 1, 'the number of entries of metadata');
  const metadata: Remark[] = [];
  const keys = new Set<string>();
  for (let i = 0; i < remarkCount; i++) {
    const key = await text(cursor, wide, `the key of entry ${i}`);
    if (keys.has(key)) throw cursor.refuse(`the key ${key} stands twice in its metadata`);
    keys.add(key);
    const type = await cursor.u32(`the type of ${key}`);
    metadata.push({ key, value: await value(cursor, wide, type, key) });
  }
  const alignment = alignmentOf(cursor, metadata);
  const listed: Listed[] = [];
  for (let i = 0; i < tensorCount; i++) listed.push(await tensorOf(cursor, wide, alignment, i));
  const begin = Math.ceil(cursor.offset / alignment) * alignment;
  const tensors = listed.map(({ from, ...tensor }) => ({ ...tensor, offset: begin + from }));
  const unknown = [...new Set(tensors.filter(({ bytes }) => bytes === null).map(({ dtype }) => dtype))];
  const notes = [
    ...unknown.map((dtype) => `${dtype} is an element type that is not known here; its lengths are not told.`),
    ...checkPlaces(source, begin, tensors, alignment),
  ];
  const headerBytes = Math.min(begin, source.size);
  return { name: source.name, format: 'GGUF', version, bytes: source.size, headerBytes, metadata, tensors, notes };
}

/** Big-endian files are told by a version whose lower half is 0. */
async function versionOf(cursor: Cursor): Promise<number> {
  let version = await cursor.u32('the version');
  if ((version & 0xffff) === 0) {
    cursor.littleEndian = false;
    version = (version >>> 24) | ((version >>> 8) & 0xff00);
  }
  if (version < 1 || version > 3)
    throw cursor.refuse(`it is of version ${version}, and versions 1 to 3 are known here`);
  return version;
}

function alignmentOf(cursor: Cursor, metadata: readonly Remark[]): number {
  const given = metadata.find(({ key }) => key === ALIGNMENT)?.value ?? '32';
  const alignment = Number(given);
  if (!Number.isSafeInteger(alignment) || alignment < 1 || alignment > 1 << 20 || alignment % 8 !== 0) {
    throw cursor.refuse(`${ALIGNMENT} is ${given}, and has to be a multiple of 8`);
  }
  return alignment;
}

interface Listed extends Omit<ListedTensor, 'offset'> {
  /** From the beginning of all tensors, bytes. */
  readonly from: number;
}

async function tensorOf(cursor: Cursor, wide: boolean, alignment: number, index: number): Promise<Listed> {
  const name = await text(cursor, wide, `the name of tensor ${index}`);
  const rank = await cursor.u32(`the number of axes of ${name}`);
  if (rank > MOST_AXES) throw cursor.refuse(`the tensor ${name} has ${rank} axes`);
  const sizes: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    sizes.push(Number(wide ? await cursor.u64(`a size of ${name}`) : await cursor.u32(`a size of ${name}`)));
  }
  const type = await cursor.u32(`the type of ${name}`);
  const from = Number(await cursor.u64(`the offset of ${name}`));
  const elements = elementsOf(sizes);
  if (elements === null)
    throw cursor.refuse(`the tensor ${name} has more elements than can be counted: ${sizes.join('×')}`);
  if (!Number.isSafeInteger(from) || from % alignment !== 0) {
    throw cursor.refuse(`the tensor ${name} begins at ${from}, and has to begin at a multiple of ${alignment}`);
  }
  const known = ggmlType(type);
  if (known && (sizes[0] ?? 1) % known.elements !== 0) {
    throw cursor.refuse(
      `the rows of ${name} have ${sizes[0]} elements, and ${known.name} is in blocks of ${known.elements}`,
    );
  }
  const bytes = known && (elements / known.elements) * known.bytes;
  // In the file the first axis lies closest together.
  return { name, dtype: known?.name ?? `type ${type}`, shape: sizes.reverse(), from, bytes };
}
