import { beforeEach, describe, expect, it } from 'vitest';
import type { LabInputs, LabResult, LabValue } from '../engine/verify-lab/types.ts';
import { fitVerify, FIRST_SETUP } from './verify-lab-store.ts';
import { Deferred, failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

const value = (node: number, ok: boolean): LabValue => ({
  name: `v${node}`,
  source: `v${node}`,
  nodeA: node + 1,
  nodeB: node,
  producer: `Conv ${node}`,
  shape: '1',
  relation: 'same',
  maxAbs: 0,
  maxRel: ok ? 0 : 1,
  cosine: 1,
  sqnr: 0,
  top1: null,
  allowed: 1e-4,
  ok,
  tooSensitive: false,
  mismatch: null,
});

/** What a run of stop 1 against the original, or against a second file, comes to. */
const result = (a: LabResult['a']['side'], b: LabResult['b']['side']): LabResult =>
  ({
    ok: false,
    a: { side: a, name: 'tiny.onnx', title: '' },
    b: { side: b, name: 'tiny.onnx', title: '' },
    verify: { message: 'Differs.', failing: { name: 'seed 1', output: 'y', feeds: { x: 1 } } },
    intermediates: { values: [value(0, true), value(2, false)] },
  }) as unknown as LabResult;

const HELD: LabInputs = {
  name: 'mine',
  kind: 'recorded',
  count: 2,
  used: 2,
  feeds: [],
  expected: [],
  preprocess: null,
  notes: [],
};
const FILES = [{ name: 'mine.npz', file: new File([], 'mine.npz') }];

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeApp();
  const { app, worker } = fixture;
  await app.actions.openSample('tiny');
  for (const pass of ['fold', 'fuse']) await app.actions.applyRequest({ pass, options: {}, off: [] }, pass);
  await settle();
  worker.overrides.set('verifyLab', ({ request }: { request: { a: 0; b: 0 } }) => result(request.a, request.b));
  worker.overrides.set('labInputs', () => HELD);
});
const state = () => fixture.app.verifyLab.getState();

describe('a comparison', () => {
  it('is of the original and the stop under the cursor unless others are chosen', async () => {
    const { app, worker } = fixture;
    await app.actions.runVerifyLab();
    expect(worker.of('verifyLab')[0]).toMatchObject({ request: { ...FIRST_SETUP, a: 0, b: 2 }, data: null });
    app.actions.setUpVerify({ a: 1, b: 0, seeds: 5 });
    await app.actions.runVerifyLab();
    expect(worker.of('verifyLab')[1]!.request).toMatchObject({ a: 1, b: 0, seeds: 5 });
    expect(state()).toMatchObject({ stale: false, error: null });
  });

  it('is out of date once a step that made one of the two is another one, and not by going about', async () => {
    const { app } = fixture;
    app.actions.setUpVerify({ b: 1 });
    await app.actions.runVerifyLab();
    await app.actions.moveTo(1);
    expect(state().stale).toBe(false);
    await app.actions.applyRequest({ pass: 'other', options: {}, off: [] }, 'other');
    expect(state().stale).toBe(false);
    await app.actions.moveTo(0);
    await app.actions.applyRequest({ pass: 'other', options: {}, off: [] }, 'other');
    expect(state().stale).toBe(true);
    await app.actions.runVerifyLab();
    expect(state().stale).toBe(false);
  });

  it('with a second file is out of date once that is another one, and falls back when it is closed', async () => {
    const { app, worker } = fixture;
    await app.actions.openBeside([new File([], 'second.onnx')]);
    expect(app.view.getState().workspace).not.toBe('compare');
    app.actions.setUpVerify({ b: 'second' });
    await app.actions.runVerifyLab();
    expect(state().stale).toBe(false);
    await app.actions.closeSecond();
    expect(state().stale).toBe(true);
    await app.actions.runVerifyLab();
    expect(worker.of('verifyLab')[1]!.request.b).toBe(2);
  });

  it('that fails says why in place, and leaves what was found before', async () => {
    const { app, worker } = fixture;
    await app.actions.runVerifyLab();
    worker.overrides.set('verifyLab', failing('bad-request', 'Input y of B answers to none of A.'));
    expect(await app.actions.runVerifyLab()).toBeNull();
    expect(state().error?.message).toBe('Input y of B answers to none of A.');
    expect(state().verified).not.toBeNull();
    app.actions.dismissVerifyError();
    expect(state().error).toBeNull();
  });

  it('that was cancelled is no error', async () => {
    const { app, worker } = fixture;
    const work = new Deferred<LabResult>();
    worker.overrides.set('verifyLab', () => work.promise);
    const running = app.actions.runVerifyLab();
    await settle();
    const job = app.jobs.getState().jobs.find(({ kind }) => kind === 'verify-lab')!;
    app.actions.cancelJob(job.id);
    work.reject(new Error('stopped'));
    expect(await running).toBeNull();
    expect(state()).toMatchObject({ error: null, verified: null });
  });

  it('is forgotten with its files when another model is opened', async () => {
    const { app } = fixture;
    await app.actions.giveVerifyInputs(FILES);
    await app.actions.runVerifyLab();
    await app.actions.openSample('tiny');
    expect(state()).toMatchObject({ verified: null, inputs: null, setup: FIRST_SETUP });
  });
});

describe('what was found', () => {
  it('leads to the model that was compared, with its nodes lit', async () => {
    const { app } = fixture;
    app.actions.setUpVerify({ b: 1 });
    await app.actions.runVerifyLab();
    await app.actions.showVerified([1, 0]);
    expect(app.document.getState().document?.cursor).toBe(1);
    expect(app.view.getState()).toMatchObject({ workspace: 'studio', lit: [2, 0], selected: 2 });
  });

  it('lights the nodes of the stop where B is a file', async () => {
    const { app } = fixture;
    await app.actions.openBeside([new File([], 'second.onnx')]);
    app.actions.setUpVerify({ a: 0, b: 'second' });
    await app.actions.runVerifyLab();
    await app.actions.showVerified([1]);
    expect(app.document.getState().document?.cursor).toBe(0);
    expect(app.view.getState().lit).toEqual([3]);
  });

  it('gives the failing input away as an archive', async () => {
    const { app, worker, saved } = fixture;
    worker.overrides.set('npz', () => new Uint8Array([1, 2]));
    await app.actions.runVerifyLab();
    await app.actions.saveFailingInput();
    expect(worker.of('npz')[0]).toEqual({ feeds: { x: 1 } });
    expect(saved.map(({ name }) => name)).toEqual(['seed-1.npz']);
  });
});

describe('inputs of a person’s own', () => {
  it('are read for A, again for another A, and go along with the run', async () => {
    const { app, worker } = fixture;
    await app.actions.giveVerifyInputs(FILES);
    expect(state().inputs).toMatchObject({ view: HELD, error: null, asking: false });
    app.actions.setUpVerify({ a: 1 });
    await settle();
    expect(worker.of('labInputs').map(({ side }) => side)).toEqual([0, 1]);
    await app.actions.setVerifyPreprocess('scale', 2);
    await app.actions.changeVerifyInputs({ samples: 3 });
    await app.actions.runVerifyLab();
    expect(worker.of('verifyLab')[0]!.data).toMatchObject({ files: FILES, samples: 3, changes: { scale: 2 } });
  });

  it('that do not fit say why; without them there are seeds again', async () => {
    const { app, worker } = fixture;
    worker.overrides.set('labInputs', failing('bad-request', 'mine.npz has nothing for x.'));
    await app.actions.giveVerifyInputs(FILES);
    expect(state().inputs).toMatchObject({ view: null, error: { message: 'mine.npz has nothing for x.' } });
    app.actions.setUpVerify({ seeds: 0 });
    app.actions.removeVerifyInputs();
    expect(state()).toMatchObject({ inputs: null, setup: { seeds: 3 } });
  });

  it('that are given while others are read take their place', async () => {
    const { app, worker } = fixture;
    const slow = new Deferred<LabInputs>();
    worker.overrides.set('labInputs', () => slow.promise);
    const first = app.actions.giveVerifyInputs(FILES);
    await settle();
    worker.overrides.set('labInputs', () => ({ ...HELD, name: 'other' }));
    await app.actions.giveVerifyInputs(FILES);
    slow.resolve(HELD);
    await first;
    expect(state().inputs?.view?.name).toBe('other');
  });
});

describe('a setup', () => {
  const around = { stops: 2, cursor: 1, hasSecond: false, hasWebgpu: false };
  it('gives way where stops, the second file or WebGPU are gone', () => {
    const wish = { ...FIRST_SETUP, a: 7, b: 'second', backends: ['webgpu'] } as const;
    const at = { ...wish, intermediates: { level: 'all', backend: 'webgpu' } } as const;
    expect(fitVerify(at, around)).toMatchObject({
      a: 1,
      b: 1,
      backends: ['wasm'],
      intermediates: { level: 'disabled', backend: 'wasm' },
    });
    expect(fitVerify(at, { ...around, stops: 9, hasSecond: true, hasWebgpu: true })).toMatchObject({ ...at });
  });
});
