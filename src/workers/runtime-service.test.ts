import { afterEach, describe, expect, test } from 'vitest';
import type { ModelParcel, RuntimeApi } from '../protocol/api.ts';
import { createClient, type Client } from '../protocol/client.ts';
import type { HostTensor } from '../runtime/types.ts';
import { writeModel } from '../onnx/write.ts';
import { nodeRuntime } from '../runtime/node.ts';
import { silentJob } from '../base/job.ts';
import { decoderFacts } from '../engine/generate/open.ts';
import { nodePort } from '../engine/node.ts';
import type { Decoder, DecoderSetup } from '../generate/decoder.ts';
import { generate } from '../generate/loop.ts';
import { GREEDY } from '../generate/sampler.ts';
import { buildModel } from '../testing/build.ts';
import { tinyDecoder } from '../testing/tiny-decoders.ts';
import { heldDecoder } from './held-decoder.ts';
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

  test('holds a decoder with what it keeps, and generates through it as without a worker', async () => {
    const { client } = joined();
    const model = tinyDecoder();
    const setup: DecoderSetup = { ...decoderFacts(model), recompute: false };
    const settings = { backend: 'wasm', level: 'all', threads: 1 } as const;
    const parcel = (): ModelParcel => ({ name: 'tiny', bytes: writeModel(model) });
    const plain = { io: setup.io, policy: setup.policy, recompute: false };
    const held = await client.call('decode', { model: parcel(), setup: plain, settings });
    let released = 0;
    const away = heldDecoder(held, {
      call: (method, params, job) => client.call(method, params, job ? { signal: job.signal } : {}),
      onRelease: () => (released += 1),
    });
    const here = await nodePort().decode(parcel(), setup, settings, silentJob());
    const said = (decoder: Decoder) =>
      generate(decoder, [1, 2], { tokens: 8, sampling: GREEDY, stops: [], stopIds: [] }, null, { job: silentJob() });
    const [first, second, expected] = [await said(away), await said(away), await said(here)];
    expect(first.ids).toEqual(expected.ids);
    expect(second.ids).toEqual(expected.ids);
    expect(first.cacheBytes).toBe(expected.cacheBytes);
    expect(away.length).toBe(9);
    await away.release();
    await here.release();
    expect(released).toBe(1);
    await expect(away.step([1], 'last', silentJob())).rejects.toThrow(/not loaded any more/);
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
