import { getInt, getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { GraphId, ValueId } from '../../ir/types.ts';
import { constantInts, shapeOf } from '../known.ts';
import { constantOf } from '../match.ts';
import type { PassContext } from '../pass.ts';
import { scalarOf } from './scalars.ts';

/** γ∘n + β along the last axis, with ‖n‖₂ ≤ √width; null: no factor, no shift. */
export interface Normalized {
  readonly gamma: ArrayLike<number> | null;
  readonly beta: ArrayLike<number> | null;
}

/** Operators that normalise the last axis: where their γ and β are. */
const OPERATORS: Readonly<Record<string, { readonly gamma: number; readonly beta: number | null }>> = {
  LayerNormalization: { gamma: 1, beta: 2 },
  SimplifiedLayerNormalization: { gamma: 1, beta: null },
  RMSNormalization: { gamma: 1, beta: null },
  'com.microsoft.SkipLayerNormalization': { gamma: 2, beta: 3 },
  'com.microsoft.SkipSimplifiedLayerNormalization': { gamma: 2, beta: null },
};

/** What normalises a value along its last axis; null: nothing provably does. */
export function normalizedBy(context: PassContext, graph: GraphId, value: ValueId): Normalized | null {
  const node = nodeOf(context, graph, value);
  const [input = null] = node?.inputs ?? [];
  if (!node || input === null) return null;
  if (/^(Reshape|Squeeze|Unsqueeze|Flatten|Identity)$/.test(node.opType) && node.domain === '') {
    const width = shapeOf(context, value)?.at(-1) ?? null;
    const same = typeof width === 'number' && shapeOf(context, input)?.at(-1) === width;
    return same ? normalizedBy(context, graph, input) : null;
  }
  const operator = OPERATORS[node.domain === '' ? node.opType : `${node.domain}.${node.opType}`];
  if (operator) return node.outputs[0] === value ? ofOperator(context, node, operator) : null;
  return affine(context, graph, node);
}

const nodeOf = (context: PassContext, graph: GraphId, value: ValueId | null): Node | null => {
  const producer = value === null ? null : context.model.getValue(value).producer;
  const node = producer && context.model.getNode(producer.node);
  return node?.graph === graph ? node : null;
};

function ofOperator(
  context: PassContext,
  node: Node,
  { gamma, beta }: { readonly gamma: number; readonly beta: number | null },
): Normalized | null {
  const input = node.inputs[0] ?? null;
  const rank = input === null ? null : (shapeOf(context, input)?.length ?? null);
  const axis = getInt(node, 'axis', -1);
  if (axis !== -1 && axis !== (rank ?? 0) - 1) return null;
  const shift = beta === null ? null : (node.inputs[beta] ?? null);
  const [factor, offset] = [vectorOf(context, node.inputs[gamma] ?? null), vectorOf(context, shift)];
  return factor === null || (shift !== null && offset === null) ? null : { gamma: factor, beta: offset };
}

function vectorOf(context: PassContext, value: ValueId | null): ArrayLike<number> | null {
  const tensor = value === null ? null : constantOf(context, value);
  return tensor?.shape.length === 1 && tensor.dtype !== 'string' ? tensor.numbers() : null;
}

/** n·γ + β, each of them optional, as exporters write it out. */
function affine(context: PassContext, graph: GraphId, node: Node): Normalized | null {
  if (node.domain !== '') return null;
  for (const [x, constant] of operandsOf(node)) {
    const vector = vectorOf(context, constant);
    const inner = nodeOf(context, graph, x);
    if (!vector || !inner || inner.domain !== '') continue;
    if (node.opType === 'Add') {
      const scaled = factor(context, graph, inner);
      return scaled && { gamma: scaled.gamma, beta: vector };
    }
    if (node.opType === 'Mul' && isNormal(context, graph, inner)) return { gamma: vector, beta: null };
  }
  return isNormal(context, graph, node) ? { gamma: null, beta: null } : null;
}

/** n·γ or n. */
function factor(context: PassContext, graph: GraphId, node: Node): Normalized | null {
  if (node.opType === 'Mul') {
    for (const [x, constant] of operandsOf(node)) {
      const vector = vectorOf(context, constant);
      const inner = nodeOf(context, graph, x);
      if (vector && inner && isNormal(context, graph, inner)) return { gamma: vector, beta: null };
    }
  }
  return isNormal(context, graph, node) ? { gamma: null, beta: null } : null;
}

function* operandsOf(node: Node): Generator<readonly [ValueId, ValueId]> {
  const [a = null, b = null] = node.inputs;
  if (a === null || b === null) return;
  yield [a, b];
  yield [b, a];
}

/** c / √(mean(c²) + ε), ε ≥ 0: its mean square is at most 1. */
function isNormal(context: PassContext, graph: GraphId, node: Node): boolean {
  const [a = null, b = null] = node.inputs;
  if (node.domain !== '' || a === null || b === null) return false;
  if (node.opType === 'Div') return isRootMeanSquare(context, graph, b, a);
  if (node.opType !== 'Mul') return false;
  return [...operandsOf(node)].some(([c, inverse]) => {
    const by = nodeOf(context, graph, inverse);
    const [top = null, bottom = null] = by?.inputs ?? [];
    if (by?.opType === 'Reciprocal' && top !== null) return isRootMeanSquare(context, graph, top, c);
    return (
      by?.opType === 'Div' &&
      top !== null &&
      bottom !== null &&
      scalarOf(context, top) === 1 &&
      isRootMeanSquare(context, graph, bottom, c)
    );
  });
}

/** √(mean(c²) + ε) */
function isRootMeanSquare(context: PassContext, graph: GraphId, value: ValueId, c: ValueId): boolean {
  const root = nodeOf(context, graph, value);
  const sum = root?.opType === 'Sqrt' ? nodeOf(context, graph, root.inputs[0] ?? null) : null;
  if (sum?.opType !== 'Add') return false;
  return [...operandsOf(sum)].some(
    ([mean, epsilon]) => (scalarOf(context, epsilon) ?? -1) >= 0 && isMeanSquare(context, graph, mean, c),
  );
}

function isMeanSquare(context: PassContext, graph: GraphId, value: ValueId, c: ValueId): boolean {
  const mean = nodeOf(context, graph, value);
  const square = mean?.opType === 'ReduceMean' ? nodeOf(context, graph, mean.inputs[0] ?? null) : null;
  if (!mean || !square || getInt(mean, 'keepdims', 1) !== 1) return false;
  const axes = getInts(mean, 'axes', null) ?? (mean.inputs[1] ? constantInts(context, mean.inputs[1]) : null);
  const rank = shapeOf(context, c)?.length ?? 0;
  if (axes?.length !== 1 || (axes[0] !== -1 && axes[0] !== rank - 1)) return false;
  const [a = null, b = null] = square.inputs;
  if (a === null || b === null || !isSame(context, graph, a, c)) return false;
  return square.opType === 'Pow' ? scalarOf(context, b) === 2 : square.opType === 'Mul' && isSame(context, graph, b, c);
}

/** The same value, cast to another float type or computed twice as a difference. */
function isSame(context: PassContext, graph: GraphId, a: ValueId, b: ValueId): boolean {
  const [x, y] = [uncast(context, graph, a), uncast(context, graph, b)];
  if (x === y) return true;
  const [first, second] = [nodeOf(context, graph, x), nodeOf(context, graph, y)];
  return first?.opType === 'Sub' && second?.opType === 'Sub' && first.inputs.join() === second.inputs.join();
}

function uncast(context: PassContext, graph: GraphId, value: ValueId): ValueId {
  const node = nodeOf(context, graph, value);
  const input = node?.inputs[0] ?? null;
  const floats =
    /^float/.test(context.analysis.dtype(value) ?? '') &&
    /^float(32|64)$/.test(context.analysis.dtype(input ?? value) ?? '');
  return node?.opType === 'Cast' && input !== null && floats ? input : value;
}
