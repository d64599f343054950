import { describe, expect, it } from 'vitest';
import { Deferred, failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';
import { tensorKey } from './inspection.ts';

const ref = { value: 7 };
const key = tensorKey(ref);

async function opened(): Promise<Fixture> {
  const fixture = await makeApp();
  await fixture.app.actions.openSample('tiny');
  await settle();
  return fixture;
}

describe('what the inspector asks of tensors', () => {
  it('is asked once, and kept', async () => {
    const { app, worker } = await opened();
    app.actions.loadTensor(ref, 0);
    app.actions.loadTensor(ref, 0);
    await settle();
    expect(worker.of('tensor')).toEqual([{ ref, axis: 0 }]);
    expect(app.inspection.getState().stats[key]).toMatchObject({ state: 'ready', result: { name: key } });
  });

  it('is given up when another node is selected, and may be asked for again', async () => {
    const { app, worker } = await opened();
    const slow = new Deferred<unknown>();
    const signals: (AbortSignal | undefined)[] = [];
    worker.overrides.set('tensor', (_params, { signal }) => {
      signals.push(signal);
      return slow.promise;
    });
    app.actions.select(1);
    app.actions.loadTensor(ref, null);
    await settle();
    expect(app.inspection.getState().stats[key]).toMatchObject({ state: 'loading' });
    app.actions.select(2);
    expect(signals[0]?.aborted).toBe(true);
    expect(app.inspection.getState().stats[key]).toEqual({ state: 'cancelled' });
    app.actions.loadTensor(ref, null);
    await settle();
    expect(signals).toHaveLength(2);
  });

  it('says what failed', async () => {
    const { app, worker } = await opened();
    worker.overrides.set('tensorValues', failing('external-data', 'weights.bin is missing.'));
    app.actions.loadValues(ref, 0);
    await settle();
    const [entry] = Object.values(app.inspection.getState().values);
    expect(entry).toMatchObject({ state: 'failed', error: { code: 'external-data' } });
  });

  it('is forgotten with the next revision, late answers too', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    const slow = new Deferred<unknown>();
    worker.overrides.set('tensor', () => slow.promise);
    app.actions.loadTensor(ref, null);
    app.actions.lookAt('fold');
    await settle();
    await app.actions.apply();
    slow.resolve({ name: 'late' });
    await settle();
    expect(app.inspection.getState().stats).toEqual({});
  });
});

describe('looking from the inspector', () => {
  it('goes to a site of a pass, with its anchor selected', async () => {
    const { app } = await opened();
    app.actions.lookAtSite('fold', 2);
    expect(app.document.getState().preview).toMatchObject({ pass: 'fold', at: 2 });
    expect(app.view.getState()).toMatchObject({ selected: 2, focus: { node: 2 } });
  });

  it('opens the reason of a near miss', async () => {
    const { app } = await opened();
    app.actions.lookAtRefusal('fuse', 0);
    expect(app.document.getState().preview?.pass).toBe('fuse');
    expect(app.view.getState().refusal).toBe(0);
  });

  it('shows an ancestor in the original, from which the recipe can be done again', async () => {
    const { app } = await opened();
    app.actions.lookAt('fold');
    await settle();
    await app.actions.apply();
    await app.actions.showAt(0, 4);
    expect(app.document.getState().document).toMatchObject({ cursor: 0, stops: { length: 2 } });
    expect(app.view.getState().selected).toBe(4);
  });

  it('remembers which sections are folded away', async () => {
    const storage = new Map<string, string>();
    const { app } = await makeApp(storage);
    app.actions.toggleSection('Cost');
    app.actions.toggleSection('Inputs');
    app.actions.toggleSection('Cost');
    const again = await makeApp(storage);
    expect(again.app.settings.getState().settings.closedSections).toEqual(['Inputs']);
  });

  it('selects a group in place of a node', async () => {
    const { app } = await opened();
    app.actions.select(1);
    app.actions.selectGroup('scope block');
    expect(app.view.getState()).toMatchObject({ selected: null, selectedGroup: 'scope block' });
    app.actions.select(1);
    expect(app.view.getState()).toMatchObject({ selected: 1, selectedGroup: null });
    app.actions.showGroup({ key: 'scope other', name: 'other', first: 3 });
    expect(app.view.getState()).toMatchObject({ selected: null, selectedGroup: 'scope other', focus: { node: 3 } });
  });
});
