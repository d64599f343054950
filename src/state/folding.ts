import { plural } from '../base/format.ts';
import type { Picture } from '../engine/types.ts';
import { isFolded, type GroupTree } from '../ir/view.ts';
import type { Core } from './core.ts';
import { createLatest } from './latest.ts';

export interface FoldingActions {
  /** Folds a group to one box, or unfolds it. */
  toggleGroup(key: string): void;
  /** Folds or unfolds a group and everything that is built like it. */
  toggleCopies(key: string): void;
  /** Folds or unfolds groups by their keys; `copies`: everything that is built like one of them, too. */
  fold(keys: readonly string[], folded: boolean, copies: boolean): void;
  /** Folds or unfolds every group that stands in no other. */
  foldAll(folded: boolean): void;
}

const groupsAlike = ({ classes }: GroupTree, group: number): number[] =>
  Array.from(classes.keys()).filter((each) => classes[each] === classes[group]);

export function foldingActions(core: Core): FoldingActions {
  const { document: store } = core;
  const drawing = createLatest();
  /** What was asked for last, and the picture that it was asked of. */
  let wanted: { readonly picture: Picture; readonly toggled: readonly string[] } | null = null;

  /** Draws the graph with some groups folded or not; the rest stays as it is. */
  const set = (groups: readonly number[], folded: boolean): void => {
    const { picture } = store.getState();
    if (!picture) return;
    const tree = picture.view.groups;
    // A wish that came before its predecessor was drawn adds to it.
    const toggled = new Set(wanted?.picture === picture ? wanted.toggled : picture.toggled);
    for (const group of groups) {
      const key = tree.keys[group];
      if (key === undefined || isFolded(tree, group, toggled) === folded) continue;
      if (!toggled.delete(key)) toggled.add(key);
    }
    wanted = { picture, toggled: [...toggled] };
    drawing
      .run(async (signal) => {
        const drawn = await core.client.call('fold', { toggled: [...toggled] }, { signal });
        const shown = store.getState().picture;
        if (drawn.layout.revision !== shown?.view.revision) return null;
        const picture = { ...shown, ...drawn };
        await core.platform.prepare(picture);
        return { shown, picture };
      })
      .then(async (drawn) => {
        if (!drawn || store.getState().picture !== drawn.shown) return;
        const { shown, picture: folded } = drawn;
        store.setState({ picture: folded });
        const isOrigin = shown.view.revision === store.getState().origin?.view.revision;
        const origin = isOrigin ? folded : await core.client.call('picture', { stop: 0 });
        // Another model may have been opened meanwhile.
        if (store.getState().picture === folded) store.setState({ origin });
      })
      .catch((error: unknown) => {
        wanted = null;
        core.fail('document', 'Folding', error);
      });
  };

  const toggle = (key: string, chosen: (tree: GroupTree, group: number) => readonly number[]): void => {
    const { picture } = store.getState();
    const group = picture?.view.groups.keys.indexOf(key) ?? -1;
    if (!picture || group < 0) return;
    const { groups } = picture.view;
    const folded = isFolded(groups, group, new Set(picture.toggled));
    const changed = chosen(groups, group);
    set(changed, !folded);
    const which = changed.length > 1 ? `${changed.length} groups like ${groups.names[group]}` : groups.names[group];
    core.notices.announce(`${which} ${folded ? 'unfolded' : 'folded'}.`);
  };

  return {
    fold(keys, folded, copies) {
      const { picture } = store.getState();
      if (!picture) return;
      const { groups } = picture.view;
      const named = keys.map((key) => groups.keys.indexOf(key)).filter((group) => group >= 0);
      const chosen = copies ? [...new Set(named.flatMap((group) => groupsAlike(groups, group)))] : named;
      const [first] = chosen;
      if (first === undefined) return;
      set(chosen, folded);
      const which = chosen.length > 1 ? plural(chosen.length, 'group') : groups.names[first];
      core.notices.announce(`${which} ${folded ? 'folded' : 'unfolded'}.`);
    },
    toggleGroup: (key) => toggle(key, (_, group) => [group]),
    toggleCopies: (key) => toggle(key, groupsAlike),
    foldAll(folded) {
      const { parents } = store.getState().picture?.view.groups ?? { parents: new Int32Array() };
      set(
        Array.from(parents.keys()).filter((group) => parents[group] === -1),
        folded,
      );
    },
  };
}
