import type { Analysis } from '../../analysis/analyze.ts';
import type { Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { foldedValues, type Folded } from './folded.ts';

/** Nodes that the runtime may run as one kernel, in running order: they are timed together. */
export interface Fragment {
  readonly nodes: readonly Node[];
}

/** What the runtime does with a model on loading, as far as times depend on it. */
export interface Fragments {
  readonly list: readonly Fragment[];
  readonly folded: Folded;
}

const CONVOLUTIONS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'FusedConv']);
const PRODUCTS: ReadonlySet<string> = new Set(['Gemm', 'MatMul', 'FusedMatMul', 'FusedGemm']);
const WINDOWS: ReadonlySet<string> = new Set(['Conv', 'MaxPool', 'AveragePool']);
const SCALING: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div']);
const ACTIVATIONS: ReadonlySet<string> = new Set([
  'Relu',
  'Clip',
  'LeakyRelu',
  'Sigmoid',
  'Tanh',
  'HardSigmoid',
  'HardSwish',
]);
const GATES: ReadonlySet<string> = new Set(['Sigmoid', 'HardSigmoid']);
/** Gone once the model is loaded. */
const TRANSPARENT: ReadonlySet<string> = new Set(['Identity', 'Dropout']);

/** How far the chain behind a convolution or product has come: each stage is entered from an earlier one only. */
type Stage = 'scaled' | 'added' | 'activated';

/**
 * Cuts the main graph into parts, each of which the runtime is sure to run by itself: a convolution with the scaling,
 * residual addition and activation that follow it, a padding with its window, a product with bias and activation, a
 * gated value; else single nodes. Where the runtime fuses less than a part holds, its time is still that of the part.
 */
export function fragmentsOf(analysis: Analysis): Fragments {
  const folded = foldedValues(analysis);
  const taken = new Set<NodeId>();
  const list: Fragment[] = [];
  const finder = new ChainFinder(analysis, folded, taken);
  for (const node of analysis.order) {
    if (taken.has(node.id) || folded.isGone(node)) continue;
    const nodes = finder.chainFrom(node);
    for (const { id } of nodes) taken.add(id);
    list.push({ nodes });
  }
  return { list, folded };
}

class ChainFinder {
  private readonly analysis: Analysis;
  private readonly folded: Folded;
  private readonly taken: ReadonlySet<NodeId>;

  constructor(analysis: Analysis, folded: Folded, taken: ReadonlySet<NodeId>) {
    this.analysis = analysis;
    this.folded = folded;
    this.taken = taken;
  }

  chainFrom(start: Node): Node[] {
    const gated = this.gate(start);
    if (gated) return [start, gated];
    const nodes = [start];
    let head = start;
    if (start.opType === 'Pad') {
      const window = this.next(start);
      if (!window || !WINDOWS.has(window.opType) || window.inputs[0] !== start.outputs[0]) return nodes;
      nodes.push(window);
      head = window;
    }
    const isConvolution = CONVOLUTIONS.has(head.opType);
    if (!isConvolution && !PRODUCTS.has(head.opType)) return nodes;
    let stage: Stage = 'scaled';
    for (let last = head; stage !== 'activated';) {
      const next = this.next(last);
      const entered: Stage | null = next && this.stageOf(next, last, stage, isConvolution);
      if (!next || !entered) break;
      nodes.push(next);
      stage = entered;
      last = next;
    }
    return nodes;
  }

  /** x · sigmoid(x): the runtime makes one kernel of both. */
  private gate(node: Node): Node | null {
    if (!GATES.has(node.opType)) return null;
    const next = this.next(node);
    return next?.opType === 'Mul' && next.inputs.includes(node.inputs[0] ?? null) ? next : null;
  }

  /** The only reader of a node's only used output. */
  private next(node: Node): Node | null {
    const { model } = this.analysis;
    const [output, ...others] = node.outputs.filter((value) => value !== null);
    if (output === undefined || others.some((value) => model.isUsed(value)) || model.isGraphOutput(output)) return null;
    const { uses } = model.getValue(output);
    const reader = uses[0] && uses.every((use) => use.node === uses[0]?.node) ? model.getNode(uses[0].node) : null;
    return reader && reader.graph === node.graph && !this.taken.has(reader.id) ? reader : null;
  }

  private stageOf(node: Node, last: Node, stage: Stage, isConvolution: boolean): Stage | null {
    if (node.domain !== '') return null;
    const value = last.outputs[0] ?? null;
    if (TRANSPARENT.has(node.opType)) return node.inputs[0] === value ? stage : null;
    if (ACTIVATIONS.has(node.opType)) return node.inputs[0] === value ? 'activated' : null;
    if (stage !== 'scaled') return null;
    const others = node.inputs.filter((input) => input !== value);
    const constant = others.every((input) => input === null || this.folded.has(input));
    if (node.opType === 'BatchNormalization') return isConvolution && constant ? 'scaled' : null;
    if (!SCALING.has(node.opType) || others.length !== 1) return null;
    if (constant) return isConvolution || node.opType === 'Add' ? 'scaled' : null;
    return isConvolution && node.opType === 'Add' && this.sameShape(others[0] ?? null, value) ? 'added' : null;
  }

  private sameShape(a: ValueId | null, b: ValueId | null): boolean {
    return a !== null && b !== null && this.analysis.sameShape(a, b);
  }
}
