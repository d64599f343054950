import { describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import type { GroupTree } from '../ir/view.ts';
import type { Platform } from './core.ts';
import { Deferred, failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

/** Two groups that are built alike, and one of its own. */
const GROUPS: GroupTree = {
  keys: ['a', 'b', 'c'],
  names: ['block.0', 'block.1', 'head'],
  kinds: new Uint8Array(3),
  parents: Int32Array.of(-1, -1, -1),
  classes: Int32Array.of(0, 0, 1),
  holders: Int32Array.of(-1, -1, -1),
  sizes: Int32Array.of(2, 2, 1),
  ofRow: Int32Array.of(0, 0, 1, 1, 2),
};

/** An open document with groups, over a worker that folds what it is asked to. */
async function opened(platform: Partial<Platform> = {}): Promise<Fixture> {
  let isOpen = false;
  const prepare: Platform['prepare'] = (picture) => (isOpen ? platform.prepare?.(picture) : null) ?? Promise.resolve();
  const fixture = await makeApp(new Map(), { ...platform, prepare });
  await fixture.app.actions.openSample('tiny');
  await settle();
  isOpen = true;
  const picture = fixture.app.document.getState().picture!;
  const grouped = { ...picture, view: { ...picture.view, groups: GROUPS } };
  fixture.app.document.setState({ picture: grouped, origin: grouped });
  fixture.worker.overrides.set('fold', ({ toggled }: { toggled: readonly string[] }) => ({
    layout: { ...grouped.layout, revision: grouped.view.revision },
    toggled,
  }));
  return fixture;
}

const asked = ({ worker }: Fixture) => worker.of('fold').map(({ toggled }) => toggled);

describe('folding groups', () => {
  it('folds one, or everything that is built like it, and says so', async () => {
    const fixture = await opened();
    const { actions, document, notices } = fixture.app;
    actions.fold(['c'], true, false);
    await settle();
    expect(document.getState().picture?.toggled).toEqual(['c']);
    actions.fold(['a'], true, true);
    await settle();
    expect(asked(fixture)).toEqual([['c'], ['c', 'a', 'b']]);
    expect(notices.getState().announcement).toContain('2 groups folded.');
    actions.fold(['c'], false, false);
    await settle();
    expect(document.getState().picture?.toggled).toEqual(['a', 'b']);
  });

  it('adds wishes up that come before the first is drawn', async () => {
    const fixture = await opened();
    fixture.app.actions.fold(['a'], true, false);
    fixture.app.actions.fold(['b'], true, false);
    await settle();
    expect(asked(fixture)).toEqual([['a'], ['a', 'b']]);
    expect(fixture.app.document.getState().picture?.toggled).toEqual(['a', 'b']);
  });

  it('adds a wish up that comes while the one before is made ready to be shown', async () => {
    const ready: (() => void)[] = [];
    const fixture = await opened({ prepare: () => new Promise((resolve) => ready.push(resolve)) });
    const { actions, document } = fixture.app;
    actions.fold(['a'], true, false);
    await settle();
    actions.fold(['b'], true, false);
    await settle();
    expect(ready).toHaveLength(2);
    ready[0]!();
    await settle();
    ready[1]!();
    await settle();
    expect(document.getState().picture?.toggled).toEqual(['a', 'b']);
    actions.fold(['c'], true, false);
    await settle();
    ready[2]!();
    await settle();
    expect(document.getState().picture?.toggled).toEqual(['a', 'b', 'c']);
  });

  it('passes over keys that no group has, and groups that are as they are wished', async () => {
    const fixture = await opened();
    fixture.app.actions.fold(['gone'], true, false);
    await settle();
    expect(asked(fixture)).toEqual([]);
  });

  it('leaves another model alone that was opened while the original was drawn', async () => {
    const { app, worker } = await opened();
    const drawn = new Deferred<unknown>();
    worker.overrides.set('picture', () => drawn.promise);
    // What is shown is a result: its original has a picture of its own.
    app.document.setState(({ origin }) => ({
      origin: origin && { ...origin, view: { ...origin.view, revision: -1 } },
    }));
    app.actions.fold(['a'], true, false);
    await settle();
    await app.actions.openFiles([new File(['x'], 'other.onnx')]);
    const { origin } = app.document.getState();
    drawn.resolve({ late: true });
    await settle();
    expect(app.document.getState().origin).toBe(origin);
  });

  it('says when it fails, and starts from what is shown the next time', async () => {
    const fixture = await opened();
    const { worker, app } = fixture;
    const works = worker.overrides.get('fold')!;
    worker.overrides.set('fold', failing('internal', 'No room.'));
    app.actions.fold(['a'], true, false);
    await settle();
    expect(app.document.getState().failure).toMatchObject({ place: 'document', what: 'Folding' });
    worker.overrides.set('fold', works);
    app.actions.fold(['b'], true, false);
    await settle();
    expect(app.document.getState().picture?.toggled).toEqual(['b']);
  });
});

describe('selecting a group', () => {
  it('takes the place of the selected node, and the other way round', async () => {
    const { app } = await opened();
    app.actions.select(0);
    app.actions.selectGroup('a');
    expect(app.view.getState()).toMatchObject({ selected: null, selectedGroup: 'a' });
    app.actions.select(1);
    expect(app.view.getState()).toMatchObject({ selected: 1, selectedGroup: null });
  });

  it('ends when another revision has no such group', async () => {
    const { app } = await opened();
    app.actions.selectGroup('a');
    app.actions.lookAt('fold');
    await settle();
    await app.actions.apply();
    await settle();
    expect(app.view.getState().selectedGroup).toBeNull();
  });
});

describe('saving a picture', () => {
  it('runs as a job that can be cancelled, and hands the file over', async () => {
    const { app, saved } = await opened();
    expect(await app.actions.savePicture('a.png', () => Promise.resolve(new Blob(['png'])))).toBe(true);
    expect(saved.map(({ name }) => name)).toEqual(['a.png']);
    const wait = new Deferred<Blob>();
    const saving = app.actions.savePicture('b.png', async (job) => {
      job.signal.addEventListener('abort', () => wait.reject(new CodedError('cancelled', 'The job was cancelled.')));
      return wait.promise;
    });
    await settle();
    app.actions.cancelJob(app.jobs.getState().jobs.find(({ state }) => state === 'running')!.id);
    expect(await saving).toBe(false);
    expect(saved).toHaveLength(1);
    expect(app.document.getState().failure).toBeNull();
  });

  it('says in place when the browser gives no room for it', async () => {
    const { app } = await opened();
    const refused = new CodedError('out-of-memory', 'The browser gives no canvas of this size.');
    expect(await app.actions.savePicture('a.png', () => Promise.reject(refused))).toBe(false);
    expect(app.document.getState().failure).toMatchObject({ place: 'document', what: 'Drawing a.png' });
  });
});
