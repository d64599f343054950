import { beforeEach, describe, expect, it } from 'vitest';
import type { AccuracyDataView } from '../engine/accuracy/data.ts';
import type { Evaluation } from '../engine/train/types.ts';
import type { GivenFile, GraphApi, TrainCheckpoint } from '../protocol/api.ts';
import type { CallOptions } from '../protocol/client.ts';
import { viewOf } from '../search/chosen.ts';
import type { SupernetLook, SupernetProgress, SupernetResult } from '../search/supernet/types.ts';
import { isSupernetUnsaved, supernetLeft } from './supernet-run.ts';
import { supernetLacks } from './supernet-store.ts';
import { Deferred, failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';
import { GENES } from './testing/found-points.ts';

const view = { name: 'digits', kind: 'image', count: 200, labels: { classes: 10 } } as unknown as AccuracyDataView;
const files: readonly GivenFile[] = [{ name: 'digits', file: new File(['x'], 'digits') }];

const evaluation = (step: number, top1: number): Evaluation => ({
  ...{ step, samples: 40, top1, agreement: null, crossEntropy: 1, divergence: null, perplexity: null, error: null },
});
const look = (step: number, smallest: number): SupernetLook => ({
  full: evaluation(step, 0.9),
  middle: evaluation(step, 0.5),
  smallest: evaluation(step, smallest),
});
const result = (steps: number): SupernetResult => ({
  ...{ steps, phases: [], curve: [], looks: [look(0, 0.1), look(steps, 0.8)], test: null, genes: 3, size: 1.2, ms: 9 },
  ...{ genomes: { full: [], middle: [], smallest: [] }, notes: [] },
});

let fixture: Fixture;
let kept: TrainCheckpoint | null;
let tabs: File[];
beforeEach(async () => {
  kept = null;
  tabs = [];
  fixture = await makeApp(new Map(), { openInTab: (file) => void tabs.push(file) });
  const { overrides } = fixture.worker;
  overrides.set('searchSpace', ({ space }: GraphApi['searchSpace']['params']) => ({
    ...{ genes: viewOf({ genes: GENES }, space), size: 1.2, notes: [], supernet: null },
  }));
  overrides.set('searchData', ({ data }: GraphApi['searchData']['params']) => data && view);
  overrides.set('searchKept', () => 0);
  overrides.set('supernetKept', () => kept);
  overrides.set('supernetControl', () => null);
  overrides.set('supernet', () => result(600));
  overrides.set('exportSupernet', ({ name }: GraphApi['exportSupernet']['params']) => ({
    ...{ name, bytes: new Uint8Array(3) },
  }));
  await fixture.app.actions.openSample('tiny');
  await settle();
});
const state = () => fixture.app.supernet.getState();
const lacks = () => supernetLacks(state(), fixture.app.searching.getState());
const ready = async (): Promise<void> => {
  fixture.app.actions.setWorkspace('search');
  await fixture.app.actions.searchSamples.give(files);
  await settle();
};
/** A training that goes on until it is told to end. */
const atWork = async () => {
  await ready();
  const end = new Deferred();
  let tell: (progress: SupernetProgress) => void = () => {};
  fixture.worker.overrides.set('supernet', (_: never, { onProgress, signal }: CallOptions) => {
    tell = (progress) => onProgress?.(progress);
    signal?.addEventListener('abort', () => end.reject(Object.assign(new Error('cancelled'), { code: 'cancelled' })));
    return end.promise;
  });
  const running = fixture.app.actions.startSupernet(false);
  await settle();
  return { end, running, tell: (progress: SupernetProgress) => tell(progress) };
};

describe('a training as a supernet', () => {
  it('says what it lacks, with the cure', async () => {
    expect(lacks()).toContain('drop samples on Samples');
    await ready();
    expect(lacks()).toBeNull();
    fixture.app.actions.changeSupernet({ space: { ...state().request.space, kinds: ['kernel'] } });
    expect(lacks()).toContain('no sub-networks of the kinds that are chosen');
    fixture.app.actions.changeSupernet({ space: { ...state().request.space, kinds: [] } });
    expect(lacks()).toContain('choose a kind');
    await fixture.app.actions.startSupernet(false);
    expect(fixture.worker.of('supernet')).toHaveLength(0);
  });

  it('is asked for with the space that is searched, kinds of its own, and by labels only where there are any', async () => {
    await ready();
    const { actions } = fixture.app;
    actions.changeSearch({
      space: { ...fixture.app.searching.getState().request.space, shares: [0.5, 1], roundTo: 8 },
    });
    await actions.startSupernet(false);
    const [{ ask } = { ask: null }] = fixture.worker.of('supernet');
    expect(ask).toMatchObject({ stop: 0, request: { labels: true, space: { shares: [0.5, 1], roundTo: 8 } } });
    expect(ask?.request.space.kinds).not.toContain('resolution');
    fixture.worker.overrides.set('searchData', () => ({ ...view, labels: null }));
    await ready();
    await actions.startSupernet(false);
    expect(fixture.worker.of('supernet').at(-1)?.ask.request.labels).toBe(false);
  });

  it('is shown as it goes on, paused, resumed and stopped', async () => {
    const { end, running, tell } = await atWork();
    tell({ stage: 'Training', done: 0, total: 600, look: look(0, 0.1) });
    tell({ stage: 'Training', done: 100, total: 600, pace: 10 });
    tell({ stage: 'Training', look: look(100, 0.6) });
    expect(state().run).toMatchObject({ status: 'running', step: 100, name: 'the original' });
    expect(state().run?.looks.map(({ smallest }) => smallest.top1)).toEqual([0.1, 0.6]);
    expect(supernetLeft(state().run!)).toBe(50_000);
    const { actions } = fixture.app;
    actions.pauseSupernet();
    expect(state().run?.status).toBe('pausing');
    tell({ stage: 'Paused', done: 120, total: 600 });
    expect(state().run).toMatchObject({ status: 'paused', step: 120 });
    actions.resumeSupernet();
    actions.stopSupernet();
    expect(fixture.worker.of('supernetControl').map(({ wish }) => wish)).toEqual(['pause', 'resume', 'stop']);
    end.resolve(result(130));
    await running;
    expect(state().run).toMatchObject({ status: 'done', step: 130 });
    expect(fixture.app.notices.getState().announcement).toContain('Of the smallest network 10.0');
  });

  it('keeps others out while it is at work: measurements, trainings, searches and other models wait', async () => {
    const { end, running } = await atWork();
    const { app, worker } = fixture;
    expect(await app.actions.bench(0, null)).toBeNull();
    await app.actions.startSearch();
    await app.actions.openSample('tiny');
    await app.actions.startSupernet(false);
    expect(worker.of('bench')).toHaveLength(0);
    expect(worker.of('search')).toHaveLength(0);
    expect(worker.of('open')).toHaveLength(1);
    expect(worker.of('supernet')).toHaveLength(1);
    expect(isSupernetUnsaved(state().run)).toBe(true);
    end.resolve(result(600));
    await running;
  });

  it('that is cancelled can be gone on from where a checkpoint was left, or begun anew', async () => {
    const { actions } = fixture.app;
    const { running } = await atWork();
    expect(fixture.worker.of('supernetKept')).toHaveLength(0);
    kept = { step: 100 };
    actions.showSupernet(true);
    actions.cancelSupernet();
    await running;
    await settle();
    expect(state()).toMatchObject({ run: { status: 'cancelled' }, kept: { step: 100 } });
    kept = null;
    fixture.worker.overrides.set('supernet', () => result(600));
    await actions.startSupernet(true);
    await settle();
    expect(fixture.worker.of('supernet').map(({ anew }) => anew)).toEqual([false, true]);
    expect(state().kept).toBeNull();
  });

  it('hands its model over as a file, and opens it in a tab of its own', async () => {
    await ready();
    const { app, saved } = fixture;
    await app.actions.startSupernet(false);
    await app.actions.saveSupernet();
    await app.actions.openSupernet();
    expect([saved[0]?.name, tabs[0]?.name]).toEqual(['tiny.supernet.onnx', 'tiny.supernet.onnx']);
    expect(isSupernetUnsaved(state().run)).toBe(false);
    app.actions.dismissSupernet();
    expect(state().run).toBeNull();
  });

  it('that fails says so in place, and leaves what was seen', async () => {
    await ready();
    fixture.worker.overrides.set('supernet', failing('unsupported', 'No mask passes Resize 3.'));
    await fixture.app.actions.startSupernet(false);
    expect(state().run).toMatchObject({ status: 'failed', error: { message: 'No mask passes Resize 3.' } });
    fixture.worker.overrides.set('exportSupernet', failing('bad-request', 'No supernet was trained yet.'));
    await fixture.app.actions.saveSupernet();
    expect(fixture.app.document.getState().failure).toMatchObject({ place: 'supernet' });
  });
});
