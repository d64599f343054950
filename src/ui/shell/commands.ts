import type { App } from '../../state/app.ts';
import { nextOverlay } from '../../state/selecting.ts';
import { MOD } from '../kit/controls.tsx';
import { chooseFiles } from '../start/files.ts';

export interface Command {
  readonly group: 'Model' | 'Recipe' | 'Passes' | 'Look' | 'Measure' | 'Page';
  readonly title: string;
  readonly keys?: string;
  readonly run: () => void;
}

/** Commands that need an open model. */
function documentCommands({ actions, document, settings, view }: App): readonly Command[] {
  const { passes, sites, document: open } = document.getState();
  if (!open) return [];
  const passCommands = passes.map((pass): Command => {
    const found = sites[pass.id]?.sites.length;
    const count = found === undefined ? '' : `${found}`;
    return { group: 'Passes', title: pass.title, keys: count, run: () => actions.lookAt(pass.id) };
  });
  const rightOpen = settings.getState().settings.rightOpen;
  return [
    ...passCommands,
    { group: 'Recipe', title: 'Clean up, all passes', run: () => void actions.applyPreset('clean', 'Clean up') },
    { group: 'Recipe', title: 'Undo', keys: `${MOD}Z`, run: () => void actions.undo() },
    { group: 'Recipe', title: 'Redo', keys: `⇧${MOD}Z`, run: () => void actions.redo() },
    { group: 'Recipe', title: 'Save the recipe', run: () => actions.saveRecipe() },
    { group: 'Measure', title: 'Check this step against the one before', run: () => void actions.verifyStep() },
    { group: 'Measure', title: 'Check everything against the original', run: () => void actions.verifyAll() },
    { group: 'Measure', title: 'Benchmark', run: () => actions.setWorkspace('bench') },
    { group: 'Model', title: 'Save the model', run: () => void actions.saveModel() },
    { group: 'Model', title: 'Export', run: () => actions.show({ exporting: true }) },
    { group: 'Model', title: 'Report', run: () => actions.setWorkspace('report') },
    { group: 'Model', title: 'Close, back to the start', run: () => actions.close() },
    { group: 'Look', title: 'Compare', run: () => actions.setWorkspace('compare') },
    { group: 'Look', title: 'Show what the last step changed', keys: 'D', run: () => void actions.toggleDiff() },
    {
      group: 'Look',
      title: 'Next overlay',
      keys: 'O',
      run: () => actions.setOverlay(nextOverlay(view.getState().overlay)),
    },
    {
      group: 'Look',
      title: rightOpen ? 'Close the inspector' : 'Open the inspector',
      keys: `${MOD}\\`,
      run: () => actions.changeSettings({ rightOpen: !rightOpen }),
    },
  ];
}

/** Everything that can be done now, for the palette. */
export function commandsOf(app: App): readonly Command[] {
  const { actions } = app;
  return [
    ...documentCommands(app),
    { group: 'Model', title: 'Open files', keys: `${MOD}O`, run: chooseFiles },
    ...app.document.getState().samples.map((sample): Command => ({
      group: 'Model',
      title: `Open the sample ${sample.title}`,
      run: () => void actions.openSample(sample.id),
    })),
    { group: 'Page', title: 'Dark theme', run: () => actions.changeSettings({ theme: 'dark' }) },
    { group: 'Page', title: 'Light theme', run: () => actions.changeSettings({ theme: 'light' }) },
    { group: 'Page', title: 'Theme of the system', run: () => actions.changeSettings({ theme: 'system' }) },
    { group: 'Page', title: 'Keys', keys: '?', run: () => actions.show({ help: true }) },
  ];
}
