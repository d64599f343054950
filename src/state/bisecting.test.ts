import { beforeEach, describe, expect, it } from 'vitest';
import type { Bisection } from '../engine/bisect-types.ts';
import { nodesCalled, nodeOfValue } from './bisecting.ts';
import { failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

const found: Bisection = {
  verdict: 'differs',
  step: { index: 2, pass: 'fuse', title: 'Pass fuse' },
  site: { key: 'k', number: 1, of: 3, what: 'Fuses.', nodes: ['Conv /block.1/Conv', 'Relu gone'] },
  value: { name: 'v2', producer: 'Conv /block.2/Conv', maxAbs: 1, maxRel: 1, allowed: 1e-4 },
  checks: 4,
  message: 'Step 2, Pass fuse, is the first after which the outputs differ.',
};

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeApp();
  const { app, worker } = fixture;
  await app.actions.openSample('tiny');
  for (const pass of ['fold', 'fuse', 'fold']) await app.actions.applyRequest({ pass, options: {}, off: [] }, pass);
  await settle();
  worker.overrides.set('bisect', () => found);
});
const cursor = () => fixture.app.document.getState().document?.cursor;
const lit = () => fixture.app.view.getState().lit;

describe('which step broke it', () => {
  it('asks for the whole recipe, and shows the answer where checks are', async () => {
    const { app, worker } = fixture;
    expect(await app.actions.bisect({ backends: ['webgpu'] })).toBe(found);
    expect(worker.of('bisect')[0]!.request).toMatchObject({
      backends: ['webgpu'],
      levels: ['disabled', 'all'],
      seeds: 3,
    });
    expect(app.view.getState()).toMatchObject({ dock: 'checks', workspace: 'studio' });
    expect(app.document.getState().bisection?.result).toBe(found);
  });

  it('leads to the step, to the site before it and to the value after it', async () => {
    const { app } = fixture;
    await app.actions.bisect();
    await app.actions.showBrokenStep();
    expect([cursor(), lit()]).toEqual([2, null]);
    await app.actions.showBrokenSite();
    expect([cursor(), lit(), app.view.getState().selected]).toEqual([1, [1], 1]);
    await app.actions.showBrokenValue();
    expect(cursor()).toBe(2);
    app.actions.unlight();
    expect(lit()).toBeNull();
    // Going about in the recipe leaves the answer.
    expect(app.document.getState().bisection).not.toBeNull();
  });

  it('is forgotten once the steps are others, and has nothing to ask at the original', async () => {
    const { app, worker } = fixture;
    await app.actions.bisect();
    await app.actions.moveTo(1);
    await app.actions.applyRequest({ pass: 'fuse', options: {}, off: [] }, 'fuse');
    expect(app.document.getState().bisection).toBeNull();
    await app.actions.moveTo(0);
    expect(await app.actions.bisect()).toBeNull();
    expect(worker.of('bisect')).toHaveLength(1);
  });

  it('says in place that it failed', async () => {
    const { app, worker } = fixture;
    worker.overrides.set('bisect', failing('runtime', 'The session could not be made.'));
    expect(await app.actions.bisect()).toBeNull();
    expect(app.document.getState().failure).toMatchObject({ place: 'check', what: 'Which step broke it?' });
  });
});

describe('nodes by what they are called', () => {
  const view = () => fixture.app.document.getState().picture!.view;
  it('are found by operator and name, without the domain, and by the first result where they have no name', () => {
    const [first, second] = view().nodeIds;
    const names = view().nodeNames.map((name, row) => (row === 1 ? '' : name));
    const wires = { wireNames: ['a', 'b'], wireSources: Int32Array.from([1, 1]) };
    const shown = { ...view(), opTypes: view().opTypes.map((op) => `com.microsoft.${op}`), nodeNames: names, ...wires };
    expect(nodesCalled(shown, [`Conv ${names[0]}`, 'Conv a'])).toEqual([first, second]);
    expect(nodesCalled(shown, ['Relu a', 'Conv b'])).toEqual([]);
  });

  it('are found by a value that they give', () => {
    const wires = { wireNames: ['in', 'out'], wireSources: Int32Array.from([-1, 0]) };
    const shown = { ...view(), ...wires };
    expect(['out', 'in', 'none'].map((name) => nodeOfValue(shown, name))).toEqual([view().nodeIds[0], null, null]);
  });
});
