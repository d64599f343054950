import { CodedError, type ErrorCode } from '../base/error.ts';

const MAX_LENGTH = 320;
const OUT_OF_MEMORY =
  /out of memory|bad_alloc|array buffer allocation failed|failed to allocate|cannot enlarge memory|integer overflow|tensor shape is too large|invalid typed array length|could not allocate/i;
const UNSUPPORTED =
  /unsupported (?:data|tensor) type|unsupported type|not[_ ]implemented|could not find an implementation|is not a registered function|no schema registered|unsupported model ir version|not supported for reading|under development and support|exceeds maximum supported size/i;
/** A trap, an abort, a graphics device gone: the instance is unusable from here on. */
const ABORTED =
  /aborted\(|memory access out of bounds|unreachable|table index is out of bounds|null function|device (?:is |was )?lost/i;

/** The innermost `while running X node. Name:'Y' Status Message: …`: outer ones are only the path to it. */
const NODE = /running ([\w.]+) node\. Name:'([^']*)' Status Message: /g;

/** Removes what means nothing outside the runtime's own source tree: call wrappers, numeric codes, C++ places. */
function shorten(message: string): string {
  const short = message
    .replace(/^.*?ERROR_MESSAGE: /s, '')
    .replace(/\/\S+\.(?:cc|h|cpp):\d+ [^\n]*?\) (?=\S)/g, '')
    .replace(/[\s\0]+/g, ' ')
    .trim();
  return short.length > MAX_LENGTH ? `${short.slice(0, MAX_LENGTH - 1)}…` : short;
}

/** Where it happened, when the runtime says so. */
interface Place {
  readonly opType: string;
  readonly node: string;
}
function placeOf(message: string): { place: Place | null; rest: string } {
  const found = [...message.matchAll(NODE)].at(-1);
  if (!found) return { place: null, rest: message };
  const place = { opType: found[1] ?? '', node: found[2] ?? '' };
  return { place, rest: message.slice(found.index + found[0].length) };
}

/** Whether the instance that threw this has to be given up. */
export const isFatal = (error: unknown): boolean =>
  (error instanceof Error && error.name === 'RuntimeError') || ABORTED.test(messageOf(error));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function codeOf(error: unknown, message: string): ErrorCode {
  if (OUT_OF_MEMORY.test(message)) return 'out-of-memory';
  // A C++ exception without a message reaches JavaScript as a bare pointer: bad_alloc in practice.
  if (typeof error === 'number') return 'out-of-memory';
  return UNSUPPORTED.test(message) ? 'unsupported' : 'runtime';
}

/**
 * What ONNX Runtime threw, as `runtime`, `unsupported` or `out-of-memory`, with its own words shortened and the node
 * named where it names one. `doing`: "load the model", "run the model".
 */
export function toRuntimeError(error: unknown, doing: string): CodedError {
  if (error instanceof CodedError) return error;
  const message = messageOf(error);
  const code = codeOf(error, message);
  const { place, rest } = placeOf(message);
  const reason = shorten(rest);
  if (code === 'out-of-memory') {
    const text = `There is not enough memory to ${doing}: ${typeof error === 'number' ? 'the runtime gave up' : reason}.`;
    return new CodedError(code, text.replace(/\.+$/, '.'), {}, { cause: error });
  }
  const where = place ? `${place.opType} ${place.node}: ` : '';
  return new CodedError(
    code,
    `ONNX Runtime could not ${doing}. ${where}${reason}`,
    place ? { node: place.node, opType: place.opType, reason } : { reason },
    { cause: error },
  );
}
