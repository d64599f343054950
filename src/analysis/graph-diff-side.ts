import { attributeKey } from '../ir/attribute-key.ts';
import type { Graph, Model, Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import { familyOf, opKey } from '../ops/registry.ts';
import type { Analysis } from './analyze.ts';
import { sampleOf } from './graph-diff-weights.ts';

/** Texts as small numbers, shared by both sides: equal numbers are equal texts. */
export class Interner {
  private readonly ids = new Map<string, number>();

  of(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    this.ids.set(text, this.ids.size);
    return this.ids.size - 1;
  }
}

/** A constant of a node: by input slot, or by the attribute that holds it. */
export interface NodeConstant {
  readonly slot: number | string;
  readonly tensor: Tensor;
}

/** One graph of one of the two models, its nodes numbered in an order that its structure gives, not its file. */
export interface Side {
  readonly model: Model;
  readonly analysis: Analysis;
  readonly graph: Graph;
  readonly nodes: readonly Node[];
  readonly indexOf: ReadonlyMap<NodeId, number>;
  /** [nodes] operator; operator with its attributes; shapes and types of its constants; samples of them, -1: none. */
  readonly ops: Int32Array;
  readonly attributes: Int32Array;
  readonly weights: Int32Array;
  readonly samples: Int32Array;
  /** [nodes] name; name with the operator's family; -1: none. */
  readonly names: Int32Array;
  readonly kin: Int32Array;
  /** [nodes] who reads what it gives. */
  readonly readers: readonly (readonly Reading[])[];
}

/** Slot `slot` of node `reader` reads an output. */
export interface Reading {
  readonly output: number;
  readonly reader: number;
  readonly slot: number;
}

const typeOfTensor = ({ dtype, shape }: Tensor): string => `${dtype}[${shape.join()}]`;

/** The constant behind a value, and the default of an input that has one. */
export const constantOf = ({ model, analysis }: Pick<Side, 'model' | 'analysis'>, id: ValueId): Tensor | null =>
  analysis.constant(id) ?? model.getGraph(model.getValue(id).graph).initializers.get(id) ?? null;

/** Initializers that a node reads and tensors among its attributes. Constants that other nodes make are wires. */
export function constantsOf(side: Pick<Side, 'model' | 'analysis'>, node: Node): NodeConstant[] {
  const found: NodeConstant[] = [];
  node.inputs.forEach((id, slot) => {
    if (id === null || side.model.getValue(id).producer !== null) return;
    const tensor = constantOf(side, id);
    if (tensor) found.push({ slot, tensor });
  });
  for (const [name, { type, value }] of attributesWithTensors(node)) {
    const list = type === 'tensor' ? [value as Tensor] : (value as readonly Tensor[]);
    list.forEach((tensor, i) => found.push({ slot: list.length > 1 ? `${name}[${i}]` : name, tensor }));
  }
  return found;
}

function* attributesWithTensors(node: Node): Generator<[string, { type: string; value: Tensor | readonly Tensor[] }]> {
  for (const [name, attribute] of node.attributes) {
    if (attribute.type === 'tensor' || attribute.type === 'tensors') yield [name, attribute];
    else if (attribute.type === 'sparse-tensor') {
      yield [name, { type: 'tensors', value: [attribute.value.values, attribute.value.indices] }];
    } else if (attribute.type === 'sparse-tensors') {
      yield [name, { type: 'tensors', value: attribute.value.flatMap((each) => [each.values, each.indices]) }];
    }
  }
}

export function makeSide(model: Model, analysis: Analysis, graph: Graph, interner: Interner): Side {
  const nodes = canonicalOrder(model, graph);
  const constants = nodes.map((node) => constantsOf({ model, analysis }, node));
  const texts = nodes.map((node) =>
    [...node.attributes]
      .map(([name, value]) => `${name}=${attributeKey(value)}`)
      .sort()
      .join(';'),
  );
  const ids = (text: (node: Node, index: number) => string): Int32Array =>
    Int32Array.from(nodes, (node, index) => interner.of(text(node, index)));
  const indexOf = new Map(nodes.map((node, index) => [node.id, index]));
  const named = (text: (node: Node) => string): Int32Array =>
    Int32Array.from(nodes, (node) => (node.name === '' ? -1 : interner.of(text(node))));
  return {
    model,
    analysis,
    graph,
    nodes,
    indexOf,
    ops: ids((node) => `op ${opKey(node)} ${node.overload}`),
    attributes: ids((node, i) => `attributes ${opKey(node)} ${texts[i] ?? ''}`),
    weights: ids(
      (_, i) => `weights ${(constants[i] ?? []).map(({ slot, tensor }) => slot + typeOfTensor(tensor)).join()}`,
    ),
    samples: Int32Array.from(nodes, (_, i) => sampleId(constants[i] ?? [], interner)),
    names: named(({ name }) => `name ${name}`),
    kin: named((node) => `${familyOf(node)} ${node.name}`),
    readers: nodes.map((node) => readersOf(model, indexOf, node)),
  };
}

/** Constants of fewer elements say little of who reads them. */
const TELLING = 8;

function sampleId(constants: readonly NodeConstant[], interner: Interner): number {
  const telling = constants.filter(({ tensor }) => tensor.size >= TELLING);
  const samples = telling.map(({ tensor }) => sampleOf(tensor));
  if (samples.length === 0 || samples.includes('')) return -1;
  return interner.of(`sample ${samples.join('|')}`);
}

/** Producers in the same graph, by input slot; null: an input, a constant, left out, or of an outer graph. */
export function producerOf(side: Pick<Side, 'model' | 'indexOf'>, value: ValueId | null): number | null {
  const producer = value === null ? null : side.model.getValue(value).producer;
  return producer ? (side.indexOf.get(producer.node) ?? null) : null;
}

/** Nodes of a graph after their producers: from the outputs up, by input slot; what reaches no output comes last. */
function canonicalOrder(model: Model, graph: Graph): Node[] {
  const order: Node[] = [];
  const state = new Map<NodeId, 'open' | 'done'>();
  const producer = (value: ValueId | null): NodeId | null => {
    const made = value === null ? null : model.values.get(value)?.producer;
    return made && graph.nodes.has(made.node) ? made.node : null;
  };
  const visit = (root: NodeId): void => {
    const stack = [root];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const node = model.getNode(top);
      if (state.get(top) === 'open' || state.get(top) === 'done') {
        stack.pop();
        if (state.get(top) === 'open') order.push(node);
        state.set(top, 'done');
        continue;
      }
      state.set(top, 'open');
      const needs = node.inputs.map(producer).filter((each) => each !== null && !state.has(each));
      stack.push(...(needs.reverse() as NodeId[]));
    }
  };
  for (const output of graph.outputs) {
    const root = producer(output);
    if (root !== null) visit(root);
  }
  for (const id of graph.nodes) if (!state.has(id)) visit(id);
  return order;
}

function readersOf(model: Model, indexOf: ReadonlyMap<NodeId, number>, node: Node): Reading[] {
  const found: Reading[] = [];
  node.outputs.forEach((id, output) => {
    if (id === null) return;
    for (const { node: user, index: slot } of model.getValue(id).uses) {
      const reader = indexOf.get(user);
      if (reader !== undefined) found.push({ output, reader, slot });
    }
  });
  return found;
}
