import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { DATA_TYPES, type Dim, type ValueId } from '../../ir/types.ts';
import { subDims } from '../../ops/dim.ts';
import { dtypeOf, intsOf, rankOf, shapeOf } from '../known.ts';
import { constantOf } from '../match.ts';
import type { PassContext } from '../pass.ts';
import { isAll } from '../weights.ts';
import { scalarOf } from './scalars.ts';

const DEPTH = 12;

/** Whether a condition provably keeps every score: it is one constant everywhere, or causal and there is one query. */
export function allows(context: PassContext, condition: ValueId, keeps: boolean, oneQuery: boolean): boolean {
  if (uniform(context, condition) === keeps) return true;
  return oneQuery && keeps && isLastRow(context, condition);
}

/** The truth value that all elements of a condition share; null: not known. */
function uniform(context: PassContext, value: ValueId, depth = DEPTH): boolean | null {
  const tensor = constantOf(context, value);
  if (tensor) return isAll(tensor, 0) ? false : everywhere(tensor) ? true : null;
  const node = nodeOf(context, value);
  const input = node?.inputs[0] ?? null;
  if (!node || input === null || depth === 0) return null;
  if (node.opType === 'ConstantOfShape') return filledWith(node) !== 0;
  if (/^(Reshape|Expand|Unsqueeze|Squeeze|Transpose|Identity|Slice|Tile)$/.test(node.opType))
    return uniform(context, input, depth - 1);
  if (node.opType === 'Cast') return isBool(node) || wide(context, input) ? uniform(context, input, depth - 1) : null;
  if (node.opType === 'Not') return invert(uniform(context, input, depth - 1));
  return node.opType === 'Equal' ? uniformEqual(context, node) : null;
}

/** The one number of a ConstantOfShape; 0 where it says none. */
function filledWith(node: Node): number {
  const value = node.attributes.get('value');
  return value?.type === 'tensor' && value.value.dtype !== 'string' ? (value.value.numbers()[0] ?? 0) : 0;
}

const invert = (value: boolean | null): boolean | null => (value === null ? null : !value);
const isBool = (node: Node): boolean => DATA_TYPES[getInt(node, 'to', 0)] === 'bool';
const wide = (context: PassContext, value: ValueId): boolean => dtypeOf(context, value) === 'bool';

function everywhere(tensor: Tensor): boolean {
  if (tensor.size === 0 || tensor.dtype === 'string') return false;
  const numbers = tensor.numbers();
  for (let i = 0; i < numbers.length; i++) if (numbers[i] === 0) return false;
  return true;
}

/** Equal of a constant with one constant number. */
function uniformEqual(context: PassContext, node: Node): boolean | null {
  const [a, b] = node.inputs.map((input) => (input === null ? null : constantOf(context, input)));
  if (!a || !b || a.dtype === 'string' || b.dtype === 'string' || b.size !== 1 || a.size === 0) return null;
  const wanted = b.numbers()[0];
  const hits = Array.from(a.numbers()).filter((each) => each === wanted).length;
  return hits === 0 ? false : hits === a.size ? true : null;
}

const nodeOf = (context: PassContext, value: ValueId): Node | null => {
  const { producer } = context.model.getValue(value);
  const node = producer && context.model.getNode(producer.node);
  return node?.domain === '' ? node : null;
};

/**
 * `tril[…, T−1 : T, : T]`, the row of the last position: GPT-2 cuts its causal mask so. Such a row keeps everything, for
 * whatever T, where the table is lower triangular.
 */
function isLastRow(context: PassContext, condition: ValueId): boolean {
  let value = condition;
  let node = nodeOf(context, value);
  if (node?.opType === 'Cast' && isBool(node) && node.inputs[0]) {
    value = node.inputs[0];
    node = nodeOf(context, value);
  }
  const columns = node && sliceOf(context, node);
  if (!columns || columns.start !== 0) return false;
  const rows = sliceOf(context, nodeOf(context, columns.of));
  if (!rows || rows.end === null || rows.end !== columns.end || subDims(rows.end, rows.start) !== 1) return false;
  const table = constantOf(context, rows.of);
  const rank = table?.shape.length ?? 0;
  if (!table || rank < 2 || columns.axis !== rank - 1 || rows.axis !== rank - 2) return false;
  return isTriangle(context, rows.of, (number, below) => !below || number !== 0);
}

/**
 * Whether a condition is true exactly up to the diagonal of `[…, positions, positions]`: the square of a triangular
 * table from 0 on, or positions compared with positions.
 */
export function isCausalCondition(context: PassContext, value: ValueId, depth = DEPTH): boolean {
  const node = nodeOf(context, value);
  const [a = null, b = null] = node?.inputs ?? [];
  if (node?.opType === 'And' && a !== null && b !== null) {
    return [[a, b] as const, [b, a] as const].some(
      ([all, rest]) => uniform(context, all) === true && isCausalCondition(context, rest, depth - 1),
    );
  }
  if (node && a !== null && /^(Cast|Unsqueeze|Expand|Identity)$/.test(node.opType) && depth > 0) {
    if (node.opType !== 'Cast' || isBool(node) || wide(context, a)) return isCausalCondition(context, a, depth - 1);
  }
  if (node?.opType === 'Not' && a !== null && depth > 0) return isLaterCondition(context, a, depth - 1);
  if (node?.opType === 'Trilu' && a !== null)
    return isTriluOf(context, node, { upper: 0, diagonal: 0 }) && uniform(context, a) === true;
  if (a !== null && b !== null && node?.opType === 'LessOrEqual') return counts(context, a, 1) && counts(context, b, 2);
  if (a !== null && b !== null && node?.opType === 'GreaterOrEqual')
    return counts(context, a, 2) && counts(context, b, 1);
  return isTriangle(context, value, (number, below) => (number !== 0) === below);
}

/** Whether a condition is true exactly beyond the diagonal of `[…, positions, positions]`. */
function isLaterCondition(context: PassContext, value: ValueId, depth = DEPTH): boolean {
  const node = nodeOf(context, value);
  const [a = null, b = null] = node?.inputs ?? [];
  if (node && a !== null && /^(Cast|Unsqueeze|Expand|Identity)$/.test(node.opType) && depth > 0) {
    if (node.opType !== 'Cast' || isBool(node) || wide(context, a)) return isLaterCondition(context, a, depth - 1);
  }
  if (node?.opType === 'Not' && a !== null && depth > 0) return isCausalCondition(context, a, depth - 1);
  if (node?.opType === 'Trilu' && a !== null)
    return isTriluOf(context, node, { upper: 1, diagonal: 1 }) && uniform(context, a) === true;
  if (a !== null && b !== null && node?.opType === 'Greater') return counts(context, a, 1) && counts(context, b, 2);
  if (a !== null && b !== null && node?.opType === 'Less') return counts(context, a, 2) && counts(context, b, 1);
  return isTriangle(context, value, (number, below) => (number === 0) === below);
}

/** A Trilu of squares, from such a diagonal on. */
function isTriluOf(
  context: PassContext,
  node: Node,
  { upper, diagonal }: { upper: number; diagonal: number },
): boolean {
  const k = node.inputs[1] ?? null;
  const given = k === null ? 0 : scalarOf(context, k);
  return getInt(node, 'upper', 1) === upper && given === diagonal;
}

/** Whether a mask adds 0 up to the diagonal, and behind it something that takes in every score. */
export function isCausalMask(context: PassContext, value: ValueId, least: number): boolean {
  const node = nodeOf(context, value);
  const [first = null, second = null, third = null] = node?.inputs ?? [];
  if (node?.opType === 'Where' && first !== null && second !== null && third !== null) {
    const fills = (filled: ValueId): boolean => (scalarOf(context, filled) ?? 0) <= least;
    if (scalarOf(context, second) === 0 && fills(third)) return isCausalCondition(context, first);
    return scalarOf(context, third) === 0 && fills(second) && isLaterCondition(context, first);
  }
  if (first === null) return isTriangle(context, value, (number, below) => (below ? number === 0 : number <= least));
  if (node?.opType === 'Unsqueeze' || node?.opType === 'Expand') return isCausalMask(context, first, least);
  if (node?.opType === 'Trilu') {
    const filled = everyElement(context, first);
    return filled !== null && filled <= least && isTriluOf(context, node, { upper: 1, diagonal: 1 });
  }
  return isTriangle(context, value, (number, below) => (below ? number === 0 : number <= least));
}

/** The number that all elements are; null: not known. */
function everyElement(context: PassContext, value: ValueId, depth = DEPTH): number | null {
  const scalar = scalarOf(context, value);
  if (scalar !== null) return scalar;
  const node = nodeOf(context, value);
  if (node?.opType === 'ConstantOfShape') return filledWith(node);
  const input = node?.inputs[0] ?? null;
  const carries = node && /^(Expand|Reshape|Unsqueeze|Squeeze|Identity)$/.test(node.opType);
  return carries && input !== null && depth > 0 ? everyElement(context, input, depth - 1) : null;
}

/** Positions 0, 1, … along the last axis (1) or the one before it (2), and along no other. */
function counts(context: PassContext, value: ValueId, axis: 1 | 2): boolean {
  const shape = shapeOf(context, value);
  if (!shape || (axis === 2 && shape.at(-1) !== 1) || shape.some((dim, i) => i !== shape.length - axis && dim !== 1))
    return false;
  let node = nodeOf(context, value);
  for (let i = 0; i < DEPTH && node && /^(Unsqueeze|Cast|Identity)$/.test(node.opType); i++) {
    const input: ValueId | null = node.inputs[0] ?? null;
    node = input === null ? null : nodeOf(context, input);
  }
  const [start = null, , delta = null] = node?.inputs ?? [];
  if (node?.opType !== 'Range' || start === null || delta === null) return false;
  return scalarOf(context, start) === 0 && scalarOf(context, delta) === 1;
}

/** A square table, or the square of its first rows and columns, whose elements hold by their place. */
function isTriangle(context: PassContext, value: ValueId, holds: (number: number, below: boolean) => boolean): boolean {
  let inner = value;
  const axes = new Set<number>();
  for (let cut = sliceOf(context, nodeOf(context, inner)); cut; cut = sliceOf(context, nodeOf(context, inner))) {
    const rank = rankOf(context, cut.of);
    if (cut.start !== 0 || rank === null || cut.axis < rank - 2 || axes.has(cut.axis)) return false;
    axes.add(cut.axis);
    inner = cut.of;
  }
  const table = constantOf(context, inner);
  if (!table || table.dtype === 'string' || table.size === 0 || table.shape.length < 2) return false;
  const [rows, columns] = [table.shape.at(-2) ?? 0, table.shape.at(-1) ?? 0];
  const numbers = table.numbers();
  for (let i = 0; i < numbers.length; i++) {
    if (!holds(numbers[i] ?? NaN, i % columns <= Math.floor(i / columns) % rows)) return false;
  }
  return true;
}

interface Cut {
  readonly of: ValueId;
  readonly axis: number;
  readonly start: Dim;
  readonly end: Dim;
}

/** A Slice of one axis, step 1, its limits as proven (symbols allowed). */
function sliceOf(context: PassContext, node: Node | null): Cut | null {
  if (node?.opType !== 'Slice' || node.inputs.length < 4) return null;
  const [of = null, ...limits] = node.inputs;
  const [start, end, axis, step] = limits.map((each) => (each === null ? [1] : intsOf(context, each)));
  if (of === null || start?.length !== 1 || end?.length !== 1 || typeof axis?.[0] !== 'number') return null;
  if (step !== undefined && step?.[0] !== 1) return null;
  const rank = rankOf(context, of) ?? 0;
  return { of, axis: axis[0] < 0 ? axis[0] + rank : axis[0], start: start[0] ?? null, end: end[0] ?? null };
}
