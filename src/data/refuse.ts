import { CodedError, type ErrorCode } from '../base/error.ts';
import type { JsonObject } from '../base/json.ts';

/** The most bytes that a file may unpack to: 1 GiB. */
export const MOST_BYTES = 2 ** 30;
/** The most bytes of a text: tokens and cells cost many times as much. */
const MOST_TEXT = 2 ** 26;
/** The most pixels of one image. */
export const MOST_PIXELS = 50_000_000;

/** An error that begins with the file's name; `what` names the place and the cure. */
export const refuse = (code: ErrorCode, file: string, what: string, data: JsonObject = {}): CodedError =>
  new CodedError(code, `${file}: ${what}`, { file, ...data });

/** Refuses a header that promises more than the file holds, before anything is allocated for it. */
export function checkExtent(file: string, shape: readonly number[], width: number, have: number): void {
  const want = shape.reduce((product, size) => product * size, 1) * width;
  if (want === have) return;
  const sizes = shape.join(' × ') || 'one';
  const cure =
    want > have ? 'It is cut short or no such file; get it again.' : 'Something follows the elements; get it again.';
  throw refuse(
    'bad-file',
    file,
    `the header says ${sizes} elements of ${width} bytes, ${have} bytes follow it. ${cure}`,
    {
      want: Number.isSafeInteger(want) ? want : String(want),
      have,
    },
  );
}

export function checkText(file: string, bytes: Uint8Array): void {
  if (bytes.byteLength <= MOST_TEXT) return;
  const what = `${bytes.byteLength} bytes of text are more than the ${MOST_TEXT} that are read. Give a part of it.`;
  throw refuse('unsupported', file, what, { limit: MOST_TEXT });
}
