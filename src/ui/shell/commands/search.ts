import type { App } from '../../../state/app.ts';
import { isSearching } from '../../../state/searching-run.ts';
import { searchLacks } from '../../../state/searching-setup.ts';
import { openRefusal } from '../../search/refusal.ts';
import { unless, type Command } from './command.ts';

/** Architecture search; its ids tell it from the search for nodes. */
export function searchCommands({ actions, searching }: App): readonly Command[] {
  const state = searching.getState();
  const { run, selected } = state;
  const group = 'Architecture search' as const;
  const idle = unless(isSearching(run), 'No search is at work.');
  const show = (work: () => unknown) => (): void => {
    actions.setWorkspace('search');
    void work();
  };
  const found = openRefusal(run, selected);
  const none = unless((run?.front.length ?? 0) > 0, 'Nothing was found yet.');
  return [
    {
      id: 'architecture start',
      group,
      title: run ? 'Search architectures again' : 'Search architectures',
      refusal: isSearching(run) ? 'A search is at work.' : searchLacks(state),
      run: show(() => actions.startSearch()),
    },
    {
      id: 'architecture pause',
      group,
      title: 'Pause the architecture search',
      refusal: idle ?? unless(run?.status === 'running', 'It is on its way to an end, or paused.'),
      run: actions.pauseSearch,
    },
    {
      id: 'architecture resume',
      group,
      title: 'Resume the architecture search',
      refusal: idle ?? unless(run?.status === 'paused', 'It is not paused.'),
      run: actions.resumeSearch,
    },
    {
      id: 'architecture stop',
      group,
      title: 'Stop the architecture search and keep it',
      refusal: idle,
      run: actions.stopSearch,
    },
    {
      id: 'architecture next',
      group,
      title: 'Next network on the front',
      refusal: none,
      run: show(() => actions.stepFront(1)),
    },
    {
      id: 'architecture previous',
      group,
      title: 'Network before on the front',
      refusal: none,
      run: show(() => actions.stepFront(-1)),
    },
    {
      id: 'architecture open',
      group,
      title: 'Open the selected network on the canvas',
      refusal: found,
      run: () => void actions.openFound(),
    },
    {
      id: 'architecture compare',
      group,
      title: 'Compare the selected network with the original',
      refusal: found,
      run: () => void actions.compareFound(),
    },
    {
      id: 'architecture copy recipe',
      group,
      title: 'Copy the recipe of the selected network',
      refusal: found,
      run: () => void actions.copyFoundRecipe(),
    },
    {
      id: 'architecture save recipe',
      group,
      title: 'Save the recipe of the selected network',
      refusal: found,
      run: () => void actions.saveFoundRecipe(),
    },
    {
      id: 'architecture copy',
      group,
      title: 'Copy the genome of the selected network',
      refusal: unless(run !== null && selected !== null, 'No network is selected.'),
      run: () => void actions.copyFound(),
    },
  ];
}
