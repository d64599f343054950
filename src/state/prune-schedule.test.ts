import { describe, expect, it } from 'vitest';
import { NOTHING_CUT } from '../prune/options.ts';
import type { PruneSession } from './document.ts';
import { ONCE } from './prune-schedule.ts';
import { Deferred, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

/** A document whose pruning panel is open. */
async function opened({ norms = 0, data = false } = {}): Promise<Fixture> {
  const fixture = await makeApp();
  const { app } = fixture;
  await app.actions.openFiles([new File(['bytes'], 'model.onnx')]);
  await settle();
  const { document } = app.document.getState();
  const stops = document!.stops.map((stop) => ({
    ...stop,
    summary: { ...stop.summary, ops: { BatchNormalization: norms } },
  }));
  const prune = { options: { ...NOTHING_CUT, ratio: 0.5 }, schedule: ONCE } as PruneSession;
  app.document.setState({
    document: { ...document!, stops },
    prune,
    ...(data ? { calibration: { view: {} } as never } : {}),
  });
  return fixture;
}

/** What the worker answers once `steps` were made. */
function withSteps({ worker, app }: Fixture, steps: number): void {
  worker.overrides.set('applySchedule', () => {
    const { document, picture } = app.document.getState();
    const stops = Array.from({ length: steps + 1 }, (_, index) => ({ ...document!.stops[0]!, index }));
    return { document: { ...document!, stops, cursor: steps }, picture };
  });
}

describe('a pruning schedule', () => {
  it('of one round is an ordinary step', async () => {
    const { app, worker } = await opened();
    expect(await app.actions.applyPrune()).toBe(true);
    expect([worker.of('apply').length, worker.of('applySchedule').length]).toEqual([1, 0]);
  });

  it('of several is one change, which is taken back as one or step by step', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    withSteps(fixture, 3);
    app.actions.setSchedule({ rounds: 3 });
    expect(await app.actions.applyPrune()).toBe(true);
    expect(worker.of('applySchedule')).toMatchObject([{ options: { ratio: 0.5 }, rounds: 3, reestimate: false }]);
    expect(app.document.getState()).toMatchObject({ prune: null, document: { cursor: 3 } });
    const notice = app.notices.getState().notices.at(-1);
    expect(notice?.title).toBe('Prune channels: 3 steps');
    notice?.action?.run();
    await settle();
    expect(worker.of('moveTo')).toEqual([{ cursor: 0 }]);
  });

  it('re-estimates batch norms only where there are some, and data to do it on', async () => {
    for (const [given, asked] of [
      [{ norms: 2, data: true }, true],
      [{ norms: 0, data: true }, false],
      [{ norms: 2, data: false }, false],
    ] as const) {
      const fixture = await opened(given);
      withSteps(fixture, 2);
      fixture.app.actions.setSchedule({ reestimate: true });
      await fixture.app.actions.applyPrune();
      expect(fixture.worker.of('applySchedule').map(({ reestimate }) => reestimate)).toEqual(asked ? [true] : []);
    }
  });

  it('that is cancelled leaves the panel open and the document as it was', async () => {
    const { app, worker } = await opened();
    const waiting = new Deferred<never>();
    worker.overrides.set('applySchedule', (_: never, { signal }) => {
      signal?.addEventListener('abort', () =>
        waiting.reject(Object.assign(new Error('cancelled'), { code: 'cancelled' })),
      );
      return waiting.promise;
    });
    app.actions.setSchedule({ rounds: 2 });
    const applying = app.actions.applyPrune();
    await settle();
    app.actions.cancelJob(app.jobs.getState().jobs.at(-1)?.id ?? -1);
    expect(await applying).toBe(false);
    expect(app.document.getState()).toMatchObject({ document: { cursor: 0 }, failure: null });
    expect(app.document.getState().prune?.schedule.rounds).toBe(2);
  });
});
