import { tensorType, type DataType, type Dim, type ValueId } from '../../ir/types.ts';
import { label } from '../../rewrite/graphs.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import type { Stuck } from '../flow/types.ts';
import type { KeptEdit } from './edit.ts';
import type { Kept, KeptSide } from './follow.ts';

/** Why keys and values cannot be given in another form; null: each lies in a tensor of its own, `[batch, heads, positions, width]`. */
export function formReason({ model }: PassContext, { layers }: Kept): Stuck | null {
  for (const side of layers.flatMap(({ key, value }) => [key, value])) {
    const { tensor, concat, input, joined, output } = side;
    const stuck = (why: string): Stuck => ({ nodes: [concat.id], reason: `${tensor.input} ${why}` });
    if (tensor.holds === 'both')
      return stuck('holds keys and values in one tensor; such a cache cannot be taken apart here');
    const { batch, heads, positions, width } = tensor.axes;
    if (batch !== 0 || heads !== 1 || positions !== 2 || width !== 3)
      return stuck('is not [batch, heads, positions, width]');
    if (tensor.dtype !== 'float32') return stuck(`is ${tensor.dtype}, not float32`);
    if (concat.inputs[0] !== input)
      return stuck(`is moved before new positions are put behind it at ${label(model, concat)}`);
    if (joined !== output)
      return stuck(`comes out as ${tensor.output} in another form than kept and new positions have together`);
  }
  return null;
}

/** A new graph input. */
export function addInput({ model }: PassContext, name: string, dtype: DataType, shape: readonly Dim[]): ValueId {
  const value = model.addValue(model.graph, name, tensorType(dtype, shape));
  value.origin = { relation: 'new' };
  model.graph.inputs.push(value.id);
  return value.id;
}

/** Another value takes the place of a cache input, which goes. */
export function replaceInput({ model }: PassContext, { input }: KeptSide, by: ValueId): void {
  model.replaceAllUses(input, by);
  model.removeValue(input);
}

/** Graph outputs take the place of a cache output, whose value is read inside the graph alone from now on. */
export function replaceOutput(
  { model }: PassContext,
  edit: KeptEdit,
  { output, tensor }: KeptSide,
  parts: readonly {
    readonly name: string;
    readonly value: ValueId;
    readonly dtype: DataType;
    readonly shape: readonly Dim[];
  }[],
): void {
  model.getValue(output).name = `${tensor.output}/all`;
  const made = parts.map(({ name, value, dtype, shape }) => {
    // A value of its own for each output: new rows may be read inside the graph too.
    const kept = edit.op(`${name}/kept`, 'Identity', [value]);
    model.getValue(kept).name = name;
    model.getValue(kept).type = tensorType(dtype, shape);
    return kept;
  });
  model.graph.outputs.splice(model.graph.outputs.indexOf(output), 1, ...made);
}
