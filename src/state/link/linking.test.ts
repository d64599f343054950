import { describe, expect, it, vi } from 'vitest';
import type { AddressBar, Platform } from '../core.ts';
import { makeApp, settle } from '../testing/fake-worker.ts';

/** An address that a test can read and change. */
function makeAddress(fragment = '') {
  let listener = (): void => {};
  const bar = {
    fragment,
    read: () => bar.fragment,
    write: (text: string) => void (bar.fragment = text),
    onChange: (heard: () => void) => void (listener = heard),
    withFragment: (text: string) => `http://here/#${text}`,
    /** A person puts another fragment there. */
    enter(text: string) {
      bar.fragment = text;
      listener();
    },
  };
  return bar satisfies AddressBar;
}
const file = (name: string): File => new File(['x'], name);

describe('the address', () => {
  it('follows what is shown', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const address = makeAddress();
      const { app } = await makeApp(new Map(), { address });
      await app.actions.openSample('tiny');
      app.actions.focusNode(3);
      app.actions.setOverlay('macs');
      app.actions.search('op:Conv');
      vi.advanceTimersByTime(1000);
      expect(address.fragment).toBe('v=1&sample=tiny&node=%2Fblock.3%2FConv&overlay=macs&query=op%3AConv');
      app.actions.close();
      vi.advanceTimersByTime(1000);
      expect(address.fragment).toBe('');
    } finally {
      vi.useRealTimers();
    }
  });

  it('is followed at the start: a sample opens, its recipe is replayed, the stop and the node are shown', async () => {
    const source = makeAddress();
    const first = await makeApp(new Map(), { address: source });
    await first.app.actions.openSample('tiny');
    first.app.actions.lookAt('fold');
    await settle();
    await first.app.actions.apply();
    first.app.actions.lookAt('fuse');
    await settle();
    await first.app.actions.apply();
    await first.app.actions.undo();
    let copied = '';
    const second = await makeApp(new Map(), { address: makeAddress(), copy: async (text) => void (copied = text) });
    await second.app.actions.openSample('tiny');
    await second.app.actions.copyLink(2);
    expect(copied).toBe('http://here/#v=1&sample=tiny&node=%2Fblock.2%2FConv');

    await new Promise((resolve) => setTimeout(resolve, 300));
    const third = await makeApp(new Map(), { address: makeAddress(source.fragment) });
    await settle();
    const { document, waiting } = third.app.document.getState();
    expect(document?.name).toBe('tiny.onnx');
    expect(document?.stops).toHaveLength(3);
    expect(document?.cursor).toBe(1);
    expect(waiting).toBeNull();
  });

  it('waits for the file that it names, and says so of another one', async () => {
    const address = makeAddress('v=1&file=cnn.onnx&node=%2Fblock.2%2FConv');
    const { app } = await makeApp(new Map(), { address });
    await settle();
    expect(app.document.getState().waiting).toMatchObject({ model: { file: 'cnn.onnx' } });
    await app.actions.openFiles([file('cnn.onnx')]);
    await settle();
    expect(app.view.getState().selected).toBe(2);

    const other = await makeApp(new Map(), { address: makeAddress('v=1&file=cnn.onnx') });
    await settle();
    await other.app.actions.openFiles([file('vgg.onnx')]);
    expect(other.app.notices.getState().notices.map((notice) => notice.title)).toContain('Another model');
  });

  it('moves what is open when a person changes it', async () => {
    const address = makeAddress();
    const { app, worker } = await makeApp(new Map(), { address });
    await app.actions.openSample('tiny');
    address.enter('v=1&sample=tiny&node=%2Fblock.4%2FConv&workspace=bench');
    await settle();
    expect(app.view.getState()).toMatchObject({ selected: 4, workspace: 'bench' });
    expect(worker.of('open')).toHaveLength(1);
  });

  it.each([
    ['v=1&sample=tiny&node=nowhere', 'node nowhere'],
    ['v=1&sample=tiny&stop=7', 'stop 7'],
  ])('tells what of %s is not there', async (fragment, what) => {
    const { app } = await makeApp(new Map(), { address: makeAddress(fragment) });
    await settle();
    expect(app.notices.getState().notices.at(-1)?.text).toContain(what);
  });

  it('says when a link cannot be read', async () => {
    const { app } = await makeApp(new Map(), { address: makeAddress('v=2&sample=tiny') });
    await settle();
    expect(app.notices.getState().notices.at(-1)).toMatchObject({ title: 'The link cannot be read' });
    expect(app.document.getState().document).toBeNull();
  });
});

describe('copying', () => {
  it('says that it failed', async () => {
    const failing: Partial<Platform> = {
      address: makeAddress(),
      copy: () => Promise.reject(new Error('not allowed')),
    };
    const { app } = await makeApp(new Map(), failing);
    await app.actions.openSample('tiny');
    await app.actions.copyLink();
    expect(app.notices.getState().notices.at(-1)).toMatchObject({ tone: 'error', text: 'not allowed' });
  });
});
