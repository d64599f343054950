import { FIRST_RUN, idOfRemoved } from '../base/changes.ts';
import { FAMILIES, NO_GROUPS, type GraphView } from '../ir/view.ts';
import { indexed } from './indexed.ts';
import type { GraphDiff } from './graph-diff-types.ts';

/** What stands on a row of the new view: a row of A or B, or a run of rows that are the same. */
interface Entry {
  readonly from: 'a' | 'b';
  readonly row: number;
  /** Rows of B that it stands for; one: itself. */
  readonly run: readonly number[];
}

interface Wire {
  readonly id: number;
  readonly name: string;
  readonly shape: string;
  readonly dtype: string;
  readonly batch: string;
  /** Index of an entry; -1: a graph input; -2: a constant. */
  source: number;
  readonly uses: Set<number>;
}

/** Both models in one view: B, with what is only in A where it was read and written. */
export function unionView(a: GraphView, b: GraphView, diff: GraphDiff): GraphView {
  return new Union(a, b, diff).view(null);
}

/** As `unionView`, with runs of unchanged nodes drawn as one: the changes stay, and what touches them. */
export function changesView(a: GraphView, b: GraphView, diff: GraphDiff): GraphView {
  const union = new Union(a, b, diff);
  return union.view(union.kept());
}

const INPUT = -1;
const CONSTANT = -2;

class Union {
  private readonly a: GraphView;
  private readonly b: GraphView;
  private readonly diff: GraphDiff;
  /** Entries in an order in which they can run. */
  private readonly entries: Entry[];
  private readonly wires: Wire[];
  private readonly entryOfB: Int32Array;

  constructor(a: GraphView, b: GraphView, diff: GraphDiff) {
    this.a = a;
    this.b = b;
    this.diff = diff;
    const rowsOfA = rowsById(a);
    const rowsOfB = rowsById(b);
    const gone = diff.changes
      .filter(({ kind }) => kind === 'removed' || kind === 'fused' || kind === 'split')
      .flatMap(({ before }) => before.flatMap((id) => rowsOfA.get(id) ?? []))
      .filter((row) => a.holders[row] === -1);
    const partner = new Map<number, number>();
    for (let at = 0; at < diff.pairs.length; at += 2) {
      const [left, right] = [rowsOfA.get(diff.pairs[at]!), rowsOfB.get(diff.pairs[at + 1]!)];
      if (left !== undefined && right !== undefined) partner.set(left, right);
    }
    const places = placesOfGone(a, gone, partner);
    this.entries = [
      ...Array.from(b.nodeIds.keys(), (row): Entry & { place: number } => ({ from: 'b', row, run: [row], place: row })),
      ...gone.map((row): Entry & { place: number } => ({ from: 'a', row, run: [], place: places.get(row) ?? 0 })),
    ]
      .filter(({ from, row }) => from === 'a' || b.holders[row] === -1)
      .sort((x, y) => x.place - y.place || (x.from === y.from ? x.row - y.row : x.from === 'b' ? -1 : 1));
    this.entryOfB = new Int32Array(b.nodeIds.length).fill(CONSTANT);
    const entryOfA = new Map<number, number>();
    this.entries.forEach(({ from, row }, index) => {
      if (from === 'b') this.entryOfB[row] = index;
      else entryOfA.set(row, index);
    });
    this.wires = [...this.wiresOfB()];
    this.addWiresOfA(entryOfA, partner);
  }

  /** [entries] 1: it changed, or it touches what changed. */
  kept(): Uint8Array {
    const changed = new Set(
      this.diff.changes.filter(({ kind }) => kind !== 'renamed').flatMap(({ after }) => after as readonly number[]),
    );
    const core = Uint8Array.from(this.entries, ({ from, row }) =>
      from === 'a' || changed.has(this.b.nodeIds[row]!) ? 1 : 0,
    );
    const kept = core.slice();
    for (const { source, uses } of this.wires) {
      if (source < 0) continue;
      for (const use of uses) {
        if (core[source]) kept[use] = 1;
        if (core[use]) kept[source] = 1;
      }
    }
    return kept;
  }

  /** @param kept entries that are drawn by themselves; null: all are */
  view(kept: Uint8Array | null): GraphView {
    const { entries, moved } = kept ? this.contracted(kept) : { entries: this.entries, moved: null };
    return { revision: this.b.revision, ...this.rows(entries), ...this.wiring(moved) };
  }

  private *wiresOfB(): Generator<Wire> {
    const { b } = this;
    for (const [wire, id] of b.wireIds.entries()) {
      const source = b.wireSources[wire]!;
      yield {
        id,
        ...wordsOf(b, wire),
        source: source >= 0 ? this.entryOfB[source]! : source,
        uses: new Set(usesOf(b, wire).map((row) => this.entryOfB[row]!)),
      };
    }
  }

  /**
   * What nodes that B has not read and write. They read the wires of B where those are the same; only wires that go
   * down are drawn.
   */
  private addWiresOfA(entryOfA: ReadonlyMap<number, number>, partner: ReadonlyMap<number, number>): void {
    const { a } = this;
    const known = this.wiresByPlace();
    const slots = slotsOf(a);
    for (const [wire, id] of a.wireIds.entries()) {
      const from = a.wireSources[wire]!;
      const gone = entryOfA.get(from);
      const readers = usesOf(a, wire).filter((row) => gone !== undefined || entryOfA.has(row));
      const source = gone ?? (from === INPUT ? INPUT : (this.entryOfB[partner.get(from) ?? -1] ?? CONSTANT));
      if (readers.length === 0 || source === CONSTANT) continue;
      const words = wordsOf(a, wire);
      const same = known.get(from === INPUT ? `input ${words.name}` : `${source} ${slots[wire]}`);
      // An input that B has not is no port of its picture.
      if (!same && from === INPUT) continue;
      const uses = same?.uses ?? new Set<number>();
      for (const row of readers) {
        const entry = entryOfA.get(row) ?? this.entryOfB[partner.get(row) ?? -1] ?? CONSTANT;
        if (entry > source) uses.add(entry);
      }
      if (!same) this.wires.push({ id: idOfRemoved(id), ...words, source, uses });
    }
  }

  /** Wires of B by the entry and output slot that they come from, inputs by name. */
  private wiresByPlace(): ReadonlyMap<string, Wire> {
    const { b } = this;
    const slots = slotsOf(b);
    const found = new Map<string, Wire>();
    this.wires.forEach((each, wire) => {
      if (b.wireSources[wire] === INPUT) found.set(`input ${each.name}`, each);
      else if (each.source >= 0) found.set(`${each.source} ${slots[wire]}`, each);
    });
    return found;
  }

  /** Runs of entries that are left out become one entry for each connected part. */
  private contracted(kept: Uint8Array): { entries: Entry[]; moved: Int32Array } {
    const part = this.parts(kept);
    const moved = new Int32Array(this.entries.length).fill(CONSTANT);
    const entries: Entry[] = [];
    const runs = new Map<number, number[]>();
    this.entries.forEach(({ row }, index) => {
      if (kept[index] || this.isConstant(index)) return;
      const members = runs.get(part[index]!) ?? [];
      members.push(row);
      runs.set(part[index]!, members);
    });
    const placed = new Map<number, number>();
    this.entries.forEach((entry, index) => {
      if (!kept[index] && this.isConstant(index)) return;
      const run = kept[index] ? undefined : runs.get(part[index]!);
      const known = run && placed.get(part[index]!);
      moved[index] = known ?? entries.length;
      if (known !== undefined) return;
      if (run) placed.set(part[index]!, entries.length);
      entries.push(run ? { ...entry, run } : entry);
    });
    return { entries, moved };
  }

  /** An unchanged constant says nothing: it goes. */
  private isConstant(index: number): boolean {
    const { from, row } = this.entries[index]!;
    return from === 'b' && this.b.opTypes[this.b.nodeOps[row]!] === 'Constant';
  }

  /** [entries] the first entry of the connected part, between two entries that are kept. */
  private parts(kept: Uint8Array): Int32Array {
    const parent = Int32Array.from(this.entries.keys());
    const root = (index: number): number => {
      let at = index;
      while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
      return at;
    };
    const stretch = new Int32Array(this.entries.length);
    let count = 0;
    kept.forEach((keep, index) => {
      if (keep) count++;
      stretch[index] = count;
    });
    for (const { source, uses } of this.wires) {
      if (source < 0 || kept[source] || this.isConstant(source)) continue;
      for (const use of uses) {
        if (kept[use] || stretch[use] !== stretch[source]) continue;
        const [x, y] = [root(source), root(use)];
        parent[Math.max(x, y)] = Math.min(x, y);
      }
    }
    return Int32Array.from(this.entries.keys(), root);
  }

  private rows(entries: readonly Entry[]): RowPart {
    const { a, b } = this;
    const ops = new Map<string, { index: number; family: number }>();
    const nodeOps = Uint16Array.from(entries, (entry) => {
      const view = entry.from === 'a' ? a : b;
      const op = view.nodeOps[entry.row]!;
      const text = entry.run.length > 1 ? RUN_NAME : view.opTypes[op]!;
      const family = entry.run.length > 1 ? RUN_FAMILY : view.opFamilies[op]!;
      const known = ops.get(text) ?? { index: ops.size, family };
      ops.set(text, known);
      return known.index;
    });
    const pick = <T>(of: (view: GraphView, row: number) => T): T[] =>
      entries.map(({ from, row }) => of(from === 'a' ? a : b, row));
    const sum = (column: CostColumn): Float64Array =>
      Float64Array.from(entries, ({ from, row, run }) =>
        from === 'a' ? a[column][row]! : run.reduce((total, each) => total + b[column][each]!, 0),
      );
    return {
      nodeIds: Int32Array.from(entries, ({ from, row, run }) =>
        run.length > 1 ? FIRST_RUN - row : from === 'a' ? idOfRemoved(a.nodeIds[row]!) : b.nodeIds[row]!,
      ),
      nodeOps,
      opTypes: [...ops.keys()],
      opFamilies: Uint8Array.from(ops.values(), ({ family }) => family),
      nodeOrdinals: Int32Array.from(entries, ({ from, row, run }) =>
        run.length > 1 ? run.length : (from === 'a' ? a : b).nodeOrdinals[row]!,
      ),
      nodeNames: pick((view, row) => view.nodeNames[row]!),
      nodeDetails: entries.map(({ from, row, run }) =>
        run.length > 1 ? operatorsIn(b, run) : (from === 'a' ? a : b).nodeDetails[row]!,
      ),
      macs: sum('macs'),
      elementwise: sum('elementwise'),
      parameters: sum('parameters'),
      weightBytes: sum('weightBytes'),
      activationBytes: sum('activationBytes'),
      movedBytes: sum('movedBytes'),
      made: new Uint8Array(entries.length),
      ancestorStarts: new Int32Array(entries.length + 1),
      ancestorIds: new Int32Array(),
      holders: new Int32Array(entries.length).fill(-1),
      groups: NO_GROUPS(entries.length),
    };
  }

  private wiring(moved: Int32Array | null): WirePart {
    const place = (entry: number): number => (entry < 0 || !moved ? entry : moved[entry]!);
    const uses = this.wires.map((wire) => {
      const source = place(wire.source);
      const rows = new Set([...wire.uses].map(place).filter((row) => row >= 0 && row !== source));
      return [...rows].sort((x, y) => x - y);
    });
    const useStarts = new Int32Array(uses.length + 1);
    uses.forEach((rows, wire) => (useStarts[wire + 1] = useStarts[wire]! + rows.length));
    const [wireDtypes, dtypes] = indexed(this.wires, ({ dtype }) => dtype);
    const [wireBatches, batches] = indexed(this.wires, ({ batch }) => batch, ['']);
    return {
      wireDtypes,
      dtypes,
      wireBatches,
      batches,
      wireIds: Int32Array.from(this.wires, ({ id }) => id),
      wireNames: this.wires.map(({ name }) => name),
      wireShapes: this.wires.map(({ shape }) => shape),
      wireSources: Int32Array.from(this.wires, ({ source }) => place(source)),
      useStarts,
      useRows: Int32Array.from(uses.flat()),
      // The wires of B come first, in their order.
      inputs: this.b.inputs,
      outputs: this.b.outputs,
    };
  }
}

const wordsOf = (view: GraphView, wire: number): Pick<Wire, 'name' | 'shape' | 'dtype' | 'batch'> => ({
  name: view.wireNames[wire]!,
  shape: view.wireShapes[wire]!,
  dtype: view.dtypes[view.wireDtypes[wire]!]!,
  batch: view.batches[view.wireBatches[wire]!]!,
});

const RUN_NAME = '… same …';
const RUN_FAMILY = FAMILIES.indexOf('shape');
const MOST_NAMED = 24;

type CostColumn = 'macs' | 'elementwise' | 'parameters' | 'weightBytes' | 'activationBytes' | 'movedBytes';
type WirePart = Pick<
  GraphView,
  | 'wireDtypes'
  | 'dtypes'
  | 'wireBatches'
  | 'batches'
  | 'wireIds'
  | 'wireNames'
  | 'wireShapes'
  | 'wireSources'
  | 'useStarts'
  | 'useRows'
  | 'inputs'
  | 'outputs'
>;
type RowPart = Omit<GraphView, keyof WirePart | 'revision'>;

/** The most frequent operators of a run: `12 Conv, 12 Relu`. */
function operatorsIn(view: GraphView, rows: readonly number[]): string {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const op = view.opTypes[view.nodeOps[row]!]!;
    counts.set(op, (counts.get(op) ?? 0) + 1);
  }
  const words = [...counts].sort((x, y) => y[1] - x[1]).map(([op, count]) => `${count} ${op}`);
  let text = words[0] ?? '';
  for (const word of words.slice(1)) if (`${text}, ${word}`.length <= MOST_NAMED) text = `${text}, ${word}`;
  return text;
}

const rowsById = (view: GraphView): Map<number, number> =>
  new Map(Array.from(view.nodeIds, (id, row) => [id, row] as const));

const usesOf = (view: GraphView, wire: number): number[] =>
  Array.from(view.useRows.subarray(view.useStarts[wire], view.useStarts[wire + 1]));

/** [wires] which of its row's results each is. */
function slotsOf(view: GraphView): Int32Array {
  const next = new Map<number, number>();
  return view.wireSources.map((row) => {
    const slot = next.get(row) ?? 0;
    next.set(row, slot + 1);
    return slot;
  });
}

/** Where rows that are only in A stand among those of B: after the last of B that they depend on. */
function placesOfGone(
  a: GraphView,
  gone: readonly number[],
  partner: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const wanted = new Set(gone);
  const needs = new Map<number, number[]>();
  for (const wire of a.wireIds.keys()) {
    const source = a.wireSources[wire]!;
    if (source < 0) continue;
    for (const row of usesOf(a, wire)) if (wanted.has(row)) needs.set(row, [...(needs.get(row) ?? []), source]);
  }
  const places = new Map<number, number>();
  for (const row of [...gone].sort((x, y) => x - y)) {
    let place = -1;
    for (const source of needs.get(row) ?? []) {
      place = Math.max(place, partner.get(source) ?? places.get(source) ?? -1);
    }
    places.set(row, Math.floor(place) + 0.5);
  }
  return places;
}
