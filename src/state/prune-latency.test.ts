import { beforeEach, describe, expect, it } from 'vitest';
import type { Capabilities } from '../runtime/types.ts';
import { CodedError } from '../base/error.ts';
import type { LatencyModel } from '../engine/latency-types.ts';
import type { CostTerms, PrunePlanView } from '../prune/types.ts';
import { failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';
import { latencyRequest } from './prune-latency.ts';

/** One term: `value` times the share of the only group. */
const share = (value: number): CostTerms => ({
  coefficients: Float64Array.of(value),
  starts: Int32Array.of(0, 1),
  groups: Int32Array.of(0),
});
const plan: PrunePlanView = {
  groups: [
    {
      key: 'a',
      name: 'a',
      channels: 10,
      atoms: 10,
      members: [],
      importance: new Float64Array(10),
      order: Int32Array.from({ length: 10 }, (_, i) => i),
      isHeads: false,
      normalisedBy: [],
      topology: '',
    },
  ],
  frozen: [],
  forecast: {
    macs: share(1000),
    parameters: share(100),
    bytes: share(400),
    activation: { sizes: share(0), values: new Int32Array(1), steps: new Int32Array(1), live: new Int32Array(0) },
    copies: [],
    added: [],
  },
};
const model: LatencyModel = {
  terms: share(1),
  error: 0.02,
  parts: [],
  points: 8,
  backend: 'wasm',
  threads: 1,
  ms: 12,
  from: 'timed',
};

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeApp();
  const { app, worker } = fixture;
  worker.overrides.set('prunePlan', () => plan);
  worker.overrides.set('latencyModel', () => model);
  await app.actions.openSample('tiny');
  await app.actions.openPrune();
});
const prune = () => fixture.app.document.getState().prune;

describe('measuring latency', () => {
  it('asks for the backend and threads of the benchmark, and keeps the model with the panel', async () => {
    const { app, worker } = fixture;
    expect(prune()?.latency).toBeNull();
    app.actions.changeSettings({ threads: 3 });
    await app.actions.measureLatency();
    expect(worker.of('latencyModel')).toEqual([{ backend: 'wasm', threads: 3, acrossNorms: false, budgetMs: 24_000 }]);
    expect(prune()?.latency).toBe(model);
  });

  it('is there when the panel is opened again, and gone with the model', async () => {
    const { app } = fixture;
    await app.actions.measureLatency();
    app.actions.cancelLook();
    await app.actions.openPrune();
    expect(prune()?.latency).toBe(model);
    await app.actions.openSample('tiny');
    await app.actions.openPrune();
    expect(prune()?.latency).toBeNull();
  });

  it('asks nothing of the workers for a step of the slider', async () => {
    const { app, worker } = fixture;
    await app.actions.measureLatency();
    const before = worker.calls.length;
    app.actions.setPruneOptions({ ratio: 0.3 });
    app.actions.setPruneOptions({ latency: 0.5 });
    expect(worker.calls.length).toBe(before);
  });

  it('leaves everything where it fails or is cancelled', async () => {
    const { app, worker } = fixture;
    worker.overrides.set('latencyModel', failing('runtime', 'It did not run.'));
    await app.actions.measureLatency();
    expect(prune()?.latency).toBeNull();
    expect(app.document.getState().failure).toMatchObject({ place: 'prune', error: { message: 'It did not run.' } });
    worker.overrides.set('latencyModel', (_: never, { signal }) => {
      return new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new CodedError('cancelled', 'cancelled'))),
      );
    });
    const measuring = app.actions.measureLatency();
    await settle();
    app.actions.cancelJob(app.jobs.getState().jobs.at(-1)?.id ?? -1);
    await measuring;
    expect(prune()?.latency).toBeNull();
  });

  it('takes a graphics card where the steps are made for one, and never a software adapter', () => {
    const { app } = fixture;
    const { document: shown } = app.document.getState();
    const onto = (software: boolean | null) => {
      const webgpu = software === null ? null : { software };
      const capabilities = { webgpu } as unknown as Capabilities;
      app.document.setState({ document: shown && { ...shown, backend: 'webgpu' }, capabilities });
      return latencyRequest(app).backend;
    };
    expect([onto(false), onto(true), onto(null)]).toEqual(['webgpu', 'wasm', 'wasm']);
  });
});

describe('a latency target', () => {
  it('stands in the step as the ratio that it comes to', async () => {
    const { app, worker } = fixture;
    await app.actions.measureLatency();
    app.actions.setPruneOptions({ latency: 0.5, roundTo: 1 });
    await app.actions.applyPrune();
    const { options } = worker.of('apply')[0]!;
    expect(options).toMatchObject({ ratio: 0.45, macs: null });
    expect(options).not.toHaveProperty('latency');
  });
});
