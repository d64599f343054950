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
  const rule: Command = {
    id: 'rule',
    group: 'Edit',
    title: 'Apply a rule of your own…',
    hint: 'pattern and replacement',
    refusal,
    run: () => app.actions.openRule(),
  };
  const edits = [...ofNode, ...ofGroup, ...modelActions(app)].map(({ title, run }): Command => ({
    id: `edit ${title}`,
    group: 'Edit',
    title,
    refusal,
    run,
  }));
  return [...edits, rule];
}
