import type { Model, Value } from '../../ir/model.ts';
import type { Dim, Shape, ValueId } from '../../ir/types.ts';
import { bindDim, canonicalDim } from '../../ops/dim.ts';
import { editPass, refuse } from './edit-pass.ts';
import { fedInputs, parseDim, planShapes } from './input-shapes.ts';
import { textOption } from './targets.ts';

const shapeOf = ({ type }: Value): Shape => (type?.kind === 'tensor' ? type.shape : null);

/** The batch is the first dimension of the first input that has one. */
function presentBatch(model: Model): Dim {
  const first = fedInputs(model)
    .map(shapeOf)
    .find((shape) => shape !== null && shape.length > 0);
  return first ? (first[0] ?? null) : refuse('No input has a first dimension.');
}

/** A symbol is replaced wherever it stands; a number only as the first dimension. */
function withBatch(shape: NonNullable<Shape>, before: Dim, batch: Dim): Shape {
  if (typeof before !== 'string') return shape.map((dim, axis) => (axis === 0 && dim === before ? batch : dim));
  if (typeof batch === 'number') return shape.map((dim) => bindDim(canonicalDim(dim), { [before]: batch }));
  return shape.map((dim) => (dim === before ? batch : dim));
}

/** Every input whose batch is the same as the first one's gets another. */
export const setBatch = editPass({
  id: 'set-batch',
  title: 'Set the batch',
  why: 'A fixed batch, or a free one, in every input at once.',
  options: { batch: { type: 'text', default: '', label: 'Batch', hint: 'a number, or a symbol such as N' } },
  preserves: 'bits',
  changesInterface: true,
  ask: 'Give the batch: a number, or a symbol such as N.',
  plan(context) {
    const { model } = context;
    const text = textOption(context, 'batch');
    if (text === '') return null;
    const batch = parseDim(text, 'The batch');
    const before = presentBatch(model);
    const shapes = new Map<ValueId, Shape>();
    for (const value of fedInputs(model)) {
      const shape = shapeOf(value);
      if (shape) shapes.set(value.id, withBatch(shape, before, batch));
    }
    return planShapes(context, shapes, 'batch', `Set batch to ${batch ?? 'any size'}`);
  },
});
