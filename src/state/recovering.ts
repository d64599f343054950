import { toErrorRecord, type CodedError } from '../base/error.ts';
import type { DocumentView } from '../engine/types.ts';
import type { CallOptions } from '../protocol/client.ts';
import type { Core, Opened } from './core.ts';

/** Opens what was open, replays its recipe and goes to its cursor. */
async function reopen(core: Core, before: DocumentView, call: CallOptions): Promise<Opened> {
  const { client, source } = core;
  if (!source) throw new Error('there is nothing to open again');
  let opened: Opened = await client.call('open', 'files' in source ? { files: source.files } : source, call);
  if (opened.document.backend !== before.backend) {
    const { document } = await client.call('setBackend', { backend: before.backend }, call);
    opened = { ...opened, document };
  }
  const data = core.document.getState().calibration;
  if (data?.view) await client.call('calibrate', { data: data.used }, call);
  const { used } = core.accuracy.getState();
  if (used) await client.call('accuracyData', { data: used }, call);
  for (const use of ['train', 'judge'] as const) {
    const { used: samples } = core.training.getState().data[use];
    if (samples) await client.call('trainData', { use, data: samples }, call);
  }
  const { used: judged } = core.searching.getState().data;
  if (judged) await client.call('searchData', { data: judged }, call);
  const recipe = core.fullRecipe ?? before.recipe;
  if (recipe.steps.length > 0) opened = await client.call('replay', { recipe }, call);
  if (opened.document.cursor !== before.cursor && opened.document.stops[before.cursor]) {
    opened = await client.call('moveTo', { cursor: before.cursor }, call);
  }
  const { toggled } = core.document.getState().picture ?? { toggled: [] };
  if (toggled.length > 0) {
    opened = { ...opened, picture: { ...opened.picture, ...(await client.call('fold', { toggled }, call)) } };
  }
  return core.prepared(Promise.resolve(opened));
}

/** After the graph worker's death. What was being done is lost; the files and the recipe are not. */
export async function recover(core: Core, death: CodedError): Promise<void> {
  const { document: before } = core.document.getState();
  if (!before || !core.source || core.runner.isRunning('recover')) return;
  try {
    const opened = await core.runner.run('recover', `Opening ${before.name} again`, (call) =>
      reopen(core, before, call),
    );
    core.adopt(opened);
    const text = `${death.message} ${before.name} is back at its stop.`;
    core.notices.show({ tone: 'warning', title: 'The worker was started again', text });
  } catch (error) {
    const { code, message, data } = toErrorRecord(error);
    core.source = null;
    core.document.setState({
      status: 'empty',
      document: null,
      picture: null,
      openError: { code, message: `${death.message} Opening ${before.name} again failed too: ${message}`, data },
      openErrorName: before.name,
      pending: before.recipe.steps.length > 0 ? { name: before.name, recipe: before.recipe } : null,
    });
  }
}
