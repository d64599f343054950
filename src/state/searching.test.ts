import { beforeEach, describe, expect, it } from 'vitest';
import type { AccuracyDataView } from '../engine/accuracy/data.ts';
import type { StoredTable } from '../engine/latency-table/table.ts';
import type { GivenFile, GraphApi } from '../protocol/api.ts';
import type { CallOptions } from '../protocol/client.ts';
import type { Recipe } from '../recipe/types.ts';
import { viewOf } from '../search/chosen.ts';
import { SEARCH } from '../search/defaults.ts';
import type { SearchProgress } from '../search/types.ts';
import { genomeText } from './found.ts';
import { frontOf, searchLeft } from './searching-run.ts';
import { searchLacks, toggledObjective } from './searching-setup.ts';
import { Deferred, failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';
import { GENES, point, searchResult } from './testing/found-points.ts';

const view = { name: 'digits', kind: 'image', count: 200, labels: null } as unknown as AccuracyDataView;
const files: readonly GivenFile[] = [{ name: 'digits', file: new File(['x'], 'digits') }];
const table = (name: string, threads = 1): StoredTable => ({
  device: { name, backend: 'wasm', threads, runtimeVersion: '1' },
  overhead: { node: 0, run: 1, byte: 0 },
  entries: [],
});

let fixture: Fixture;
let copied: string;
beforeEach(async () => {
  copied = '';
  fixture = await makeApp(new Map(), { copy: async (text) => void (copied = text) });
  const { overrides } = fixture.worker;
  overrides.set('searchSpace', ({ space }: GraphApi['searchSpace']['params']) => ({
    genes: viewOf({ genes: GENES }, space),
    size: 1.2,
    notes: [],
  }));
  overrides.set('searchData', ({ data }: GraphApi['searchData']['params']) => data && view);
  overrides.set('searchKept', () => 7);
  overrides.set('searchControl', () => null);
  overrides.set('keptTables', () => null);
  overrides.set('keepTables', () => true);
  overrides.set('search', () => searchResult([point(0, 10, 1), point(1, 5, 0.8), point(2, 7, 0.7)], [1, 0]));
  await fixture.app.actions.openSample('tiny');
  await settle();
});
const state = () => fixture.app.searching.getState();
const run = () => state().run;

const ready = async (): Promise<void> => {
  fixture.app.actions.setWorkspace('search');
  await fixture.app.actions.searchSamples.give(files);
  await settle();
};
/** A search that goes on until it is told to end. */
const atWork = async () => {
  await ready();
  const end = new Deferred();
  let tell: (progress: SearchProgress) => void = () => {};
  fixture.worker.overrides.set('search', (_: never, { onProgress, signal }: CallOptions) => {
    tell = (progress) => onProgress?.(progress);
    signal?.addEventListener('abort', () => end.reject(Object.assign(new Error('cancelled'), { code: 'cancelled' })));
    return end.promise;
  });
  const running = fixture.app.actions.startSearch();
  await settle();
  return { end, running, tell: (progress: SearchProgress) => tell(progress) };
};

describe('the space', () => {
  it('is looked at once somebody opens the workspace, and of the stop that is shown', async () => {
    const { app, worker } = fixture;
    expect(worker.of('searchSpace')).toHaveLength(0);
    await app.actions.applyRequest({ pass: 'fold', options: {}, off: [] }, 'Fold');
    app.actions.setWorkspace('search');
    await settle();
    expect(worker.of('searchSpace')).toMatchObject([{ stop: 1 }]);
    expect(state().space?.result.view.genes).toHaveLength(3);
  });

  it('lists genes from the input to the output, the way the picture has them', async () => {
    await ready();
    // The stem, the stage that begins behind it, then what lies in its last block.
    expect(state().space?.result.order).toEqual([0, 2, 1]);
  });

  it('is narrowed without asking the worker again', async () => {
    await ready();
    fixture.app.actions.setGene('width:a', { searched: true, choices: [1, 2] });
    fixture.app.actions.setGene('depth:s', { searched: false });
    const [stem, , depth] = state().space?.result.view.genes ?? [];
    expect(stem?.allowed).toEqual([1, 2]);
    expect(depth).toMatchObject({ searched: false, allowed: [2] });
    expect(state().space?.result.view.size).toBeCloseTo(Math.log10(4));
    expect(fixture.worker.of('searchSpace')).toHaveLength(1);
    fixture.app.actions.setGene('depth:s', null);
    expect(state().request.space.genes).toEqual({ 'width:a': { searched: true, choices: [1, 2] } });
  });

  it('is asked for again when other kinds of change are allowed, and says why it cannot be', async () => {
    await ready();
    fixture.app.actions.changeSpace({ kinds: ['depth'] });
    await settle();
    expect(state().space?.result.view.genes.map(({ searched }) => searched)).toEqual([false, false, true]);
    fixture.worker.overrides.set('searchSpace', failing('unsupported', 'No group can be cut.'));
    fixture.app.actions.changeSpace({ kinds: ['width'] });
    await settle();
    expect(state().spaceError?.message).toBe('No group can be cut.');
  });
});

describe('what is lacking', () => {
  it('is said with its cure', async () => {
    expect(searchLacks(state())).toContain('nothing to judge networks by');
    await ready();
    expect(searchLacks(state())).toBeNull();
    expect(state().kept).toBe(7);
    fixture.app.actions.changeSearch({ quality: 'accuracy' });
    expect(searchLacks(state())).toContain('asks for labels');
    fixture.app.actions.changeSearch({ quality: null });
    fixture.worker.overrides.set('searchSpace', () => ({ genes: [], size: 0, notes: ['It has no weights.'] }));
    fixture.app.actions.changeSpace({ roundTo: 8 });
    await settle();
    expect(searchLacks(state())).toBe('There is nothing to search in this model. It has no weights.');
    fixture.worker.overrides.set('searchSpace', ({ space }: GraphApi['searchSpace']['params']) => ({
      genes: viewOf({ genes: GENES }, space),
      size: 1.2,
      notes: [],
    }));
    fixture.app.actions.changeSpace({ roundTo: 4 });
    await settle();
    for (const { id } of GENES) fixture.app.actions.setGene(id, { searched: false });
    expect(searchLacks(state())).toContain('Nothing may change');
  });

  it('are two or three objectives: a fourth takes the place of the third', () => {
    expect(toggledObjective(SEARCH, 'bytes')).toEqual(['latency', 'quality', 'bytes']);
    expect(toggledObjective({ ...SEARCH, objectives: ['latency', 'quality', 'bytes'] }, 'macs')).toEqual([
      'latency',
      'quality',
      'macs',
    ]);
    expect(toggledObjective(SEARCH, 'latency')).toEqual(['latency', 'quality']);
  });
});

describe('a search', () => {
  it('grows point by point, is paused, resumed, and stopped with what it has', async () => {
    const { app, worker } = fixture;
    const { end, running, tell } = await atWork();
    const effects = [{ gene: 0, quality: [0.5, 0.7, 1], latency: [null, null, null], share: 1 }];
    expect(run()).toMatchObject({ quality: 'agreement', effects: [] });
    tell({
      stage: 'Judging',
      points: [point(0, 10, 1), point(1, 5, 0.8)],
      perMinute: 30,
      quality: 'information',
    });
    tell({
      stage: 'Judging',
      done: 50,
      total: 200,
      points: [point(3, 4, 0.9)],
      history: { evaluations: 48, hypervolume: 0.4 },
      effects,
    });
    app.actions.pauseSearch();
    expect(run()?.status).toBe('pausing');
    tell({ stage: 'Paused' });
    // The worker chooses the quality, and what was learnt is told meanwhile.
    expect(run()).toMatchObject({ quality: 'information', effects });
    // One that failed leaves its number out.
    expect(run()?.points.map(({ id }) => id)).toEqual([0, 1, 3]);
    expect(run()).toMatchObject({ status: 'paused', evaluations: 50, perMinute: 30, front: [3, 0] });
    expect(searchLeft(run()!)).toBe(300_000);
    app.actions.resumeSearch();
    app.actions.stopSearch();
    expect(worker.of('searchControl').map(({ wish }) => wish)).toEqual(['pause', 'resume', 'stop']);
    end.resolve({ ...searchResult([point(0, 10, 1), point(1, 5, 0.8)], [1, 0]), ended: 'stopped' });
    await running;
    expect(run()).toMatchObject({ status: 'done', front: [1, 0], result: { ended: 'stopped' } });
    expect(state().selected).toBe(1);
  });

  it('that is cancelled leaves what was seen', async () => {
    const { running, tell } = await atWork();
    tell({ stage: 'Judging', points: [point(0, 10, 1)] });
    fixture.app.actions.cancelSearch();
    await running;
    expect(run()).toMatchObject({ status: 'cancelled', front: [0] });
  });

  it('that fails says so in place', async () => {
    await ready();
    fixture.worker.overrides.set('search', failing('runtime', 'The runtime refused.'));
    await fixture.app.actions.startSearch();
    expect(run()).toMatchObject({ status: 'failed', error: { message: 'The runtime refused.' } });
  });

  it('waits for the space that was asked for', async () => {
    const { app, worker } = fixture;
    await ready();
    app.actions.changeSpace({ kinds: ['depth'] });
    await app.actions.startSearch();
    expect(worker.of('search')).toHaveLength(0);
    await settle();
    await app.actions.startSearch();
    expect(run()?.genes.map(({ searched }) => searched)).toEqual([false, false, true]);
  });

  it('has the device for itself: changes, benchmarks and other models wait', async () => {
    const { app, worker } = fixture;
    const { end, running } = await atWork();
    expect(await app.actions.bench(0, null)).toBeNull();
    expect(await app.actions.applyRequest({ pass: 'fold', options: {}, off: [] }, 'Fold')).toBe(false);
    await app.actions.openSample('tiny');
    expect([worker.of('bench'), worker.of('apply'), worker.of('open')].map(({ length }) => length)).toEqual([0, 0, 1]);
    end.resolve(searchResult([], []));
    await running;
  });

  it('is set up as it was when the same model is opened again', async () => {
    await ready();
    fixture.app.actions.changeSearch({ evaluations: 24 });
    fixture.app.actions.setBound('latency', 8);
    await fixture.app.actions.startSearch();
    await fixture.app.actions.openSample('tiny');
    await settle();
    expect(state().request).toMatchObject({
      evaluations: 24,
      constraints: [{ objective: 'latency', bound: 8 }],
    });
    expect(run()).toBeNull();
  });

  it('keeps to a bound that is a share of the original, or in its own unit again', async () => {
    const { actions } = fixture.app;
    actions.setBound('latency', 0.6, true);
    actions.setBound('macs', 0.5, true);
    expect(state().request.constraints).toEqual([
      { objective: 'latency', bound: 0.6, relative: true },
      { objective: 'macs', bound: 0.5, relative: true },
    ]);
    actions.setBound('latency', 8);
    actions.setBound('macs', null, true);
    expect(state().request.constraints).toEqual([{ objective: 'latency', bound: 8 }]);
  });

  it('asks before the page is left while it is at work', async () => {
    let risky = (): boolean => false;
    fixture = await makeApp(new Map(), { guardLeave: (asks) => void (risky = asks) });
    const { overrides } = fixture.worker;
    overrides.set('searchSpace', () => ({ genes: GENES, size: 1, notes: [] }));
    overrides.set('searchData', () => view);
    overrides.set('searchKept', () => 0);
    overrides.set('keptTables', () => null);
    await fixture.app.actions.openSample('tiny');
    const { end, running } = await atWork();
    expect(risky()).toBe(true);
    end.resolve(searchResult([], []));
    await running;
    expect(risky()).toBe(false);
  });
});

describe('the latency table', () => {
  it('is this device’s with so many threads, and what was measured meanwhile is kept there', async () => {
    const { app, worker } = fixture;
    app.document.setState({ capabilities: { agent: 'me', runtimeVersion: '1', maxThreads: 4 } as never });
    app.tables.setState({ tables: [table('me'), table('me', 2), table('other')] });
    await ready();
    app.actions.changeSearch({ threads: 2 });
    const entry = { key: 'k', operators: 'Conv', shapes: '', ms: 1, spread: 0, kernels: 1, work: 1, at: 1 };
    worker.overrides.set('search', () => ({
      ...searchResult([point(0, 10, 1)], [0]),
      table: { ...table('me', 2), entries: [entry] },
    }));
    await app.actions.startSearch();
    expect(worker.of('search').at(-1)?.table).toEqual(table('me', 2));
    expect(app.tables.getState().tables?.map(({ entries }) => entries.length)).toEqual([0, 1, 0]);
  });

  it('keeps what was measured when the search is cancelled', async () => {
    const { app } = fixture;
    app.tables.setState({ tables: [] });
    const { running, tell } = await atWork();
    tell({ stage: 'Measuring operators, 40 of 120' });
    const entry = { key: 'k', operators: 'Conv', shapes: '', ms: 1, spread: 0, kernels: 1, work: 1, at: 1 };
    tell({ stage: 'Measuring operators', table: { ...table('me'), entries: [entry] } });
    app.actions.cancelSearch();
    await running;
    expect(run()).toMatchObject({ status: 'cancelled', stage: 'Measuring operators, 40 of 120' });
    expect(app.tables.getState().tables).toMatchObject([{ device: { name: 'me' }, entries: [entry] }]);
  });

  it('may be another device’s, and is none where latency plays no part', async () => {
    const { app, worker } = fixture;
    app.tables.setState({ tables: [table('other')] });
    await ready();
    app.actions.chooseSearchTable(table('other').device);
    await app.actions.startSearch();
    app.actions.changeSearch({ objectives: ['bytes', 'quality'] });
    await app.actions.startSearch();
    expect(worker.of('search').map((call) => call.table?.device.name)).toEqual(['other', undefined]);
  });
});

describe('lent devices', () => {
  it('judge too, and are what latency is for, while they are there', async () => {
    const { app, worker } = fixture;
    const lent = (id: number, session: string | null) => ({
      id,
      name: `phone ${id}`,
      session,
      capabilities: { agent: `agent ${id}`, runtimeVersion: '1', maxThreads: 2 },
    });
    app.devices.setState({ view: { devices: [lent(3, 's'), lent(4, null)] } as never });
    // Of another device with such a browser, and of this one.
    app.tables.setState({ tables: [table('agent 3', 2), table('agent 3 · phone 3', 2)] });
    await ready();
    for (const id of [3, 4]) app.actions.toggleJudge(id);
    app.actions.chooseSearchClock(3);
    app.actions.changeSearch({ threads: 4 });
    await app.actions.startSearch();
    expect(worker.of('search').at(-1)).toMatchObject({
      ask: { judges: [{ id: 3, name: 'phone 3' }], clock: { id: 3 }, request: { threads: 2 } },
      table: { device: { name: 'agent 3 · phone 3' } },
    });
    expect(state().request.threads).toBe(4);
    app.actions.toggleJudge(3);
    app.actions.chooseSearchTable(null);
    await app.actions.startSearch();
    expect(Object.keys(worker.of('search').at(-1)?.ask ?? {})).toEqual(['stop', 'request']);
  });
});

describe('what was found', () => {
  const found = async (): Promise<void> => {
    await ready();
    await fixture.app.actions.startSearch();
    fixture.worker.overrides.set('useFound', async ({ stop }: GraphApi['useFound']['params'], options: CallOptions) => {
      await fixture.worker.answer('moveTo', { cursor: stop }, options);
      return fixture.worker.answer('apply', { pass: 'prune-channels', options: {}, off: [] }, options);
    });
  };

  it('becomes steps behind the stop that was searched, and is made once', async () => {
    const { app, worker } = fixture;
    await found();
    await app.actions.openFound();
    expect(app.document.getState().document).toMatchObject({ cursor: 1 });
    expect(app.view.getState().workspace).toBe('studio');
    await app.actions.compareFound();
    expect(worker.of('useFound')).toHaveLength(1);
    expect(app.view.getState().workspace).toBe('compare');
    expect(app.compare.getState()).toMatchObject({ a: 0, b: 1 });
    // The search is of the stop before, which is as it was.
    expect(run()?.holds).toBe(true);
    expect(state().stop).toBe(0);
  });

  it('is walked along the front, and does not leave it at its ends', async () => {
    const { app } = fixture;
    await found();
    app.actions.selectFound(null);
    const walk = (by: 1 | -1) => {
      app.actions.stepFront(by);
      return state().selected;
    };
    expect([walk(1), walk(1), walk(1), walk(-1), walk(-1)]).toEqual([1, 0, 0, 1, 1]);
  });

  it('is copied choice by choice', async () => {
    await found();
    await fixture.app.actions.copyFound();
    expect(JSON.parse(copied)).toEqual({
      genome: [1, 1, 2],
      genes: { 'width:a': '16', 'width:b': '32', 'depth:s': '2 of 2 blocks' },
    });
    expect(copied).toBe(genomeText(run()!, 1));
  });

  it('is copied and saved as a recipe that begins at the opened file', async () => {
    const { app, worker } = fixture;
    await found();
    const recipe: Recipe = { whittle: 1, steps: [{ pass: 'prune-channels', options: { ratio: 0 }, sites: 'all' }] };
    worker.overrides.set('foundRecipe', () => recipe);
    await app.actions.copyFoundRecipe();
    expect(worker.of('foundRecipe')).toEqual([{ stop: 0, request: run()!.request, genome: [1, 1, 2] }]);
    expect(JSON.parse(copied)).toEqual(recipe);
    await app.actions.saveFoundRecipe();
    expect(fixture.saved.map(({ name }) => name)).toEqual(['tiny.network-1.recipe.json']);
    // The file replays as any other: by itself, on the model as it was opened.
    const text = await fixture.saved[0]!.content.text();
    await app.actions.openFiles([new File([text], fixture.saved[0]!.name)]);
    expect(worker.of('replay')).toEqual([{ recipe }]);
    worker.overrides.set('foundRecipe', failing('bad-request', 'There is nothing to judge by.'));
    await app.actions.saveFoundRecipe();
    expect(fixture.saved).toHaveLength(1);
    expect(app.document.getState().failure).toMatchObject({ place: 'search' });
  });

  it('no longer fits once the recipe below it is another one', async () => {
    const { app } = fixture;
    await app.actions.applyRequest({ pass: 'fold', options: {}, off: [] }, 'Fold');
    await found();
    expect(run()).toMatchObject({ stop: 1, holds: true });
    await app.actions.undo();
    await app.actions.applyRequest({ pass: 'fuse', options: {}, off: [] }, 'Fuse');
    expect(run()?.holds).toBe(false);
  });
});

describe('a front', () => {
  it('leaves out what is dominated, breaks a bound, or has no value', () => {
    const points = [
      point(0, 10, 1),
      point(1, 5, 0.8),
      point(2, 6, 0.7),
      point(3, 1, 0.5, { broken: 0.2 }),
      point(4, 2, 0.9, { values: [NaN, 0.9] }),
      point(5, 5, 0.8),
    ];
    expect(frontOf(points, ['latency', 'quality'])).toEqual([1, 0]);
  });
});
