import { getInt, getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { constantInts, rankOf, shapeOf } from '../../rewrite/known.ts';
import type { Walk } from '../../rewrite/walk.ts';

/** A mean over some axes. */
export interface Mean {
  readonly of: ValueId;
  /** From the front, ascending; null: not known. */
  readonly axes: readonly number[] | null;
  readonly nodes: readonly Node[];
}

/** Axes of a Reduce*: an attribute before `since`, an input from then on; none given: all. Null: not known. */
function reducedAxes(walk: Walk, node: Node, since: number): readonly number[] | null {
  const rank = rankOf(walk.context, node.inputs[0]!);
  if (rank === null) return null;
  const input = walk.model.opset() < since ? null : (node.inputs[1] ?? null);
  const given = input === null ? getInts(node, 'axes', []) : constantInts(walk.context, input);
  if (given === null) return null;
  if (given.length === 0) {
    return getInt(node, 'noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, axis) => axis);
  }
  return [...new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)))].sort((a, b) => a - b);
}

/** ReduceMean, or ReduceSum divided by the number of what it sums. `keeps`: only where the axes stay. */
export function meanOf(walk: Walk, value: ValueId, keeps = true): Mean | null {
  const mean = walk.producer(value, 'ReduceMean');
  if (mean) return reduced(walk, mean, 18, keeps);
  const quotient = walk.producer(value, 'Div', 'Mul');
  if (!quotient) return null;
  for (const [summed, count] of operands(quotient)) {
    const sum = walk.producer(summed, 'ReduceSum');
    const number = walk.scalar(count);
    const found = sum && number !== null ? reduced(walk, sum, 13, keeps) : null;
    const size = found && sizeOver(walk, found);
    if (!found || size === null || number === null) continue;
    const exact = quotient.opType === 'Div' ? number : 1 / number;
    // The reciprocal of a size is rounded to float32 or float16.
    if (Math.abs(exact - size) <= 1e-3) return { ...found, nodes: [...found.nodes, quotient] };
  }
  return null;
}

const operands = ({ opType, inputs: [a = null, b = null] }: Node): readonly (readonly [ValueId, ValueId])[] => {
  if (a === null || b === null) return [];
  return opType === 'Mul'
    ? [
        [a, b],
        [b, a],
      ]
    : [[a, b]];
};

function reduced(walk: Walk, node: Node, since: number, keeps: boolean): Mean | null {
  const [of = null] = node.inputs;
  if (of === null || (keeps && getInt(node, 'keepdims', 1) !== 1)) return null;
  return { of, axes: reducedAxes(walk, node, since), nodes: [node] };
}

/** How many elements one mean is of. */
function sizeOver(walk: Walk, { of, axes }: Mean): number | null {
  const shape = shapeOf(walk.context, of);
  let size = 1;
  for (const axis of axes ?? [-1]) {
    const dim = shape?.[axis];
    if (typeof dim !== 'number') return null;
    size *= dim;
  }
  return size;
}

/** The value whose square this is: x·x or x². */
export function squareOf(walk: Walk, value: ValueId): { readonly of: ValueId; readonly node: Node } | null {
  const node = walk.producer(value, 'Pow', 'Mul');
  const [of = null, second = null] = node?.inputs ?? [];
  if (!node || of === null) return null;
  const squares = node.opType === 'Mul' ? second === of : exponentOf(walk, node) === 2;
  return squares ? { of, node } : null;
}

/** The constant exponent of a Pow; a cast of it does not change the small numbers that are looked for. */
export function exponentOf(walk: Walk, pow: Node): number | null {
  const [, exponent = null] = pow.inputs;
  return walk.scalar(walk.producer(exponent, 'Cast')?.inputs[0] ?? exponent);
}

/** How many of the last axes these are, if they are just the last ones; null: others, or none. */
export function trailing(axes: readonly number[], rank: number): number | null {
  const count = axes.length;
  return count > 0 && axes.every((axis, i) => axis === rank - count + i) ? count : null;
}
