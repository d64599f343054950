import { beforeEach, describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import type { CalibrationView } from '../engine/calibrate-files.ts';
import type { SensitivityProgress } from '../engine/sensitivity.ts';
import type { Fidelity } from '../engine/fidelity.ts';
import type { CallOptions } from '../protocol/client.ts';
import type { Sensitivity } from '../prune/sensitivity.ts';
import { sensitivityShown, sharesFor } from './sensing.ts';
import { failing, makeApp, settle, Deferred, type Fixture } from './testing/fake-worker.ts';
import { evenPlan } from './testing/prune-plan.ts';

/** Groups with points at the first so many of 8 shares. */
const measured = (counts: Readonly<Record<string, number>>): Sensitivity => ({
  importance: 'l2',
  seed: 0,
  runs: 8,
  accuracy: null,
  groups: Object.entries(counts).map(([key, count]) => ({
    key,
    name: key,
    channels: 100,
    points: sharesFor(8)
      .slice(0, count)
      .map((ratio) => ({
        ratio,
        kept: 100 * (1 - ratio),
        fidelity: { cosine: 1, kl: key === 'a' ? ratio : 4 * ratio, agreement: 1 },
        accuracy: null,
      })),
  })),
});
const view = (name: string, judged: number): CalibrationView => ({
  name,
  kind: 'array',
  count: 20,
  used: 10,
  judged,
  sample: [],
  feeds: [],
  labels: null,
  preprocess: { kind: 'feeds', names: {} },
  notes: [],
});
const file = (name: string) => ({ name, file: new File(['x'], name) });

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeApp();
  const { app, worker } = fixture;
  await app.actions.openFiles([new File(['bytes'], 'model.onnx')]);
  await settle();
  worker.overrides.set('prunePlan', () => evenPlan(['a', 'b']));
  worker.overrides.set('calibrate', ({ data }: { data: { files: { name: string }[] } | null }) =>
    data ? view(data.files[0]?.name ?? '', 10) : null,
  );
  worker.overrides.set('sensitivity', () => measured({ a: 8, b: 8 }));
  worker.overrides.set('judge', (): Fidelity => ({ runs: 10, outputs: [], accuracy: { before: 0.9, after: 0.8 } }));
  await app.actions.openPrune();
});
const state = () => fixture.app.document.getState();
const shown = () => sensitivityShown(state());
const counts = () =>
  shown() && Object.fromEntries(shown()!.found.groups.map(({ key, points }) => [key, points.length]));

/** A measurement that tells these points, and then waits for its cancel. */
const until = (...told: readonly Sensitivity[]): void => {
  const answer = (_: never, { signal, onProgress }: CallOptions<SensitivityProgress>) => {
    for (const found of told) onProgress?.({ stage: 'Cutting', done: 1, total: 16, found });
    return new Promise((_resolve, reject) =>
      signal?.addEventListener('abort', () => reject(new CodedError('cancelled', 'cancelled'))),
    );
  };
  fixture.worker.overrides.set('sensitivity', answer);
};
const cancel = (): void =>
  fixture.app.actions.cancelJob(fixture.app.jobs.getState().jobs.find(({ state: now }) => now === 'running')?.id ?? -1);

describe('measuring sensitivity', () => {
  it('asks for the ranking of the panel at 8 shares, or as many as are wanted', async () => {
    const { app, worker } = fixture;
    await app.actions.measureSensitivity();
    expect(worker.of('sensitivity')[0]).toEqual({
      rating: { importance: 'l2', seed: 0, scores: {}, formula: 'l2', acrossNorms: false },
      ratios: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
    });
    expect(counts()).toEqual({ a: 8, b: 8 });
    await app.actions.measureSensitivity(sharesFor(4));
    expect(worker.of('sensitivity')[1]?.ratios).toEqual([0.2, 0.4, 0.6, 0.8]);
    expect(counts()).toEqual({ a: 8, b: 8 });
  });

  it('shows each point as it is measured, keeps them when it is cancelled, and goes on', async () => {
    const { app } = fixture;
    until(measured({ a: 3 }), measured({ a: 4 }));
    const measuring = app.actions.measureSensitivity();
    await settle();
    expect(counts()).toEqual({ a: 4 });
    expect(app.jobs.getState().jobs.at(-1)).toMatchObject({
      kind: 'sensitivity',
      progress: { stage: 'Cutting', done: 1, total: 16 },
    });
    expect(app.jobs.getState().jobs.at(-1)?.progress).not.toHaveProperty('found');
    cancel();
    await measuring;
    expect([counts(), state().failure]).toEqual([{ a: 4 }, null]);
    until(measured({ a: 1 }), measured({ b: 2 }));
    const again = app.actions.measureSensitivity();
    await settle();
    expect(counts()).toEqual({ a: 4, b: 2 });
    cancel();
    await again;
  });

  it('says in place why it failed, and what was there stays', async () => {
    const { app, worker } = fixture;
    await app.actions.measureSensitivity();
    worker.overrides.set('sensitivity', failing('runtime', 'The kernel refused.'));
    await app.actions.measureSensitivity();
    expect(state().failure).toMatchObject({ place: 'prune', error: { message: 'The kernel refused.' } });
    expect(counts()).toEqual({ a: 8, b: 8 });
  });

  it('holds for its ranking and its stop: undoing a step brings it back', async () => {
    const { app } = fixture;
    await app.actions.measureSensitivity();
    await app.actions.setImportance({ importance: 'l1' });
    expect(shown()).toBeNull();
    await app.actions.setImportance({ importance: 'l2', seed: 5 });
    expect(counts()).toEqual({ a: 8, b: 8 });
    await app.actions.applyPrune();
    await app.actions.openPrune();
    expect(shown()).toBeNull();
    await app.actions.undo();
    await app.actions.openPrune();
    expect(counts()).toEqual({ a: 8, b: 8 });
  });

  it('stops once another ranking is chosen, other data are given, or a step lands', async () => {
    const { app } = fixture;
    const ends = async (change: () => Promise<unknown>): Promise<void> => {
      until(measured({ a: 1 }));
      const measuring = app.actions.measureSensitivity();
      await settle();
      await change();
      await measuring;
      expect(app.jobs.getState().jobs.findLast(({ kind }) => kind === 'sensitivity')?.state).toBe('cancelled');
    };
    await ends(() => app.actions.setImportance({ importance: 'l1' }));
    await ends(() => app.actions.giveData([file('a.npy')]));
    expect(state().sensitivity).toBeNull();
    await ends(() => app.actions.applyPrune());
  });

  it('names the data that judge, and is forgotten with them', async () => {
    const { app, worker } = fixture;
    await app.actions.measureSensitivity();
    expect(shown()?.on).toBeNull();
    await app.actions.giveData([file('a.npy')]);
    expect(shown()).toBeNull();
    await app.actions.measureSensitivity();
    expect(shown()?.on).toEqual({ name: 'a.npy', samples: 10 });
    worker.overrides.set('calibrate', () => view('one.npy', 0));
    await app.actions.giveData([file('one.npy')]);
    await app.actions.measureSensitivity();
    expect(shown()?.on).toBeNull();
    await app.actions.removeData();
    expect(shown()).toBeNull();
  });

  it('waits where a measurement of times is at work, and is ended by one', async () => {
    const { app, worker } = fixture;
    until();
    const measuring = app.actions.measureSensitivity();
    await settle();
    worker.overrides.set('bench', () => new Deferred().promise);
    void app.actions.bench(0, null);
    await measuring;
    await app.actions.measureSensitivity();
    expect(worker.of('sensitivity')).toHaveLength(1);
    expect(app.notices.getState().notices.at(-1)?.title).toBe('Sensitivity has to wait');
  });
});

describe('flattening', () => {
  it('sets shares by group once all is measured and there is a target', async () => {
    const { app } = fixture;
    app.actions.setPruneOptions({ macs: 0.75 });
    app.actions.flattenWidths();
    expect(state().prune?.options.ratios).toEqual({});
    await app.actions.measureSensitivity();
    expect(app.actions.flatTarget()).toEqual({ target: 'macs', share: 0.75, derived: false });
    app.actions.flattenWidths();
    const { a, b } = state().prune!.options.ratios;
    expect(a! / b!).toBeCloseTo(4, 1);
    expect(a! + b!).toBeCloseTo(0.5, 1);
    expect(state().prune?.options.macs).toBe(0.75);
    expect(app.notices.getState().announcement).toMatch(/^All groups suffer alike at 7\d\.\d.% of the MACs\.$/);
  });

  it('does nothing on a part of the curves', async () => {
    const { app, worker } = fixture;
    worker.overrides.set('sensitivity', () => measured({ a: 8 }));
    await app.actions.measureSensitivity();
    app.actions.setPruneOptions({ macs: 0.75 });
    app.actions.flattenWidths();
    expect(state().prune?.options.ratios).toEqual({});
  });

  it('says when the target is out of reach', async () => {
    const { app } = fixture;
    await app.actions.measureSensitivity();
    app.actions.setPruneOptions({ macs: 0.1 });
    app.actions.showHarm('kl');
    app.actions.flattenWidths();
    expect(state().prune?.options.ratios).toEqual({ a: 0.8, b: 0.8 });
    expect(app.notices.getState().notices.at(-1)).toMatchObject({
      tone: 'warning',
      title: 'The target is out of reach',
    });
  });
});

describe('judging on data', () => {
  it('follows a pruning step by itself where data hold samples out', async () => {
    const { app, worker } = fixture;
    await app.actions.applyPrune();
    await settle();
    expect(worker.of('judge')).toHaveLength(0);
    await app.actions.undo();
    await app.actions.giveData([file('a.npy')]);
    await app.actions.openPrune();
    await app.actions.applyPrune();
    await settle();
    expect(state().judged).toMatchObject({
      stop: 1,
      result: { data: 'a.npy', samples: 10, fidelity: { accuracy: { before: 0.9, after: 0.8 } } },
    });
    await app.actions.undo();
    expect(state().judged?.stop).toBe(1);
  });

  it('has nothing to judge at the original, nor without samples that are left', async () => {
    const { app, worker } = fixture;
    await app.actions.giveData([file('a.npy')]);
    expect(await app.actions.judge()).toBeNull();
    worker.overrides.set('calibrate', () => view('one.npy', 0));
    await app.actions.giveData([file('one.npy')]);
    await app.actions.applyPrune();
    await settle();
    expect(worker.of('judge')).toHaveLength(0);
  });

  it('is forgotten with its data, and says in place why it failed', async () => {
    const { app, worker } = fixture;
    await app.actions.giveData([file('a.npy')]);
    await app.actions.applyPrune();
    await settle();
    expect(state().judged).not.toBeNull();
    await app.actions.giveData([file('b.npy')]);
    expect(state().judged).toBeNull();
    worker.overrides.set('judge', failing('bad-request', 'Inputs have changed.'));
    expect(await app.actions.judge()).toBeNull();
    expect(state().failure).toMatchObject({ place: 'prune', error: { message: 'Inputs have changed.' } });
  });
});
