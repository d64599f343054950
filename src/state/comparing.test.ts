import { describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import { Deferred, failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

const model = (name = 'model.onnx'): File => new File(['bytes'], name);

/** A model with one step, and the compare workspace in front. */
async function comparing(): Promise<Fixture> {
  const fixture = await makeApp();
  const { actions } = fixture.app;
  await actions.openFiles([model()]);
  actions.lookAt('fold');
  await settle();
  await actions.apply();
  await settle();
  actions.setWorkspace('compare');
  await settle();
  return fixture;
}

describe('the compare workspace', () => {
  it('compares the original with the stop shown as soon as it is opened', async () => {
    const { app, worker } = await comparing();
    expect(worker.of('compare').at(-1)).toMatchObject({ a: 0, b: 1 });
    const { rows, job } = app.compare.getState();
    expect([rows.map(({ kind, before }) => [kind, before]), job]).toEqual([[['removed', 'Conv 5']], null]);
  });

  it('compares nothing while another workspace is in front, and again after a step', async () => {
    const { app, worker } = await comparing();
    const before = worker.of('compare').length;
    app.actions.setWorkspace('studio');
    await app.actions.moveTo(0);
    await settle();
    expect([worker.of('compare').length, app.compare.getState().result]).toEqual([before, null]);
    app.actions.setWorkspace('compare');
    await settle();
    expect(worker.of('compare').at(-1)).toMatchObject({ a: 0, b: 0 });
  });

  it('opens a second model beside the document, and goes back to the stops when it is closed', async () => {
    const { app, worker } = await comparing();
    await app.actions.openSecond([model('other.onnx'), new File(['w'], 'other.data')]);
    await settle();
    expect(app.compare.getState().second?.name).toBe('other.onnx');
    expect(worker.of('openSecond')[0]?.files.map(({ name }) => name)).toEqual(['other.onnx', 'other.data']);
    expect(worker.of('compare').at(-1)).toMatchObject({ a: 0, b: 'second' });
    await app.actions.closeSecond();
    await settle();
    expect([app.compare.getState().second, worker.of('compare').at(-1)?.b]).toEqual([null, 1]);
  });

  it('says why a second model did not open, and keeps what was compared', async () => {
    const { app, worker } = await comparing();
    worker.overrides.set('openSecond', failing('bad-file', 'The file is empty.'));
    await app.actions.openSecond([model('empty.onnx')]);
    const { secondError, result, second } = app.compare.getState();
    expect([secondError?.name, secondError?.error.message]).toEqual(['empty.onnx', 'The file is empty.']);
    expect([result === null, second]).toEqual([false, null]);
  });

  it('opens the second model again after the death of the worker', async () => {
    const { app, worker, die } = await comparing();
    await app.actions.openSecond([model('other.onnx')]);
    await settle();
    await die();
    await settle();
    expect(worker.of('openSecond')).toHaveLength(2);
    expect(app.compare.getState().result?.b.side).toBe('second');
  });

  it('walks through the changes that the filter leaves, in the order of the table', async () => {
    const { app } = await comparing();
    await app.actions.openSecond([model('other.onnx')]);
    await settle();
    expect(app.compare.getState().rows.map(({ before }) => before)).toEqual(['Conv 4', 'Conv 5']);
    app.actions.stepChange(1);
    expect([app.compare.getState().row, app.compare.getState().focus.a?.node]).toEqual([0, 3]);
    app.actions.sortChanges('before');
    app.actions.sortChanges('before');
    app.actions.stepChange(1);
    expect(app.compare.getState().row).toBe(1);
    app.actions.filterChanges({ text: 'conv 4' });
    app.actions.stepChange(1);
    expect(app.compare.getState().row).toBe(0);
  });

  it('selects the partner of a node with it', async () => {
    const { app } = await comparing();
    app.actions.selectCompared('a', 2);
    expect(app.compare.getState().selected).toEqual({ a: 2, b: 2 });
    app.actions.selectCompared('a', 4);
    expect([app.compare.getState().selected, app.compare.getState().row]).toEqual([{ a: 4, b: null }, 0]);
    app.actions.selectCompared('b', null);
    expect(app.compare.getState().selected).toEqual({ a: null, b: null });
  });

  it('is cancelled without an error that stays, and the newest wish wins', async () => {
    const { app, worker } = await comparing();
    const slow = new Deferred<never>();
    worker.overrides.set('compare', () => slow.promise);
    app.actions.compareSides({ a: 1 });
    await settle();
    expect(app.compare.getState().job).not.toBeNull();
    worker.overrides.clear();
    app.actions.compareSides({ a: 0 });
    slow.reject(new CodedError('cancelled', 'The job was cancelled.'));
    await settle();
    const { result, error, job } = app.compare.getState();
    expect([result?.a.side, error, job]).toEqual([0, null, null]);
  });

  it('asks for one picture of both where the mode draws one', async () => {
    const { app, worker } = await comparing();
    app.actions.setCompareMode('overlay');
    await settle();
    expect(worker.of('unionPicture')).toEqual([]);
    app.actions.setCompareMode('changes');
    await settle();
    expect(worker.of('unionPicture')).toEqual([{ a: 0, b: 1, kind: 'changes' }]);
    expect(app.compare.getState().union?.view.nodeIds).toHaveLength(5);
  });

  it('waits for a benchmark, which needs the device for itself', async () => {
    const { app, worker } = await comparing();
    const bench = new Deferred<never>();
    worker.overrides.set('bench', () => bench.promise);
    void app.actions.bench(0, null);
    await settle();
    const before = worker.of('compare').length;
    app.actions.compareSides({ a: 1 });
    await settle();
    expect([worker.of('compare').length, app.compare.getState().error?.message]).toEqual([
      before,
      expect.stringContaining('A measurement is running.'),
    ]);
  });

  it('is empty once the document is closed', async () => {
    const { app } = await comparing();
    await app.actions.openSecond([model('other.onnx')]);
    app.actions.close();
    expect(app.compare.getState()).toMatchObject({ result: null, second: null });
  });

  it('forgets the second model with the document that it stood beside', async () => {
    const { app } = await comparing();
    await app.actions.openSecond([model('other.onnx')]);
    await app.actions.openFiles([model('next.onnx')]);
    expect(app.compare.getState()).toMatchObject({ second: null, a: 0, b: null });
  });
});
