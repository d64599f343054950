import { plural } from '../base/format.ts';
import type { SiteView } from '../engine/types.ts';
import type { GraphView } from '../ir/view.ts';
import type { PrunePlanView } from '../prune/types.ts';
import type { Core } from './core.ts';
import type { SiteScope } from './document.ts';
import type { LookingActions } from './looking.ts';
import type { PruningActions } from './pruning.ts';

export interface ScopingActions {
  /**
   * Switches every site off that has no node among the matches of the search, and keeps to that; while channels are
   * pruned, protects every group that has none.
   */
  limitToMatches(): void;
  /** Ends that: what it switched off is on again, what it protected may be cut. */
  dropScope(): void;
  /** Gives the sites in every group that is built like the selected node's group what its own sites have, on or off. */
  applyToCopies(): void;
}

/** Keys of the sites that have no node in a scope. */
export const outsideOf = (sites: readonly SiteView[], nodes: ReadonlySet<number>): readonly string[] =>
  sites.filter((site) => !site.nodes.some((node) => nodes.has(node))).map((site) => site.key);

/** Keys of the channel groups that have no member in a scope. */
export const groupsOutside = ({ groups }: PrunePlanView, nodes: ReadonlySet<number>): readonly string[] =>
  groups.filter(({ members }) => !members.some(({ node }) => nodes.has(node))).map(({ key }) => key);

/** Groups around a row, the innermost first. */
function groupsAround({ groups }: GraphView, row: number): readonly number[] {
  const around: number[] = [];
  for (let group = groups.ofRow[row] ?? -1; group >= 0; group = groups.parents[group] ?? -1) around.push(group);
  return around;
}

/** The innermost group around a node that has copies; -1: there is none. */
export function groupWithCopies(view: GraphView, node: number): number {
  const row = view.nodeIds.indexOf(node);
  if (row < 0) return -1;
  const { classes } = view.groups;
  const counts = new Map<number, number>();
  for (const each of classes) counts.set(each, (counts.get(each) ?? 0) + 1);
  return groupsAround(view, row).find((group) => (counts.get(classes[group]!) ?? 0) > 1) ?? -1;
}

/** [rows] place among the rows of the group of class `like` that a row is in, and that group; -1: in none. */
function placesIn(view: GraphView, like: number): { readonly group: Int32Array; readonly place: Int32Array } {
  const { classes } = view.groups;
  const [group, place] = [new Int32Array(view.nodeIds.length).fill(-1), new Int32Array(view.nodeIds.length)];
  const filled = new Int32Array(classes.length);
  view.nodeIds.forEach((_, row) => {
    const found = groupsAround(view, row).find((each) => classes[each] === like);
    if (found === undefined) return;
    group[row] = found;
    place[row] = filled[found]!;
    filled[found]! += 1;
  });
  return { group, place };
}

/**
 * What is off when every copy of a group follows it: a site answers to the one at the same places of its own group, by
 * the same rule. Sites that reach out of their group, or that the group has no like of, stay as they are.
 */
export function offLikeCopies(
  view: GraphView,
  sites: readonly SiteView[],
  off: ReadonlySet<string>,
  model: number,
): ReadonlySet<string> {
  const { group, place } = placesIn(view, view.groups.classes[model]!);
  const rowOf = new Map(Array.from(view.nodeIds, (node, row) => [node, row]));
  const standing = sites.flatMap((site) => {
    const rows = site.nodes.map((node) => rowOf.get(node) ?? -1);
    const own = group[rows[0] ?? -1] ?? -1;
    if (own < 0 || rows.some((row) => group[row] !== own)) return [];
    const places = rows.map((row) => place[row]!).sort((a, b) => a - b);
    return [{ key: site.key, own, at: `${site.rule} ${places.join()}` }];
  });
  const wanted = new Map(standing.filter(({ own }) => own === model).map(({ at, key }) => [at, off.has(key)]));
  const next = new Set(off);
  for (const { key, at } of standing) {
    if (wanted.get(at) === true) next.add(key);
    if (wanted.get(at) === false) next.delete(key);
  }
  return next;
}

export function scopingActions(core: Core, looking: LookingActions, pruning: PruningActions): ScopingActions {
  const { document: store, view } = core;
  const found = (): readonly SiteView[] => {
    const { preview, sites } = store.getState();
    return preview ? (sites[preview.pass]?.sites ?? []) : [];
  };

  const set = (scope: SiteScope | null): void =>
    store.setState(({ preview }) => ({ preview: preview && { ...preview, scope } }));

  /** Switches off what lies outside, and remembers what was on. */
  const keepTo = (text: string, nodes: ReadonlySet<number>, before: ReadonlySet<string>): void => {
    const { preview } = store.getState();
    if (!preview) return;
    const outside = outsideOf(found(), nodes);
    const switched = new Set([...before, ...outside.filter((key) => !preview.off.has(key))]);
    set({ text, nodes, switched });
    looking.setOff(new Set([...preview.off, ...outside]));
  };

  /** Protects the groups outside of the matches, or lets them be cut again. */
  const protect = (on: boolean): void => {
    const { prune } = store.getState();
    if (!prune) return;
    const outside = groupsOutside(prune.plan, new Set(view.getState().matches));
    const others = prune.options.protected.filter((key) => !outside.includes(key));
    pruning.setPruneOptions({ protected: on ? [...others, ...outside] : others });
  };

  // Other options find other sites: the scope holds for them too.
  store.subscribe((state, before) => {
    const { preview } = state;
    if (!preview?.scope || state.sites[preview.pass] === before.sites[preview.pass]) return;
    keepTo(preview.scope.text, preview.scope.nodes, preview.scope.switched);
  });

  return {
    limitToMatches() {
      const { matches, search } = view.getState();
      if (!matches || matches.length === 0) return;
      if (store.getState().prune) protect(true);
      else keepTo(search, new Set(matches), new Set());
    },
    dropScope() {
      const { preview, prune } = store.getState();
      if (prune) protect(false);
      if (!preview?.scope) return;
      const { switched } = preview.scope;
      set(null);
      looking.setOff(new Set([...preview.off].filter((key) => !switched.has(key))));
    },
    applyToCopies() {
      const { picture, preview } = store.getState();
      const { selected } = view.getState();
      if (!picture || !preview || selected === null) return;
      const group = groupWithCopies(picture.view, selected);
      if (group < 0) return;
      const next = offLikeCopies(picture.view, found(), preview.off, group);
      const changed = found().filter(({ key }) => next.has(key) !== preview.off.has(key)).length;
      looking.setOff(next);
      core.notices.announce(`${plural(changed, 'site')} changed in the copies of ${picture.view.groups.names[group]}.`);
    },
  };
}
