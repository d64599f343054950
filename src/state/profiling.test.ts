import { beforeEach, describe, expect, it } from 'vitest';
import type { GraphApi } from '../protocol/api.ts';
import { profileRow, profileView, roofline } from '../report/profile/fixture.ts';
import { Deferred, failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeApp();
  await fixture.app.actions.openSample('tiny');
  await settle();
  fixture.worker.overrides.set('profiles', ({ sides }: GraphApi['profiles']['params']) =>
    sides.map((side) => profileView([profileRow({ node: fixtureNode(), ms: side === 0 ? 4 : 3 })])),
  );
  fixture.worker.overrides.set('roofline', () => roofline);
});
const state = () => fixture.app.document.getState();
const fixtureNode = (): number => state().picture?.view.nodeIds[1] ?? -1;

describe('profiling', () => {
  it('asks for both sides at once, with the threads of the settings, and keeps what came', async () => {
    const { app, worker } = fixture;
    await app.actions.applyPreset('wasm', 'Clean up');
    app.actions.changeSettings({ threads: 3 });
    const found = await app.actions.profile([0, 1]);
    expect(worker.of('profiles')).toEqual([
      { sides: [0, 1], request: { backend: 'wasm', level: 'all', threads: 3, runs: 40, budgetMs: 15_000 } },
    ]);
    expect(found?.sides.map(({ side, view }) => [side, view.rows[0]?.ms])).toEqual([
      [0, 4],
      [1, 3],
    ]);
    expect(state().profiled).toMatchObject({ stop: 1, result: { roofline: null } });
  });

  it('holds until the model of its last stop is another', async () => {
    const { app } = fixture;
    await app.actions.applyPreset('wasm', 'Clean up');
    await app.actions.profile([0, 1]);
    await app.actions.undo();
    expect(state().profiled).not.toBeNull();
    await app.actions.applyPreset('webgpu', 'Another');
    expect(state().profiled).toBeNull();
  });

  it('runs alone: nothing else is measured meanwhile, and a failure is told in place', async () => {
    const { app, worker } = fixture;
    const waiting = new Deferred();
    worker.overrides.set('profiles', () => waiting.promise);
    const first = app.actions.profile([0]);
    expect(await app.actions.bench(0, null)).toBeNull();
    expect(worker.of('bench')).toHaveLength(0);
    waiting.reject(new Error('over'));
    expect(await first).toBeNull();
    worker.overrides.set('profiles', failing('unsupported', 'No WebGPU here.'));
    expect(await app.actions.profile([0], { backend: 'webgpu' })).toBeNull();
    expect(state().failure).toMatchObject({ place: 'bench', what: 'Profiling the model' });
  });

  it('measures the device for the backend and threads that are shown, and remembers it', async () => {
    const { app, worker } = fixture;
    expect(await app.actions.measureRoofline()).toBeNull();
    await app.actions.profile([0]);
    expect(await app.actions.measureRoofline()).toBe(roofline);
    expect(worker.of('roofline')).toEqual([{ request: { backend: 'wasm', threads: 1, level: 'all' } }]);
    expect(state().profiled?.result.roofline).toBe(roofline);
    await app.actions.profile([0]);
    expect(state().profiled?.result.roofline).toBe(roofline);
    expect(worker.of('roofline')).toHaveLength(1);
  });

  it('colours the graph by the times just taken, without measuring again', async () => {
    const { app, worker } = fixture;
    await app.actions.profile([0]);
    await app.actions.showTimes(0);
    const entry = state().overlays.time;
    expect(entry?.state).toBe('ready');
    const values = entry?.state === 'ready' ? entry.values : null;
    expect(Array.from(values?.values ?? [])).toEqual([Number.NaN, 4, Number.NaN, Number.NaN, Number.NaN]);
    expect(values?.note).toContain('time on the processor');
    expect(app.view.getState()).toMatchObject({ workspace: 'studio', overlay: 'time' });
    expect(worker.of('overlay')).toHaveLength(0);
  });

  it('goes to a node in the graph of its own stop', async () => {
    const { app } = fixture;
    await app.actions.applyPreset('wasm', 'Clean up');
    await app.actions.profile([0, 1]);
    await app.actions.goToProfiled(0, fixtureNode());
    expect(state().document?.cursor).toBe(0);
    expect(app.view.getState()).toMatchObject({ workspace: 'studio', selected: fixtureNode() });
  });

  it('says that a node of the second file is in another graph', async () => {
    const { app } = fixture;
    await app.actions.profile([0, 'second']);
    await app.actions.goToProfiled(1, 1);
    expect(app.view.getState().selected).toBeNull();
    expect(app.notices.getState().notices.at(-1)?.title).toBe('Not in this graph');
  });
});
