import { CodedError } from '../base/error.ts';
import type { Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { readContext } from './context.ts';
import { Cursor } from './cursor.ts';
import type { ExternalFiles } from './external.ts';
import { MODEL, modelDraft, type GraphDraft, type ModelDraft } from './model-proto.ts';
import { recognise } from './recognise.ts';
import { resolveModel } from './resolve.ts';
import { tensorOf } from './resolve-attribute.ts';
import { TENSOR, tensorDraft } from './tensor-proto.ts';

export interface ReadOptions {
  /** Files beside the model; without them every external tensor is missing. */
  readonly external?: ExternalFiles;
  /** The file's name, for messages. */
  readonly name?: string;
}

export interface ReadResult {
  readonly model: Model;
  /** Locations of all external data that the model names, sorted. */
  readonly locations: string[];
  /** Locations of external data that were not there: the graph is complete, those weights throw when read. */
  readonly missing: string[];
  /** One sentence each. */
  readonly warnings: string[];
}

/**
 * Reads a model. Weights stay views of `bytes` (or ranges of external files) and are not decoded, so `bytes` must not
 * change or be transferred while the model lives. Throws `bad-file` with byte and field, `invalid-graph` with node and
 * value, `external-data` with the location, or `unsupported`.
 */
export function readModel(bytes: Uint8Array, options: ReadOptions = {}): ReadResult {
  try {
    return read(bytes, options.external ?? null);
  } catch (error) {
    if (!(error instanceof CodedError) || options.name === undefined) throw error;
    throw new CodedError(error.code, error.message, { ...error.data, file: options.name }, { cause: error });
  }
}

function read(bytes: Uint8Array, external: ExternalFiles | null): ReadResult {
  if (bytes.length === 0) throw new CodedError('bad-file', 'The file is empty.');
  const context = readContext(external);
  const { draft, graph } = parse(new Cursor(bytes, context), bytes);
  const model = resolveModel(draft, graph, context);
  return {
    model,
    locations: [...context.locations].sort(),
    missing: [...context.missing].sort(),
    warnings: context.warnings.list(),
  };
}

/** Only what does not parse is looked at for what else it might be: an odd but valid model always opens. */
function parse(cursor: Cursor, bytes: Uint8Array): { draft: ModelDraft; graph: GraphDraft } {
  const draft = modelDraft();
  try {
    cursor.walk(MODEL, draft);
  } catch (error) {
    throw foreign(draft, bytes) ?? error;
  }
  const { graph } = draft;
  if (graph === null) throw foreign(draft, bytes) ?? new CodedError('bad-file', 'The model has no graph.');
  return { draft, graph };
}

function foreign(draft: ModelDraft, bytes: Uint8Array): CodedError | null {
  const known = recognise(bytes);
  if (known !== null) return new CodedError('bad-file', known);
  if (draft.graph !== null) return null;
  if (isTensor(bytes)) return new CodedError('bad-file', 'This is an ONNX tensor (a TensorProto), not a model.');
  const begun = draft.irVersion !== null && draft.irVersion > 0 && draft.irVersion < 1000;
  return begun ? null : new CodedError('bad-file', 'This is not an ONNX model: its first bytes are no field of one.');
}

function isTensor(bytes: Uint8Array): boolean {
  try {
    readTensorProto(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Reads one `TensorProto` (ONNX's `.pb` test data). The tensor is a view of `bytes`. */
export function readTensorProto(bytes: Uint8Array): { name: string; tensor: Tensor } {
  const draft = new Cursor(bytes, readContext(null)).walk(TENSOR, tensorDraft());
  return { name: draft.name, tensor: tensorOf(draft) };
}
