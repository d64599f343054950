import type { App } from '../../../state/app.ts';
import { BACKEND_NAMES } from '../../left/BackendMenu.tsx';
import { presetsFor } from '../../left/presets.ts';
import { busy, entries, unless, type Command } from './command.ts';

export function recipeCommands(app: App): readonly Command[] {
  const { actions, document } = app;
  const open = document.getState().document;
  if (!open) return [];
  const { backend, cursor, stops } = open;
  const group = 'Recipe' as const;
  return [
    ...presetsFor(backend).map((preset): Command => ({
      id: `preset ${preset.id}`,
      group,
      title: preset.title,
      refusal: busy(app),
      run: () => void actions.applyPreset(preset.id, preset.title),
    })),
    {
      id: 'undo',
      group,
      title: 'Undo',
      key: 'undo',
      refusal: unless(cursor > 0, 'This is the original.') ?? busy(app),
      run: () => void actions.undo(),
    },
    {
      id: 'redo',
      group,
      title: 'Redo',
      key: 'redo',
      refusal: unless(cursor < stops.length - 1, 'Nothing is undone.') ?? busy(app),
      run: () => void actions.redo(),
    },
    ...stops.map((stop): Command => ({
      id: `stop ${stop.index}`,
      group,
      title: `Go to stop ${stop.index}: ${stop.title}`,
      refusal: unless(stop.index !== cursor, 'It is shown.') ?? busy(app),
      run: () => void actions.moveTo(stop.index),
    })),
    {
      id: 'branch',
      group,
      title: 'Begin a branch here…',
      refusal: busy(app),
      run: () => actions.openRecipes('branches'),
    },
    ...app.recipes
      .getState()
      .branches.filter(({ id }) => id !== app.recipes.getState().branch)
      .map(({ id, name }): Command => ({
        id: `branch ${id}`,
        group,
        title: `Go to branch ${name}`,
        refusal: busy(app),
        run: () => void actions.switchBranch(id),
      })),
    {
      id: 'diff recipes',
      group,
      title: 'What differs between two recipes',
      run: () => actions.openRecipes('diff'),
    },
    {
      id: 'sweep',
      group,
      title: 'Sweep an option of a step',
      refusal: unless(cursor > 0, 'The recipe has no step.'),
      run: () => actions.openRecipes('sweep'),
    },
    {
      id: 'save recipe',
      group,
      title: 'Save the recipe',
      refusal: unless(cursor > 0, 'It has no step.'),
      run: () => actions.saveRecipe(),
    },
  ];
}

export function measureCommands(app: App): readonly Command[] {
  const { actions, document } = app;
  const open = document.getState().document;
  const noStep = unless((open?.cursor ?? 0) > 0, 'No step has been applied.') ?? busy(app);
  const group = 'Measure' as const;
  return [
    {
      id: 'check step',
      group,
      title: 'Check this step against the one before',
      refusal: noStep,
      run: () => void actions.verifyStep(),
    },
    {
      id: 'check all',
      group,
      title: 'Check everything against the original',
      refusal: noStep,
      run: () => void actions.verifyAll(),
    },
    {
      id: 'bisect',
      group,
      title: 'Which step broke it?',
      refusal: noStep,
      run: () => void actions.bisect(),
    },
    {
      id: 'tune',
      group,
      title: 'Tune for this device',
      refusal: busy(app),
      run: () => actions.planTuning(),
    },
    {
      id: 'optimizers',
      group,
      title: 'What the runtime does by itself',
      refusal: busy(app),
      run: () => {
        actions.setWorkspace('bench');
        void actions.measureOptimizers();
      },
    },
    ...entries(BACKEND_NAMES).map(([value, label]): Command => ({
      id: `backend ${value}`,
      group,
      title: `Made for ${label}`,
      refusal: unless(open?.backend !== value, 'It is.') ?? busy(app),
      run: () => void actions.setBackend(value),
    })),
  ];
}
