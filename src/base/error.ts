import type { JsonObject } from './json.ts';

/**
 * What can go wrong that a person must hear of. The code is stable (tests, exit codes and the page act on it); the
 * message names the place and the cure.
 */
export type ErrorCode =
  | 'bad-file' // not ONNX, truncated, wrong wire types, impossible values
  | 'unsupported' // valid, but beyond what this build can do
  | 'external-data' // an external file is missing, short, or outside its folder
  | 'invalid-graph' // cycles, undefined inputs, two producers
  | 'bad-request' // an unknown pass, option, recipe or argument
  | 'pass-failed' // a rewrite broke an invariant; the step is not kept
  | 'replay-failed' // a recipe no longer fits its model
  | 'runtime' // ONNX Runtime refused or failed
  | 'out-of-memory'
  | 'cancelled'
  | 'worker-died'
  | 'device-lost' // a lent device went away, or was started anew
  | 'internal';

/** An error that keeps its code and data across every boundary; it is never turned into a bare string. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly data: JsonObject;

  constructor(code: ErrorCode, message: string, data: JsonObject = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CodedError';
    this.code = code;
    this.data = data;
  }
}

/** Its plain form, for the wire and for `--json`. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly data: JsonObject;
}

export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof CodedError) return { code: error.code, message: error.message, data: error.data };
  const message = error instanceof Error ? error.message : String(error);
  const memory = /out of memory|array buffer allocation failed|bad_alloc/i.test(message);
  return { code: memory ? 'out-of-memory' : 'internal', message, data: {} };
}

export function fromErrorRecord(record: ErrorRecord): CodedError {
  return new CodedError(record.code, record.message, record.data);
}
