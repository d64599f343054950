import { CHANGE_WORDS, facetText, type ChangeKind } from '../base/changes.ts';
import { shortOperator } from '../base/format.ts';
import type { PortChange } from '../analysis/graph-diff-types.ts';
import type { ChangeView, Comparison } from '../engine/compare-types.ts';
import type { GraphView } from '../ir/view.ts';

/** One line of the table of changes. Costs are NaN where they are unknown, and null where there is no node. */
export interface ChangeRow {
  /** What it is about: the model as a whole, its inputs and outputs, or nodes. */
  readonly scope: 'model' | 'interface' | 'node';
  readonly kind: ChangeKind;
  readonly before: string;
  readonly after: string;
  readonly what: string;
  /** Shapes of the first outputs; '' where there is no node. */
  readonly shapeBefore: string;
  readonly shapeAfter: string;
  readonly macsBefore: number | null;
  readonly macsAfter: number | null;
  readonly parametersBefore: number | null;
  readonly parametersAfter: number | null;
  readonly steps: readonly number[];
  /** Nodes to go to, of A and of B; null: there is none. */
  readonly nodeBefore: number | null;
  readonly nodeAfter: number | null;
}

/** Columns that the table can be sorted by; `order`: as the nodes run. */
export type ChangeColumn = 'order' | 'kind' | 'before' | 'after' | 'macs' | 'parameters' | 'step';
export interface ChangeFilter {
  /** Kinds that are shown; empty: all, but renamed nodes only where nothing else differs. */
  readonly kinds: ReadonlySet<ChangeKind>;
  readonly text: string;
  readonly step: number | null;
}
export interface ChangeSort {
  readonly column: ChangeColumn;
  readonly down: boolean;
}

export const NO_FILTER: ChangeFilter = { kinds: new Set(), text: '', step: null };
export const IN_ORDER: ChangeSort = { column: 'order', down: false };

/** A view with what the table says of its nodes. */
class Labels {
  private readonly view: GraphView;
  private readonly rows: ReadonlyMap<number, number>;
  private readonly shapes: readonly string[];

  constructor(view: GraphView) {
    this.view = view;
    this.rows = new Map(Array.from(view.nodeIds, (id, row) => [id, row] as const));
    const shapes: string[] = [];
    view.wireSources.forEach((row, wire) => {
      if (row >= 0) shapes[row] ??= view.wireShapes[wire] ?? '';
    });
    this.shapes = shapes;
  }

  /** `Conv 16, BatchNormalization 16`; nodes that are not in the view have no number. */
  names(ids: readonly number[]): string {
    return ids.map((id) => this.name(id)).join(', ');
  }

  shape(ids: readonly number[]): string {
    const row = this.rows.get(ids.at(-1) ?? Number.NaN);
    return row === undefined ? '' : (this.shapes[row] ?? '');
  }

  cost(column: 'macs' | 'parameters', ids: readonly number[]): number | null {
    if (ids.length === 0) return null;
    return ids.reduce((sum, id) => sum + (this.view[column][this.rows.get(id) ?? -1] ?? Number.NaN), 0);
  }

  /** The full name of the first. */
  title(ids: readonly number[]): string {
    return this.view.nodeNames[this.rows.get(ids[0] ?? Number.NaN) ?? -1] ?? '';
  }

  /** The first that is in the view. */
  node(ids: readonly number[]): number | null {
    return ids.find((id) => this.rows.has(id)) ?? null;
  }

  private name(id: number): string {
    const row = this.rows.get(id);
    if (row === undefined) return 'a node inside';
    return `${shortOperator(this.view.opTypes[this.view.nodeOps[row]!] ?? '')} ${this.view.nodeOrdinals[row]}`;
  }
}

const NOTHING = {
  shapeBefore: '',
  shapeAfter: '',
  macsBefore: null,
  macsAfter: null,
  parametersBefore: null,
  parametersAfter: null,
  steps: [],
  nodeBefore: null,
  nodeAfter: null,
} as const;

function portRow({ port, before, after, what }: PortChange): ChangeRow {
  const changed = what.map((part) => (part === 'position' ? 'place among the others' : part));
  return {
    ...NOTHING,
    scope: 'interface',
    kind: before === null ? 'added' : after === null ? 'removed' : what.join() === 'name' ? 'renamed' : 'changed',
    before: before ? `${port} ${before.name}` : '',
    after: after ? `${port} ${after.name}` : '',
    what: changed.join(', '),
    shapeBefore: before?.type ?? '',
    shapeAfter: after?.type ?? '',
  };
}

function nodeRow(change: ChangeView, a: Labels, b: Labels): ChangeRow {
  const { kind, before, after, what, steps } = change;
  /** A node that is new or gone is known by its name. */
  const whatText = (): string => {
    if (what.length > 0) return what.map(facetText).join(' · ');
    if (before.length === 0 || after.length === 0) return a.title(before) || b.title(after);
    return `${before.length} ${before.length === 1 ? 'node' : 'nodes'} → ${after.length}`;
  };
  return {
    scope: 'node',
    kind,
    before: a.names(before),
    after: b.names(after),
    what: whatText(),
    shapeBefore: a.shape(before),
    shapeAfter: b.shape(after),
    macsBefore: a.cost('macs', before),
    macsAfter: b.cost('macs', after),
    parametersBefore: a.cost('parameters', before),
    parametersAfter: b.cost('parameters', after),
    steps,
    nodeBefore: a.node(before),
    nodeAfter: b.node(after),
  };
}

/** Every line of the table: the interface first, then nodes as they run. */
export function changeRows({ changes, ports, model, pictures }: Comparison): readonly ChangeRow[] {
  const [a, b] = [new Labels(pictures.a.view), new Labels(pictures.b.view)];
  return [
    ...ports.map(portRow),
    ...model.map(({ what, before, after }): ChangeRow => ({
      ...NOTHING,
      scope: 'model',
      kind: before === '' ? 'added' : after === '' ? 'removed' : 'changed',
      before: before === '' ? '' : `${what}: ${before}`,
      after: after === '' ? '' : `${what}: ${after}`,
      what: 'model',
    })),
    ...changes.map((change) => nodeRow(change, a, b)),
  ];
}

/** How many lines each kind has. */
export function countKinds(rows: readonly ChangeRow[]): Readonly<Record<ChangeKind, number>> {
  const counts: Record<ChangeKind, number> = {
    fused: 0,
    split: 0,
    changed: 0,
    removed: 0,
    added: 0,
    renamed: 0,
    unread: 0,
  };
  for (const { kind } of rows) counts[kind]++;
  return counts;
}

const difference = (before: number | null, after: number | null): number => (after ?? 0) - (before ?? 0);

const KEYS: Readonly<Record<Exclude<ChangeColumn, 'order'>, (row: ChangeRow) => number | string>> = {
  kind: ({ kind }) => CHANGE_WORDS[kind],
  before: ({ before }) => before,
  after: ({ after }) => after,
  macs: ({ macsBefore, macsAfter }) => difference(macsBefore, macsAfter),
  parameters: ({ parametersBefore, parametersAfter }) => difference(parametersBefore, parametersAfter),
  step: ({ steps }) => steps[0] ?? 0,
};

/** Numbers by size, the unknown last; words as people sort them: Conv 2 before Conv 10. */
function compareKeys(x: number | string, y: number | string): number {
  if (typeof x === 'string' || typeof y === 'string') return WORDS.compare(String(x), String(y));
  return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : 1) : Number.isNaN(y) ? -1 : x - y;
}
const WORDS = new Intl.Collator('en', { numeric: true });

/** The lines that are shown, as indices into `rows`. */
export function shownChanges(rows: readonly ChangeRow[], filter: ChangeFilter, sort: ChangeSort): readonly number[] {
  const words = filter.text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const onlyRenamed = rows.every(({ kind }) => kind === 'renamed');
  const wanted = ({ kind }: ChangeRow): boolean =>
    filter.kinds.size > 0 ? filter.kinds.has(kind) : kind !== 'renamed' || onlyRenamed;
  const shown = Array.from(rows.keys()).filter((index) => {
    const row = rows[index]!;
    if (!wanted(row)) return false;
    if (filter.step !== null && !row.steps.includes(filter.step)) return false;
    if (words.length === 0) return true;
    const text = `${CHANGE_WORDS[row.kind]} ${row.before} ${row.after} ${row.what}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const sign = sort.down ? -1 : 1;
  if (sort.column === 'order') return sort.down ? shown.reverse() : shown;
  const key = KEYS[sort.column];
  const keys = new Map(shown.map((index) => [index, key(rows[index]!)]));
  return shown.sort((x, y) => sign * compareKeys(keys.get(x)!, keys.get(y)!) || x - y);
}
