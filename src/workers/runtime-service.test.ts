import { afterEach, describe, expect, test } from 'vitest';
import type { ModelParcel, RuntimeApi } from '../protocol/api.ts';
import { createClient, type Client } from '../protocol/client.ts';
import type { HostTensor } from '../runtime/types.ts';
import { writeModel } from '../onnx/write.ts';
import { nodeRuntime } from '../runtime/node.ts';
import { buildModel } from '../testing/build.ts';
import { serveRuntime } from './runtime-service.ts';

const runtime = nodeRuntime();
const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** A worker's scope in this thread, and a client that has joined it. */
function joined(): { client: Client<RuntimeApi>; join(): Client<RuntimeApi> } {
  const scope = new EventTarget();
  serveRuntime(scope as Parameters<typeof serveRuntime>[0], { wasm: runtime });
  const join = () => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    scope.dispatchEvent(new MessageEvent('message', { data: { kind: 'join', port: port1 } }));
    return createClient<RuntimeApi>(port2);
  };
  return { client: join(), join };
}

const parcel = (opType: string): ModelParcel => ({
  name: `${opType}.onnx`,
  bytes: writeModel(buildModel({}, (g) => g.output(g.op(opType, [g.input('x', [4])]), 'y', { shape: [4] }))),
});
const x: HostTensor = { dtype: 'float32', shape: [4], data: Float32Array.of(-1, 2, -3, 4) };
const VERIFY = { class: 'bits', seeds: 1, backends: ['wasm'], levels: ['all'], threads: 1 } as const;
const BENCH = { backend: 'wasm', level: 'all', threads: 1, runs: 2, budgetMs: 500 } as const;

describe('a runtime worker', () => {
  test('answers every call over its port', async () => {
    const { client } = joined();
    expect((await client.call('capabilities', null)).environment).toBe('node');
    const { y } = await client.call('evaluate', { model: parcel('Relu'), feeds: { x } });
    expect(y?.data).toEqual(Float32Array.of(0, 2, 0, 4));
    const verified = await client.call('verify', { a: parcel('Relu'), b: parcel('Abs'), request: VERIFY });
    expect(verified.verdict).toBe('differs');
    const timed = await client.call('bench', { a: parcel('Relu'), b: null, request: BENCH });
    expect(timed.a.samples.length).toBeGreaterThan(0);
  });

  test('serves several ports, one call after the other', async () => {
    const { client, join } = joined();
    const order: string[] = [];
    const other = join();
    await Promise.all([
      client.call('bench', { a: parcel('Relu'), b: null, request: BENCH }).then(() => order.push('bench')),
      other.call('evaluate', { model: parcel('Relu'), feeds: { x } }).then(() => order.push('evaluate')),
    ]);
    expect(order).toEqual(['bench', 'evaluate']);
  });

  test('errors keep their code, a cancelled call leaves the next one working', async () => {
    const { client } = joined();
    const broken = client.call('evaluate', { model: parcel('Frobnicate'), feeds: { x } });
    await expect(broken).rejects.toMatchObject({ name: 'CodedError', data: expect.any(Object) as object });
    const controller = new AbortController();
    const long = client.call(
      'bench',
      { a: parcel('Relu'), b: null, request: { ...BENCH, runs: 100_000, budgetMs: 60_000 } },
      { signal: controller.signal, onProgress: ({ stage }) => stage === 'Timing' && controller.abort() },
    );
    await expect(long).rejects.toMatchObject({ code: 'cancelled' });
    const webgpu = client.call('verify', {
      a: parcel('Relu'),
      b: parcel('Relu'),
      request: { ...VERIFY, backends: ['webgpu'] },
    });
    await expect(webgpu).rejects.toMatchObject({ code: 'unsupported' });
    expect((await client.call('evaluate', { model: parcel('Relu'), feeds: { x } })).y?.shape).toEqual([4]);
  });
});
