import { describe, expect, it } from 'vitest';
import { reportFixture } from '../report/fixture.ts';
import { renderHtml } from '../report/html.ts';
import type { Recipe } from '../recipe/types.ts';
import type { CallOptions } from '../protocol/client.ts';
import type { AddressBar } from './core.ts';
import { encodeLink } from './link/codec.ts';
import { viewReport } from './link/report-view.ts';
import type { Link } from './link/types.ts';
import { valueNow } from './sweeping.ts';
import { Deferred, failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

const recipe = (...passes: string[]): Recipe => ({
  whittle: 1,
  steps: passes.map((pass) => ({ pass, options: {}, sites: 'all' })),
});
const file = (name: string, content: unknown): File =>
  new File([typeof content === 'string' ? content : JSON.stringify(content)], name);
const titles = ({ app }: Fixture): readonly string[] => app.notices.getState().notices.map(({ title }) => title);
const undo = ({ app }: Fixture): void =>
  app.notices
    .getState()
    .notices.findLast(({ action }) => action)
    ?.action?.run();
const passesOf = ({ app }: Fixture): readonly (string | null)[] =>
  (app.document.getState().document?.stops ?? []).slice(1).map(({ pass }) => pass);

async function opened(...passes: string[]): Promise<Fixture> {
  const fixture = await makeApp();
  await fixture.app.actions.openSample('tiny');
  if (passes.length > 0) await fixture.app.actions.replayRecipe(recipe(...passes), 'r');
  return fixture;
}

describe('recipes under a name', () => {
  it('are kept, renamed and deleted, each with a way back', async () => {
    const fixture = await opened('fold', 'fuse');
    const { app } = fixture;
    app.actions.openRecipes();
    await settle();
    const names = () => app.recipes.getState().saved.map(({ name }) => name);
    await app.actions.keepRecipe(' Mine ');
    expect(names()).toEqual(['Mine']);
    const { id } = app.recipes.getState().saved[0]!;
    await app.actions.renameRecipe(id, 'Ours');
    expect(names()).toEqual(['Ours']);
    await app.actions.forgetRecipe(id);
    expect(names()).toEqual([]);
    undo(fixture);
    await settle();
    expect(names()).toEqual(['Ours']);
    // One of the same name takes its place.
    await app.actions.moveTo(1);
    await app.actions.keepRecipe('Ours');
    expect(app.recipes.getState().saved.map((each) => each.recipe.steps.length)).toEqual([1]);
    undo(fixture);
    await settle();
    expect(app.recipes.getState().saved.map((each) => each.recipe.steps.length)).toEqual([2]);
  });

  it('are there for another model, and wait where none is open', async () => {
    const fixture = await opened('fold', 'fuse');
    const { app } = fixture;
    await app.actions.keepRecipe('Mine');
    const ref = `saved:${app.recipes.getState().saved[0]!.id}`;
    await app.actions.openFiles([new File(['x'], 'other.onnx')]);
    expect(passesOf(fixture)).toEqual([]);
    await app.actions.replayListed(ref);
    expect(passesOf(fixture)).toEqual(['fold', 'fuse']);
    app.actions.close();
    await app.actions.replayListed(ref);
    expect(app.document.getState().pending).toMatchObject({ name: 'Mine' });
  });

  it('have their way back while the browser still writes, and an answer that comes late shows nothing old', async () => {
    const fixture = await opened('fold');
    const { app } = fixture;
    await app.actions.keepRecipe('Mine');
    const [mine] = app.recipes.getState().saved;
    const answers = [new Deferred<unknown>(), new Deferred<unknown>()];
    let asked = 0;
    fixture.worker.overrides.set('changeRecipes', () => answers[asked++]!.promise);
    const deleting = app.actions.forgetRecipe(mine!.id);
    expect(titles(fixture).at(-1)).toBe('Mine was deleted');
    undo(fixture);
    expect(app.recipes.getState().saved).toEqual([mine]);
    answers[0]!.resolve([]);
    await deleting;
    expect(app.recipes.getState().saved).toEqual([mine]);
    answers[1]!.resolve([mine]);
    await settle();
    expect(app.recipes.getState()).toMatchObject({ keeps: true, saved: [mine] });
  });

  it('hold for the visit where the browser keeps nothing, which is said', async () => {
    const fixture = await opened('fold');
    fixture.worker.overrides.set('changeRecipes', () => null);
    await fixture.app.actions.keepRecipe('Mine');
    expect(fixture.app.recipes.getState()).toMatchObject({ keeps: false, saved: [{ name: 'Mine' }] });
    expect(titles(fixture)).toContain('The recipe holds for this visit');
  });

  it('come from files and from reports; what is none is refused by its name', async () => {
    const fixture = await opened();
    const { app } = fixture;
    const report = reportFixture({ recipe: { ...recipe('fold'), name: 'From a report' } });
    await app.actions.importRecipes([
      file('half.recipe.json', recipe('fold', 'fuse')),
      file('cnn.report.html', renderHtml(report)),
      file('cnn.report.json', report),
      file('notes.json', { a: 1 }),
    ]);
    expect(
      app.recipes
        .getState()
        .saved.map(({ name }) => name)
        .toSorted(),
    ).toEqual(['From a report', 'From a report', 'half']);
    expect(titles(fixture)).toContain('notes.json was not read');
  });

  it('are compared by reference', async () => {
    const { app, worker } = await opened('fold');
    app.actions.openRecipes('diff');
    await settle();
    await app.actions.diffRefs({ a: 'preset:clean', b: 'current' });
    expect(worker.of('diffRecipes').at(-1)).toMatchObject({ a: { steps: [] }, b: { steps: [{ pass: 'fold' }] } });
    expect(app.recipes.getState().diff?.sentence).toBe('Both are the same.');
    worker.overrides.set('diffRecipes', failing('bad-request', 'no'));
    await app.actions.diffRefs({ a: 'current' });
    expect(app.recipes.getState()).toMatchObject({ diff: null, diffError: { message: 'no' } });
  });
});

describe('branches', () => {
  it('begin at a stop and go on by themselves; each keeps what is undone on it', async () => {
    const fixture = await opened('fold', 'fuse', 'fold');
    const { app, worker } = fixture;
    await app.actions.moveTo(2);
    await app.actions.branchFrom(1, 'Other');
    expect(passesOf(fixture)).toEqual(['fold']);
    await app.actions.applyRequest({ pass: 'fuse', options: {}, off: ['a'] }, 'Fuse');
    expect(
      app.recipes.getState().branches.map(({ name, cursor, recipe: { steps } }) => [name, cursor, steps.length]),
    ).toEqual([
      ['Main', 2, 3],
      ['Other', 2, 2],
    ]);
    await app.actions.switchBranch('main');
    expect(passesOf(fixture)).toEqual(['fold', 'fuse', 'fold']);
    expect(app.document.getState().document?.cursor).toBe(2);
    await app.actions.redo();
    expect(app.document.getState().document?.cursor).toBe(3);
    expect(app.recipes.getState().branches.map(({ cursor }) => cursor)).toEqual([3, 2]);
    expect(worker.of('switchBranch').map(({ cursor, recipe: { steps } }) => [cursor, steps.length])).toEqual([
      [1, 1],
      [2, 3],
    ]);
  });

  it('that cannot be gone to leave everything as it was', async () => {
    const fixture = await opened('fold', 'fuse');
    const { app, worker } = fixture;
    worker.overrides.set('switchBranch', failing('cancelled', 'cancelled'));
    await app.actions.branchFrom(1, 'Other');
    expect(passesOf(fixture)).toEqual(['fold', 'fuse']);
    expect(app.recipes.getState()).toMatchObject({ branches: [], branch: 'main' });
  });

  it('have names of their own, are deleted with a way back, and compared as models', async () => {
    const fixture = await opened('fold', 'fuse');
    const { app, worker } = fixture;
    await app.actions.branchFrom(1, 'Other');
    await app.actions.branchFrom(1, 'Other');
    const names = () => app.recipes.getState().branches.map(({ name }) => name);
    expect(names()).toEqual(['Main', 'Other', 'Other 2']);
    const [, other] = app.recipes.getState().branches;
    app.actions.renameBranch(other!.id, 'Milder');
    app.actions.deleteBranch(other!.id);
    expect(names()).toEqual(['Main', 'Other 2']);
    undo(fixture);
    expect(names()).toEqual(['Main', 'Other 2', 'Milder']);
    // The one at work stays.
    app.actions.deleteBranch(app.recipes.getState().branch);
    expect(names()).toHaveLength(3);
    await app.actions.compareBranch('main');
    expect(worker.of('branchModel')).toMatchObject([{ to: 'main', cursor: 2 }]);
    expect(app.view.getState().workspace).toBe('compare');
    expect(app.compare.getState().second?.name).toBe('Main.onnx');
  });

  it('are there again when the model is opened again; what is begun anew takes none over', async () => {
    const storage = new Map<string, string>();
    const first = await makeApp(storage);
    await first.app.actions.openSample('tiny');
    await first.app.actions.replayRecipe(recipe('fold', 'fuse'), 'r');
    await first.app.actions.branchFrom(1, 'Other');
    const second = await makeApp(storage);
    await second.app.actions.openSample('tiny');
    const state = () => second.app.recipes.getState();
    expect(state().branches.map(({ name }) => name)).toEqual(['Main', 'Other']);
    await second.app.actions.applyRequest({ pass: 'fuse', options: {}, off: [] }, 'Fuse');
    expect(state().branches.map((each) => each.recipe.steps.length)).toEqual([2, 1]);
    await second.app.actions.switchBranch('main');
    expect(passesOf(second)).toEqual(['fold', 'fuse']);
    expect(state().branches.map(({ name }) => name)).toEqual(['Main', 'Other', 'This visit']);
    await second.app.actions.openFiles([new File(['x'], 'other.onnx')]);
    expect(state()).toMatchObject({ branches: [], branch: 'main' });
  });
});

describe('a sweep', () => {
  const point = (value: number) => ({
    value,
    nodes: 3,
    parameters: 1,
    macs: 1,
    bytes: 1,
    sites: 1,
    verify: null,
    bench: null,
    fidelity: null,
    error: null,
  });
  const result = {
    pass: 'fuse',
    title: 'Fuse',
    option: 'depth',
    label: 'Depth',
    original: {},
    points: [point(1), point(2)],
  };

  it('asks for what the form says, shows each value as it is found, and takes one into the recipe', async () => {
    const fixture = await opened('fold', 'fuse', 'fold');
    const { app, worker } = fixture;
    const end = new Deferred<unknown>();
    worker.overrides.set('sweep', (_: never, { onProgress }: CallOptions) => {
      onProgress?.({ stage: '', point: point(1) } as never);
      return end.promise;
    });
    app.actions.changeSweep({ step: 1 });
    app.actions.changeSweep({ values: '1..2:2', verify: true });
    const running = app.actions.runSweep();
    await settle();
    expect(app.recipes.getState().sweep).toMatchObject({ status: 'running', total: 2, points: [{ value: 1 }] });
    end.resolve(result);
    await running;
    expect(worker.of('sweep')).toMatchObject([{ step: 1, option: 'depth', values: [1, 2], verify: true, bench: null }]);
    expect(app.recipes.getState().sweep).toMatchObject({ status: 'done', points: [{ value: 1 }, { value: 2 }] });
    await app.actions.takeValue(2);
    const { steps } = app.document.getState().document!.recipe;
    expect(steps.map(({ options }) => options)).toEqual([{}, { depth: 2 }, {}]);
    const run = app.recipes.getState().sweep!;
    expect(valueNow(app, run)).toBe(2);
    await app.actions.moveTo(0);
    expect(valueNow(app, run)).toBeUndefined();
  });

  it('that is cancelled keeps what it found', async () => {
    const { app, worker } = await opened('fold');
    worker.overrides.set('sweep', (_: never, { onProgress, signal }: CallOptions) => {
      onProgress?.({ stage: '', point: point(1) } as never);
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    });
    const running = app.actions.runSweep();
    await settle();
    app.actions.cancelSweep();
    await running;
    expect(app.recipes.getState().sweep).toMatchObject({ status: 'cancelled', points: [{ value: 1 }], error: null });
    expect(app.document.getState().failure).toBeNull();
  });

  it('that fails says why, and values that cannot be read ask for nothing', async () => {
    const { app, worker } = await opened('fold');
    app.actions.changeSweep({ values: '1..' });
    await app.actions.runSweep();
    expect(worker.of('sweep')).toEqual([]);
    app.actions.changeSweep({ values: '1,2' });
    worker.overrides.set('sweep', failing('bad-request', 'no such option'));
    await app.actions.runSweep();
    expect(app.recipes.getState().sweep).toMatchObject({ status: 'failed', error: { message: 'no such option' } });
  });
});

describe('a report', () => {
  const report = reportFixture({ recipe: recipe('fold', 'fuse') });

  it('that is dropped replays its recipe, and says where it came from', async () => {
    const fixture = await opened();
    await fixture.app.actions.openFiles([file('cnn.report.html', renderHtml(report))]);
    expect(passesOf(fixture)).toEqual(['fold', 'fuse']);
    expect(titles(fixture)).toContain('Report cnn.report.html: 2 steps replayed');
  });

  it('that is dropped before its model waits for it, and is shown meanwhile', async () => {
    const fixture = await makeApp();
    const { app } = fixture;
    await app.actions.openFiles([file('cnn.report.json', report)]);
    expect(app.document.getState().pending).toMatchObject({ report: { model: { name: report.model.name } } });
    await app.actions.openSample('tiny');
    expect(passesOf(fixture)).toEqual(['fold', 'fuse']);
    expect(app.document.getState().pending).toBeNull();
  });

  const address = (link: Link | null): AddressBar & { copied: string } => ({
    copied: '',
    read: () => (link ? encodeLink(link) : ''),
    write: () => {},
    onChange: () => {},
    withFragment: (text) => text,
  });
  /** The fake's model has the hash of `a`s. */
  const link = (sha256: string): Link => ({
    model: { file: 'cnn.onnx', sha256 },
    recipe: recipe('fold', 'fuse'),
    stop: 2,
    node: null,
    workspace: 'studio',
    overlay: 'operator',
    query: '',
    toggled: [],
    report: viewReport(report)!,
  });

  it('in a link is shown until its model is opened, whatever that is called', async () => {
    const fixture = await makeApp(new Map(), { address: address(link('a'.repeat(64))) });
    const { app } = fixture;
    await settle();
    expect(app.document.getState().waiting?.report).toEqual(viewReport(report));
    await app.actions.openFiles([new File(['x'], 'renamed.onnx')]);
    await settle();
    expect(passesOf(fixture)).toEqual(['fold', 'fuse']);
    expect(app.document.getState().waiting).toBeNull();
  });

  it('in a link says when another model is opened, and replays on it where that is asked for', async () => {
    const fixture = await makeApp(new Map(), { address: address(link('b'.repeat(64))) });
    const { app } = fixture;
    await settle();
    await app.actions.openFiles([new File(['x'], 'cnn.onnx')]);
    await settle();
    const notice = app.notices.getState().notices.find(({ title }) => title === 'Another model');
    expect(notice?.text).toBe(
      'The report is of cnn.onnx (SHA-256 bbbbbbbbbbbb…). cnn.onnx is another file, and is shown as it is.',
    );
    expect(passesOf(fixture)).toEqual([]);
    notice?.action?.run();
    await settle();
    expect(passesOf(fixture)).toEqual(['fold', 'fuse']);
  });

  it('is copied as a link that carries it', async () => {
    let copied = '';
    const fixture = await makeApp(new Map(), { address: address(null), copy: async (text) => void (copied = text) });
    fixture.worker.overrides.set('reportData', () => report);
    await fixture.app.actions.openFiles([new File(['x'], 'cnn.onnx')]);
    await fixture.app.actions.copyReportLink();
    expect(copied).toMatch(/^v=2&file=cnn.onnx&sha256=(9f2c){16}&report=.*&check=[0-9a-f]{8}$/);
    expect(titles(fixture)).toContain('Link with the report copied');
  });
});
