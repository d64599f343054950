import { toErrorRecord } from '../base/error.ts';
import type { Core } from './core.ts';
import { createLatest } from './latest.ts';
import { findMatches, matchText, NOTHING_FOUND } from './search.ts';
import type { Lab, ViewState, Workspace } from './view.ts';

export interface SelectingActions {
  /** Selects a node by its id and asks for its details. */
  select(node: number | null): void;
  /** Selects a group by its key, in place of a node. */
  selectGroup(key: string | null): void;
  /** Selects a node and brings it into view. */
  focusNode(node: number): void;
  search(text: string): void;
  stepMatch(by: 1 | -1): void;
  show(
    patch: Partial<
      Pick<
        ViewState,
        'dock' | 'inspector' | 'palette' | 'exporting' | 'picturing' | 'help' | 'planning' | 'diff' | 'tensorFile'
      >
    >,
  ): void;
  setWorkspace(workspace: Workspace): void;
  /** Opens a part of the benchmark workspace. */
  showLab(lab: Lab): void;
  toggleFold(scope: string): void;
  /** Unfolds parts of the outline. */
  unfold(parts: readonly string[]): void;
}

/** Rows from which on a search waits for a pause in typing, and that pause, ms. */
const LARGE = 4000;
const PAUSE_MS = 150;

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

  let typing: ReturnType<typeof setTimeout> | undefined;
  const runSearch = (): void => {
    clearTimeout(typing);
    typing = undefined;
    const { picture } = store.getState();
    const found = picture ? findMatches(picture.view, view.getState().search) : NOTHING_FOUND;
    view.setState({ match: 0, matches: found.matches, paths: found.paths, queryError: found.error });
  };
  const announceSearch = (): void => {
    const { matches, paths, queryError } = view.getState();
    if (queryError) core.notices.announce(queryError.message);
    else if (matches) core.notices.announce(`${matchText(matches.length, paths)}.`);
  };
  const finishSearch = (): void => {
    runSearch();
    announceSearch();
  };

  core.onAdopt(() => {
    const { selected, selectedGroup } = view.getState();
    const now = store.getState().picture?.view;
    if (selected !== null && !now?.nodeIds.includes(selected)) view.setState({ selected: null });
    if (selectedGroup !== null && !now?.groups.keys.includes(selectedGroup)) view.setState({ selectedGroup: null });
    loadDetail();
    runSearch();
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
      view.setState({ search: text, lit: null });
      clearTimeout(typing);
      const rows = store.getState().picture?.view.nodeIds.length ?? 0;
      // A large graph is searched, and drawn with what was found, once the typing pauses.
      if (rows < LARGE || text === '') finishSearch();
      else typing = setTimeout(finishSearch, PAUSE_MS);
    },
    stepMatch(by) {
      if (typing !== undefined) finishSearch();
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
    showLab: (lab) => view.setState({ workspace: 'bench', lab }),
    toggleFold(scope) {
      const unfolded = new Set(view.getState().unfolded);
      if (!unfolded.delete(scope)) unfolded.add(scope);
      view.setState({ unfolded });
    },
    unfold: (parts) => view.setState(({ unfolded }) => ({ unfolded: new Set([...unfolded, ...parts]) })),
  };
  return actions;
}
