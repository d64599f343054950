import { beforeEach, describe, expect, it } from 'vitest';
import type { DocumentView } from '../engine/types.ts';
import type { TuneReport } from '../engine/tune-types.ts';
import { failing, makeApp, settle, Deferred, type Fixture } from './testing/fake-worker.ts';

const trial = { kind: 'sites', name: 'fold', title: 'Pass fold', what: '', sites: 2, ratio: 1.2 } as const;
const report = (kept: boolean): TuneReport => ({
  device: 'Node',
  trials: [{ ...trial, interval: [1.1, 1.3], verdict: 'faster', kept }],
  session: null,
  total: { ratio: 1.2, interval: [1.1, 1.3], verdict: 'faster' },
  message: '1 change of 1 kept; together 1.20×.',
});

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeApp();
  const { app, worker } = fixture;
  await app.actions.openSample('tiny');
  await settle();
  worker.overrides.set('tune', async () => {
    const request = { pass: 'fold', options: {}, off: [] };
    return { ...((await worker.answer('apply', request, {})) as object), report: report(true) };
  });
});
const state = () => fixture.app.document.getState();

describe('tuning', () => {
  it('takes the new steps over, keeps the report, and is undone as any step', async () => {
    const { app, worker } = fixture;
    const found = await app.actions.tune({ backend: 'wasm', budgetMs: 1000 });
    expect(worker.of('tune')[0]!.request).toEqual({ backend: 'wasm', threads: 1, runs: 20, budgetMs: 1000 });
    expect(found).toMatchObject({
      from: 0,
      report: { message: expect.stringContaining('kept') as string },
    });
    expect(state().document?.cursor).toBe(1);
    expect(app.notices.getState().notices.at(-1)).toMatchObject({ title: 'Tuned: 1 of 1 kept' });
    await app.actions.undo();
    expect(state().tuning?.result).toBe(found);
    await app.actions.redo();
    expect(state().tuning?.result).toBe(found);
  });

  it('is forgotten with its steps', async () => {
    const { app } = fixture;
    await app.actions.tune();
    await app.actions.undo();
    app.actions.lookAt('fuse');
    await settle();
    await app.actions.apply();
    expect(state().tuning).toBeNull();
  });

  it('changes nothing where nothing gained, where it fails, and where another measurement is at work', async () => {
    const { app, worker } = fixture;
    const before = state().document as DocumentView;
    worker.overrides.set('tune', () => ({ document: before, picture: state().picture, report: report(false) }));
    expect(await app.actions.tune()).not.toBeNull();
    expect(state().document).toBe(before);
    worker.overrides.set('tune', failing('unsupported', 'This WebGPU adapter is software.'));
    expect(await app.actions.tune()).toBeNull();
    expect(state().failure).toMatchObject({ place: 'bench', what: 'Tuning for this device' });
    const bench = new Deferred();
    worker.overrides.set('bench', () => bench.promise);
    void app.actions.bench(0, null);
    expect(await app.actions.tune()).toBeNull();
    expect(worker.of('tune')).toHaveLength(2);
    bench.reject(new Error('over'));
  });

  it('ends checks, and lets none begin beside it', async () => {
    const { app, worker } = fixture;
    const signals: (AbortSignal | undefined)[] = [];
    worker.overrides.set('verify', (_: never, { signal }: { signal?: AbortSignal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    void app.actions.verify(0, 0);
    await settle();
    worker.overrides.set('tune', () => new Promise(() => {}));
    void app.actions.tune();
    await settle();
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
    expect(await app.actions.verify(0, 0)).toBeNull();
    expect(await app.actions.bisect()).toBeNull();
  });
});

describe('what the runtime does by itself', () => {
  it('is measured at the cursor, and holds until that model is another', async () => {
    const { app, worker } = fixture;
    worker.overrides.set('optimizers', () => ({ message: 'Nothing.', optimizers: [] }));
    await app.actions.measureOptimizers({ backend: 'wasm' });
    expect(worker.of('optimizers')[0]).toMatchObject({ stop: 0, request: { backend: 'wasm', level: 'all' } });
    await app.actions.tune();
    expect(state().optimizers?.stop).toBe(0);
    await app.actions.openSample('tiny');
    expect(state().optimizers).toBeNull();
  });
});
