import { CodedError } from '../../base/error.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { isFloat, isInteger, type NodeId, type ValueId } from '../../ir/types.ts';
import { opKey } from '../../ops/registry.ts';
import { bodyNodes, label } from '../../rewrite/graphs.ts';
import { QUANTIZED_OPERANDS, WEIGHT_OPERANDS } from './layout.ts';
import { scanTensor } from './scan.ts';
import { holdsConstant, sourceOf } from './source.ts';
import type { Weight, WeightLayout } from './types.ts';

/** A weight that stays as it is, and why: a sentence without its full stop. */
interface KeptWeight {
  readonly nodes: readonly NodeId[];
  readonly reason: string;
}

export interface FoundWeights {
  /** In the order of their first readers. */
  readonly weights: readonly Weight[];
  readonly kept: readonly KeptWeight[];
}

/**
 * The weights whose elements may become zero: float constants with two axes or more, each once however many nodes read
 * it, and the near misses with their reason. Every element is looked at once, for NaN cannot be ranked.
 */
export function findWeights(model: Model, options: { readonly embeddings: boolean }): FoundWeights {
  const weights: Weight[] = [];
  const kept: KeptWeight[] = [];
  const seen = new Set<ValueId>();
  const taken = new Map<string, number>();
  for (const node of bodyNodes(model)) {
    const quantized = QUANTIZED_OPERANDS[opKey(node)];
    if (quantized !== undefined && holdsConstant(model, node.inputs[quantized] ?? null)) {
      kept.push({ nodes: [node.id], reason: 'Its weight is quantized to integers: prune before quantizing' });
    }
    if (operandsOf(node, options) === null) continue;
    const [values, dynamic] = weightValues(model, node);
    if (dynamic !== null) kept.push({ nodes: [node.id], reason: dynamic });
    for (const value of values) {
      if (seen.has(value)) continue;
      seen.add(value);
      const found = weightAt(model, value, options);
      if ('reason' in found) kept.push(found);
      else weights.push({ ...found, name: unique(taken, found.name) });
    }
  }
  return { weights, kept };
}

/** Sibling graphs may use a name twice. */
function unique(taken: Map<string, number>, name: string): string {
  const count = (taken.get(name) ?? 0) + 1;
  taken.set(name, count);
  return count === 1 ? name : `${name}#${count}`;
}

const operandsOf = (node: Node, { embeddings }: { readonly embeddings: boolean }) =>
  opKey(node) === 'Gather' && !embeddings ? null : (WEIGHT_OPERANDS[opKey(node)] ?? null);

/** The values at a node's weight places that are meant to be weights; where there is none, why. */
function weightValues(model: Model, node: Node): readonly [values: readonly ValueId[], reason: string | null] {
  const inputs = WEIGHT_OPERANDS[opKey(node)]?.inputs ?? [];
  const values = inputs.map((input) => node.inputs[input] ?? null).filter((value) => value !== null);
  if (values.length < inputs.length) return [[], null];
  const constant = values.filter((value) => !('activation' in sourceOf(model, value)));
  if (constant.length > 0 || opKey(node) === 'Gather') return [constant, null];
  const what = inputs.length > 1 ? 'Both operands are' : 'Its weight is';
  return [[], `${what} computed at run time from the inputs`];
}

function weightAt(model: Model, value: ValueId, options: { readonly embeddings: boolean }): Weight | KeptWeight {
  const { name, uses, producer } = model.getValue(value);
  const nodes = [...new Set(uses.map((use) => use.node)), ...(producer ? [producer.node] : [])];
  const source = sourceOf(model, value);
  if ('reason' in source) return { nodes, reason: `${name} ${source.reason}` };
  const { tensor } = source;
  const reason = model.isGraphOutput(value) ? 'is a graph output' : (typeReason(tensor) ?? contentReason(tensor));
  if (reason) return { nodes, reason: `${name} ${reason}` };
  const layouts: WeightLayout[] = [];
  for (const use of uses) {
    const layout = layoutAt(model.getNode(use.node), use.index, tensor.shape, options);
    if (layout === null)
      return { nodes, reason: `${name} is also read by ${label(model, model.getNode(use.node))}, not as a weight` };
    if (typeof layout === 'string') return { nodes, reason: `${name} ${layout}` };
    layouts.push(layout);
  }
  const [layout] = layouts;
  if (!layout) return { nodes, reason: `${name} is read by nothing` };
  const ambiguous = new Set(layouts.map((each) => JSON.stringify(each))).size > 1;
  return { name, value, tensor, layout, ambiguous, nodes };
}

/** Null: the node does not read it as a weight. */
function layoutAt(
  node: Node,
  input: number,
  shape: readonly number[],
  options: { readonly embeddings: boolean },
): WeightLayout | string | null {
  const operands = operandsOf(node, options);
  return operands?.inputs.includes(input) ? operands.layout(node, input, shape) : null;
}

function typeReason({ dtype, shape }: Tensor): string | null {
  if (isInteger(dtype)) return `holds integers (${dtype}): quantized weights are not pruned`;
  if (!isFloat(dtype) || !/^float(16|32|64)$/.test(dtype)) return `is of type ${dtype}, which is not pruned`;
  return shape.filter((dim) => dim > 1).length < 2
    ? `has no two axes that are longer than 1: [${shape.join(', ')}]`
    : null;
}

function contentReason(tensor: Tensor): string | null {
  try {
    const { nonFinite } = scanTensor(tensor);
    return nonFinite > 0 ? `holds ${nonFinite} elements that are NaN or infinite: they cannot be ranked` : null;
  } catch (error) {
    if (error instanceof CodedError && error.code === 'external-data') return 'lies in a data file that is missing';
    throw error;
  }
}
