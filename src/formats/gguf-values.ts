import type { Cursor } from './gguf-cursor.ts';

type Scalar = { readonly bytes: number; get(view: DataView, at: number, little: boolean): number | bigint | boolean };

/** Types of metadata by number (GGUF, `gguf_metadata_value_type`) that have a length of their own. */
const SCALARS: ReadonlyMap<number, Scalar> = new Map<number, Scalar>([
  [0, { bytes: 1, get: (view, at) => view.getUint8(at) }],
  [1, { bytes: 1, get: (view, at) => view.getInt8(at) }],
  [2, { bytes: 2, get: (view, at, little) => view.getUint16(at, little) }],
  [3, { bytes: 2, get: (view, at, little) => view.getInt16(at, little) }],
  [4, { bytes: 4, get: (view, at, little) => view.getUint32(at, little) }],
  [5, { bytes: 4, get: (view, at, little) => view.getInt32(at, little) }],
  [6, { bytes: 4, get: (view, at, little) => view.getFloat32(at, little) }],
  [7, { bytes: 1, get: (view, at) => view.getUint8(at) !== 0 }],
  [10, { bytes: 8, get: (view, at, little) => view.getBigUint64(at, little) }],
  [11, { bytes: 8, get: (view, at, little) => view.getBigInt64(at, little) }],
  [12, { bytes: 8, get: (view, at, little) => view.getFloat64(at, little) }],
]);
const STRING = 8;
const ARRAY = 9;

/** Of a list, so many entries are told. */
const TOLD = 8;
/** Of a text, so many bytes are told: templates of chats are some thousand. */
const LONGEST = 16_384;
/** Lists of lists are allowed, and not used: deeper than this a file is made to do harm. */
const DEEPEST = 8;

const decoder = new TextDecoder();

/** A length in the file, as a number that fits into what is left of it; `each` is what one takes at least, bytes. */
export async function count(cursor: Cursor, wide: boolean, each: number, what: string): Promise<number> {
  const value = wide ? await cursor.u64(what) : await cursor.u32(what);
  if (Number(value) * each > cursor.left) {
    throw cursor.refuse(`${what} is ${value}, which does not fit into the ${cursor.left} bytes that are left`);
  }
  return Number(value);
}

/** A text of the file, in full. */
export async function text(cursor: Cursor, wide: boolean, what: string): Promise<string> {
  const length = await count(cursor, wide, 1, `the length of ${what}`);
  return decoder.decode(await cursor.bytes(length, what));
}

/** A value of metadata as a text; long lists and texts are cut, and the rest is passed by. */
export async function value(cursor: Cursor, wide: boolean, type: number, what: string, depth = 0): Promise<string> {
  const scalar = SCALARS.get(type);
  if (scalar)
    return String(await cursor.number(scalar.bytes, what, (view, at, little) => scalar.get(view, at, little)));
  if (type === STRING) return cutText(cursor, wide, what);
  if (type === ARRAY && depth < DEEPEST) return list(cursor, wide, what, depth);
  throw cursor.refuse(
    depth < DEEPEST ? `${what} is of the unknown type ${type}` : `${what} is a list of lists without end`,
  );
}

async function cutText(cursor: Cursor, wide: boolean, what: string): Promise<string> {
  const length = await count(cursor, wide, 1, `the length of ${what}`);
  const told = decoder.decode(await cursor.bytes(Math.min(length, LONGEST), what));
  if (length <= LONGEST) return told;
  cursor.skip(length - LONGEST, what);
  return `${told} … (${length} bytes)`;
}

async function list(cursor: Cursor, wide: boolean, what: string, depth: number): Promise<string> {
  const type = await cursor.u32(`the type of the list ${what}`);
  const scalar = SCALARS.get(type);
  const least = scalar?.bytes ?? (type === STRING ? (wide ? 8 : 4) : 4);
  const length = await count(cursor, wide, least, `the length of the list ${what}`);
  const told: string[] = [];
  for (let i = 0; i < length; i++) {
    if (i >= TOLD && scalar) {
      cursor.skip((length - i) * scalar.bytes, what);
      break;
    }
    if (i >= TOLD && type === STRING) await skipText(cursor, wide, what);
    else {
      const each = await value(cursor, wide, type, what, depth + 1);
      if (i < TOLD) told.push(each);
    }
  }
  return `[${told.join(', ')}${length > told.length ? `, … ${length} in all` : ''}]`;
}

async function skipText(cursor: Cursor, wide: boolean, what: string): Promise<void> {
  cursor.skip(await count(cursor, wide, 1, `a length in ${what}`), what);
}
