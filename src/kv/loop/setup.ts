import { CodedError } from '../../base/error.ts';
import type { Json } from '../../base/json.ts';
import type { CachePolicy, CachePort, DecoderIo } from '../types.ts';

/** A run is given no more positions at once: logits of all of them come out. */
const MOST = 256;

/** Sizes of a tensor of the cache that holds nothing. */
function emptied(
  { input, shape }: CachePort,
  axes: { readonly batch: number; readonly positions: number },
  pages: boolean,
): number[] {
  return shape.map((dim, axis) => {
    if (axis === axes.positions && !pages) return 0;
    if (axis === axes.batch) return pages ? 0 : 1;
    if (typeof dim === 'number') return dim;
    throw new CodedError(
      'unsupported',
      `The size of axis ${axis} of ${input} is not known (${dim}). Set it with set-input-shape.`,
    );
  });
}

/**
 * What the exported loop has to know of a decoder, as `decoder.json` says it.
 *
 * @throws CodedError `unsupported` where the decoder gives no logits or sizes of its cache are not known
 */
export function loopSetup(io: DecoderIo, policy: CachePolicy, tokenizer: string | undefined): Json {
  if (io.logits === null)
    throw new CodedError(
      'unsupported',
      'The model gives no logits, [batch, positions, vocabulary]: there is nothing to choose a token by.',
    );
  if (io.cache.length === 0)
    throw new CodedError(
      'unsupported',
      'The model keeps nothing between runs. Give it a cache first (kv apply, or add-kv-cache).',
    );
  const isPaged = io.pages !== undefined;
  const cache = io.cache.flatMap(({ axes, quantized, ...port }) =>
    [port, ...(quantized ? [quantized.scale, quantized.residual] : [])].map((each) => ({
      input: each.input,
      output: each.output,
      dtype: each.dtype,
      shape: emptied(each, axes, isPaged),
      axis: axes.positions,
    })),
  );
  return {
    policy: { ...policy },
    ids: { ...io.ids },
    logits: io.logits,
    mask: io.mask && { ...io.mask },
    positions: io.positions && { ...io.positions },
    ...(io.offset !== undefined && { offset: io.offset }),
    ...(io.pages && { pages: { ...io.pages } }),
    most: MOST,
    cache,
    ...tokenizerOf(tokenizer),
  };
}

function tokenizerOf(text: string | undefined): Record<string, Json> {
  if (text === undefined) return {};
  try {
    return { tokenizer: JSON.parse(text) as Json };
  } catch {
    return {};
  }
}
