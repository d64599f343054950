import { GROUP_KINDS } from '../../../base/group-kinds.ts';
import type { App } from '../../../state/app.ts';
import { nextOverlay } from '../../../state/overlays.ts';
import type { DockTab, Overlay } from '../../../state/view.ts';
import { WORKSPACES } from '../TopBar.tsx';
import { focusSearch, groupOfSelected } from '../use-keys.ts';
import { entries, unless, type Command } from './command.ts';

export function findCommands(app: App): readonly Command[] {
  const { actions, view } = app;
  const { matches, search } = view.getState();
  const noMatch = unless((matches?.length ?? 0) > 0, 'The search has no match.');
  const group = 'Find' as const;
  return [
    { id: 'search', group, title: 'Search nodes', key: 'search', run: () => focusSearch(app) },
    { id: 'next match', group, title: 'Next match', key: 'next', refusal: noMatch, run: () => actions.stepMatch(1) },
    {
      id: 'previous match',
      group,
      title: 'Previous match',
      key: 'previous',
      refusal: noMatch,
      run: () => actions.stepMatch(-1),
    },
    {
      id: 'clear search',
      group,
      title: 'Clear the search',
      refusal: unless(search !== '', 'Nothing is searched for.'),
      run: () => actions.search(''),
    },
  ];
}

const OVERLAYS: Readonly<Record<Overlay, string>> = {
  operator: 'operator',
  macs: 'MACs',
  parameters: 'parameters',
  bytes: 'bytes',
  memory: 'live memory',
  time: 'measured time',
  sparsity: 'sparsity',
  importance: 'importance',
  dead: 'dead channels',
  history: 'provenance',
};
const DOCK: Readonly<Record<DockTab, string>> = { recipe: 'recipe', jobs: 'jobs', checks: 'checks' };

function foldCommands(app: App): readonly Command[] {
  const { actions, document } = app;
  const groups = document.getState().picture?.view.groups;
  const none = unless((groups?.keys.length ?? 0) > 0, 'The model has no groups.');
  const key = groupOfSelected(app);
  const at = key === null ? -1 : (groups?.keys.indexOf(key) ?? -1);
  const kind = GROUP_KINDS[groups?.kinds[at] ?? 0];
  const own = none ?? unless(key !== null, 'The selected node is in no group.');
  const name = at < 0 ? 'the group of the selected node' : `the ${kind} ${groups?.names[at]}`;
  const group = 'Look' as const;
  return [
    {
      id: 'fold',
      group,
      title: `Fold or unfold ${name}`,
      key: 'fold',
      refusal: own,
      run: () => key !== null && actions.toggleGroup(key),
    },
    {
      id: 'fold copies',
      group,
      title: `Fold or unfold ${name} and its copies`,
      key: 'foldCopies',
      refusal: own,
      run: () => key !== null && actions.toggleCopies(key),
    },
    { id: 'fold all', group, title: 'Fold all groups', refusal: none, run: () => actions.foldAll(true) },
    { id: 'unfold all', group, title: 'Unfold all groups', refusal: none, run: () => actions.foldAll(false) },
  ];
}

export function viewCommands(app: App): readonly Command[] {
  const { actions, document, settings, view } = app;
  const { overlay, dock, workspace } = view.getState();
  const { leftOpen, rightOpen } = settings.getState().settings;
  const cursor = document.getState().document?.cursor ?? 0;
  const group = 'Look' as const;
  return [
    ...WORKSPACES.map(({ value, label }): Command => ({
      id: `workspace ${value}`,
      group,
      title: `Go to ${label}`,
      refusal: unless(workspace !== value, 'It is shown.'),
      run: () => actions.setWorkspace(value),
    })),
    ...entries(OVERLAYS).map(([value, label]): Command => ({
      id: `overlay ${value}`,
      group,
      title: `Colour the graph by ${label}`,
      refusal: unless(overlay !== value, 'It is.'),
      run: () => actions.setOverlay(value),
    })),
    {
      id: 'next overlay',
      group,
      title: 'Next overlay',
      key: 'overlay',
      run: () => actions.setOverlay(nextOverlay(overlay)),
    },
    {
      id: 'diff',
      group,
      title: 'Show what the last step changed',
      key: 'diff',
      refusal: unless(cursor > 0, 'No step has been applied.'),
      run: () => void actions.toggleDiff(),
    },
    ...foldCommands(app),
    {
      id: 'left',
      group,
      title: leftOpen ? 'Close the left panel' : 'Open the left panel',
      key: 'left',
      run: () => actions.changeSettings({ leftOpen: !leftOpen }),
    },
    {
      id: 'inspector',
      group,
      title: rightOpen ? 'Close the inspector' : 'Open the inspector',
      key: 'inspector',
      run: () => actions.changeSettings({ rightOpen: !rightOpen }),
    },
    ...entries(DOCK).map(([value, label]): Command => ({
      id: `dock ${value}`,
      group,
      title: `Dock: ${label}`,
      refusal: unless(dock !== value || workspace !== 'studio', 'It is shown.'),
      run: () => {
        actions.setWorkspace('studio');
        actions.show({ dock: value });
      },
    })),
  ];
}
