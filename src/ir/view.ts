import { GROUP_KINDS } from '../base/group-kinds.ts';

export { FAMILIES, type Family } from '../base/families.ts';

/**
 * The model as the page sees it: frozen, one per revision, made of transferable arrays. A *row* is a node's place in
 * topological order; a *wire* is a value. Ids are those of the IR, stable between revisions. Nodes inside of others
 * (bodies of If, Loop and Scan, and of functions) have rows too: whoever counts or sums the model takes the rows of the
 * main graph alone, `holders[row] === -1`.
 */
export interface GraphView {
  readonly revision: number;
  /** [rows] NodeId. */
  readonly nodeIds: Int32Array;
  /** [rows] index into `opTypes`. */
  readonly nodeOps: Uint16Array;
  /** Distinct operators; the domain is carried unless it is ai.onnx (`com.microsoft.FusedConv`). */
  readonly opTypes: readonly string[];
  /** [opTypes] index into FAMILIES. */
  readonly opFamilies: Uint8Array;
  /** [rows] 1-based count among nodes of the same operator: "Conv 21". */
  readonly nodeOrdinals: Int32Array;
  /** [rows] */
  readonly nodeNames: readonly string[];
  /** [rows] key attributes, at most 24 characters: `3×3 s2 g192`, `1×1 · 32→192`. */
  readonly nodeDetails: readonly string[];
  /** [wires] ValueId. */
  readonly wireIds: Int32Array;
  /** [wires] */
  readonly wireNames: readonly string[];
  /** [wires] shape in words, batch dropped: `192×28×28`; symbols as they are, `?` unknown, '' rank unknown. */
  readonly wireShapes: readonly string[];
  /** [wires] index into `dtypes`: element types that occur, as ONNX names them; `undefined`: unknown, or no tensor. */
  readonly wireDtypes: Uint8Array;
  readonly dtypes: readonly string[];
  /** [wires] index into `batches`, the batch axis that `wireShapes` leaves out; 0 is '': none was left out. */
  readonly wireBatches: Uint8Array;
  readonly batches: readonly string[];
  /** [wires] row of the producer; -1: a graph input; -2: a constant. */
  readonly wireSources: Int32Array;
  /** CSR over wires: consumers of wire w are rows `useRows[useStarts[w] … useStarts[w + 1]]`. */
  readonly useStarts: Int32Array;
  readonly useRows: Int32Array;
  /** Wires that are graph inputs (constants left out) and graph outputs. */
  readonly inputs: Int32Array;
  readonly outputs: Int32Array;
  /** [rows] MACs, elementwise operations, parameters, weight bytes, output activation bytes, bytes moved; NaN: unknown. */
  readonly macs: Float64Array;
  readonly elementwise: Float64Array;
  readonly parameters: Float64Array;
  readonly weightBytes: Float64Array;
  readonly activationBytes: Float64Array;
  readonly movedBytes: Float64Array;
  /** [rows] 1: made by a step of the recipe. CSR of the ancestors (NodeId of the opened model). */
  readonly made: Uint8Array;
  readonly ancestorStarts: Int32Array;
  readonly ancestorIds: Int32Array;
  /**
   * [rows] row of the node in whose subgraph or function body the row stands; -1: the main graph. Inner rows come
   * before their holder; the values that a body returns are wires to it. Costs of a holder include those inside. The
   * body of a function stands at its first call; costs of a body's rows are those of its last run.
   */
  readonly holders: Int32Array;
  readonly groups: GroupTree;
}

/**
 * Parts of the graph that can be folded to one box: name scopes, repeats found without names, subgraphs and function
 * bodies. They nest; parents come before their children. Scopes and repeats are open at first, the others folded.
 */
export interface GroupTree {
  /** [groups] stable between revisions: kind and path of names, or of the first node's name. */
  readonly keys: readonly string[];
  /** [groups] as shown: `features.7`, `then_branch`. */
  readonly names: readonly string[];
  /** [groups] index into GROUP_KINDS. */
  readonly kinds: Uint8Array;
  /** [groups] -1: at the top. */
  readonly parents: Int32Array;
  /** [groups] groups that are built alike share a number: "layer × 24". */
  readonly classes: Int32Array;
  /** [groups] row of the node that a subgraph or function body belongs to; -1 for the others. */
  readonly holders: Int32Array;
  /** [groups] rows inside, those of inner groups included. */
  readonly sizes: Int32Array;
  /** [rows] innermost group; -1: none. */
  readonly ofRow: Int32Array;
}

export const NO_GROUPS = (rows: number): GroupTree => ({
  keys: [],
  names: [],
  kinds: new Uint8Array(),
  parents: new Int32Array(),
  classes: new Int32Array(),
  holders: new Int32Array(),
  sizes: new Int32Array(),
  ofRow: new Int32Array(rows).fill(-1),
});

/** Whether a group is folded to one box, given the keys of those that a person turned over. */
export function isFolded(groups: GroupTree, group: number, toggled: ReadonlySet<string>): boolean {
  const kind = GROUP_KINDS[groups.kinds[group]!];
  const atFirst = kind === 'subgraph' || kind === 'function';
  return atFirst !== toggled.has(groups.keys[group]!);
}
