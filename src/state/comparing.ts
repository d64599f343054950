import { toErrorRecord } from '../base/error.ts';
import type { Picture } from '../engine/types.ts';
import type { Core } from './core.ts';

export interface ComparingActions {
  /** Shows what the last step changed, or stops showing it. */
  toggleDiff(): Promise<void>;
}

/** Nodes that are in one picture and not in the other. */
function difference(before: Picture, after: Picture) {
  const [old, now] = [new Set(before.view.nodeIds), new Set(after.view.nodeIds)];
  return {
    added: [...now].filter((id) => !old.has(id)),
    removed: [...old].filter((id) => !now.has(id)),
    changed: [],
  };
}

export function comparingActions(core: Core): ComparingActions {
  const { document: store, view } = core;
  const pictureOf = (stop: number): Promise<Picture> => core.client.call('picture', { stop });

  // Fused nodes are drawn over the places of their ancestors: the opened model's picture is needed once.
  core.onAdopt(() => {
    view.setState({ diff: false });
    const { origin, opened } = store.getState();
    if (origin) return;
    pictureOf(0)
      .then((picture) => store.getState().opened === opened && store.setState({ origin: picture }))
      .catch((error: unknown) => core.notices.announce(toErrorRecord(error).message));
  });

  return {
    async toggleDiff() {
      const { document, picture, diff } = store.getState();
      if (diff || !document || !picture || document.cursor === 0) {
        store.setState({ diff: null, before: null });
        view.setState({ diff: false });
        if (document?.cursor === 0) core.notices.announce('No step has been applied: nothing differs.');
        return;
      }
      try {
        const before = await pictureOf(document.cursor - 1);
        if (store.getState().picture !== picture) return;
        const changes = difference(before, picture);
        store.setState({ diff: changes, before });
        view.setState({ diff: true });
        core.notices.announce(`${changes.added.length} nodes are new, ${changes.removed.length} are gone.`);
      } catch (error) {
        core.fail('document', 'The comparison', error);
      }
    },
  };
}
