import type { App } from '../../../state/app.ts';
import type { Command } from './command.ts';
import { editCommands } from './edit.ts';
import { kvCommands } from './kv.ts';
import { findCommands, viewCommands } from './look.ts';
import { modelCommands, pageCommands } from './model.ts';
import { lookCommands, passCommands } from './passes.ts';
import { measureCommands, recipeCommands } from './recipe.ts';
import { searchCommands } from './search.ts';
import { supernetCommands } from './supernet.ts';
import { trainCommands } from './train.ts';

/** Everything there is to do, for the palette; what needs an open model is left out without one. */
export function commandsOf(app: App): readonly Command[] {
  const { document, preview, prune } = app.document.getState();
  const passes = preview || prune ? [lookCommands, passCommands] : [passCommands, lookCommands];
  const ofDocument = [
    ...passes,
    editCommands,
    recipeCommands,
    findCommands,
    viewCommands,
    measureCommands,
    trainCommands,
    searchCommands,
    supernetCommands,
    kvCommands,
  ];
  const parts = document === null ? [] : ofDocument;
  return [...parts, modelCommands, pageCommands].flatMap((part) => part(app));
}
