import { bucket } from '../base/csr.ts';
import type { GraphView } from '../ir/view.ts';
import { dataflowPlaces } from './dataflow-order.ts';
import type { GrowingTree } from './group-tree.ts';
import { findRepeats, type Repeat } from './repeats.ts';
import type { RowGraph } from './row-graph.ts';

type View = Omit<GraphView, 'groups'>;

/** Fewer rows than this without a name are not looked through for repeats. */
const LEAST_SEQUENCE = 12;
/** What it costs a repeat to begin at a node without weights, in wires. */
const NO_WEIGHTS = 0.5;

/** What sets a row apart in the key of a group; the rule that made a node is left out, so that its place keeps its key. */
export function labelOf({ nodeNames, wireSources, wireNames }: View, row: number): string {
  return (nodeNames[row] || wireNames[wireSources.indexOf(row)] || `${row}`).replace(/:[\w-]+$/, '');
}

/** Where repeats in the order of the file cover more than this share, no other order is looked at. */
const ENOUGH = 0.7;

/** Values that may enter and leave most parts of a repeat: a mask and positions come in beside what flows through. */
const MOST_ENTERING = 4;
const MOST_LEAVING = 2;

/** [rows] an order of all rows: which row stands at each place, and the place of each. */
interface Order {
  readonly rows: Int32Array;
  readonly places: Int32Array;
}

interface Found {
  readonly rows: Int32Array;
  readonly repeats: readonly Repeat[];
}

/**
 * Repeats among the rows that lie directly in a group, and again inside of each; what depends on nothing is passed by.
 * They are looked for in the order of the file and, in case the nodes were shuffled, in that of the data flow.
 */
export function enterRepeats(tree: GrowingTree, graph: RowGraph, view: View): void {
  const sequences = bucket(
    tree.ofRow.map((group) => group + 1),
    tree.names.length + 1,
  );
  const inFile = Int32Array.from({ length: graph.rows }, (_, row) => row);
  const fileOrder: Order = { rows: inFile, places: inFile };
  let flowOrder: Order | null = null;
  const flow = (): Order => {
    if (flowOrder) return flowOrder;
    const places = dataflowPlaces(graph, view.nodeOps);
    flowOrder = { rows: inFile.slice().sort((a, b) => places[a]! - places[b]!), places };
    return flowOrder;
  };
  const bestOf = (group: number, rows: Int32Array): Found => {
    const found = repeatsIn(tree, group, rows, fileOrder, graph, view);
    if (covered(found) > ENOUGH * rows.length) return found;
    const flowing = repeatsIn(tree, group, rows, flow(), graph, view);
    return covered(flowing) > covered(found) ? flowing : found;
  };
  const look = (group: number, rows: Int32Array): void => {
    if (rows.length < LEAST_SEQUENCE) return;
    const best = bestOf(group, rows);
    for (const { first, period, count } of best.repeats) {
      for (let part = 0; part < count; part++) {
        const inside = best.rows.slice(first + part * period, first + (part + 1) * period);
        const repeat = tree.repeat(group, labelOf(view, inside[0]!));
        for (const row of inside) tree.ofRow[row] = repeat;
        look(repeat, inside);
      }
    }
  };
  for (let group = -1; group + 2 < sequences.starts.length; group++) {
    const rows = sequences.entries.subarray(sequences.starts[group + 1], sequences.starts[group + 2]);
    look(
      group,
      rows.filter((row) => graph.constant[row] === 0),
    );
  }
}

const covered = ({ repeats }: Found): number => repeats.reduce((sum, { period, count }) => sum + period * count, 0);

function repeatsIn(
  tree: GrowingTree,
  group: number,
  members: Int32Array,
  order: Order,
  graph: RowGraph,
  view: View,
): Found {
  const rows = members.slice().sort((a, b) => order.places[a]! - order.places[b]!);
  const symbols = symbolsOf(tree, group, rows, order, graph, view);
  const repeats = findRepeats(symbols, cutsOf(rows, graph, view));
  return { rows, repeats: repeats.filter((repeat) => isNarrow(repeat, rows, graph)) };
}

/** Whether few values enter and leave the parts of a repeat: else it is one of symbols, not of a structure. */
function isNarrow({ first, period, count }: Repeat, rows: Int32Array, graph: RowGraph): boolean {
  let narrow = 0;
  for (let part = 0; part < count; part++) {
    const inside = new Set(rows.subarray(first + part * period, first + (part + 1) * period));
    const entering = new Set<number>();
    const leaving = new Set<number>();
    for (const row of inside) {
      for (let i = graph.arriving.starts[row]!; i < graph.arriving.starts[row + 1]!; i++) {
        const source = graph.from[graph.arriving.entries[i]!]!;
        if (graph.constant[source] === 0 && !inside.has(source)) entering.add(source);
      }
      for (let i = graph.leaving.starts[row]!; i < graph.leaving.starts[row + 1]!; i++) {
        if (!inside.has(graph.to[graph.leaving.entries[i]!]!)) leaving.add(row);
      }
    }
    if (entering.size <= MOST_ENTERING && leaving.size <= MOST_LEAVING) narrow++;
  }
  return 2 * narrow > count;
}

/** Operators with their number of sources; where rows of other groups come between, something that is nowhere else. */
function symbolsOf(
  tree: GrowingTree,
  group: number,
  rows: Int32Array,
  order: Order,
  graph: RowGraph,
  view: View,
): Int32Array {
  return rows.map((row, index) => {
    const place = order.places[row]!;
    const before = rows[index - 1];
    for (let between = before === undefined ? place : order.places[before]! + 1; between < place; between++) {
      if (tree.ofRow[order.rows[between]!] !== group) return -1 - index;
    }
    return view.nodeOps[row]! * 16 + Math.min(15, sourcesOf(graph, row));
  });
}

const sourcesOf = ({ arriving }: RowGraph, row: number): number => arriving.starts[row + 1]! - arriving.starts[row]!;

/** [rows] wires that cross above each place of a sequence; see `findRepeats`. */
function cutsOf(rows: Int32Array, graph: RowGraph, { parameters }: View): Float32Array {
  const placeOf = new Map(Array.from(rows, (row, place) => [row, place]));
  const cuts = new Float32Array(rows.length + 1);
  rows.forEach((row, place) => {
    let last = place;
    for (let i = graph.leaving.starts[row]!; i < graph.leaving.starts[row + 1]!; i++) {
      last = Math.max(last, placeOf.get(graph.to[graph.leaving.entries[i]!]!) ?? rows.length - 1);
    }
    cuts[place + 1]!++;
    if (last + 1 <= rows.length) cuts[last + 1]!--;
  });
  for (let place = 1; place <= rows.length; place++) cuts[place]! += cuts[place - 1]!;
  return cuts.map((cut, place) => cut + (parameters[rows[place]!]! > 0 ? 0 : NO_WEIGHTS));
}
