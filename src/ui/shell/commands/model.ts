import { formatInteger, plural } from '../../../base/format.ts';
import type { App } from '../../../state/app.ts';
import { chooseFiles } from '../../start/files.ts';
import { entries, unless, type Command } from './command.ts';

export function modelCommands(app: App): readonly Command[] {
  const { actions, document, recents } = app;
  const { document: open, samples } = document.getState();
  const none = unless(open !== null, 'No model is open.');
  const group = 'Model' as const;
  return [
    { id: 'open', group, title: 'Open files', key: 'open', run: chooseFiles },
    { id: 'save', group, title: 'Save the model', refusal: none, run: () => void actions.saveModel() },
    {
      id: 'export',
      group,
      title: 'Export',
      key: 'export',
      refusal: none,
      run: () => actions.show({ exporting: true }),
    },
    {
      id: 'picture',
      group,
      title: 'Save a picture, PNG or SVG',
      refusal: none,
      run: () => actions.askForPicture(),
    },
    {
      id: 'link',
      group,
      title: 'Copy a link to what is shown',
      key: 'link',
      refusal: none,
      run: () => void actions.copyLink(),
    },
    {
      id: 'report link',
      group,
      title: 'Copy a link with the report',
      refusal: none,
      run: () => void actions.copyReportLink(),
    },
    ...samples.map((sample): Command => ({
      id: `sample ${sample.id}`,
      group,
      title: `Open the sample ${sample.title}`,
      hint: plural(sample.nodes, 'node'),
      run: () => void actions.openSample(sample.id),
    })),
    ...recents.getState().recents.map((recent): Command => ({
      id: `recent ${recent.name}`,
      group,
      title: `Open again: ${recent.name}`,
      hint: plural(recent.recipe.steps.length, 'step'),
      run: () => {
        void actions.openRecent(recent);
        if (recent.sample === null && !actions.isKept(recent.name)) chooseFiles();
      },
    })),
    { id: 'close', group, title: 'Close, back to the start', refusal: none, run: () => actions.close() },
  ];
}

export function pageCommands({ actions, recents, settings }: App): readonly Command[] {
  const { theme } = settings.getState().settings;
  const { kept, recents: listed } = recents.getState();
  const group = 'Page' as const;
  const themes = { dark: 'Dark theme', light: 'Light theme', system: 'Theme of the system' } as const;
  return [
    ...entries(themes).map(([value, title]): Command => ({
      id: `theme ${value}`,
      group,
      title,
      refusal: unless(theme !== value, 'It is.'),
      run: () => actions.changeSettings({ theme: value }),
    })),
    {
      id: 'clear recents',
      group,
      title: 'Clear recents and kept models',
      hint: kept.length > 0 ? `${formatInteger(kept.length)} kept` : '',
      refusal: unless(kept.length + listed.length > 0, 'There are none.'),
      run: () => void actions.clearRecents(),
    },
    { id: 'recipes', group: 'Recipe', title: 'Recipes: presets and saved ones', run: () => actions.openRecipes() },
    { id: 'keys', group, title: 'Keys', key: 'help', run: () => actions.show({ help: true }) },
  ];
}
