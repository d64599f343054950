import { CodedError } from '../base/error.ts';
import { byteLengthOf } from '../ir/types.ts';
import type { Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { checkLocation } from './external.ts';
import type { Placement } from './write-tensor.ts';

/** What goes to the external file, in order: pieces of tensors and the zeros between them, read only when they are asked for. */
export interface ExternalChunks {
  readonly location: string;
  readonly byteLength: number;
  chunks(): Generator<Uint8Array>;
}

/** ONNX advises page alignment, so that tensors can be mapped into memory. */
const ALIGNMENT = 4096;

/** Gives every initializer of at least `threshold` bytes a place; tensors that are shared get one place. */
export function placeTensors(
  model: Model,
  options: { readonly location: string; readonly threshold: number },
): { placements: ReadonlyMap<Tensor, Placement>; chunks: ExternalChunks } {
  const location = checkLocation(options.location, 'the written model');
  if (location !== options.location) {
    throw new CodedError('bad-request', `${options.location} is not a plain relative path.`, { location });
  }
  const placements = new Map<Tensor, Placement>();
  let end = 0;
  for (const graph of model.graphs.values()) {
    for (const tensor of graph.initializers.values()) {
      if (tensor.dtype === 'string' || placements.has(tensor)) continue;
      const length = byteLengthOf(tensor.dtype, tensor.size);
      if (length === 0 || length < options.threshold) continue;
      const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
      placements.set(tensor, { location, offset, length });
      end = offset + length;
    }
  }
  return { placements, chunks: { location, byteLength: end, chunks: () => chunksOf(placements) } };
}

function* chunksOf(placements: ReadonlyMap<Tensor, Placement>): Generator<Uint8Array> {
  let at = 0;
  for (const [tensor, { offset, length }] of placements) {
    if (offset > at) yield new Uint8Array(offset - at);
    yield* tensor.pieces();
    at = offset + length;
  }
}
