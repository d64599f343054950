import type { Model, Value } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import type { Stuck } from './types.ts';

export interface TextInputs {
  readonly ids: ValueId;
  readonly mask: ValueId | null;
  readonly positions: ValueId | null;
  readonly batch: string | number;
  readonly length: string;
}

const stuck = (reason: string): Stuck => ({ nodes: [], reason });
const dtype = ({ type }: Value): string => (type?.kind === 'tensor' ? type.dtype : '');
const isWhole = (value: Value): boolean => /^int(32|64)$/.test(dtype(value));

/** Inputs of the model that are no defaults of constants. */
export const givenInputs = (model: Model): readonly Value[] =>
  model.graph.inputs.filter((id) => !model.graph.initializers.has(id)).map((id) => model.getValue(id));

/**
 * Ids, `[batch, positions]`, beside them a mask and positions where the model takes such: told apart by their names, as
 * exporters give them (`input_ids`, `attention_mask`, `position_ids`). Null: nothing is a text.
 */
export function textInputs(context: PassContext): TextInputs | Stuck | null {
  const given = givenInputs(context.model);
  const whole = given.filter((value) => isWhole(value) && shapeOf(context, value.id)?.length === 2);
  const mask = given.find(({ name }) => /mask/i.test(name)) ?? null;
  const positions = whole.find(({ name }) => /position|(^|[._])pos([._]|$)/i.test(name)) ?? null;
  const rest = whole.filter((value) => value !== mask && value !== positions);
  const ids = rest.find(({ name }) => /id|token/i.test(name)) ?? (rest.length === 1 ? rest[0] : undefined);
  if (!ids) return null;
  const other = given.find((value) => value !== ids && value !== mask && value !== positions);
  if (other)
    return stuck(
      /past|cache/i.test(other.name)
        ? `the model keeps a cache already, as its input ${other.name} says`
        : `what the input ${other.name} is to a decoder is not known`,
    );
  const [batch = null, length = null] = shapeOf(context, ids.id) ?? [];
  if (typeof length === 'number')
    return stuck(`the input ${ids.name} has ${length} positions, whatever the text; give that dimension a name first`);
  if (length === null || batch === null)
    return stuck(`the dimensions of ${ids.name} have no names; give them names first`);
  if (batch === length) return stuck(`batch and positions of ${ids.name} have the same name`);
  return { ids: ids.id, mask: mask?.id ?? null, positions: positions?.id ?? null, batch, length };
}
