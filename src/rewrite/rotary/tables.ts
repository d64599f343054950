import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { constantInts, dtypeOf, rankOf, shapeOf } from '../known.ts';
import { constantOf } from '../match.ts';
import type { PassContext } from '../pass.ts';
import { atomsOf } from '../attention/atoms.ts';
import { viewOf, stepBack } from '../attention/views.ts';
import type { Mode } from './rotation.ts';

const DEPTH = 24;

const nodeOf = (context: PassContext, value: ValueId): Node | null => {
  const { producer } = context.model.getValue(value);
  const node = producer && context.model.getNode(producer.node);
  return node?.domain === '' ? node : null;
};

/** Whether a table provably holds each number twice: at i and i + D/2, or at 2i and 2i + 1. */
export function isDoubled(context: PassContext, value: ValueId, mode: Mode, depth = DEPTH): boolean {
  const tensor = constantOf(context, value);
  if (tensor) return isDoubledTensor(tensor, mode);
  const node = nodeOf(context, value);
  const [first = null, second = null] = node?.inputs ?? [];
  if (!node || first === null || depth === 0) return false;
  const inner = (): boolean => isDoubled(context, first, mode, depth - 1);
  switch (node.opType) {
    case 'Cos':
    case 'Sin':
    case 'Cast':
    case 'Neg':
    case 'Identity':
      return inner();
    case 'Mul':
    case 'Div':
    case 'Add':
      return second !== null && isEven(context, first, mode, depth) && isEven(context, second, mode, depth);
    case 'Gather':
      return !isLast(context, first, getInt(node, 'axis', 0)) && inner();
    case 'Slice':
      return keepsLast(context, node) && inner();
    case 'Concat':
      return (
        concatDoubles(context, node, mode) ||
        (!isLast(context, value, getInt(node, 'axis', 0)) &&
          node.inputs.every((each) => each !== null && isDoubled(context, each, mode, depth - 1)))
      );
    default:
      return movesDoubled(context, node, value, mode, depth);
  }
}

/** One number along the last axis, or doubled. */
function isEven(context: PassContext, value: ValueId, mode: Mode, depth: number): boolean {
  const shape = shapeOf(context, value);
  return (shape !== null && (shape.length === 0 || shape.at(-1) === 1)) || isDoubled(context, value, mode, depth - 1);
}

function isDoubledTensor(tensor: Tensor, mode: Mode): boolean {
  const width = tensor.shape.at(-1) ?? 1;
  if (width % 2 !== 0 || tensor.dtype === 'string' || tensor.size === 0) return false;
  const numbers = tensor.numbers();
  for (let row = 0; row < numbers.length; row += width) {
    for (let i = 0; i < width / 2; i++) {
      const [a, b] = mode === 'half' ? [row + i, row + i + width / 2] : [row + 2 * i, row + 2 * i + 1];
      if (numbers[a] !== numbers[b]) return false;
    }
  }
  return true;
}

function isLast(context: PassContext, value: ValueId, axis: number): boolean {
  const rank = rankOf(context, value);
  return rank === null || axis === -1 || axis === rank - 1;
}

function keepsLast(context: PassContext, node: Node): boolean {
  const [input = null, output = null] = [node.inputs[0], node.outputs[0]];
  const [before, after] = [input, output].map((each) =>
    each === null ? null : (shapeOf(context, each)?.at(-1) ?? null),
  );
  const steps = node.inputs[4] ?? null;
  if (before === null || before === undefined || before !== after) return false;
  return steps === null || constantInts(context, steps)?.every((step) => step === 1) === true;
}

/** Concat(f, f) along the last axis. */
function concatDoubles(context: PassContext, node: Node, mode: Mode): boolean {
  const [a, b, ...more] = node.inputs;
  const output = node.outputs[0] ?? null;
  return (
    mode === 'half' &&
    a === b &&
    more.length === 0 &&
    output !== null &&
    isLast(context, output, getInt(node, 'axis', 0))
  );
}

/** Moves that keep the last axis; and a new axis of two that is filled by repetition and merged. */
function movesDoubled(context: PassContext, node: Node, value: ValueId, mode: Mode, depth: number): boolean {
  const shape = shapeOf(context, value);
  if (!shape) return false;
  const axes = shape.map((dim, i) => atomsOf(i === shape.length - 1 ? 'width' : `a${i}`, dim));
  let view = stepBack(context, node.graph, viewOf(value, axes));
  for (let i = 0; view && i < DEPTH; i++) {
    const twice = view.repeated.find((atom) => atom.root === 'width');
    if (twice) return twice.size === 2 && twice.path === (mode === 'half' ? '0' : '1');
    const last = view.axes.at(-1) ?? [];
    if (last.length === 1 && last[0]?.root === 'width' && last[0].path === '') {
      return isDoubled(context, view.value, mode, depth - 1);
    }
    view = stepBack(context, node.graph, view);
  }
  return false;
}

/** A table that rows are taken from. */
export interface Table {
  /** `[rows, width]`, constant. */
  readonly rows: ValueId;
  /** Which rows, `[batch, positions]`; null: from 0 on. */
  readonly ids: ValueId | null;
}

/** The constant table behind rows that were cut or gathered; null: they are computed, or not so. */
export function tableOf(context: PassContext, value: ValueId, depth = DEPTH): Table | null {
  const node = nodeOf(context, value);
  const [input = null, second = null] = node?.inputs ?? [];
  if (!node || input === null || depth === 0) return null;
  if (/^(Unsqueeze|Squeeze|Identity)$/.test(node.opType)) {
    return keepsLast(context, node) ? tableOf(context, input, depth - 1) : null;
  }
  if (constantOf(context, input) === null || rankOf(context, input) !== 2) return null;
  if (node.opType === 'Gather' && second !== null && getInt(node, 'axis', 0) === 0) {
    const gathers = rankOf(context, second) === 2 && dtypeOf(context, second) === 'int64';
    return gathers ? { rows: input, ids: second } : null;
  }
  if (node.opType !== 'Slice' || !keepsLast(context, node)) return null;
  const start = second === null ? null : constantInts(context, second);
  return start?.every((each) => each === 0) ? { rows: input, ids: null } : null;
}
