import { describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import type { CalibrationView } from '../engine/calibrate-files.ts';
import type { NodeId } from '../ir/types.ts';
import { NOTHING_CUT } from '../prune/options.ts';
import type { PruneGroupView, PrunePlanView } from '../prune/types.ts';
import { failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

const given = (name: string) => ({ name, file: new File(['x'], name) });
const view = (name: string): CalibrationView => ({
  name,
  kind: 'array',
  count: 9,
  used: 9,
  judged: 0,
  sample: [],
  feeds: [],
  labels: null,
  preprocess: { kind: 'feeds', names: {} },
  notes: [],
});
const group = (key: string, members: readonly (readonly [number, string])[]): PruneGroupView => ({
  key,
  name: key,
  channels: 4,
  atoms: 4,
  members: members.map(([node, role]) => ({ node: node as NodeId, label: '', role, why: '' })),
  importance: new Float64Array(4),
  order: Int32Array.of(0, 1, 2, 3),
  isHeads: false,
  normalisedBy: [],
  topology: '',
});

async function opened(): Promise<Fixture> {
  const fixture = await makeApp();
  const { app, worker } = fixture;
  await app.actions.openFiles([new File(['bytes'], 'model.onnx')]);
  await settle();
  worker.overrides.set('calibrate', ({ data }: { data: { files: { name: string }[] } | null }) =>
    data ? view(data.files[0]?.name ?? '') : null,
  );
  const none = { coefficients: new Float64Array(), starts: Int32Array.of(0), groups: new Int32Array() };
  const peak = { sizes: none, values: Int32Array.of(0), steps: Int32Array.of(0), live: new Int32Array() };
  const plan: PrunePlanView = {
    groups: [
      group('in', [
        [1, 'out axis'],
        [2, 'in axis'],
      ]),
      group('out', [[2, 'out axis']]),
    ],
    frozen: [],
    forecast: { macs: none, parameters: none, bytes: none, activation: peak, copies: [], added: [] },
  };
  worker.overrides.set('prunePlan', () => plan);
  return fixture;
}
const state = ({ app }: Fixture) => app.document.getState().calibration;

describe('calibration data', () => {
  it('are in use once the workers have taken them, until another model is opened', async () => {
    const fixture = await opened();
    await fixture.app.actions.giveData([given('a.npy')]);
    expect(state(fixture)).toMatchObject({ view: { name: 'a.npy' }, error: null, asking: false });
    expect(fixture.worker.of('calibrate')[0]?.data).toMatchObject({ samples: 64, labels: null, changes: {} });
    await fixture.app.actions.openFiles([new File(['bytes'], 'other.onnx')]);
    expect(state(fixture)).toBeNull();
  });

  it('stay in use when others do not fit, and the reason is kept beside them', async () => {
    const fixture = await opened();
    await fixture.app.actions.giveData([given('a.npy')]);
    fixture.worker.overrides.set('calibrate', failing('bad-file', 'It ends early.'));
    await fixture.app.actions.giveData([given('b.npy')]);
    expect(state(fixture)).toMatchObject({ view: { name: 'a.npy' }, error: { message: 'It ends early.' } });
    expect(fixture.app.document.getState().failure).toBeNull();
  });

  it('are as before when reading others is cancelled', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    worker.overrides.set('calibrate', (_: never, { signal }) => {
      return new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new CodedError('cancelled', 'cancelled'))),
      );
    });
    const giving = app.actions.giveData([given('a.npy')]);
    await settle();
    expect(state(fixture)?.asking).toBe(true);
    app.actions.cancelJob(app.jobs.getState().jobs.at(-1)?.id ?? -1);
    await giving;
    expect(state(fixture)).toBeNull();
  });

  it('keep what was set of them when something else of them changes', async () => {
    const fixture = await opened();
    const { actions } = fixture.app;
    await actions.giveData([given('a.npy')]);
    await actions.setPreprocess('scale', 2);
    await actions.changeData({ samples: 5, labels: given('labels.csv') });
    expect(state(fixture)?.given).toMatchObject({ samples: 5, labels: { name: 'labels.csv' }, changes: { scale: 2 } });
    await actions.resetPreprocess();
    expect(state(fixture)?.given.changes).toEqual({});
    await actions.giveData([given('b.npy')]);
    expect(state(fixture)?.given).toMatchObject({ samples: 5, labels: null });
    await actions.removeData();
    expect([state(fixture), fixture.worker.of('calibrate').at(-1)?.data]).toEqual([null, null]);
  });

  it('have the channels rated again only where the rating looks at them', async () => {
    const { app, worker } = await opened();
    await app.actions.openPrune();
    await app.actions.giveData([given('a.npy')]);
    expect(worker.of('prunePlan')).toHaveLength(1);
    await app.actions.setImportance({ importance: 'wanda' });
    await app.actions.giveData([given('b.npy')]);
    expect(worker.of('prunePlan').map(({ importance }) => importance)).toEqual(['l2', 'wanda', 'wanda']);
    await app.actions.removeData();
    expect(worker.of('prunePlan')).toHaveLength(4);
  });

  it('are given to the workers again when those had to be started anew', async () => {
    const fixture = await opened();
    await fixture.app.actions.giveData([given('a.npy')]);
    await fixture.die();
    await settle();
    expect(fixture.worker.of('calibrate')).toHaveLength(2);
  });
});

describe('the pruning panel', () => {
  it('keeps what sliders did while another rating was on its way', async () => {
    const { app } = await opened();
    await app.actions.openPrune();
    const rating = app.actions.setImportance({ importance: 'l1' });
    app.actions.setPruneOptions({ ratio: 0.5 });
    await rating;
    expect(app.document.getState().prune?.options).toEqual({ ...NOTHING_CUT, importance: 'l1', ratio: 0.5 });
  });

  it('brings up the group of a chosen node, the one whose channels it makes first, and stays with one that has it', async () => {
    const { app } = await opened();
    await app.actions.openPrune();
    const group = () => app.document.getState().prune?.group;
    app.actions.select(2);
    expect(group()).toBe(1);
    app.actions.select(1);
    expect(group()).toBe(0);
    app.actions.select(2);
    expect(group()).toBe(0);
    app.actions.select(3);
    expect(group()).toBeNull();
  });
});
