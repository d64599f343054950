import { describe, expect, it, vi } from 'vitest';
import { CodedError } from '../base/error.ts';
import { Deferred, failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';
import { makeView } from './testing/view.ts';

const model = (name = 'model.onnx'): File => new File(['bytes'], name);
const file = (name: string, text: string): File => new File([text], name);
const recipeText = (steps: number): string =>
  JSON.stringify({
    whittle: 1,
    steps: Array.from({ length: steps }, (_, i) => ({ pass: `p${i}`, options: {}, sites: 'all' })),
  });

async function opened(storage?: Map<string, string>): Promise<Fixture> {
  const fixture = await makeApp(storage);
  await fixture.app.actions.openFiles([model()]);
  await settle();
  return fixture;
}

/** Looks at a pass and applies it. */
async function step({ app }: Fixture, pass: string): Promise<void> {
  app.actions.lookAt(pass);
  await settle();
  await app.actions.apply();
  await settle();
}

describe('opening', () => {
  it('shows the document and asks for the sites of every pass', async () => {
    const { app, worker } = await opened();
    const { status, document, sites } = app.document.getState();
    expect([status, document?.name]).toEqual(['open', 'model.onnx']);
    expect(Object.keys(sites)).toEqual(['fold', 'fuse']);
    expect(worker.of('sites').map((params) => params.passes)).toEqual([['fold'], ['fuse']]);
  });

  it('keeps the open document when another file does not open, and says why', async () => {
    const { app, worker } = await opened();
    worker.overrides.set('open', failing('bad-file', 'The file ends early.'));
    await app.actions.openFiles([model('broken.onnx')]);
    const { status, document, openError, openErrorName } = app.document.getState();
    expect([status, document?.name]).toEqual(['open', 'model.onnx']);
    expect([openErrorName, openError?.code, openError?.message]).toEqual([
      'broken.onnx',
      'bad-file',
      'The file ends early.',
    ]);
  });

  it('goes back to the start when the first opening fails, and opens the next file', async () => {
    const { app, worker } = await makeApp();
    worker.overrides.set('open', failing('bad-file', 'It is no ONNX file.'));
    await app.actions.openFiles([model('photo.jpg')]);
    expect(app.document.getState().status).toBe('empty');
    worker.overrides.clear();
    await app.actions.openFiles([model()]);
    expect(app.document.getState()).toMatchObject({ status: 'open', openError: null });
  });

  it('refuses two models at once by name', async () => {
    const { app, worker } = await makeApp();
    await app.actions.openFiles([model('a.onnx'), model('b.onnx')]);
    expect(app.document.getState().openError?.message).toBe(
      '2 models were given at once: a.onnx, b.onnx. Open one at a time.',
    );
    expect(worker.of('open')).toEqual([]);
  });

  it('can be cancelled, which is no error', async () => {
    const { app, worker } = await makeApp();
    worker.overrides.set('open', (_, { signal }) => {
      return new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new CodedError('cancelled', 'cancelled'))),
      );
    });
    const opening = app.actions.openFiles([model()]);
    await settle();
    expect(app.document.getState()).toMatchObject({ status: 'opening', opening: { name: 'model.onnx', files: 1 } });
    app.actions.cancelOpening();
    await opening;
    expect(app.document.getState()).toMatchObject({ status: 'empty', opening: null, openError: null });
    expect(app.jobs.getState().jobs.at(-1)?.state).toBe('cancelled');
  });

  it('gives external data with the model, and opens it again when data comes later', async () => {
    const { app, worker } = await makeApp();
    await app.actions.openFiles([file('weights.bin', 'w'), model()]);
    const names = () =>
      worker.of('open').map((params) => ('files' in params ? params.files.map(({ name }) => name) : []));
    expect(names()).toEqual([['model.onnx', 'weights.bin']]);
    const document = app.document.getState().document;
    app.document.setState({ document: document && { ...document, missing: ['data/more.bin'] } });
    await app.actions.openFiles([file('more.bin', 'm')]);
    expect(names().at(-1)).toEqual(['model.onnx', 'weights.bin', 'more.bin']);
  });
});

describe('recipes', () => {
  it('are replayed on the open model when they are dropped', async () => {
    const { app, worker } = await opened();
    await app.actions.openFiles([file('mine.json', recipeText(2))]);
    expect(worker.of('replay')).toHaveLength(1);
    expect(app.document.getState().document?.cursor).toBe(2);
  });

  it('wait for their model when nothing is open', async () => {
    const { app, worker } = await makeApp();
    await app.actions.openFiles([file('mine.json', recipeText(3))]);
    expect(app.document.getState().pending?.name).toBe('mine.json');
    await app.actions.openFiles([model()]);
    expect(worker.of('replay')).toHaveLength(1);
    expect(app.document.getState()).toMatchObject({ pending: null, document: { cursor: 3 } });
  });

  it('are for the model that is being opened when they come meanwhile', async () => {
    const ready = new Deferred<void>();
    let isFirst = true;
    const prepare = (): Promise<void> => (isFirst ? Promise.resolve() : ready.promise);
    const { app, worker } = await makeApp(new Map(), { prepare });
    await app.actions.openFiles([model()]);
    isFirst = false;
    const opening = app.actions.openFiles([file('second.onnx', 'x')]);
    await app.actions.openFiles([file('mine.json', recipeText(3))]);
    await settle();
    expect(worker.of('replay')).toEqual([]);
    ready.resolve();
    await opening;
    expect(worker.of('replay')).toHaveLength(1);
    expect(app.document.getState()).toMatchObject({ pending: null, document: { name: 'second.onnx', cursor: 3 } });
  });

  it('wait, and say so, when that model does not open and another one is still there', async () => {
    const { app, worker } = await opened();
    worker.overrides.set('open', failing('bad-file', 'It is cut short.'));
    await app.actions.openFiles([file('second.onnx', 'x'), file('mine.json', recipeText(3))]);
    expect(app.document.getState().pending?.name).toBe('mine.json');
    const notice = app.notices.getState().notices.find(({ title }) => title === 'mine.json waits');
    expect(notice?.text).toBe('second.onnx did not open. The recipe is for the model that is opened next.');
    expect(notice?.action?.label).toBe('Replay on model.onnx');
    notice?.action?.run();
    await settle();
    expect(worker.of('replay')).toHaveLength(1);
    expect(app.document.getState()).toMatchObject({ pending: null, document: { name: 'model.onnx', cursor: 3 } });
  });

  it('are taken out of a report, be it JSON or a page', async () => {
    const { app, worker } = await opened();
    const report = `{"version":1,"recipe":${recipeText(1)}}`;
    await app.actions.openFiles([file('report.json', report)]);
    await app.actions.openFiles([file('report.html', `<p>x</p><script type="application/json">${report}</script>`)]);
    expect(worker.of('replay').map((params) => ('recipe' in params ? params.recipe.steps.length : 0))).toEqual([1, 1]);
  });

  it('that hold nothing of the kind are refused in place', async () => {
    const { app } = await opened();
    await app.actions.openFiles([file('package.json', '{"name":"x"}')]);
    expect(app.document.getState().openError?.message).toContain('package.json holds no recipe.');
    expect(app.document.getState().document?.name).toBe('model.onnx');
  });

  it('of before come back with their sample', async () => {
    const storage = new Map<string, string>();
    const first = await makeApp(storage);
    await first.app.actions.openSample('tiny');
    await settle();
    await step(first, 'fold');
    const second = await makeApp(storage);
    const [recent] = second.app.recents.getState().recents;
    expect(recent).toMatchObject({ name: 'tiny.onnx', sample: 'tiny', bytesBefore: 5000, bytesAfter: 4000 });
    if (recent) await second.app.actions.openRecent(recent);
    expect(second.app.document.getState().document?.cursor).toBe(1);
  });
});

describe('looking at a pass', () => {
  it('counts what it would do, and again when a site is switched off', async () => {
    const { app, worker } = await opened();
    app.actions.lookAt('fold');
    await settle();
    expect(app.document.getState().preview?.result?.summary.nodes).toBe(2);
    app.actions.toggleSite('b');
    await settle();
    expect(worker.of('preview').at(-1)).toEqual({ pass: 'fold', options: { depth: 2 }, off: ['b'] });
    expect(app.document.getState().preview?.result?.summary.nodes).toBe(3);
  });

  it('drops the answer of a count that was overtaken', async () => {
    const { app, worker } = await opened();
    const answers: ((value: unknown) => void)[] = [];
    worker.overrides.set('preview', () => new Promise((resolve) => answers.push(resolve)));
    app.actions.lookAt('fold');
    await settle();
    app.actions.toggleSite('a');
    await settle();
    answers[1]?.({ summary: { nodes: 20 } });
    answers[0]?.({ summary: { nodes: 10 } });
    await settle();
    expect(app.document.getState().preview?.result?.summary.nodes).toBe(20);
  });

  it('finds sites anew with other options', async () => {
    const { app, worker } = await opened();
    app.actions.lookAt('fold');
    app.actions.setOption('depth', 5);
    await settle();
    expect(worker.of('sites').at(-1)).toEqual({ passes: ['fold'], options: { fold: { depth: 5 } } });
  });

  it('steps through sites and brings them into view, round and round', async () => {
    const { app } = await opened();
    app.actions.lookAt('fold');
    await settle();
    const shown = [1, 1, 1, 1, -1].map((by) => {
      app.actions.stepSite(by as 1 | -1);
      return app.view.getState().focus?.node;
    });
    expect(shown).toEqual([0, 1, 2, 0, 2]);
  });

  it('shows in its place why a count failed, and goes on', async () => {
    const { app, worker } = await opened();
    worker.overrides.set('preview', failing('pass-failed', 'It broke an invariant.'));
    app.actions.lookAt('fold');
    await settle();
    expect(app.document.getState().preview?.error?.code).toBe('pass-failed');
    worker.overrides.clear();
    app.actions.setAllSites(true);
    await settle();
    expect(app.document.getState().preview).toMatchObject({ error: null, result: { summary: { nodes: 2 } } });
  });

  it('finds the sites of a model that was open before it was known which passes there are', async () => {
    const { app } = await makeApp();
    const { passes } = app.document.getState();
    app.document.setState({ passes: [] });
    await app.actions.openFiles([model()]);
    await settle();
    expect(app.document.getState().sites).toEqual({});
    app.document.setState({ passes });
    await settle();
    expect(Object.keys(app.document.getState().sites)).toEqual(['fold', 'fuse']);
  });

  it('says of one pass that its sites could not be found, and finds those of the others', async () => {
    const { app, worker } = await makeApp();
    worker.overrides.set('sites', ({ passes }: { passes: string[] }) => {
      if (passes[0] === 'fold') throw new CodedError('internal', 'no facts');
      return [{ pass: passes[0], sites: [], refusals: [], unavailable: null }];
    });
    await app.actions.openFiles([model()]);
    await settle();
    expect(Object.keys(app.document.getState().sitesErrors)).toEqual(['fold']);
    expect(Object.keys(app.document.getState().sites)).toEqual(['fuse']);
  });
});

describe('applying', () => {
  it('applies the sites that are on, ends the look and checks the step', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    app.actions.lookAt('fold');
    await settle();
    app.actions.toggleSite('c');
    await app.actions.apply();
    await settle();
    expect(worker.of('apply')).toEqual([{ pass: 'fold', options: { depth: 2 }, off: ['c'] }]);
    expect(app.document.getState()).toMatchObject({ preview: null, document: { cursor: 1 } });
    expect(worker.of('verify')[0]).toMatchObject({ a: 0, b: 1, request: { backends: ['wasm'], seeds: 3 } });
  });

  it('does nothing when every site is off', async () => {
    const { app, worker } = await opened();
    app.actions.lookAt('fold');
    await settle();
    app.actions.setAllSites(false);
    await app.actions.apply();
    expect(worker.of('apply')).toEqual([]);
  });

  it('keeps what was there when the pass fails, and says so in its place', async () => {
    const { app, worker } = await opened();
    worker.overrides.set('apply', failing('pass-failed', 'Two producers.'));
    app.actions.lookAt('fold');
    await settle();
    await app.actions.apply();
    expect(app.document.getState()).toMatchObject({
      document: { cursor: 0 },
      preview: { pass: 'fold' },
      failure: { place: 'pass', what: 'Pass fold', error: { message: 'Two producers.' } },
    });
  });

  it('undoes, redoes, and asks for sites at every stop', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    await step(fixture, 'fold');
    await step(fixture, 'fuse');
    const asked = worker.of('sites').length;
    await app.actions.undo();
    await settle();
    expect(app.document.getState().document?.cursor).toBe(1);
    expect(worker.of('sites').length).toBe(asked + 2);
    await app.actions.redo();
    await app.actions.redo();
    expect(app.document.getState().document?.cursor).toBe(2);
  });

  it('lets one change run at a time', async () => {
    const { app, worker } = await opened();
    const answer = new Deferred<unknown>();
    worker.overrides.set('apply', () => answer.promise);
    app.actions.lookAt('fold');
    await settle();
    const first = app.actions.apply();
    await settle();
    await app.actions.applyPreset('clean', 'Clean up');
    expect(worker.of('replay')).toEqual([]);
    expect(app.notices.getState().notices.at(-1)?.title).toBe('Clean up has to wait');
    answer.resolve({ document: worker.document(), picture: app.document.getState().picture });
    await first;
  });

  it('takes a preset back by replaying what was there', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    await step(fixture, 'fold');
    await step(fixture, 'fuse');
    await app.actions.undo();
    await app.actions.applyPreset('wasm', 'WASM');
    app.notices.getState().notices.at(-1)?.action?.run();
    await settle();
    const { document } = app.document.getState();
    expect(document?.stops.map((stop) => stop.pass)).toEqual([null, 'fold', 'fuse']);
    expect([document?.cursor, worker.of('replay').length]).toEqual([1, 2]);
  });
});

describe('measuring', () => {
  it('keeps benchmarks until their stops are gone', async () => {
    const fixture = await opened();
    const { app } = fixture;
    await step(fixture, 'fold');
    await app.actions.bench(0, 1);
    await step(fixture, 'fuse');
    expect(app.document.getState().benches).toHaveLength(1);
    await app.actions.undo();
    await app.actions.undo();
    await step(fixture, 'fuse');
    expect(app.document.getState().benches).toHaveLength(0);
  });

  it('keeps everything else quiet while a benchmark runs', async () => {
    const { app, worker } = await opened();
    const answer = new Deferred<unknown>();
    worker.overrides.set('bench', () => answer.promise);
    const bench = app.actions.bench(0, null);
    await settle();
    app.actions.lookAt('fold');
    await settle();
    await app.actions.apply();
    await app.actions.verify(0, 0);
    expect([worker.of('apply'), worker.of('verify')]).toEqual([[], []]);
    answer.resolve({ message: 'Done.', a: { samples: [] } });
    await bench;
  });

  it('leaves a verdict out that came for another document', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    const answer = new Deferred<unknown>();
    worker.overrides.set('verify', () => answer.promise);
    await step(fixture, 'fold');
    const old = worker.document();
    await app.actions.openFiles([model('other.onnx')]);
    answer.resolve({ result: { ok: true, message: 'They agree.' }, document: old });
    await settle();
    expect(app.document.getState().document?.name).toBe('other.onnx');
  });
});

describe('after the death of the worker', () => {
  it('opens the file again, replays the recipe with its undone steps, and says so', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    await step(fixture, 'fold');
    await step(fixture, 'fuse');
    await app.actions.setBackend('webgpu');
    await app.actions.undo();
    await fixture.die();
    await settle();
    const { document } = app.document.getState();
    expect(worker.restarts).toBe(1);
    expect(document).toMatchObject({ name: 'model.onnx', cursor: 1, backend: 'webgpu' });
    expect(document?.stops.map((stop) => stop.pass)).toEqual([null, 'fold', 'fuse']);
    expect(app.notices.getState().notices.at(-1)?.title).toBe('The worker was started again');
  });

  it('goes back to the start with the recipe kept when the file does not open again', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    await step(fixture, 'fold');
    worker.overrides.set('open', failing('out-of-memory', 'No memory is left.'));
    await fixture.die();
    await settle();
    expect(app.document.getState()).toMatchObject({
      status: 'empty',
      document: null,
      openError: { code: 'out-of-memory' },
      pending: { recipe: { steps: [{ pass: 'fold' }] } },
    });
  });

  it('is brought about when a cancelled job does not stop', async () => {
    vi.useFakeTimers();
    try {
      const { app, worker } = await makeApp();
      const opening = app.actions.openFiles([model()]);
      await vi.advanceTimersByTimeAsync(10);
      await opening;
      worker.overrides.set('apply', () => new Promise(() => {}));
      app.actions.lookAt('fold');
      await vi.advanceTimersByTimeAsync(10);
      const applying = app.actions.apply();
      await vi.advanceTimersByTimeAsync(10);
      const job = app.jobs.getState().jobs.at(-1);
      app.actions.cancelJob(job?.id ?? -1);
      await vi.advanceTimersByTimeAsync(5100);
      await applying;
      await vi.advanceTimersByTimeAsync(10);
      expect(worker.restarts).toBe(1);
      expect(app.document.getState().document?.name).toBe('model.onnx');
      expect(app.document.getState().failure).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('looking around', () => {
  it('asks for the details of a selected node, and again when it is still there after a step', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    app.actions.select(1);
    await settle();
    expect(app.document.getState().detail?.node).toBe(1);
    await step(fixture, 'fold');
    expect([app.view.getState().selected, worker.of('node').length]).toEqual([1, 2]);
    app.actions.select(3);
    await step(fixture, 'fuse');
    expect(app.view.getState().selected).toBeNull();
  });

  it('searches a large graph once the typing pauses, or when a match is asked for', async () => {
    const { app } = await opened();
    const { picture } = app.document.getState();
    const view = makeView(Array.from({ length: 5000 }, (_, row) => ['Conv', `/block.${row}/Conv`, 1] as const));
    app.document.setState({ picture: { ...picture!, view } });
    app.actions.search('name:block.4999');
    expect(app.view.getState()).toMatchObject({ search: 'name:block.4999', matches: null });
    app.actions.stepMatch(1);
    expect(app.view.getState()).toMatchObject({ matches: [4999], selected: 4999 });
    app.actions.search('name:block.4998');
    await vi.waitFor(() => expect(app.view.getState().matches).toEqual([4998]));
  });

  it('searches, and steps through what it found', async () => {
    const { app } = await opened();
    app.actions.search('op:conv block.3');
    expect(app.view.getState().matches).toEqual([3]);
    app.actions.search('block');
    const shown = [1, 1, -1].map((by) => {
      app.actions.stepMatch(by as 1 | -1);
      return app.view.getState().selected;
    });
    expect(shown).toEqual([0, 1, 0]);
    app.actions.search('');
    expect(app.view.getState().matches).toBeNull();
  });

  it('shows what the last step changed', async () => {
    const fixture = await opened();
    const { app } = fixture;
    await step(fixture, 'fold');
    await app.actions.toggleDiff();
    expect(app.document.getState().diff).toEqual({ added: [], removed: [4], changed: [], fused: [] });
    await app.actions.toggleDiff();
    expect(app.document.getState().diff).toBeNull();
  });

  it('keeps settings between visits, and survives a damaged store', async () => {
    const storage = new Map<string, string>();
    const first = await makeApp(storage);
    first.app.actions.changeSettings({ theme: 'light', leftWidth: 300 });
    const second = await makeApp(storage);
    expect(second.app.settings.getState().settings).toMatchObject({ theme: 'light', leftWidth: 300 });
    storage.set('whittle.settings', '{broken');
    storage.set('whittle.recents', '[1,2');
    const third = await makeApp(storage);
    expect(third.app.settings.getState().settings.theme).toBe('system');
    expect(third.app.recents.getState().recents).toEqual([]);
  });
});

describe('saving', () => {
  it('hands over the session options beside a model that needs them, and copies them', async () => {
    const copied: string[] = [];
    const { app, worker, saved } = await makeApp(new Map(), { copy: async (text) => void copied.push(text) });
    await app.actions.openSample('tiny');
    worker.overrides.set('sessionText', () => '{ "extra": {} }');
    await app.actions.saveModel();
    expect(saved.map(({ name }) => name)).toEqual(['tiny.whittled.onnx', 'tiny.whittled.session.json']);
    expect(await saved[1]!.content.text()).toBe('{ "extra": {} }');
    await app.actions.copyText((await app.actions.sessionText()) ?? '', 'Session options');
    expect(copied).toEqual(['{ "extra": {} }']);
    worker.overrides.set('sessionText', failing('internal', 'gone'));
    expect(await app.actions.sessionText()).toBeNull();
  });

  it('hands over the model and the recipe up to the cursor', async () => {
    const fixture = await opened();
    const { app, saved } = fixture;
    await step(fixture, 'fold');
    await step(fixture, 'fuse');
    await app.actions.undo();
    await app.actions.saveModel();
    await app.actions.saveRecipe();
    expect(saved.map(({ name }) => name)).toEqual(['model.whittled.onnx', 'model.recipe.json']);
    const recipe = JSON.parse((await saved[1]?.content.text()) ?? '') as { steps: unknown[] };
    expect(recipe.steps).toHaveLength(1);
  });

  it('hands over a decoder with its loop, or says why there is none', async () => {
    const { app, worker, saved } = await opened();
    worker.overrides.set('exportDecoder', () => new Uint8Array([80, 75]));
    await app.actions.saveDecoder();
    expect(saved.map(({ name }) => name)).toEqual(['model.decoder.zip']);
    worker.overrides.set('exportDecoder', failing('unsupported', 'The model keeps nothing between runs.'));
    await app.actions.saveDecoder();
    expect(saved).toHaveLength(1);
    expect(JSON.stringify(app.jobs.getState().jobs)).toContain('keeps nothing between runs');
  });
});
