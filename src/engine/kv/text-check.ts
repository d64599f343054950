import type { TextCheck, TextModel } from '../../generate/as-session.ts';
import type { Model } from '../../ir/model.ts';
import { readDecoderIo } from '../../kv/io.ts';
import type { DecoderIo } from '../../kv/types.ts';
import { policyOf } from '../../kv/policy.ts';

/** A model as a decoder that something can be said of; null: it is none. */
function textModelOf(model: Model): TextModel | null {
  try {
    const read = readDecoderIo(model);
    // Without a head, what is said of a position are its hidden states.
    const logits = read.logits ?? hiddenOf(model, read);
    const policy = read.cache.length === 0 ? ({ kind: 'none' } as const) : policyOf(model);
    return logits === null ? null : { io: { ...read, logits }, policy };
  } catch {
    return null;
  }
}

/** The one output of `[batch, positions, width]` beside the cache. */
function hiddenOf(model: Model, { cache }: DecoderIo): string | null {
  const kept = new Set(cache.map(({ output }) => output));
  const found = model.graph.outputs
    .map((id) => model.getValue(id))
    .filter((value) => value.type?.kind === 'tensor' && value.type.shape?.length === 3 && !kept.has(value.name));
  return found.length === 1 ? (found[0]?.name ?? null) : null;
}

/**
 * How two models are compared that keep keys and values in different ways: by what they say of a text. Null: they keep
 * nothing, or alike, or one of them is no decoder; inputs and outputs answer to each other then, or do not.
 */
export function textCheckOf(before: Model, after: Model): TextCheck | null {
  const [first, second] = [textModelOf(before), textModelOf(after)];
  if (!first || !second || second.io.cache.length === 0) return null;
  const names = ({ io }: TextModel): string =>
    JSON.stringify(io.cache.map(({ input, output, shape }) => [input, output, shape]));
  const same = names(first) === names(second) && JSON.stringify(first.policy) === JSON.stringify(second.policy);
  return same ? null : { before: first, after: second };
}
