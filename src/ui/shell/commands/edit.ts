import type { App } from '../../../state/app.ts';
import { modelActions, nodeActions } from '../../edit/actions.ts';
import { busy, type Command } from './command.ts';

/** Changes by hand: of the selected node, and of the model as a whole. */
export function editCommands(app: App): readonly Command[] {
  const { selected } = app.view.getState();
  const { picture } = app.document.getState();
  const ofNode = selected === null || !picture ? [] : nodeActions(app, selected, picture.view).flat();
  const refusal = busy(app);
  return [...ofNode, ...modelActions(app)].map(({ title, run }) => ({
    id: `edit ${title}`,
    group: 'Edit',
    title,
    refusal,
    run,
  }));
}
