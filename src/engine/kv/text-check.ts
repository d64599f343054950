import type { TextCheck, TextModel } from '../../generate/as-session.ts';
import type { Model } from '../../ir/model.ts';
import { readDecoderIo } from '../../kv/io.ts';
import { policyOf } from '../../kv/policy.ts';

/** A model as a decoder that something can be said of; null: it is none. */
function textModelOf(model: Model): TextModel | null {
  try {
    const io = readDecoderIo(model);
    if (io.logits === null) return null;
    return { io, policy: io.cache.length === 0 ? { kind: 'none' } : policyOf(model) };
  } catch {
    return null;
  }
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
