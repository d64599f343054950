import { CodedError } from '../base/error.ts';
import { formatInteger } from '../base/format.ts';
import type { ByteSource, ListedTensor } from './types.ts';

/** Refuses a file: what is wrong, and at which byte. */
export const refusal = ({ name }: ByteSource, offset: number, what: string): CodedError =>
  new CodedError('bad-file', `${name}: ${what} (byte ${formatInteger(offset)}).`, { file: name, offset });

/** Elements of a shape; null where the product is beyond what can be counted exactly. */
export function elementsOf(shape: readonly number[]): number | null {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return Number.isSafeInteger(size) ? size : null;
}

/**
 * Holds tensors against the file and against each other. Gives back what is odd: bytes that belong to none.
 * @param begin where tensors may begin, bytes
 * @throws CodedError `bad-file` for the first tensor that lies outside of the file or in another one
 */
export function checkPlaces(
  source: ByteSource,
  begin: number,
  tensors: readonly ListedTensor[],
  gap: number,
): string[] {
  const sorted = [...tensors].sort((a, b) => a.offset - b.offset || (a.bytes ?? 0) - (b.bytes ?? 0));
  let [end, before, unused] = [begin, '', 0];
  for (const { name, offset, bytes } of sorted) {
    const length = bytes ?? 0;
    if (offset < begin || offset + length > source.size) {
      throw refusal(
        source,
        offset,
        `the tensor ${name} wants ${formatInteger(length)} bytes, and the file ends at ${formatInteger(source.size)}`,
      );
    }
    if (length > 0 && offset < end) throw refusal(source, offset, `the tensor ${name} begins inside of ${before}`);
    if (offset - end >= gap) unused += offset - end;
    if (length > 0) [end, before] = [offset + length, name];
  }
  const isKnown = tensors.every(({ bytes }) => bytes !== null);
  if (isKnown && source.size - end >= gap) unused += source.size - end;
  return unused > 0 && isKnown ? [`${formatInteger(unused)} bytes belong to no tensor.`] : [];
}
