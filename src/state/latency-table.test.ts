import { describe, expect, it } from 'vitest';
import type { StoredTable } from '../engine/latency-table/table.ts';
import { Deferred, makeApp, settle, type Fixture } from './testing/fake-worker.ts';

const CAPABLE = { agent: 'me', runtimeVersion: '1', maxThreads: 4, cores: 4 } as never;
const THREADS = 1;
const table = (name: string): StoredTable => ({
  device: { name, backend: 'wasm', threads: THREADS, runtimeVersion: '1' },
  overhead: { node: 0, run: 0, byte: 0 },
  entries: [],
});

/** A model is open, and the lab of latency tables; a prediction of the fake worker is the table's device. */
async function opened(): Promise<Fixture> {
  const fixture = await makeApp();
  const { app, worker } = fixture;
  app.actions.changeSettings({ threads: THREADS });
  worker.overrides.set('predictLatency', ({ table: { device } }: { table: StoredTable }) => ({ device }));
  await app.actions.openFiles([new File(['x'], 'model.onnx')]);
  app.view.setState({ lab: 'latency' });
  app.tables.setState({ tables: [table('me'), table('other')] });
  return fixture;
}
const predicted = ({ app }: Fixture): string | undefined =>
  (app.tables.getState().prediction?.result as unknown as StoredTable | undefined)?.device.name;

describe('a prediction from the latency table', () => {
  it('comes once the device has said what it can do, where the lab was opened before', async () => {
    const fixture = await opened();
    const { app } = fixture;
    app.document.setState({ capabilities: null });
    await app.actions.openTables();
    expect(predicted(fixture)).toBeUndefined();
    app.document.setState({ capabilities: CAPABLE });
    await settle();
    expect(predicted(fixture)).toBe('me');
  });

  it('is of the table that was chosen last, whatever answer comes last', async () => {
    const fixture = await opened();
    const { app, worker } = fixture;
    app.document.setState({ capabilities: CAPABLE });
    await settle();
    const slow = new Deferred<unknown>();
    worker.overrides.set('predictLatency', ({ table: { device } }: { table: StoredTable }) =>
      device.name === 'other' ? slow.promise : { device },
    );
    app.actions.showTable(table('other').device);
    await settle();
    app.actions.showTable(null);
    await settle();
    slow.resolve({ device: table('other').device });
    await settle();
    expect(predicted(fixture)).toBe('me');
  });
});
