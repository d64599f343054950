import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { DATA_TYPES, isFloat, type ValueId } from '../../ir/types.ts';
import { constantInts, dtypeOf } from '../known.ts';
import { constantOf } from '../match.ts';
import type { PassContext } from '../pass.ts';

const DEPTH = 8;

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  Sqrt: Math.sqrt,
  Neg: (x) => -x,
  Reciprocal: (x) => 1 / x,
};
const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
};
const VIEWS = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

/**
 * The number behind a value of one element: a constant, a proven dimension, or arithmetic on such (the scale that
 * PyTorch computes from the shape of the query). Null: not known.
 */
export function scalarOf(context: PassContext, value: ValueId, depth = DEPTH): number | null {
  const tensor = constantOf(context, value);
  if (tensor) return tensor.size === 1 && tensor.dtype !== 'string' ? (tensor.numbers()[0] ?? null) : null;
  const ints = constantInts(context, value);
  if (ints) return ints.length === 1 ? (ints[0] ?? null) : null;
  const producer = context.model.getValue(value).producer;
  return producer && depth > 0 ? computed(context, context.model.getNode(producer.node), depth - 1) : null;
}

function computed(context: PassContext, node: Node, depth: number): number | null {
  if (node.domain !== '') return null;
  const [first, second] = node.inputs.map((input) => (input === null ? null : scalarOf(context, input, depth)));
  if (first === null || first === undefined) return null;
  if (VIEWS.has(node.opType)) return first;
  if (node.opType === 'Cast') return castTo(node, first);
  const input = node.inputs[0];
  if (input === null || input === undefined || !isFloat(dtypeOf(context, input) ?? 'undefined')) return null;
  const unary = UNARY[node.opType];
  if (unary) return Math.fround(unary(first));
  const binary = BINARY[node.opType];
  return binary && second !== null && second !== undefined ? Math.fround(binary(first, second)) : null;
}

const castTo = (node: Node, value: number): number | null =>
  isFloat(DATA_TYPES[getInt(node, 'to', 0)] ?? 'undefined') || Number.isInteger(value) ? value : null;
