import type { App } from '../../../state/app.ts';
import { isSupernetAtWork } from '../../../state/supernet-run.ts';
import { supernetLacks } from '../../../state/supernet-store.ts';
import { unless, type Command } from './command.ts';

/** Training as a supernet, in the Search workspace. */
export function supernetCommands({ actions, supernet, searching }: App): readonly Command[] {
  const state = supernet.getState();
  const { run, kept } = state;
  const group = 'Architecture search' as const;
  const idle = unless(isSupernetAtWork(run), 'No supernet is being trained.');
  const untrained = unless(run?.status === 'done', 'No supernet was trained yet.');
  return [
    {
      id: 'supernet start',
      group,
      title: kept ? 'Go on with the supernet' : 'Train as a supernet',
      refusal: isSupernetAtWork(run) ? 'A supernet is being trained.' : supernetLacks(state, searching.getState()),
      run() {
        actions.setWorkspace('search');
        void actions.startSupernet(kept === null);
      },
    },
    {
      id: 'supernet pause',
      group,
      title: 'Pause the training of the supernet',
      refusal: idle ?? unless(run?.status === 'running', 'It is on its way to an end, or paused.'),
      run: actions.pauseSupernet,
    },
    {
      id: 'supernet resume',
      group,
      title: 'Resume the training of the supernet',
      refusal: idle ?? unless(run?.status === 'paused', 'It is not paused.'),
      run: actions.resumeSupernet,
    },
    {
      id: 'supernet stop',
      group,
      title: 'Stop the training of the supernet and keep it',
      refusal: idle,
      run: actions.stopSupernet,
    },
    {
      id: 'supernet open',
      group,
      title: 'Open the supernet in a tab',
      refusal: untrained,
      run: () => void actions.openSupernet(),
    },
    {
      id: 'supernet save',
      group,
      title: 'Save the supernet',
      refusal: untrained,
      run: () => void actions.saveSupernet(),
    },
  ];
}
