import { analyze } from '../../analysis/analyze.ts';
import { shownDim } from '../../analysis/summary.ts';
import { formatShape, plural } from '../../base/format.ts';
import type { Json } from '../../base/json.ts';
import type { Model, Value } from '../../ir/model.ts';
import type { Dim, NodeId, Shape, TensorType, ValueId } from '../../ir/types.ts';
import { NO_NODE, type PassContext } from '../../rewrite/pass.ts';
import { tryChange } from './consistency.ts';
import { refuse, type EditPlan } from './edit-pass.ts';
import { readersOf } from './targets.ts';

const MOST_SHOWN = 4;
const SYMBOL = /^[\p{L}_][^\s?]*$/u;

/** A size of 1 or more, a symbol, or null (also `?`): free, without a name. */
export function parseDim(value: Json, of: string): Dim {
  if (value === null || value === '?') return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  if (typeof value === 'string' && /^\d+$/.test(value) && Number(value) >= 1) return Number(value);
  if (typeof value === 'string' && SYMBOL.test(value)) return value;
  return refuse(`${of} must be a whole number from 1, a symbol, or ? for any size; not ${JSON.stringify(value)}.`);
}

/** The declared tensor type of an input. */
export function tensorTypeOf({ name, type }: Value): TensorType {
  return type?.kind === 'tensor' ? type : refuse(`Input "${name}" is no tensor; only tensors have a shape.`);
}

export type NewShapes = ReadonlyMap<ValueId, Shape>;

const sameDims = (a: Shape, b: Shape): boolean => formatShape(a) === formatShape(b);

/** What changes, in words: `input 1×3×224×224 → 8×3×224×224`. */
function describe(model: Model, shapes: NewShapes): string {
  return [...shapes]
    .map(
      ([id, shape]) =>
        `${model.getValue(id).name} ${formatShape(tensorTypeOf(model.getValue(id)).shape)} → ${formatShape(shape)}`,
    )
    .join('; ');
}

/** `Outputs: scores 8×1000.` */
function outputsText(model: Model): string {
  const analysis = analyze(model);
  const shown = model.graph.outputs.map((id) => {
    const shape = analysis.shape(id);
    return `${model.getValue(id).name} ${shape === null ? '?' : formatShape(shape.map(shownDim))}`;
  });
  const more = shown.length > MOST_SHOWN ? ` and ${shown.length - MOST_SHOWN} more` : '';
  return `Outputs: ${shown.slice(0, MOST_SHOWN).join(', ')}${more}.`;
}

/**
 * Other shapes for some inputs: inference runs again from them, and a graph that then contradicts itself is refused.
 * Nothing else is rewritten.
 */
export function planShapes(context: PassContext, wanted: NewShapes, target: string, title: string): EditPlan {
  const { model } = context;
  const shapes = new Map([...wanted].filter(([id, shape]) => !sameDims(tensorTypeOf(model.getValue(id)).shape, shape)));
  if (shapes.size === 0) refuse('The inputs have this shape already.');
  const { trial, apply } = tryChange(context, [...shapes.keys()], (each) => setShapes(each, shapes));
  const nodes: NodeId[] = [...new Set([...shapes.keys()].flatMap((id) => readersOf(model, id)))];
  return {
    target,
    anchor: nodes[0] ?? NO_NODE,
    nodes,
    title,
    what: `${plural(shapes.size, 'input')} of another shape: ${describe(model, shapes)}. ${outputsText(trial)}`,
    apply,
  };
}

function setShapes(model: Model, shapes: NewShapes): void {
  for (const [id, shape] of shapes) {
    const value = model.getValue(id);
    const { dtype, denotation } = tensorTypeOf(value);
    value.type = { kind: 'tensor', dtype, shape, ...(denotation === undefined ? {} : { denotation }) };
  }
}

/** Inputs that are fed: those with a default have the shape of their default. */
export const fedInputs = (model: Model): readonly Value[] =>
  model.graph.inputs
    .filter((id) => !model.graph.initializers.has(id) && !model.graph.sparseInitializers.has(id))
    .map((id) => model.getValue(id));
