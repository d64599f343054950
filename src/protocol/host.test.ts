import { describe, expect, it } from 'vitest';
import type { CodedError } from '../base/error.ts';
import type { RuntimeBackend } from '../runtime/types.ts';
import { createHost, type WorkerLike } from './host.ts';

/** A worker that records what it is sent, and says what the test tells it to. */
class FakeWorker extends EventTarget {
  readonly sent: { kind: string; id?: number; backend?: string; message?: string }[] = [];
  ended = false;
  postMessage(message: unknown): void {
    this.sent.push(message as never);
  }
  terminate(): void {
    this.ended = true;
  }
  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
  die(message: string): void {
    this.dispatchEvent(Object.assign(new Event('error'), { message }));
  }
}

function setUp() {
  const graphs: FakeWorker[] = [];
  const runtimes: { backend: RuntimeBackend; worker: FakeWorker }[] = [];
  const deaths: CodedError[] = [];
  const devices: number[] = [];
  const host = createHost(
    {
      graph: () => {
        const worker = new FakeWorker();
        graphs.push(worker);
        return worker as unknown as WorkerLike;
      },
      runtime: (backend) => {
        const worker = new FakeWorker();
        runtimes.push({ backend, worker });
        return worker as unknown as WorkerLike;
      },
      device: (device, port) => {
        devices.push(device);
        port.close();
      },
    },
    (error) => deaths.push(error),
  );
  return { host, graphs, runtimes, devices, deaths };
}

describe('the owner of the workers', () => {
  it('starts a runtime worker when the graph worker asks, and joins the two by a port', () => {
    const { graphs, runtimes } = setUp();
    expect(runtimes).toHaveLength(0);
    graphs[0]?.say({ kind: 'need-runtime', backend: 'wasm' });
    expect(runtimes.map(({ backend }) => backend)).toEqual(['wasm']);
    expect(runtimes[0]?.worker.sent[0]).toMatchObject({ kind: 'join' });
    expect(graphs[0]?.sent[0]).toMatchObject({ kind: 'runtime', backend: 'wasm' });
  });

  it('lets the graph worker call a lent device, which is no worker of its own', () => {
    const { graphs, runtimes, devices } = setUp();
    graphs[0]?.say({ kind: 'need-device', device: 7 });
    expect(devices).toEqual([7]);
    expect(runtimes).toEqual([]);
    expect(graphs[0]?.sent[0]).toMatchObject({ kind: 'device', device: 7 });
  });

  it('ends a runtime worker when the graph worker gives it back', () => {
    const { graphs, runtimes } = setUp();
    graphs[0]?.say({ kind: 'need-runtime', backend: 'wasm' });
    graphs[0]?.say({ kind: 'release-runtime', backend: 'wasm' });
    expect(runtimes[0]?.worker.ended).toBe(true);
  });

  it('tells the graph worker when a runtime worker dies', () => {
    const { graphs, runtimes } = setUp();
    graphs[0]?.say({ kind: 'need-runtime', backend: 'webgpu' });
    runtimes[0]?.worker.die('out of memory');
    expect(graphs[0]?.sent.at(-1)).toEqual({ kind: 'runtime-died', backend: 'webgpu', message: 'out of memory' });
  });

  it('replaces a graph worker that dies, fails its calls and tells the page', async () => {
    const { host, graphs, deaths } = setUp();
    const call = host.client.call('passes', null);
    graphs[0]?.die('stack overflow');
    await expect(call).rejects.toMatchObject({ code: 'worker-died' });
    expect(deaths).toHaveLength(1);
    expect(graphs).toHaveLength(2);
    void host.client.call('passes', null);
    expect(graphs[1]?.sent).toHaveLength(1);
  });

  it('stops everything at once on a restart', async () => {
    const { host, graphs, runtimes } = setUp();
    graphs[0]?.say({ kind: 'need-runtime', backend: 'wasm' });
    const call = host.client.call('passes', null);
    host.restart();
    await expect(call).rejects.toMatchObject({ code: 'worker-died' });
    expect([graphs[0]?.ended, runtimes[0]?.worker.ended]).toEqual([true, true]);
  });
});
