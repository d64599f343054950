import { CodedError } from '../base/error.ts';
import type { Node } from '../ir/model.ts';
import {
  byteLengthOf,
  sizeOf,
  staticShape,
  type GraphId,
  type Shape,
  type ValueId,
  type ValueType,
} from '../ir/types.ts';
import { OPERATORS, opKey } from '../ops/registry.ts';
import { isTensor } from '../ops/shapes.ts';
import type { CostContext, Work } from '../ops/types.ts';
import { addCount, addWork, unknownWork } from '../ops/work.ts';
import type { NodeCost } from './analyze.ts';
import { NodeContext, resolved, type Frame, type Inference } from './inference.ts';
import { holdsGraphs } from '../ir/attribute.ts';

const NOTHING: Work = { macs: 0, elementwise: 0, moved: 0 };

/** Bytes of a value of this type; null where a size or the element type is unknown (strings have no fixed size). */
export function bytesOf(type: ValueType | null): number | null {
  if (!isTensor(type) || type.dtype === 'undefined' || type.dtype === 'string') return null;
  const shape = staticShape(type.shape);
  return shape && byteLengthOf(type.dtype, sizeOf(shape));
}

/** Costs of nodes, over an inference in which the symbols have been bound. */
export class CostModel {
  private readonly inference: Inference;
  private readonly known = new Map<Node, NodeCost>();

  constructor(inference: Inference) {
    this.inference = inference;
  }

  cost(node: Node): NodeCost {
    const ready = this.known.get(node);
    if (ready) return ready;
    const work = this.work(node, this.inference.root);
    const own = this.constantsOf(node);
    const cost: NodeCost = {
      macs: work.macs,
      elementwise: work.elementwise,
      parameters: own.elements,
      weightBytes: own.bytes,
      activationBytes: this.outputBytes(node),
      movedBytes: work.moved ?? null,
    };
    this.known.set(node, cost);
    return cost;
  }

  /** Work of a node in a scope, `moved` included: inputs, outputs and weights, each read or written once. */
  work(node: Node, frame: Frame): Work {
    const callee = this.inference.functionOf(node);
    if (callee) {
      if (this.inference.runCall(node, callee, frame) === null) return unknownWork;
      return this.graphWork(callee.graph, this.inference.calleeFrame(node, callee, frame));
    }
    const row = OPERATORS.get(opKey(node));
    if (!row) return { ...unknownWork, moved: this.kernelBytes(node) };
    const context = new CostNodeContext(this, this.inference, resolved(node, frame), frame);
    const work = this.tryWork(() => row.work(context));
    if (work.moved !== undefined) return work;
    // A view moves nothing; a Constant only names its value.
    return { ...work, moved: row.view || opKey(node) === 'Constant' ? 0 : this.kernelBytes(node) };
  }

  /** Sum over a graph, with the types that inference last left in it. */
  graphWork(graph: GraphId, frame: Frame): Work {
    let sum = NOTHING;
    for (const node of this.inference.order(this.inference.model.getGraph(graph))) {
      sum = addWork(sum, this.work(node, frame));
    }
    return sum;
  }

  typeOf(id: ValueId | null | undefined): ValueType | null {
    return id === null || id === undefined ? null : this.inference.typeOf(id);
  }

  private tryWork(compute: () => Work): Work {
    try {
      return compute();
    } catch (error) {
      if (error instanceof CodedError) return unknownWork;
      throw error;
    }
  }

  private kernelBytes(node: Node): number | null {
    let sum: number | null = 0;
    node.inputs.forEach((id, index) => {
      if (id !== null && node.inputs.indexOf(id) === index) sum = addCount(sum, bytesOf(this.inference.typeOf(id)));
    });
    for (const id of node.outputs) if (id !== null) sum = addCount(sum, bytesOf(this.inference.typeOf(id)));
    return sum;
  }

  private outputBytes(node: Node): number | null {
    let sum: number | null = 0;
    for (const id of node.outputs) if (id !== null) sum = addCount(sum, bytesOf(this.inference.typeOf(id)));
    return sum;
  }

  /** Constants among the inputs, those inside subgraphs included; a tensor used twice by one node counts once. */
  private constantsOf(node: Node): { elements: number; bytes: number } {
    const { model, constants } = this.inference;
    if (!holdsGraphs(node)) return sizesOf(node.inputs, constants);
    const seen = new Set<ValueId>();
    const visit = (each: Node): void => {
      for (const id of each.inputs) if (id !== null && constants.has(id)) seen.add(id);
      if (!holdsGraphs(each)) return;
      for (const attribute of each.attributes.values()) {
        const graphs =
          attribute.type === 'graph' ? [attribute.value] : attribute.type === 'graphs' ? attribute.value : [];
        for (const graph of graphs) for (const inner of model.getGraph(graph).nodes) visit(model.getNode(inner));
      }
    };
    visit(node);
    return sizesOf([...seen], constants);
  }
}

/** Of the constants among some values; one that is named twice counts once. */
function sizesOf(ids: readonly (ValueId | null)[], constants: Inference['constants']) {
  let elements = 0;
  let bytes = 0;
  ids.forEach((id, index) => {
    const tensor = id === null ? undefined : constants.get(id);
    if (!tensor || ids.indexOf(id) < index) return;
    elements += tensor.size;
    bytes += tensor.byteLength;
  });
  return { elements, bytes };
}

class CostNodeContext extends NodeContext implements CostContext {
  private readonly costs: CostModel;

  constructor(costs: CostModel, inference: Inference, node: Node, frame: Frame) {
    super(inference, node, frame);
    this.costs = costs;
  }

  outputType(index: number): ValueType | null {
    return this.costs.typeOf(this.node.outputs[index]);
  }
  outputShape(index: number): Shape {
    const type = this.outputType(index);
    return isTensor(type) ? type.shape : null;
  }
  size(index: number): number | null {
    return this.has(index) ? elementsOf(this.shape(index)) : 0;
  }
  outputSize(index: number): number | null {
    return (this.node.outputs[index] ?? null) === null ? 0 : elementsOf(this.outputShape(index));
  }
  bodyWork(graph: GraphId): Work {
    return this.costs.graphWork(graph, this.frame);
  }
}

function elementsOf(shape: Shape): number | null {
  const known = staticShape(shape ?? undefined);
  return known && sizeOf(known);
}
