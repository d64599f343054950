import { beforeAll, describe, expect, test, vi } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { nodeRuntime } from './node.ts';
import type { HostTensor, Runtime, RuntimeSession, SessionSettings } from './types.ts';
import { CodedError, type ErrorCode } from '../base/error.ts';
import { floats, tensorFromBytes } from '../ir/tensor.ts';

const WASM: SessionSettings = { backend: 'wasm', level: 'disabled', threads: 1 };

let runtime: Runtime;
beforeAll(() => {
  runtime = nodeRuntime();
});

const open = (build: (g: GraphBuilder) => void, opset = 21, settings = WASM): Promise<RuntimeSession> =>
  runtime.createSession(writeModel(buildModel({ opset, irVersion: 10 }, build)), settings);

async function failure(work: Promise<unknown>): Promise<CodedError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CodedError)) throw new Error(`a CodedError was expected, not ${String(error)}`);
  return error;
}
const codeOf = async (work: Promise<unknown>): Promise<ErrorCode> => (await failure(work)).code;

const scale = (g: GraphBuilder) => g.floats('scale', [], 1);
const relu = (g: GraphBuilder) => g.output(g.op('Relu', [g.input('x', [2])]), 'y', { shape: [2] });
const product = (g: GraphBuilder) => {
  const w = g.weight('w', [64, 64]);
  g.output(g.op('MatMul', [g.input('x', [8, 64]), w]), 'y', { shape: [8, 64] });
};
const sequence = (both: boolean) => (g: GraphBuilder) => {
  const x = g.input('x', [4]);
  const split = g.op('SplitToSequence', [x], { axis: 0 });
  const value = g.model.getValue(split);
  value.type = { kind: 'sequence', element: { kind: 'tensor', dtype: 'float32', shape: [1] } };
  g.output(split);
  if (both) g.output(g.op('Relu', [x]), 'y', { shape: [4] });
};

const TENSORS: readonly HostTensor[] = [
  { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -0, Infinity, NaN) },
  { dtype: 'float64', shape: [2], data: Float64Array.of(Math.PI, -1e300) },
  { dtype: 'float16', shape: [3], data: Uint16Array.of(0x3c00, 0xc000, 0x7bff) },
  { dtype: 'int8', shape: [2], data: Int8Array.of(-128, 127) },
  { dtype: 'uint8', shape: [2], data: Uint8Array.of(0, 255) },
  { dtype: 'int16', shape: [2], data: Int16Array.of(-32768, 32767) },
  { dtype: 'uint16', shape: [2], data: Uint16Array.of(0, 65535) },
  { dtype: 'int32', shape: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
  { dtype: 'uint32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
  { dtype: 'int64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n) },
  { dtype: 'uint64', shape: [], data: BigUint64Array.of(2n ** 64n - 1n) },
  { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
  { dtype: 'string', shape: [3], data: ['', 'naïve', '边缘'] },
  { dtype: 'float32', shape: [0, 3], data: new Float32Array(0) },
];

describe('tensors cross to the runtime and back', () => {
  test.each(TENSORS)('$dtype $shape', async (tensor) => {
    const session = await open((g) => {
      const x = g.input('x', tensor.shape, tensor.dtype);
      g.output(g.op('Identity', [x]), 'y', tensor);
    });
    const { y } = await session.run({ x: tensor });
    expect(y).toEqual(tensor);
    await session.release();
  });

  test.each([
    ['int4', [-1, -7, 7], Uint8Array.of(0x9f, 0x07)],
    ['uint4', [1, 2, 3, 15], Uint8Array.of(0x21, 0xf3)],
  ] as const)('%s goes in, packed two to a byte, and cannot come out', async (dtype, values, packed) => {
    const shape = [values.length];
    const reader = await open((g) => {
      g.output(g.op('DequantizeLinear', [g.input('x', shape, dtype), scale(g)]), 'y', { shape });
    });
    expect((await reader.run({ x: { dtype, shape, data: packed } })).y?.data).toEqual(Float32Array.from(values));
    const writer = await open((g) => {
      const zero = g.tensor('zero', tensorFromBytes(dtype, [], Uint8Array.of(0)));
      g.output(g.op('QuantizeLinear', [g.input('x', shape), scale(g), zero]), 'y', { dtype, shape });
    });
    const x = { dtype: 'float32', shape, data: Float32Array.from(values) } as const;
    expect(await codeOf(writer.run({ x }))).toBe('unsupported');
    await Promise.all([reader.release(), writer.release()]);
  });

  test('a view at an odd byte offset is read where it is', async () => {
    const session = await open((g) => g.output(g.op('Identity', [g.input('x', [2])]), 'y', { shape: [2] }));
    const bytes = new Uint8Array(9);
    bytes.set(new Uint8Array(Float32Array.of(3, 4).buffer), 1);
    const { y } = await session.run({ x: { dtype: 'float32', shape: [2], data: bytes.subarray(1) } });
    expect(y?.data).toEqual(Float32Array.of(3, 4));
    await session.release();
  });

  test('ports tell symbols, numbers and unknown dimensions apart', async () => {
    const session = await open((g) => {
      const x = g.input('x', ['N', null, 3]);
      g.output(g.op('Relu', [x]), 'y', { shape: ['N', null, 3] });
    });
    expect(session.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['N', null, 3] }]);
    expect(session.outputs[0]).toEqual({ name: 'y', dtype: 'float32', shape: ['N', null, 3] });
    await session.release();
  });
});

describe('errors keep their code, name the node, and leave the runtime usable', () => {
  test('a refused run names operator and node in the runtime’s own words, shortened', async () => {
    const session = await open((g) => {
      const table = g.floats('table', [4, 2], 1);
      g.output(g.op('Gather', [table, g.input('ids', [1], 'int64')], {}, { name: 'lookup' }), 'y', { shape: [1, 2] });
    });
    const feeds = { ids: { dtype: 'int64', shape: [1], data: BigInt64Array.of(9n) } } as const;
    const error = await failure(session.run(feeds));
    expect(error.code).toBe('runtime');
    expect(error.message).toBe(
      'ONNX Runtime could not run the model. Gather lookup: indices element out of data bounds, idx=9 must be within the inclusive range [-4,3]',
    );
    expect(error.data).toMatchObject({ node: 'lookup', opType: 'Gather' });
    const { y } = await session.run({ ids: { ...feeds.ids, data: BigInt64Array.of(1n) } });
    expect(y?.data).toEqual(Float32Array.of(1, 1));
    await session.release();
  });

  test('missing feeds, wrong sizes and foreign types are the caller’s fault', async () => {
    const session = await open((g) => g.output(g.op('Relu', [g.input('x', [2])]), 'y', { shape: [2] }));
    expect(await codeOf(session.run({}))).toBe('bad-request');
    const short = { dtype: 'float32', shape: [2], data: new Float32Array(1) } as const;
    expect(await codeOf(session.run({ x: short }))).toBe('bad-request');
    const strange = { dtype: 'bfloat16', shape: [2], data: new Uint16Array(2) } as const;
    expect(await codeOf(session.run({ x: strange }))).toBe('unsupported');
    await session.release();
  });

  test('no model, half a model, an unknown operator, a bfloat16 output', async () => {
    expect(await codeOf(runtime.createSession(new Uint8Array(0), WASM))).toBe('runtime');
    const bytes = writeModel(buildModel({}, (g) => g.output(g.op('Relu', [g.input('x', [2])]), 'y', { shape: [2] })));
    expect(await codeOf(runtime.createSession(bytes.subarray(0, bytes.length - 9), WASM))).toBe('runtime');
    const unknown = open((g) => g.output(g.op('Frobnicate', [g.input('x', [2])]), 'y', { shape: [2] }));
    expect((await failure(unknown)).message).toContain('Frobnicate');
    const brain = open((g) =>
      g.output(g.op('Cast', [g.input('x', [2])], { to: 16 }), 'y', { dtype: 'bfloat16', shape: [2] }),
    );
    expect(await codeOf(brain)).toBe('unsupported');
  });

  test('a model whose only output is a sequence is unsupported; a tensor beside it is handed out', async () => {
    const feeds = { x: { dtype: 'float32', shape: [4], data: Float32Array.of(-1, 2, -3, 4) } } as const;
    const alone = await open(sequence(false));
    expect(await codeOf(alone.run(feeds))).toBe('unsupported');
    const both = await open(sequence(true));
    expect(await both.run(feeds)).toEqual({ y: { ...feeds.x, data: Float32Array.of(0, 2, 0, 4) } });
    expect(both.outputs.map(({ dtype }) => dtype)).toEqual(['undefined', 'float32']);
    await Promise.all([alone.release(), both.release()]);
  });

  test('WebGPU and impossible thread counts are refused with a reason', async () => {
    const error = await failure(open(relu, 17, { ...WASM, backend: 'webgpu' }));
    expect(error).toMatchObject({ code: 'unsupported', message: expect.stringContaining('no WebGPU') as string });
    expect(await codeOf(open(relu, 17, { ...WASM, threads: 0 }))).toBe('bad-request');
  });

  test('a cancelled job opens nothing', async () => {
    const controller = new AbortController();
    controller.abort();
    const job = { signal: controller.signal, progress: () => {}, checkpoint: () => Promise.resolve() };
    expect(await codeOf(runtime.createSession(new Uint8Array(1), WASM, job))).toBe('cancelled');
  });
});

describe('the runtime', () => {
  test('serves different thread counts side by side with the same results', async () => {
    const one = await open(product);
    const two = await open(product, 21, { ...WASM, threads: 2, level: 'all' });
    const x = {
      dtype: 'float32',
      shape: [8, 64],
      data: Float32Array.from({ length: 512 }, (_, i) => i / 512),
    } as const;
    const [a, b] = [await one.run({ x }), await two.run({ x })];
    expect(b.y?.data).toEqual(a.y?.data);
    await Promise.all([one.release(), two.release()]);
  });

  test('passes session config entries on', async () => {
    const settings = { ...WASM, level: 'all', config: { 'session.disable_prepacking': '1' } } as const;
    const session = await open((g) => g.output(g.op('Relu', [g.input('x', [1])]), 'y', { shape: [1] }), 17, settings);
    const { y } = await session.run({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(2) } });
    expect(y?.data).toEqual(Float32Array.of(2));
    await session.release();
  });

  test('prints nothing, not even when it refuses', async () => {
    const spies = [
      vi.spyOn(process.stdout, 'write'),
      vi.spyOn(process.stderr, 'write'),
      ...(['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name)),
    ];
    const session = await open((g) => {
      const pair = g.op('Reshape', [g.input('x', ['N']), g.int64s('shape', [3, -1])]);
      g.output(pair, 'y', { shape: [3, null] });
      g.tensor('unused', floats([1], [1]));
    });
    const x = { dtype: 'float32', shape: [4], data: new Float32Array(4) } as const;
    expect(await codeOf(session.run({ x }))).toBe('runtime');
    await session.release();
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  test('says what Node can do', async () => {
    const capabilities = await runtime.capabilities();
    expect(capabilities).toMatchObject({
      environment: 'node',
      simd: true,
      webgpu: null,
      runtimeVersion: '1.30.0',
      webgpuReason: expect.stringContaining('no WebGPU') as string,
      webnn: null,
      webnnReason: 'Node has no WebNN.',
    });
    expect(capabilities.maxThreads).toBeGreaterThanOrEqual(1);
    expect(capabilities.timerStep).toBeGreaterThan(0);
    expect(capabilities.timerStep).toBeLessThan(1);
  });
});
