import type { Model, Node } from '../ir/model.ts';
import type { Dim, ValueId } from '../ir/types.ts';
import { FAMILIES, type GraphView } from '../ir/view.ts';
import { familyOf, opKey } from '../ops/registry.ts';
import { isTensor } from '../ops/shapes.ts';
import type { Analysis, NodeCost } from './analyze.ts';
import { keyAttributes } from './key-attributes.ts';
import { findGroups } from './groups.ts';
import { indexed } from './indexed.ts';
import { rowsOfModel, type ModelRows } from './inner-rows.ts';
import { scopeReader } from './scopes.ts';
import { shownDim } from './summary.ts';

/**
 * The model for the page. Rows are nodes in running order, Constant nodes included (family `const`, no inputs); the
 * nodes of subgraphs and function bodies stand before the node that holds them. Wires are graph inputs, node outputs
 * that are used or named, and initializers that nodes use. What a body reads from outside, by capture or as an input,
 * is a wire to the inner row that reads it; what a body returns is a wire to its holder. Inputs of a body that nothing
 * outside stands for, such as the number of the iteration, have no wire.
 */
export function makeGraphView(model: Model, analysis: Analysis, revision: number): GraphView {
  const rows = rowsOfModel(model, analysis);
  const view = { revision, ...rowsOf(rows, analysis), ...new Wires(model, analysis, rows).arrays() };
  const scopesOf = scopeReader();
  const scopes = rows.nodes.map((node) => scopesOf(node, node.name === '' ? outputName(model, node) : ''));
  return { ...view, groups: findGroups({ view, scopes, inner: rows.inner, innerOf: rows.innerOf }) };
}

const outputName = (model: Model, node: Node): string => {
  const output = node.outputs.find((each) => each !== null);
  return output === undefined ? '' : model.getValue(output).name;
};

type RowKey =
  | 'nodeIds'
  | 'nodeOps'
  | 'opTypes'
  | 'opFamilies'
  | 'nodeOrdinals'
  | 'nodeNames'
  | 'nodeDetails'
  | 'macs'
  | 'elementwise'
  | 'parameters'
  | 'weightBytes'
  | 'activationBytes'
  | 'movedBytes'
  | 'made'
  | 'ancestorStarts'
  | 'ancestorIds'
  | 'holders';

function rowsOf({ nodes, inner, innerOf }: ModelRows, analysis: Analysis): Pick<GraphView, RowKey> {
  const costs = nodes.map((node) => analysis.cost(node));
  const holders = innerOf.map((index) => inner[index]?.holder ?? -1);
  return {
    nodeIds: Int32Array.from(nodes, (node) => node.id),
    ...operatorsOf(nodes, holders),
    nodeNames: nodes.map((node) => node.name),
    nodeDetails: nodes.map((node) => keyAttributes(node, analysis)),
    ...costColumns(costs),
    made: Uint8Array.from(nodes, (node) => (node.madeBy === null ? 0 : 1)),
    ancestorStarts: startsOf(nodes.map((node) => node.ancestors.length)),
    ancestorIds: Int32Array.from(nodes.flatMap((node) => node.ancestors)),
    holders,
  };
}

type OperatorKey = 'nodeOps' | 'opTypes' | 'opFamilies' | 'nodeOrdinals';

/** Nodes of the main graph are numbered first, so that their numbers do not hang on what is inside of others. */
function operatorsOf(rows: readonly Node[], holders: Int32Array): Pick<GraphView, OperatorKey> {
  const indices = new Map<string, number>();
  const families: number[] = [];
  const counts: number[] = [];
  const nodeOps = new Uint16Array(rows.length);
  const nodeOrdinals = new Int32Array(rows.length);
  rows.forEach((node, row) => {
    const key = opKey(node);
    const index = indices.get(key) ?? indices.size;
    if (index === indices.size) {
      indices.set(key, index);
      families.push(FAMILIES.indexOf(familyOf(node)));
      counts.push(0);
    }
    nodeOps[row] = index;
  });
  for (const inside of [false, true]) {
    holders.forEach((holder, row) => {
      const op = nodeOps[row] ?? 0;
      if (holder >= 0 === inside) nodeOrdinals[row] = counts[op] = (counts[op] ?? 0) + 1;
    });
  }
  return { nodeOps, nodeOrdinals, opTypes: [...indices.keys()], opFamilies: Uint8Array.from(families) };
}

type CostKey = 'macs' | 'elementwise' | 'parameters' | 'weightBytes' | 'activationBytes' | 'movedBytes';

function costColumns(costs: readonly NodeCost[]): Pick<GraphView, CostKey> {
  const column = (key: CostKey): Float64Array => Float64Array.from(costs, (cost) => cost[key] ?? NaN);
  return {
    macs: column('macs'),
    elementwise: column('elementwise'),
    parameters: column('parameters'),
    weightBytes: column('weightBytes'),
    activationBytes: column('activationBytes'),
    movedBytes: column('movedBytes'),
  };
}

/** Running sums with a leading 0: CSR starts. */
function startsOf(lengths: readonly number[]): Int32Array {
  const starts = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => (starts[i + 1] = (starts[i] ?? 0) + length));
  return starts;
}

const INPUT = -1;
const CONSTANT = -2;
const NO_ROW = -1;

class Wires {
  private readonly model: Model;
  private readonly analysis: Analysis;
  private readonly index = new Map<ValueId, number>();
  private readonly ids: ValueId[] = [];
  private readonly sources: number[] = [];
  /** Pairs of a wire and a row that reads it, rows ascending. */
  private readonly useWires: number[] = [];
  private readonly useRows: number[] = [];
  /** [wires] the last row that was noted: a row counts once, however often it reads. */
  private readonly lastUse: number[] = [];
  private readonly batches: ReadonlySet<Dim>;

  private readonly rows: ModelRows;

  constructor(model: Model, analysis: Analysis, rows: ModelRows) {
    this.model = model;
    this.analysis = analysis;
    this.rows = rows;
    this.batches = batchDims(model, analysis);
    for (const input of model.graph.inputs) this.add(input, INPUT);
    rows.nodes.forEach((node, row) => {
      for (const output of node.outputs) if (output !== null) this.add(output, row);
    });
    rows.nodes.forEach((node, row) => this.addUses(node, row));
    for (const output of model.graph.outputs) this.wire(output);
  }

  arrays() {
    return {
      wireIds: Int32Array.from(this.ids),
      wireNames: this.ids.map((id) => this.model.getValue(id).name),
      wireShapes: this.ids.map((id, wire) => this.shapeText(id, this.sources[wire] === CONSTANT)),
      ...this.dtypeColumn(),
      ...this.batchColumn(),
      wireSources: Int32Array.from(this.sources),
      ...this.usesByWire(),
      inputs: Int32Array.from(this.model.graph.inputs, (id) => this.wire(id)),
      outputs: Int32Array.from(this.model.graph.outputs, (id) => this.wire(id)),
    };
  }

  private add(id: ValueId, source: number): number {
    const wire = this.ids.length;
    this.index.set(id, wire);
    this.ids.push(id);
    this.sources.push(source);
    this.lastUse.push(NO_ROW);
    return wire;
  }

  /** Whatever is neither an input nor made by a row is a constant of the graph. */
  private wire(id: ValueId): number {
    return this.index.get(id) ?? this.add(id, CONSTANT);
  }

  private addUses(node: Node, row: number): void {
    const handed = this.rows.handed.get(row);
    for (const input of node.inputs) if (input !== null && !handed?.has(input)) this.use(input, row);
    for (const id of this.rows.returned.get(row) ?? []) this.use(id, row);
  }

  private use(named: ValueId, row: number): void {
    let id: ValueId | null = named;
    for (let outer = this.rows.formals.get(id); outer !== undefined; outer = this.rows.formals.get(id)) {
      if (outer === null) return;
      id = outer;
    }
    const wire = this.wire(id);
    if (this.lastUse[wire] === row) return;
    this.lastUse[wire] = row;
    this.useWires.push(wire);
    this.useRows.push(row);
  }

  /** Consumers by wire: a counting sort of the pairs. */
  private usesByWire(): Pick<GraphView, 'useStarts' | 'useRows'> {
    const lengths = this.ids.map(() => 0);
    for (const wire of this.useWires) lengths[wire] = (lengths[wire] ?? 0) + 1;
    const useStarts = startsOf(lengths);
    const next = useStarts.slice();
    const useRows = new Int32Array(this.useRows.length);
    this.useWires.forEach((wire, i) => {
      const at = next[wire] ?? 0;
      useRows[at] = this.useRows[i] ?? 0;
      next[wire] = at + 1;
    });
    return { useStarts, useRows };
  }

  private dtypeColumn(): Pick<GraphView, 'wireDtypes' | 'dtypes'> {
    const [wireDtypes, dtypes] = indexed(this.ids, (id) => {
      const type = this.analysis.type(id);
      return isTensor(type) ? type.dtype : 'undefined';
    });
    return { wireDtypes, dtypes };
  }

  private batchColumn(): Pick<GraphView, 'wireBatches' | 'batches'> {
    const [wireBatches, batches] = indexed(
      this.ids,
      (id, wire) => {
        const shape = this.analysis.shape(id);
        return shape && this.isBatched(shape, this.sources[wire] === CONSTANT)
          ? String(shownDim(shape[0] ?? null))
          : '';
      },
      [''],
    );
    return { wireBatches, batches };
  }

  private isBatched(shape: readonly Dim[], constant: boolean): boolean {
    return !constant && shape.length > 1 && this.batches.has(shape[0] ?? null);
  }

  /** `192×28×28`: the batch axis of activations is left out. */
  private shapeText(id: ValueId, constant: boolean): string {
    const type = this.analysis.type(id);
    if (!isTensor(type) || type.shape === null) return '';
    const { shape } = type;
    if (shape.length === 0) return 'scalar';
    return (this.isBatched(shape, constant) ? shape.slice(1) : shape).map(shownDim).join('×');
  }
}

/** First dimensions of the graph inputs of rank 2 and more. */
function batchDims(model: Model, analysis: Analysis): ReadonlySet<Dim> {
  const dims = new Set<Dim>();
  for (const input of model.graph.inputs) {
    const shape = analysis.shape(input);
    if (shape && shape.length > 1) dims.add(shape[0] ?? null);
  }
  dims.delete(null);
  return dims;
}
