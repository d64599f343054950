import type { App } from '../../../state/app.ts';
import { groupActions, modelActions, nodeActions } from '../../edit/actions.ts';
import { busy, type Command } from './command.ts';

/** Changes by hand: of the selected node, and of the model as a whole. */
export function editCommands(app: App): readonly Command[] {
  const { selected, selectedGroup } = app.view.getState();
  const view = app.document.getState().picture?.view;
  const ofNode = selected === null || !view ? [] : nodeActions(app, selected, view).flat();
  const ofGroup = selectedGroup === null || !view ? [] : groupActions(app, selectedGroup, view);
  const refusal = busy(app);
  return [...ofNode, ...ofGroup, ...modelActions(app)].map(({ title, run }) => ({
    id: `edit ${title}`,
    group: 'Edit',
    title,
    refusal,
    run,
  }));
}
