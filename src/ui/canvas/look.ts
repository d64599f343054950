import type { Change } from './glyphs.tsx';
import type { Heat } from './heat.ts';
import { heatOf } from './heat.ts';
import { ghostsOf, placeOver, type Ghosts } from './ghosts.ts';
import { groupLooks, type GroupLook } from './group-look.ts';
import { hullBoxes } from './hulls.ts';
import { isGroup, sceneOf, type Scene } from './scene.ts';
import type { CanvasTheme } from './theme.ts';
import type { Box, CanvasOverlay, CanvasPrune, GraphCanvasProps, PruneMark, WidthChange } from './types.ts';

/** A hull as it is drawn: around a site that is on or off, or around a near miss. */
export interface Hull {
  readonly kind: 'on' | 'off' | 'miss' | 'frozen' | 'group';
  readonly boxes: readonly Box[];
  /** Index of the site or of the near miss. */
  readonly index: number;
}

/** What decides how rows look from afar, where no words stand on them. */
export interface Afar {
  readonly overlay: CanvasOverlay;
  readonly heat: Heat;
  /** [folded] */
  readonly groups: readonly GroupLook[];
  /** Items with a change; null: no comparison is shown. */
  readonly changes: ReadonlyMap<number, Change> | null;
  /** Items that stand out since they are pruned together; null: none does. */
  readonly pruned: ReadonlySet<number> | null;
  readonly hulls: readonly Hull[];
  /** [items] index of the hull of a site + 1; 0: none. Wires inside a site carry no shape. */
  readonly siteOf: Int32Array;
  readonly matches: ReadonlySet<number> | null;
  /** Fused nodes with what they stand for: shown over the places of their ancestors. */
  readonly fused: readonly FusedPlace[];
  /** Nodes that went, at their old places. */
  readonly ghosts: Ghosts | null;
}

/** Everything that decides how rows look, apart from selection and hover. */
export interface Look extends Afar {
  /** Items with what pruning does to them; a folded group has the mark of its first member. */
  readonly prune: ReadonlyMap<number, PruneMark> | null;
  /** Items with the widths that change; null: nothing is pruned. */
  readonly widths: ReadonlyMap<number, readonly WidthChange[]> | null;
  /** The same for looks that differ near only: a slider step changes widths, which are words. */
  readonly afar: Afar;
}

export interface FusedPlace {
  readonly row: number;
  readonly box: Box;
  /** "Conv 13", "BatchNorm 13", … */
  readonly ancestors: readonly string[];
}

type LookProps = Pick<
  GraphCanvasProps,
  'overlay' | 'overlayEntry' | 'sites' | 'refusals' | 'diff' | 'prune' | 'matches' | 'origin' | 'ghosts'
>;

type AfarProps = Omit<LookProps, 'prune'> & Partial<Pick<CanvasPrune, 'members'>>;

const valuesOf = (entry: LookProps['overlayEntry']) => (entry?.state === 'ready' ? entry.values : null);

export const buildLook = (scene: Scene, props: LookProps): Look =>
  withWidths(scene, buildAfar(scene, { ...props, ...(props.prune && { members: props.prune.members }) }), props.prune);

/** The widths that change, on what stays the same while they do. */
export const withWidths = (scene: Scene, afar: Afar, prune: CanvasPrune | null): Look => ({
  ...afar,
  afar,
  prune: prune?.marks.size ? byItem(scene, prune.marks) : null,
  widths: prune?.widths ? byItem(scene, prune.widths) : null,
});

export function buildAfar(scene: Scene, props: AfarProps): Afar {
  const { view } = scene.picture;
  const changes = changesOf(scene, props);
  const heat = heatOf(view, props.overlay, valuesOf(props.overlayEntry));
  return {
    overlay: props.overlay,
    heat,
    groups: groupLooks(scene, heat),
    changes,
    pruned: props.members?.length ? new Set(props.members.flatMap((node) => itemsOfNode(scene, node))) : null,
    hulls: hullsOf(scene, props),
    siteOf: sitesOfItems(scene, props.sites),
    fused: changes && props.origin ? fusedPlaces(scene, changes, sceneOf(props.origin), props.diff) : [],
    ghosts: props.ghosts ? ghostsOf(scene, sceneOf(props.ghosts.picture), props.ghosts.nodes) : null,
    matches: props.matches ? new Set(props.matches.flatMap((node) => itemsOfNode(scene, node))) : null,
  };
}

const itemsOfNode = (scene: Scene, node: number): number[] => {
  const row = scene.rowOf.get(node);
  return row === undefined ? [] : [scene.items.ofRow[row]!];
};

function byItem<T>(scene: Scene, byNode: ReadonlyMap<number, T>): Map<number, T> {
  const items = new Map<number, T>();
  for (const [node, value] of byNode) {
    for (const item of itemsOfNode(scene, node)) if (!items.has(item)) items.set(item, value);
  }
  return items;
}

/** What happened to the rows: one that stands for several others is fused, whatever else it is. */
function changedRows(scene: Scene, diff: LookProps['diff']): Map<number, Change> {
  const { view } = scene.picture;
  const changes = new Map<number, Change>();
  const mark = (nodes: readonly number[], change: Change): void => {
    for (const node of nodes) {
      const row = scene.rowOf.get(node);
      if (row !== undefined) changes.set(row, change);
    }
  };
  if (diff) {
    mark(diff.changed, 'changed');
    mark(diff.added, 'added');
    mark(diff.removed, 'removed');
    mark(diff.fused ?? [], 'fused');
    if (diff.fused) return changes;
  }
  view.made.forEach((made, row) => {
    if (!made || (diff && changes.get(row) !== 'added')) return;
    const ancestors = view.ancestorStarts[row + 1]! - view.ancestorStarts[row]!;
    changes.set(row, ancestors > 1 ? 'fused' : ancestors === 1 ? 'changed' : 'added');
  });
  return changes;
}

/** By item. A folded group with changes of several kinds is changed, and so is a node whose subgraph changed. */
function changesOf(scene: Scene, { diff, overlay }: AfarProps): Map<number, Change> | null {
  if (!diff && overlay !== 'history') return null;
  const changes = new Map<number, Change>();
  for (const [row, change] of changedRows(scene, diff)) {
    const item = scene.items.ofRow[row]!;
    const known = changes.get(item);
    if (item === row) changes.set(item, change);
    else if (isGroup(scene, item)) changes.set(item, known === undefined || known === change ? change : 'changed');
    else if (known === undefined) changes.set(item, 'changed');
  }
  return changes;
}

/** Where the ancestors of fused nodes were; left out where the layout has moved on. */
function fusedPlaces(
  scene: Scene,
  changes: ReadonlyMap<number, Change>,
  origin: Scene,
  diff: LookProps['diff'],
): FusedPlace[] {
  const { view } = scene.picture;
  const places: FusedPlace[] = [];
  for (const [row, change] of changes) {
    if (change !== 'fused' || isGroup(scene, row)) continue;
    const ancestors = Array.from(view.ancestorIds.subarray(view.ancestorStarts[row], view.ancestorStarts[row + 1]));
    const nodes = diff?.origins ? (diff.origins.get(view.nodeIds[row]!) ?? []) : ancestors;
    const box = placeOver(scene, row, origin, nodes);
    if (!box) continue;
    const rows = nodes.flatMap((node) => origin.rowOf.get(node) ?? []);
    places.push({ row, box, ancestors: rows.map((each) => origin.label(each)) });
  }
  return places;
}

function hullsOf(scene: Scene, { sites, refusals, members }: AfarProps): Hull[] {
  const hulls: Hull[] = [];
  sites.forEach((site, index) => {
    hulls.push({ kind: site.on ? 'on' : 'off', boxes: hullBoxes(scene, site.nodes), index });
  });
  refusals.forEach((refusal, index) => {
    hulls.push({ kind: refusal.frozen ? 'frozen' : 'miss', boxes: hullBoxes(scene, refusal.nodes), index });
  });
  if (members?.length) hulls.push({ kind: 'group', boxes: hullBoxes(scene, members), index: 0 });
  return hulls.filter((hull) => hull.boxes.length > 0);
}

function sitesOfItems(scene: Scene, sites: LookProps['sites']): Int32Array {
  const siteOf = new Int32Array(scene.items.count);
  sites.forEach((site, index) => {
    for (const node of site.nodes) for (const item of itemsOfNode(scene, node)) siteOf[item] = index + 1;
  });
  return siteOf;
}

/** Operators are coloured by family only while nothing else takes the canvas over. */
export const familyIsShown = (look: Afar): boolean =>
  look.overlay === 'operator' && look.changes === null && look.pruned === null;

export const changeColor = (theme: CanvasTheme, change: Change): string => theme[change];

/** The colour that stands for an item: family, heat, change, or neutral. */
export function itemColor(scene: Scene, look: Afar, theme: CanvasTheme, item: number): string {
  if (look.changes) {
    const change = look.changes.get(item);
    return change ? changeColor(theme, change) : theme.lineStrong;
  }
  const group = isGroup(scene, item) ? look.groups[item - scene.items.rows] : undefined;
  const ofFamily = group ? theme.text3 : theme.families[scene.family(item)];
  if (look.pruned) return look.pruned.has(item) ? ofFamily : theme.lineStrong;
  const step = group ? group.step : (look.heat.steps?.[item] ?? null);
  if (step === null) return ofFamily;
  return step < 0 ? theme.lineStrong : theme.sequential[step]!;
}
