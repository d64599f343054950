import type { Model, Node } from '../ir/model.ts';
import type { GraphId, ValueId } from '../ir/types.ts';
import { constantOf } from './match.ts';
import type { PassContext } from './pass.ts';

/** The verbs that code looks through one graph with: from a value to its producer, and to its readers. */
export class Walk {
  readonly context: PassContext;
  readonly model: Model;
  private readonly graph: GraphId;

  /** `node`: any node of the graph; producers in outer graphs run under another condition and are not seen. */
  constructor(context: PassContext, node: Node) {
    this.context = context;
    this.model = context.model;
    this.graph = node.graph;
  }

  /** The ai.onnx node that gives the value as its first output, if it is one of the given operators. */
  producer(value: ValueId | null | undefined, ...types: readonly string[]): Node | null {
    const made = value === null || value === undefined ? null : this.model.getValue(value).producer;
    if (!made || made.index !== 0) return null;
    const node = this.model.getNode(made.node);
    return node.graph === this.graph && node.domain === '' && types.includes(node.opType) ? node : null;
  }

  /** Nodes that read the value, each once; null: it is a graph output, or a graph inside reads it too. */
  readers(value: ValueId): readonly Node[] | null {
    if (this.model.isGraphOutput(value)) return null;
    const nodes = [...new Set(this.model.getValue(value).uses.map((use) => use.node))].map((id) =>
      this.model.getNode(id),
    );
    return nodes.every((node) => node.graph === this.graph) ? nodes : null;
  }

  /** The one node that reads the value; null: none, several, or it is needed outside. */
  reader(value: ValueId): Node | null {
    const nodes = this.readers(value);
    return nodes?.length === 1 ? (nodes[0] ?? null) : null;
  }

  /** The number in a constant with one element. */
  scalar(value: ValueId | null | undefined): number | null {
    const tensor = value === null || value === undefined ? null : constantOf(this.context, value);
    if (tensor?.size !== 1 || tensor.dtype === 'string') return null;
    return tensor.numbers()[0] ?? null;
  }
}

/** The operand beside `value` in a node of two operands; `value` twice: itself; null: it is none of them. */
export function otherOperand(node: Node, value: ValueId): ValueId | null {
  const [first = null, second = null] = node.inputs;
  if (first === value) return second;
  return second === value ? first : null;
}
