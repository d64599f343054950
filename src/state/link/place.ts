import { CodedError } from '../../base/error.ts';
import type { GraphView } from '../../ir/view.ts';
import type { Core } from '../core.ts';
import type { SelectingActions } from '../selecting.ts';
import type { SteppingActions } from '../stepping.ts';
import type { Recipe } from '../../recipe/types.ts';
import { modelName, type Link, type LinkModel } from './types.ts';

/** A name that no other node has; else `#` and the id. */
function handleOf({ nodeIds, nodeNames }: GraphView, node: number): string | null {
  const row = nodeIds.indexOf(node);
  if (row < 0) return null;
  const name = nodeNames[row]!;
  return name !== '' && !name.startsWith('#') && nodeNames.indexOf(name) === nodeNames.lastIndexOf(name)
    ? name
    : `#${node}`;
}

/** The node that a link names; null: the model has no such node. */
export function nodeOf({ nodeIds, nodeNames }: GraphView, handle: string): number | null {
  const row = handle.startsWith('#') ? nodeIds.indexOf(Number(handle.slice(1))) : nodeNames.indexOf(handle);
  return nodeIds[row] ?? null;
}

const fileOf = (file: string, { model }: Recipe): LinkModel => ({ file, ...(model && { sha256: model.sha256 }) });

/** What is shown now; null: no model is open. */
export function placeOf(core: Core, node = core.view.getState().selected): Link | null {
  const { document, picture } = core.document.getState();
  if (!document || !picture || !core.source) return null;
  const { workspace, overlay, search } = core.view.getState();
  const recipe = core.fullRecipe ?? document.recipe;
  return {
    model: 'sample' in core.source ? { sample: core.source.sample } : fileOf(document.name, recipe),
    recipe: recipe.steps.length > 0 ? recipe : null,
    stop: document.cursor,
    node: node === null ? null : handleOf(picture.view, node),
    workspace,
    overlay,
    query: search,
    toggled: picture.toggled,
  };
}

async function fold(core: Core, toggled: readonly string[]): Promise<void> {
  const { picture } = core.document.getState();
  if (!picture || picture.toggled.join('\n') === toggled.join('\n')) return;
  const folded = await core.client.call('fold', { toggled });
  // Another graph may be shown by now.
  if (core.document.getState().picture === picture) core.document.setState({ picture: { ...picture, ...folded } });
}

/** Shows what a link says of the model that is open: recipe, stop, folding, colours, search and node. */
export async function goTo(
  core: Core,
  link: Link,
  actions: Pick<SteppingActions, 'replayRecipe' | 'moveTo'> & Pick<SelectingActions, 'search' | 'focusNode'>,
): Promise<void> {
  if (link.recipe && !(await actions.replayRecipe(link.recipe, modelName(link)))) return;
  const stops = core.document.getState().document?.stops.length ?? 0;
  if (link.stop >= stops) throw missing(`stop ${link.stop}`, link);
  await actions.moveTo(link.stop);
  await fold(core, link.toggled);
  core.view.setState({ overlay: link.overlay, workspace: link.workspace });
  actions.search(link.query);
  const view = core.document.getState().picture?.view;
  if (link.node === null || !view) return;
  const node = nodeOf(view, link.node);
  if (node === null) throw missing(`node ${link.node}`, link);
  actions.focusNode(node);
}

const missing = (what: string, link: Link): CodedError =>
  new CodedError('bad-request', `The link shows ${what}, which ${modelName(link)} does not have here.`);
