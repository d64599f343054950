import { formatInteger } from '../../../base/format.ts';
import type { App } from '../../../state/app.ts';
import { isAtWork } from '../../../state/training-run.ts';
import { lacking } from '../../../state/training-setup.ts';
import { unless, type Command } from './command.ts';

export function trainCommands({ actions, document, training }: App): readonly Command[] {
  const state = training.getState();
  const { run, planned } = state;
  const group = 'Train' as const;
  const idle = unless(isAtWork(run), 'No training is at work.');
  const ready = isAtWork(run)
    ? 'A training is at work.'
    : (lacking(state) ?? unless(planned !== null, 'What it would take is not known yet.'));
  const step = planned?.checkpoint?.step;
  const show = (work: () => unknown) => (): void => {
    actions.setWorkspace('train');
    void work();
  };
  return [
    { id: 'train', group, title: 'Train', refusal: ready, run: show(() => actions.startTraining(true)) },
    {
      id: 'train on',
      group,
      title: step === undefined ? 'Go on with a training' : `Go on with the training from step ${formatInteger(step)}`,
      refusal: ready ?? unless(step !== undefined, 'No run with this setup was broken off.'),
      run: show(() => actions.startTraining(false)),
    },
    {
      id: 'train pause',
      group,
      title: 'Pause the training',
      refusal: idle ?? unless(run?.status === 'running', 'It is on its way to an end, or paused.'),
      run: actions.pauseTraining,
    },
    {
      id: 'train resume',
      group,
      title: 'Resume the training',
      refusal: idle ?? unless(run?.status === 'paused', 'It is not paused.'),
      run: actions.resumeTraining,
    },
    { id: 'train stop', group, title: 'Stop the training and keep it', refusal: idle, run: actions.stopTraining },
    {
      id: 'train recover',
      group,
      title: 'Recover by training: the original teaches what is shown',
      refusal: unless((document.getState().document?.cursor ?? 0) > 0, 'No step has been applied.'),
      run: actions.recoverHere,
    },
    {
      id: 'train step',
      group,
      title: 'Show the training step as a graph',
      refusal: ready,
      run: () => void actions.showTrainingStep(),
    },
    {
      id: 'train keep',
      group,
      title: 'Use what was learnt in the recipe',
      refusal:
        unless(run?.status === 'done', 'No training has ended yet.') ??
        unless(run?.side !== 'second', 'A second file was trained.'),
      run: () => void actions.keepTrained(),
    },
    {
      id: 'train save',
      group,
      title: 'Save the trained model',
      refusal: unless(run?.status === 'done', 'No training has ended yet.'),
      run: () => void actions.saveTrained(),
    },
  ];
}
