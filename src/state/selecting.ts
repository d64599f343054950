import { toErrorRecord } from '../base/error.ts';
import type { Core } from './core.ts';
import { createLatest } from './latest.ts';
import { findMatches } from './search.ts';
import type { Overlay, ViewState, Workspace } from './view.ts';

export interface SelectingActions {
  /** Selects a node by its id and asks for its details. */
  select(node: number | null): void;
  /** Selects a group by its key, in place of a node. */
  selectGroup(key: string | null): void;
  /** Selects a node and brings it into view. */
  focusNode(node: number): void;
  search(text: string): void;
  stepMatch(by: 1 | -1): void;
  show(patch: Partial<Pick<ViewState, 'dock' | 'inspector' | 'palette' | 'exporting' | 'help' | 'diff'>>): void;
  setWorkspace(workspace: Workspace): void;
  setOverlay(overlay: Overlay): void;
  toggleFold(scope: string): void;
}

const OVERLAYS: readonly Overlay[] = ['operator', 'macs', 'parameters', 'bytes', 'history'];
export const nextOverlay = (overlay: Overlay): Overlay =>
  OVERLAYS[(OVERLAYS.indexOf(overlay) + 1) % OVERLAYS.length] ?? 'operator';

export function selectingActions(core: Core): SelectingActions {
  const { document: store, view } = core;
  const asking = createLatest();

  const loadDetail = (): void => {
    const node = view.getState().selected;
    asking.stop();
    store.setState({ detail: null, detailError: null });
    if (node === null) return;
    asking
      .run((signal) => core.client.call('node', { node }, { signal }))
      .then((detail) => detail && store.setState({ detail }))
      .catch((error: unknown) => store.setState({ detailError: toErrorRecord(error) }));
  };

  const runSearch = (text: string): void => {
    const picture = store.getState().picture;
    const matches = picture && text.trim() !== '' ? findMatches(picture.view, text) : null;
    view.setState({ search: text, matches, match: 0 });
  };

  core.onAdopt(() => {
    const { selected, selectedGroup, search } = view.getState();
    const now = store.getState().picture?.view;
    if (selected !== null && !now?.nodeIds.includes(selected)) view.setState({ selected: null });
    if (selectedGroup !== null && !now?.groups.keys.includes(selectedGroup)) view.setState({ selectedGroup: null });
    loadDetail();
    runSearch(search);
  });

  const actions: SelectingActions = {
    select(node) {
      const { selected, selectedGroup } = view.getState();
      if (selected === node && selectedGroup === null) return;
      view.setState({ selected: node, selectedGroup: null });
      loadDetail();
    },
    selectGroup(key) {
      actions.select(null);
      view.setState({ selectedGroup: key });
    },
    focusNode(node) {
      view.setState(({ focus }) => ({ focus: { node, nonce: (focus?.nonce ?? 0) + 1 } }));
      actions.select(node);
    },
    search(text) {
      runSearch(text);
      const { matches } = view.getState();
      if (matches) core.notices.announce(matches.length === 0 ? 'No match.' : `${matches.length} matches.`);
    },
    stepMatch(by) {
      const { matches, match, selected } = view.getState();
      if (!matches || matches.length === 0) return;
      // The first step goes to the first match, not past it.
      const next = selected === matches[match] ? (match + by + matches.length) % matches.length : match;
      view.setState({ match: next });
      const node = matches[next];
      if (node !== undefined) actions.focusNode(node);
    },
    show: (patch) => view.setState(patch),
    setWorkspace: (workspace) => view.setState({ workspace }),
    setOverlay: (overlay) => view.setState({ overlay, diff: false }),
    toggleFold(scope) {
      const unfolded = new Set(view.getState().unfolded);
      if (!unfolded.delete(scope)) unfolded.add(scope);
      view.setState({ unfolded });
    },
  };
  return actions;
}
