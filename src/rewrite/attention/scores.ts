import type { Node } from '../../ir/model.ts';
import type { Dim, GraphId, ValueId } from '../../ir/types.ts';
import { extremeOf } from '../../ops/dim.ts';
import { label } from '../graphs.ts';
import { dtypeOf, rankOf, shapeOf } from '../known.ts';
import type { PassContext } from '../pass.ts';
import { sizeOfAtoms, type Axes } from './atoms.ts';
import { productOf, type Product } from './products.ts';
import { scalarOf } from './scalars.ts';
import { viewOf, stepBack } from './views.ts';

/** What a node does to the scores. */
export type Effect =
  | { readonly kind: 'scale'; readonly factor: number }
  | { readonly kind: 'add'; readonly mask: ValueId; readonly negative: boolean }
  /** Where(condition, scores, fill), or the other way round (`keeps` false). */
  | { readonly kind: 'where'; readonly condition: ValueId; readonly keeps: boolean; readonly fill: number }
  /** Max(scores, floor). */
  | { readonly kind: 'floor'; readonly floor: number }
  | { readonly kind: 'move' };

/** A node between the product and the softmax; `axes` are those of its result. */
export type Stage = Effect & { readonly node: Node; readonly axes: Axes };

export interface Scores {
  readonly product: Product;
  /** In running order: the product's side first. */
  readonly stages: readonly Stage[];
}

const DEPTH = 16;
const NO_PRODUCT = ' is no product of queries and keys';

/** Follows the scores back from the softmax to the product of queries and keys; a clause where that fails. */
export function scoresOf(
  context: PassContext,
  graph: GraphId,
  value: ValueId,
  axes: Axes,
  depth = DEPTH,
): Scores | string {
  const { producer } = context.model.getValue(value);
  if (!producer) return `${context.model.getValue(value).name}${NO_PRODUCT}`;
  const node = context.model.getNode(producer.node);
  if (node.graph !== graph || depth === 0) return `${label(context.model, node)} lies too far away`;
  if (node.domain === '' && /^(MatMul|Einsum)$/.test(node.opType)) {
    const product = productOf(context, node, axes);
    return typeof product === 'string' ? product : { product, stages: [] };
  }
  let reason: string | null = null;
  for (const { effect, scores, inner } of readings(context, graph, node, value, axes)) {
    const found = scoresOf(context, graph, scores, inner, depth - 1);
    if (typeof found !== 'string')
      return { product: found.product, stages: [...found.stages, { ...effect, node, axes }] };
    // What an operand that is no product says, is of no use.
    if (reason === null || reason.endsWith(NO_PRODUCT)) reason = found;
  }
  return reason ?? `${label(context.model, node)} stands between the product and the softmax`;
}

/** One way to read a node: which input are the scores, under which axes. */
interface Reading {
  readonly effect: Effect;
  readonly scores: ValueId;
  readonly inner: Axes;
}

function* readings(context: PassContext, graph: GraphId, node: Node, value: ValueId, axes: Axes): Generator<Reading> {
  const [a = null, b = null, c = null] = node.inputs;
  if (node.domain !== '' || a === null) return;
  switch (node.opType) {
    case 'Add':
    case 'Sub':
      if (b === null) return;
      yield { effect: { kind: 'add', mask: b, negative: node.opType === 'Sub' }, scores: a, inner: axes };
      if (node.opType === 'Add') yield { effect: { kind: 'add', mask: a, negative: false }, scores: b, inner: axes };
      return;
    case 'Where':
      if (b !== null && c !== null) yield* whereReadings(context, a, b, c, axes);
      return;
    case 'Max':
    case 'Clip':
      yield* floorReadings(context, node, axes);
      return;
    default:
  }
  const back = stepBack(context, graph, viewOf(value, axes));
  if (!back || back.repeated.length > 0) return;
  const moves = !/^(Mul|Div)$/.test(node.opType);
  if (moves && /^(Gather|Split|Slice|Expand|Tile)$/.test(node.opType)) return;
  yield {
    effect: moves ? { kind: 'move' } : { kind: 'scale', factor: back.scale },
    scores: back.value,
    inner: back.axes,
  };
}

function* whereReadings(
  context: PassContext,
  condition: ValueId,
  whenTrue: ValueId,
  whenFalse: ValueId,
  axes: Axes,
): Generator<Reading> {
  for (const keeps of [true, false]) {
    const [scores, other] = keeps ? [whenTrue, whenFalse] : [whenFalse, whenTrue];
    const fill = scalarOf(context, other);
    if (fill !== null) yield { effect: { kind: 'where', condition, keeps, fill }, scores, inner: axes };
  }
}

/** Max(x, number), or Clip(x, number, none). */
function* floorReadings(context: PassContext, node: Node, axes: Axes): Generator<Reading> {
  const [a = null, b = null, c = null] = node.inputs;
  if (a === null || b === null || c !== null || node.inputs.length > 3) return;
  for (const [scores, bound] of node.opType === 'Max' ? [[a, b] as const, [b, a] as const] : [[a, b] as const]) {
    const floor = scalarOf(context, bound);
    if (floor !== null) yield { effect: { kind: 'floor', floor }, scores, inner: axes };
  }
}

/** How a mask lies over the scores along one axis. */
export type Cover = 'one' | 'full' | 'unknown';

/**
 * How a mask lies over axes of the scores, aligned at the end; a clause where it might make them larger. Along the keys
 * it cannot: the product with the values would not fit.
 */
export function coverOf(context: PassContext, mask: ValueId, axes: Axes): readonly Cover[] | string {
  const { name } = context.model.getValue(mask);
  const shape = shapeOf(context, mask);
  if (!shape) return `the shape of the mask ${name} is not known`;
  if (shape.length > axes.length) return `the mask ${name} has ${shape.length} axes, the scores ${axes.length}`;
  const lead = axes.length - shape.length;
  const cover: Cover[] = [];
  for (const [axis, atoms] of axes.entries()) {
    const size = sizeOfAtoms(atoms);
    const dim = axis < lead ? 1 : (shape[axis - lead] ?? null);
    if (dim === 1 && size !== 1) cover.push('one');
    else if (dim === 1 || (dim !== null && dim === size) || isCutTo(dim, size)) cover.push('full');
    else if (axis === axes.length - 1 || (typeof size === 'number' && size > 1)) cover.push('unknown');
    else return `axis ${axis - lead} of the mask ${name} is not proven to be 1 or ${size ?? 'that of the scores'}`;
  }
  return cover;
}

/**
 * `min(n, size)`, n > 1: a table of n that was cut. It is 1 only where the size is, and where it is less than the size,
 * it does not lie over the scores at all.
 */
function isCutTo(dim: Dim, size: Dim): boolean {
  const extreme = extremeOf(dim);
  if (size === null || extreme?.kind !== 'min' || !extreme.parts.includes(size)) return false;
  return extreme.parts.some((part) => typeof part === 'number' && part > 1);
}

/** Scores and masks that attention kernels take; a clause for other types. */
export function typeReason(context: PassContext, value: ValueId): string | null {
  const dtype = dtypeOf(context, value);
  if (dtype === 'float32' || (dtype === 'float16' && context.backend === 'webgpu')) return null;
  return `the attention operators take float32 here, and this one is ${dtype ?? 'of unknown type'}`;
}

/** Whether this softmax runs along the last axis; version 13 changed what `axis` means. */
export function isLastAxis(context: PassContext, softmax: Node, axis: number | null): boolean {
  const input = softmax.inputs[0] ?? null;
  const rank = input === null ? null : rankOf(context, input);
  const given = axis ?? (context.model.opset() < 13 ? 1 : -1);
  return rank !== null && (given === -1 || given === rank - 1);
}
