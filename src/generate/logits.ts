import { CodedError } from '../base/error.ts';
import { float16ToNumber } from '../base/float16.ts';
import type { DecoderIo } from '../kv/types.ts';
import type { HostTensor } from '../runtime/types.ts';
import type { Wanted } from './decoder.ts';

/** @throws CodedError `unsupported` where the model gives hidden states only */
export function logitsName({ logits }: DecoderIo): string {
  if (logits !== null) return logits;
  throw new CodedError(
    'unsupported',
    'The model gives no logits, [batch, positions, vocabulary]: there is nothing to choose a token by. Give a decoder with its head.',
  );
}

/**
 * A copy of the rows that are wanted of `[1, positions, vocabulary]`, the first `count` of which are those of the ids that
 * were given. Some models give the last position only.
 *
 * @throws CodedError `unsupported` for other shapes and types, and where all are wanted of such a model
 */
export function rowsOf(tensor: HostTensor | undefined, name: string, count: number, wanted: Wanted) {
  const [batch, positions = 0, width = 0] = tensor?.shape ?? [];
  if (!tensor || tensor.shape.length !== 3 || batch !== 1 || (positions !== 1 && positions < count)) {
    throw new CodedError(
      'unsupported',
      `${name} came as [${tensor?.shape.join(', ')}] for ${count} ids; [1, ${count}, vocabulary] is wanted.`,
      { value: name },
    );
  }
  if (wanted === 'all' && positions < count) {
    throw new CodedError('unsupported', `${name} tells of the last position only. Give a decoder that tells of all.`);
  }
  const end = Math.min(count, positions);
  const first = wanted === 'all' ? 0 : end - 1;
  return { logits: numbers(name, tensor, first * width, end * width), rows: end - first };
}

function numbers(name: string, { dtype, data }: HostTensor, from: number, to: number): Float32Array<ArrayBuffer> {
  if (data instanceof Float32Array || data instanceof Float64Array) return Float32Array.from(data.subarray(from, to));
  if (dtype === 'float16' && data instanceof Uint16Array) {
    return Float32Array.from(data.subarray(from, to), float16ToNumber);
  }
  throw new CodedError('unsupported', `${name} is ${dtype}; logits are float32 or float16.`, { value: name });
}
