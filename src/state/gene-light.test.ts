import { beforeEach, describe, expect, it } from 'vitest';
import type { GraphApi } from '../protocol/api.ts';
import { viewOf } from '../search/chosen.ts';
import { failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';
import { GENES } from './testing/found-points.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeApp();
  fixture.worker.overrides.set('searchSpace', ({ space }: GraphApi['searchSpace']['params']) => ({
    genes: viewOf({ genes: GENES }, space),
    size: 1.2,
    notes: [],
  }));
  await fixture.app.actions.openSample('tiny');
  await settle();
});
const lit = () => fixture.app.view.getState().lit;
const searching = () => fixture.app.searching.getState();

describe('what may be searched in the stop that is shown', () => {
  it('is asked for outside of the workspace only when somebody wants to know', async () => {
    const { app, worker } = fixture;
    await app.actions.applyRequest({ pass: 'fold', options: {}, off: [] }, 'Fold');
    expect(worker.of('searchSpace')).toHaveLength(0);
    await app.actions.askGenes();
    expect(worker.of('searchSpace')).toMatchObject([{ stop: 1 }]);
    expect(searching().space?.stop).toBe(1);
    expect(app.notices.getState().announcement).toContain('3 genes');
  });

  it('is of that stop though another one was chosen to be searched', async () => {
    const { app } = fixture;
    await app.actions.applyRequest({ pass: 'fold', options: {}, off: [] }, 'Fold');
    app.actions.chooseSearchStop(0);
    await settle();
    expect(searching().space?.stop).toBe(0);
    await app.actions.askGenes();
    expect(searching()).toMatchObject({ stop: 1, space: { stop: 1 } });
  });

  it('says why it cannot be told', async () => {
    fixture.worker.overrides.set('searchSpace', failing('unsupported', 'No group can be cut.'));
    await fixture.app.actions.askGenes();
    expect(searching()).toMatchObject({ space: null, asking: false });
    expect(searching().spaceError?.message).toBe('No group can be cut.');
  });
});

describe('a gene that is pointed at', () => {
  beforeEach(() => fixture.app.actions.askGenes());

  it('has its nodes lit, and gives back what was lit before', () => {
    const { app } = fixture;
    app.view.setState({ lit: [9] });
    app.actions.lightGene('width:a');
    expect(lit()).toEqual([1, 2]);
    expect(searching().gene).toBe('width:a');
    app.actions.lightGene('depth:s');
    expect(lit()).toEqual([3, 4, 6, 7]);
    app.actions.lightGene(null);
    expect(lit()).toEqual([9]);
    expect(searching().gene).toBeNull();
  });

  it('leaves alone what was lit, or put out, in the meantime', () => {
    const { app } = fixture;
    app.actions.lightGene('width:a');
    app.view.setState({ lit: [5] });
    app.actions.lightGene(null);
    expect(lit()).toEqual([5]);
    app.actions.lightGene('width:a');
    app.actions.unlight();
    app.actions.lightGene(null);
    expect(lit()).toBeNull();
  });

  it('stays lit once it was asked to be shown', async () => {
    const { app } = fixture;
    app.actions.lightGene('width:a');
    await app.actions.showGene('width:a');
    app.actions.lightGene(null);
    expect(lit()).toEqual([1, 2]);
  });
});
