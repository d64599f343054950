import { getFloat } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { producerIn, scalarOf } from './scalar-algebra.ts';

/** max(least, min(most, slope·input + shift)), with least ≤ most. */
export interface Clamp {
  readonly input: ValueId;
  readonly slope: number;
  readonly shift: number;
  readonly least: number;
  readonly most: number;
  /** The node that gives the result, then those before it. */
  readonly nodes: readonly Node[];
  /** The highest rank among its constants. */
  readonly rank: number;
}

/** Operators that the last node of a clamp may be. */
export const CLAMPS: readonly string[] = ['Clip', 'Min', 'Max', 'HardSigmoid'];

interface Bound {
  readonly input: ValueId;
  readonly least: number;
  readonly most: number;
  readonly rank: number;
}

/** One limit: Relu, or Min or Max with a number. */
function boundOf(context: PassContext, node: Node): Bound | null {
  const [first = null, second = null] = node.inputs;
  if (node.opType === 'Relu' && first !== null) return { input: first, least: 0, most: Infinity, rank: 0 };
  if (!['Min', 'Max'].includes(node.opType) || node.inputs.length !== 2) return null;
  for (const [input, limit] of [
    [first, second],
    [second, first],
  ] as const) {
    const number = scalarOf(context, limit);
    if (!number || input === null) continue;
    const [least, most] = node.opType === 'Max' ? [number.value, Infinity] : [-Infinity, number.value];
    return { input, least, most, rank: number.rank };
  }
  return null;
}

/** Attributes before version 11, inputs from then on. */
function clipOf(context: PassContext, node: Node): Bound | null {
  const input = node.inputs[0] ?? null;
  if (input === null) return null;
  if (context.model.opset() < 11) {
    return { input, least: getFloat(node, 'min', -Infinity), most: getFloat(node, 'max', Infinity), rank: 0 };
  }
  const [least, most] = [1, 2].map((index) => scalarOf(context, node.inputs[index]));
  return least && most ? { input, least: least.value, most: most.value, rank: 0 } : null;
}

/** Min over Max, Max over Min, Min over Relu; where the limits are in order these are the same. */
function pairOf(context: PassContext, node: Node): Clamp | null {
  const outer = boundOf(context, node);
  const before = outer && producerIn(context.model, node.graph, outer.input);
  const inner = before && boundOf(context, before);
  if (!outer || !before || !inner) return null;
  const least = Math.max(outer.least, inner.least);
  const most = Math.min(outer.most, inner.most);
  const rank = Math.max(outer.rank, inner.rank);
  return { input: inner.input, slope: 1, shift: 0, least, most, nodes: [node, before], rank };
}

/** The clamp whose last node this is; null: there is none with two limits. */
export function clampOf(context: PassContext, node: Node): Clamp | null {
  const [input = null] = node.inputs;
  if (node.domain !== '' || input === null) return null;
  if (node.opType === 'HardSigmoid') {
    const [slope, shift] = [getFloat(node, 'alpha', 0.2), getFloat(node, 'beta', 0.5)];
    return { input, slope, shift, least: 0, most: 1, nodes: [node], rank: 0 };
  }
  const clip = node.opType === 'Clip' ? clipOf(context, node) : null;
  const clamp = clip ? { ...clip, slope: 1, shift: 0, nodes: [node] } : pairOf(context, node);
  return clamp && Number.isFinite(clamp.least) && Number.isFinite(clamp.most) && clamp.least < clamp.most
    ? clamp
    : null;
}
