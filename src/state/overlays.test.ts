import { describe, expect, it } from 'vitest';
import type { OverlayValues } from '../engine/types.ts';
import { Deferred, failing, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

async function opened(): Promise<Fixture> {
  const fixture = await makeApp();
  fixture.worker.overrides.set('overlay', ({ overlay }: { overlay: OverlayValues['overlay'] }) => ({
    overlay,
    revision: 1,
    nodes: new Int32Array(),
    values: new Float64Array(),
    note: `${overlay}.`,
  }));
  await fixture.app.actions.openFiles([new File(['bytes'], 'model.onnx')]);
  await settle();
  return fixture;
}

describe('overlays', () => {
  it('ask for what the page does not have once, and again after a step', async () => {
    const { app, worker } = await opened();
    app.actions.setOverlay('macs');
    app.actions.setOverlay('sparsity');
    app.actions.setOverlay('sparsity');
    await settle();
    expect(worker.of('overlay').map(({ overlay }) => overlay)).toEqual(['sparsity']);
    expect(app.document.getState().overlays['sparsity']).toMatchObject({
      state: 'ready',
      values: { note: 'sparsity.' },
    });
    app.actions.lookAt('fold');
    await settle();
    await app.actions.apply();
    await settle();
    expect(worker.of('overlay')).toHaveLength(2);
  });

  it('time nodes on request only', async () => {
    const { app, worker } = await opened();
    app.actions.setOverlay('time');
    await settle();
    expect(worker.of('overlay')).toEqual([]);
    await app.actions.measureNodes();
    expect(worker.of('overlay')).toMatchObject([{ overlay: 'time', request: { backend: 'wasm', level: 'all' } }]);
    expect(app.document.getState().overlays['time']?.state).toBe('ready');
  });

  it('do not time nodes while a benchmark has the device', async () => {
    const { app, worker } = await opened();
    const running = new Deferred<never>();
    worker.overrides.set('bench', () => running.promise);
    void app.actions.bench(0, null);
    await settle();
    await app.actions.measureNodes();
    expect(worker.of('overlay')).toEqual([]);
    expect(app.notices.getState().notices[0]?.title).toBe('Timing has to wait');
  });

  it('say why they could not be worked out, and can be asked for again', async () => {
    const { app, worker } = await opened();
    worker.overrides.set('overlay', failing('bad-file', 'The file weights.bin was not given.'));
    app.actions.setOverlay('sparsity');
    await settle();
    expect(app.document.getState().overlays['sparsity']).toMatchObject({
      state: 'failed',
      error: { message: 'The file weights.bin was not given.' },
    });
    app.actions.setOverlay('sparsity');
    await settle();
    expect(worker.of('overlay')).toHaveLength(2);
  });
});
