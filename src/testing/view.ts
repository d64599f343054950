import { analyze } from '../analysis/analyze.ts';
import { findGroups } from '../analysis/groups.ts';
import { scopesOfName } from '../analysis/scopes.ts';
import { makeGraphView } from '../analysis/view.ts';
import { buildSample } from '../samples/catalogue.ts';
import type { Family } from '../base/families.ts';
import { FAMILIES } from '../base/families.ts';
import type { GraphView } from '../ir/view.ts';
import type { Random } from '../base/random.ts';

/** One node of a hand-made `GraphView`: what it reads and writes, by wire name. */
export interface ViewNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly id?: number;
  readonly name?: string;
  readonly detail?: string;
  /** Element type of the outputs: `float32`. */
  readonly dtype?: 'float32' | 'int64';
  readonly macs?: number;
  readonly parameters?: number;
  /** Ids of the nodes that this one stands for; it counts as made by a step then. */
  readonly ancestors?: readonly number[];
}

const FAMILY: Readonly<Record<string, Family>> = {
  Conv: 'conv',
  FusedConv: 'conv',
  Gemm: 'dense',
  MatMul: 'dense',
  BatchNormalization: 'norm',
  LayerNormalization: 'norm',
  Clip: 'act',
  Relu: 'act',
  Softmax: 'attn',
  Add: 'elem',
  Mul: 'elem',
  Div: 'elem',
  Concat: 'shape',
  Reshape: 'shape',
  Transpose: 'shape',
  Split: 'shape',
  Flatten: 'shape',
  GlobalAveragePool: 'pool',
  Constant: 'const',
};

/**
 * A `GraphView` without a model behind it: for tests of layout and canvas. Wires that no node writes and that are no
 * input are constants.
 *
 * @param shapes by wire name
 */
export function viewOf(
  nodes: readonly ViewNode[],
  inputs: readonly string[],
  outputs: readonly string[],
  shapes: ReadonlyMap<string, string> = new Map(),
): GraphView {
  const wires = new Map<string, number>();
  const wire = (name: string): number => {
    const known = wires.get(name);
    if (known !== undefined) return known;
    wires.set(name, wires.size);
    return wires.size - 1;
  };
  const inputWires = inputs.map(wire);
  const uses: [number, number][] = [];
  const sources = new Map<number, number>(inputWires.map((each) => [each, -1]));
  nodes.forEach((node, row) => {
    for (const name of node.inputs) uses.push([wire(name), row]);
    for (const name of node.outputs) sources.set(wire(name), row);
  });
  const outputWires = outputs.map(wire);
  uses.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const useStarts = new Int32Array(wires.size + 1);
  for (const [each] of uses) useStarts[each + 1]!++;
  for (let i = 0; i < wires.size; i++) useStarts[i + 1]! += useStarts[i]!;
  const opTypes = [...new Set(nodes.map((node) => node.op))];
  const ordinals = new Map<string, number>();
  const ancestors = nodes.map((node) => node.ancestors ?? []);
  const starts = [0];
  for (const list of ancestors) starts.push(starts.at(-1)! + list.length);
  const numbers = (of: (node: ViewNode) => number): Float64Array => Float64Array.from(nodes, of);
  const wireNames = [...wires.keys()];
  const view: Omit<GraphView, 'groups'> = {
    revision: 1,
    nodeIds: Int32Array.from(nodes, (node, row) => node.id ?? row),
    nodeOps: Uint16Array.from(nodes, (node) => opTypes.indexOf(node.op)),
    opTypes,
    opFamilies: Uint8Array.from(opTypes, (op) => FAMILIES.indexOf(FAMILY[op.replace(/^.*\./, '')] ?? 'unknown')),
    nodeOrdinals: Int32Array.from(nodes, (node) => {
      ordinals.set(node.op, (ordinals.get(node.op) ?? 0) + 1);
      return ordinals.get(node.op)!;
    }),
    nodeNames: nodes.map((node, row) => node.name ?? `${node.op}_${row}`),
    nodeDetails: nodes.map((node) => node.detail ?? ''),
    wireIds: Int32Array.from(wireNames, (_, index) => 100_000 + index),
    wireNames,
    wireShapes: wireNames.map((name) => shapes.get(name) ?? ''),
    wireDtypes: Uint8Array.from(wireNames, (_, index) => (nodes[sources.get(index) ?? -1]?.dtype === 'int64' ? 1 : 0)),
    dtypes: ['float32', 'int64'],
    wireBatches: new Uint8Array(wireNames.length),
    batches: [''],
    wireSources: Int32Array.from(wireNames, (_, index) => sources.get(index) ?? -2),
    useStarts,
    useRows: Int32Array.from(uses, ([, row]) => row),
    inputs: Int32Array.from(inputWires),
    outputs: Int32Array.from(outputWires),
    macs: numbers((node) => node.macs ?? 0),
    elementwise: numbers(() => 0),
    parameters: numbers((node) => node.parameters ?? 0),
    weightBytes: numbers((node) => 4 * (node.parameters ?? 0)),
    activationBytes: numbers(() => 0),
    movedBytes: numbers((node) => 4 * (node.parameters ?? 0) + (node.macs ?? 0) / 16),
    made: Uint8Array.from(nodes, (node) => (node.ancestors ? 1 : 0)),
    ancestorStarts: Int32Array.from(starts),
    ancestorIds: Int32Array.from(ancestors.flat()),
    holders: new Int32Array(nodes.length).fill(-1),
  };
  const scopes = view.nodeNames.map(scopesOfName);
  return { ...view, groups: findGroups({ view, scopes, inner: [], innerOf: view.holders }) };
}

/** The bundled MobileNetV2 as the page sees it. */
export function mobileNetView(): GraphView {
  const model = buildSample('mobilenet-v2');
  return makeGraphView(model, analyze(model), 1);
}

/**
 * A random acyclic graph: mostly chains, with branches, joins, long skips and a wire that is read everywhere.
 *
 * @param nameOf name of each node, by its row among those that are no constants
 */
export function randomView(
  random: Random,
  count: number,
  nameOf = (op: string, row: number): string => `/block.${Math.floor(row / 9)}/${op}_${row}`,
): GraphView {
  const nodes: ViewNode[] = [];
  const wires = ['x'];
  const constants: string[] = [];
  for (let row = 0; row < count; row++) {
    const back = (): string => wires[wires.length - 1 - Math.floor(random() ** 4 * wires.length)]!;
    const inputs = [random() < 0.7 ? wires.at(-1)! : back()];
    if (random() < 0.35) inputs.push(back());
    if (random() < 0.1) inputs.push('mask');
    if (random() < 0.05) inputs.push('constant');
    if (random() < 0.12) {
      nodes.push({ op: 'Constant', inputs: [], outputs: [`c${row}`] });
      inputs.push(`c${row}`);
      if (random() < 0.3) constants.push(`c${row}`);
    }
    const known = constants[Math.floor(random() * constants.length)];
    if (known !== undefined && random() < 0.1) inputs.push(known);
    const outputs = random() < 0.06 ? [`n${row}a`, `n${row}b`] : [`n${row}a`];
    wires.push(...outputs);
    const op = inputs.length > 1 ? 'Add' : outputs.length > 1 ? 'Split' : 'Conv';
    nodes.push({
      op,
      inputs,
      outputs,
      name: nameOf(op, row),
      detail: row % 3 ? '3×3' : '',
    });
  }
  return viewOf(nodes, ['x', 'mask'], [wires.at(-1)!, ...(count > 4 ? [wires[Math.floor(count / 2)]!] : [])]);
}
