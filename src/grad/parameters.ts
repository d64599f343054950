import type { Model, Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { sizeOf, type ValueId } from '../ir/types.ts';
import { opKey } from '../ops/registry.ts';

/** What a constant is to the node that reads it. */
export type ParameterRole = 'weight' | 'bias' | 'scale' | 'embedding' | 'statistics' | 'table' | 'constant';

/** A float constant of the main graph, and whether training moves it unless somebody says otherwise. */
export interface Parameter {
  readonly value: ValueId;
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: ParameterRole;
  readonly trains: boolean;
  /** The node that reads it, through what only moves elements. */
  readonly node: Node;
  /** Why it stays as it is; null: it trains. */
  readonly reason: string | null;
}

/** Roles by operator and input slot (ONNX operator specification; ONNX Runtime's contrib operators). */
const SLOTS: Readonly<Record<string, Readonly<Record<number, ParameterRole>>>> = {
  Conv: { 1: 'weight', 2: 'bias' },
  ConvTranspose: { 1: 'weight', 2: 'bias' },
  'com.microsoft.FusedConv': { 1: 'weight', 2: 'bias' },
  Gemm: { 0: 'weight', 1: 'weight', 2: 'bias' },
  'com.microsoft.FusedGemm': { 0: 'weight', 1: 'weight', 2: 'bias' },
  MatMul: { 0: 'weight', 1: 'weight' },
  'com.microsoft.FusedMatMul': { 0: 'weight', 1: 'weight' },
  Einsum: { 0: 'weight', 1: 'weight' },
  BatchNormalization: { 1: 'scale', 2: 'bias', 3: 'statistics', 4: 'statistics' },
  InstanceNormalization: { 1: 'scale', 2: 'bias' },
  GroupNormalization: { 1: 'scale', 2: 'bias' },
  LayerNormalization: { 1: 'scale', 2: 'bias' },
  RMSNormalization: { 1: 'scale' },
  SimplifiedLayerNormalization: { 1: 'scale' },
  'com.microsoft.SimplifiedLayerNormalization': { 1: 'scale' },
  'com.microsoft.SkipLayerNormalization': { 2: 'scale', 3: 'bias', 4: 'bias' },
  'com.microsoft.SkipSimplifiedLayerNormalization': { 2: 'scale', 3: 'bias' },
  'com.microsoft.EmbedLayerNormalization': { 2: 'embedding', 3: 'embedding', 4: 'embedding', 5: 'scale', 6: 'bias' },
  'com.microsoft.BiasGelu': { 1: 'bias' },
  'com.microsoft.FastGelu': { 1: 'bias' },
  'com.microsoft.Attention': { 1: 'weight', 2: 'bias' },
  'com.microsoft.MultiHeadAttention': { 3: 'bias' },
  PRelu: { 1: 'weight' },
  Gather: { 0: 'embedding' },
  LSTM: { 1: 'weight', 2: 'weight', 3: 'bias', 7: 'weight' },
  GRU: { 1: 'weight', 2: 'weight', 3: 'bias' },
  RNN: { 1: 'weight', 2: 'weight', 3: 'bias' },
};

/** Their result holds the same numbers: the role is that of what reads it. */
const MOVES: ReadonlySet<string> = new Set([
  'Cast',
  'Concat',
  'Expand',
  'Flatten',
  'Identity',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);
const PRODUCTS: ReadonlySet<string> = new Set(['Mul', 'Div', 'MatMul', 'Gemm', 'Einsum']);
const TURNS: ReadonlySet<string> = new Set(['Cos', 'Sin']);
const REASONS: Partial<Record<ParameterRole, string>> = {
  statistics: 'running statistics follow from what passes through',
  table: 'a table of factors, such as those of rotary positions',
  constant: 'a number of the formula, not a weight',
};
/** Beyond this a sum is a mask: nothing that was learnt is so large. */
const MASK = 1e4;
const MOST_DEPTH = 8;

/**
 * Every float32 constant of the main graph, with what it is; in the order of the nodes that read them. Inputs with a
 * default are constants that somebody may give otherwise, and train like the others.
 */
export function parametersOf(model: Model): readonly Parameter[] {
  const { graph } = model;
  const found: Parameter[] = [];
  for (const [value, tensor] of graph.initializers) {
    if (tensor.dtype !== 'float32') continue;
    const role = roleOf(model, value, tensor, 0);
    if (!role) continue;
    const reason = REASONS[role.role] ?? null;
    const { name } = model.getValue(value);
    found.push({ value, name, shape: tensor.shape, ...role, trains: reason === null, reason });
  }
  const order = new Map([...graph.nodes].map((id, place) => [id, place]));
  return found.sort((a, b) => (order.get(a.node.id) ?? 0) - (order.get(b.node.id) ?? 0));
}

/** Of several readers the first that tells a role. */
function roleOf(
  model: Model,
  value: ValueId,
  tensor: Tensor,
  depth: number,
): { role: ParameterRole; node: Node } | null {
  let last: { role: ParameterRole; node: Node } | null = null;
  for (const { node: id, index } of model.getValue(value).uses) {
    const node = model.getNode(id);
    if (node.graph !== model.graph.id) continue;
    if (isRotary(model, node, index)) return { role: 'table', node };
    const known = SLOTS[opKey(node)]?.[index];
    if (known) return { role: known, node };
    if (MOVES.has(opKey(node)) && index === 0 && depth < MOST_DEPTH) {
      for (const output of node.outputs) {
        const behind = output === null ? null : roleOf(model, output, tensor, depth + 1);
        if (behind && behind.role !== 'constant') return behind;
      }
    }
    const elementwise = elementwiseRole(node, tensor);
    if (elementwise !== 'constant') return { role: elementwise, node };
    last ??= { role: 'constant', node };
  }
  return last;
}

/** Whether a node multiplies positions into angles, of which nothing is used but cosine and sine: rotary positions. */
const isRotary = (model: Model, node: Node, index: number): boolean =>
  PRODUCTS.has(opKey(node)) && index < 2 && counts(model, node.inputs[1 - index] ?? null, 0) && turns(model, node, 0);

/** Whole numbers, whatever they were cast to since. */
function counts(model: Model, value: ValueId | null, depth: number): boolean {
  if (value === null || depth === MOST_DEPTH) return false;
  const { type, producer } = model.getValue(value);
  if (type?.kind === 'tensor' && /^u?int/.test(type.dtype)) return true;
  const node = producer && model.getNode(producer.node);
  if (!node) return false;
  return opKey(node) === 'Range' || (MOVES.has(opKey(node)) && counts(model, node.inputs[0] ?? null, depth + 1));
}

function turns(model: Model, node: Node, depth: number): boolean {
  const readers = node.outputs
    .flatMap((output) => (output === null ? [] : model.getValue(output).uses))
    .map((use) => model.getNode(use.node));
  const passes = (each: Node): boolean => MOVES.has(opKey(each)) || PRODUCTS.has(opKey(each));
  return (
    depth < MOST_DEPTH &&
    readers.length > 0 &&
    readers.every((each) => TURNS.has(opKey(each)) || (passes(each) && turns(model, each, depth + 1)))
  );
}

/** A bias or a scale goes along one axis; a sum along more is learnt (positions) unless it masks, a factor is a table. */
function elementwiseRole(node: Node, tensor: Tensor): ParameterRole {
  const sum = node.opType === 'Add' || node.opType === 'Sub' || node.opType === 'Sum';
  const factor = node.opType === 'Mul' || node.opType === 'Div';
  if (node.domain !== '' || !(sum || factor) || sizeOf(tensor.shape) < 2) return 'constant';
  const wide = tensor.shape.filter((size) => size > 1).length;
  if (wide > 1) return factor ? 'table' : masks(tensor) ? 'constant' : 'embedding';
  return masks(tensor) ? 'constant' : sum ? 'bias' : 'scale';
}

function masks(tensor: Tensor): boolean {
  const numbers = tensor.numbers();
  for (let i = 0; i < numbers.length; i++) if (!(Math.abs(numbers[i] ?? 0) < MASK)) return true;
  return false;
}
