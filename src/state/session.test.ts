import { describe, expect, it } from 'vitest';
import type { Client } from '../protocol/client.ts';
import type { ModelsApi } from '../protocol/api.ts';
import type { Tab } from './core.ts';
import { LARGE_RECIPE } from './recipe-size.ts';
import { makeApp, settle } from './testing/fake-worker.ts';

const tab = (id: string, reloaded: boolean, open: readonly string[] = [id]): Tab => ({
  id,
  reloaded,
  open: async () => new Set(open),
});
const file = (name: string): File => new File(['bytes'], name, { lastModified: 1 });

/** Models kept in memory, in place of the worker. */
function makeModels(): Client<ModelsApi> {
  let kept: { name: string; files: readonly File[] }[] = [];
  const list = () =>
    kept.map(({ name, files }) => ({ name, at: 1, files: [], bytes: files.reduce((all, each) => all + each.size, 0) }));
  const answers: { [M in keyof ModelsApi]: (params: ModelsApi[M]['params']) => ModelsApi[M]['result'] } = {
    list,
    keep: (model) => {
      kept = [model, ...kept.filter(({ name }) => name !== model.name)];
      return list();
    },
    files: ({ name }) => kept.find((each) => each.name === name)?.files ?? [],
    forget: (gone) => {
      kept = kept.filter(({ name }) => name !== gone.name);
      return list();
    },
    clear: () => {
      const freed = list().reduce((all, { bytes }) => all + bytes, 0);
      kept = [];
      return freed;
    },
  };
  return {
    call: async (method, params) => answers[method](params),
    fail: () => {},
    pending: 0,
  };
}

/** Works in one tab: a sample or file, and one step. */
async function work(storage: Map<string, string>, id: string, open: 'tiny' | File, models?: Client<ModelsApi>) {
  const { app } = await makeApp(storage, { tab: tab(id, false), ...(models ? { models } : {}) });
  if (models) app.actions.setKeepModels(true);
  if (open instanceof File) await app.actions.openFiles([open]);
  else await app.actions.openSample(open);
  app.actions.lookAt('fold');
  await settle();
  await app.actions.apply();
  await settle();
  return app;
}

describe('a session', () => {
  it('of a sample goes on by itself when the tab is loaded again', async () => {
    const storage = new Map<string, string>();
    const before = await work(storage, 't', 'tiny');
    before.actions.focusNode(1);
    before.actions.setOverlay('bytes');
    const { app } = await makeApp(storage, { tab: tab('t', true) });
    await settle();
    expect(app.document.getState().document).toMatchObject({ name: 'tiny.onnx', cursor: 1 });
    expect(app.view.getState()).toMatchObject({ selected: 1, overlay: 'bytes' });
  });

  it('of a file that is not kept is offered, and replayed on the file once it is given', async () => {
    const storage = new Map<string, string>();
    await work(storage, 't', file('cnn.onnx'));
    const { app } = await makeApp(storage, { tab: tab('t', true) });
    await settle();
    expect(app.document.getState()).toMatchObject({ document: null, session: { link: { stop: 1 } } });
    await app.actions.continueSession();
    expect(app.document.getState().waiting).not.toBeNull();
    await app.actions.openFiles([file('cnn.onnx')]);
    await settle();
    expect(app.document.getState().document).toMatchObject({ name: 'cnn.onnx', cursor: 1 });
  });

  it('of a kept file goes on by itself', async () => {
    const [storage, models] = [new Map<string, string>(), makeModels()];
    await work(storage, 't', file('cnn.onnx'), models);
    const { app } = await makeApp(storage, { tab: tab('t', true), models });
    await settle();
    await settle();
    expect(app.document.getState().document).toMatchObject({ name: 'cnn.onnx', cursor: 1 });
  });

  it('of a tab that is gone is offered to a new one; that of an open tab is left alone', async () => {
    const storage = new Map<string, string>();
    await work(storage, 'old', 'tiny');
    const beside = await makeApp(storage, { tab: tab('new', false, ['old', 'new']) });
    await settle();
    expect(beside.app.document.getState().session).toBeNull();
    const after = await makeApp(storage, { tab: tab('new', false) });
    await settle();
    expect(after.app.document.getState().session).toMatchObject({ tab: 'old' });
    after.app.actions.dropSession();
    const later = await makeApp(storage, { tab: tab('later', false) });
    await settle();
    expect(later.app.document.getState().session).toBeNull();
  });

  it('of steps that weigh megabytes leaves them out, says so once, and has them saved', async () => {
    const storage = new Map<string, string>();
    const { app } = await makeApp(storage, { tab: tab('t', false) });
    await app.actions.openSample('tiny');
    const large = { pass: 'fold', options: { text: 'x'.repeat(LARGE_RECIPE) }, sites: 'all' } as const;
    await app.actions.replayRecipe({ whittle: 1, steps: [large] }, 'tiny.onnx');
    await settle();
    const told = () =>
      app.notices.getState().notices.filter(({ title }) => title === 'The steps are not kept over a reload');
    expect(told()).toMatchObject([{ action: { label: 'Save recipe' } }]);
    app.actions.focusNode(1);
    expect(told()).toHaveLength(1);
    expect([...storage.values()].join('').length).toBeLessThan(10_000);
    const { app: next } = await makeApp(storage, { tab: tab('t', true) });
    await settle();
    expect(next.document.getState().document).toMatchObject({ name: 'tiny.onnx', cursor: 0 });
  });

  it('stays with the tab that is gone until its model is open here', async () => {
    const storage = new Map<string, string>();
    await work(storage, 'old', file('cnn.onnx'));
    const { app } = await makeApp(storage, { tab: tab('new', false) });
    await settle();
    await app.actions.continueSession();
    const beside = await makeApp(storage, { tab: tab('third', false, ['new', 'third']) });
    await settle();
    expect(beside.app.document.getState().session).toMatchObject({ tab: 'old' });
    await app.actions.openFiles([file('cnn.onnx')]);
    await settle();
    const later = await makeApp(storage, { tab: tab('later', false, ['new', 'later']) });
    await settle();
    expect(later.app.document.getState().session).toBeNull();
  });

  it('goes on beside its model when that is opened by hand', async () => {
    const storage = new Map<string, string>();
    await work(storage, 't', file('cnn.onnx'));
    const { app } = await makeApp(storage, { tab: tab('t', true) });
    await settle();
    await app.actions.openFiles([file('cnn.onnx')]);
    await settle();
    expect(app.document.getState().document).toMatchObject({ cursor: 0 });
    const notice = app.notices.getState().notices.at(-1);
    expect(notice).toMatchObject({ title: 'cnn.onnx was left with 1 step' });
    notice?.action?.run();
    await settle();
    expect(app.document.getState().document).toMatchObject({ cursor: 1 });
  });

  it('ends when the model is closed', async () => {
    const storage = new Map<string, string>();
    const app = await work(storage, 't', 'tiny');
    app.actions.close();
    const { app: next } = await makeApp(storage, { tab: tab('t', true) });
    await settle();
    expect(next.document.getState()).toMatchObject({ document: null, session: null });
  });

  it('of two tabs stands side by side', async () => {
    const storage = new Map<string, string>();
    await work(storage, 'one', 'tiny');
    await work(storage, 'two', file('cnn.onnx'));
    const { app } = await makeApp(storage, { tab: tab('one', true, ['one', 'two']) });
    await settle();
    expect(app.document.getState().document?.name).toBe('tiny.onnx');
  });

  it('survives a damaged journal', async () => {
    const storage = new Map([['whittle.sessions', '{"t":{"at":1,"link":"v=7"}}']]);
    const { app } = await makeApp(storage, { tab: tab('t', true) });
    await settle();
    expect(app.document.getState().session).toBeNull();
  });
});

describe('leaving', () => {
  it('is asked about only where unsaved steps on a file that is not kept would be lost', async () => {
    let risky = (): boolean => false;
    const { app } = await makeApp(new Map(), { guardLeave: (asks) => void (risky = asks) });
    await app.actions.openFiles([file('cnn.onnx')]);
    expect(risky()).toBe(false);
    app.actions.lookAt('fold');
    await settle();
    await app.actions.apply();
    expect(risky()).toBe(true);
    await app.actions.saveRecipe();
    expect(risky()).toBe(false);
    await app.actions.openSample('tiny');
    app.actions.lookAt('fold');
    await settle();
    await app.actions.apply();
    expect(risky()).toBe(false);
  });
});

describe('keeping models', () => {
  it('waits for consent, keeps the open file at once then, and opens it again with its recipe', async () => {
    const models = makeModels();
    const { app } = await makeApp(new Map(), { models });
    await app.actions.openFiles([file('cnn.onnx')]);
    await settle();
    expect(app.recents.getState().kept).toEqual([]);
    app.actions.setKeepModels(true);
    await settle();
    expect(app.recents.getState().kept).toMatchObject([{ name: 'cnn.onnx', bytes: 5 }]);
    app.actions.lookAt('fold');
    await settle();
    await app.actions.apply();
    app.actions.close();
    await app.actions.openRecent(app.recents.getState().recents[0]!);
    await settle();
    expect(app.document.getState().document).toMatchObject({ name: 'cnn.onnx', cursor: 1 });
  });

  it('lists a kept model without a step too, and forgets it with its copy', async () => {
    const models = makeModels();
    const { app } = await makeApp(new Map(), { models });
    app.actions.setKeepModels(true);
    await app.actions.openFiles([file('cnn.onnx')]);
    await settle();
    expect(app.recents.getState().recents.map(({ name }) => name)).toEqual(['cnn.onnx']);
    await app.actions.forgetRecent('cnn.onnx');
    expect(app.recents.getState()).toEqual({ recents: [], kept: [] });
    expect(await models.call('list', null)).toEqual([]);
  });

  it('clears everything, and says what that freed', async () => {
    const { app } = await makeApp(new Map(), { models: makeModels() });
    app.actions.setKeepModels(true);
    await app.actions.openFiles([file('cnn.onnx')]);
    await settle();
    await app.actions.clearRecents();
    expect(app.recents.getState()).toEqual({ recents: [], kept: [] });
    expect(app.notices.getState().notices.at(-1)).toMatchObject({
      title: 'Recents cleared',
      text: expect.stringContaining('5') as string,
    });
  });
});
