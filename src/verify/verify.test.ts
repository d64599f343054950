import { describe, expect, test } from 'vitest';
import type { Exactness } from '../base/exactness.ts';
import { CodedError } from '../base/error.ts';
import { createJob, silentJob, type Progress } from '../base/job.ts';
import type { ValueId } from '../ir/types.ts';
import { numberToFloat16 } from '../ir/float.ts';
import { tensorOf } from '../ir/tensor.ts';
import { writeModel } from '../onnx/write.ts';
import { nodeRuntime } from '../runtime/node.ts';
import type { HostTensor, Runtime } from '../runtime/types.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../testing/build.ts';
import type { VerifyRequest, VerifyResult } from './types.ts';
import { verifyModels } from './verify.ts';

const runtime = nodeRuntime();
type Build = (g: GraphBuilder) => void;
const bytesOf = (build: Build, options: BuildOptions = {}) => writeModel(buildModel({ seed: 3, ...options }, build));
const request = (exactness: Exactness): VerifyRequest => ({
  class: exactness,
  seeds: 2,
  backends: ['wasm'],
  levels: ['disabled', 'all'],
  threads: 1,
});

type More = Partial<VerifyRequest> & Parameters<typeof verifyModels>[5];
const verify = (a: Build, b: Build, exactness: Exactness, more: More = {}, build?: BuildOptions) => {
  const full = { ...request(exactness), ...more };
  return verifyModels({ wasm: runtime }, bytesOf(a, build), bytesOf(b, build), full, silentJob(), more);
};

/** A model over x [1, 4, 6, 6]. */
const onImage =
  (body: (g: GraphBuilder, x: ValueId) => ValueId): Build =>
  (g) =>
    g.output(body(g, g.input('x', [1, 4, 6, 6])), 'y', { shape: null });
const onVector =
  (body: (g: GraphBuilder, x: ValueId) => ValueId): Build =>
  (g) =>
    g.output(body(g, g.input('x', ['N', 8])), 'y', { shape: null });

const conv = (g: GraphBuilder, x: ValueId, scale = 1): ValueId =>
  g.op('Conv', [x, g.weight('w', [4, 4, 3, 3], { scale })]);

/** Batch norm after a convolution, with a small variance so that ε matters. */
const normalized = (epsilon: number, relu: boolean): Build =>
  onImage((g, x) => {
    const parameters = [1, 0.5, 0.2, 0.01].map((value, i) => g.floats(`p${i}`, [4], value));
    const norm = g.op('BatchNormalization', [conv(g, x), ...parameters], { epsilon });
    return relu ? g.op('Relu', [norm]) : norm;
  });

const differing = (result: VerifyResult): string => {
  expect(result, result.message).toMatchObject({ verdict: 'differs', ok: false });
  return result.message;
};

const square =
  (perm: number[]): Build =>
  (g) =>
    g.output(g.op('Transpose', [g.input('x', ['A', 'B'])], { perm }), 'y', { shape: null });
const top =
  (select: number): Build =>
  (g) => {
    const place = g.op('ArgMax', [g.input('x', ['N', 8])], { axis: 1, select_last_index: select, keepdims: 0 });
    g.output(place, 'y', { dtype: 'int64', shape: null });
  };
const counted =
  (offset: number): Build =>
  (g) => {
    const sum = g.op('Add', [g.input('ids', [16], 'int64'), g.int64s('c', [offset])]);
    g.output(sum, 'y', { dtype: 'int64', shape: [16] });
  };
const rotation =
  (name: string): Build =>
  (g) => {
    const x = g.input('x', [4], 'string');
    const chosen = g.op('Identity', [x]);
    g.output(
      name === 'same'
        ? chosen
        : g.op(
            'Concat',
            [
              g.op('Slice', [x, ...[1, 4].map((i) => g.int64s(`s${i}`, [i]))]),
              g.op('Slice', [x, ...[0, 1].map((i) => g.int64s(`t${i}`, [i]))]),
            ],
            { axis: 0 },
          ),
      'y',
      { dtype: 'string', shape: [4] },
    );
  };
const renamed: Build = (g) => g.output(g.op('Relu', [g.input('z', ['N', 8])]), 'y', { shape: null });
const wider: Build = (g) => {
  const x = g.input('x', ['N', 8]);
  g.output(g.op('Relu', [x]), 'y', { shape: null });
  g.output(g.op('Neg', [x]), 'extra', { shape: null });
};
const scaled = (factor: number, half: boolean): Build =>
  onVector((g, x) => {
    const low = half ? g.op('Cast', [x], { to: 10 }) : x;
    const data = Float32Array.of(factor);
    const c = g.tensor(
      'c',
      half ? tensorOf('float16', [], Uint16Array.from(data, numberToFloat16)) : tensorOf('float32', [], data),
    );
    const product = g.op('Mul', [low, c]);
    return half ? g.op('Cast', [product], { to: 1 }) : product;
  });
const encoder: Build = (g) => {
  const ids = g.input('input_ids', ['batch', 'sequence'], 'int64');
  const mask = g.input('attention_mask', ['batch', 'sequence'], 'int64');
  const embedded = g.op('Gather', [g.weight('words', [37, 8]), ids]);
  const weights = g.op('Unsqueeze', [g.op('Cast', [mask], { to: 1 }), g.int64s('axes', [-1])]);
  g.output(g.op('Mul', [embedded, weights]), 'y', { shape: null });
};
const anchored: Build = (g) => {
  g.output(g.op('Relu', [g.input('x', [4])]), 'y', { shape: [4] });
  g.output(g.op('Neg', [g.floats('anchors', [3], 2)]), 'anchors_out', { shape: [3] });
};
const moved: Build = (g) => {
  g.output(g.op('Relu', [g.input('x', [4])]), 'y', { shape: [4] });
  g.output(g.op('Neg', [g.floats('anchors', [3], 1)]), 'anchors_out', { shape: [3] });
};
const scores = (zeroed: boolean): Build =>
  onVector((g, x) => g.op('MatMul', [x, zeroed ? g.floats('z', [8, 4], 0.25) : g.weight('w', [8, 4])]));
/** Counts the sessions that are open. */
function counting(inner: Runtime): Runtime & { open: number } {
  const counted = {
    open: 0,
    capabilities: () => inner.capabilities(),
    async createSession(...parameters: Parameters<Runtime['createSession']>) {
      const session = await inner.createSession(...parameters);
      counted.open++;
      return {
        inputs: session.inputs,
        outputs: session.outputs,
        run: (feeds: Parameters<typeof session.run>[0]) => session.run(feeds),
        endProfile: () => session.endProfile(),
        release: async () => {
          counted.open--;
          await session.release();
        },
      };
    },
  };
  return counted;
}

describe('a wrong rewrite is caught', () => {
  test('batch norm folded with another ε', async () => {
    const message = differing(await verify(normalized(1e-5, true), normalized(1e-3, true), 'weights'));
    expect(message).toMatch(
      /^Differs: the output "y" is off by .* of its largest value, .* allowed, first on the input "seed 1" at disabled on WASM\.$/,
    );
  });

  test('a Relu dropped', async () => {
    differing(await verify(normalized(1e-5, true), normalized(1e-5, false), 'weights'));
  });

  test('a Relu that only ever matters on negative inputs', async () => {
    const unit = {
      name: 'photo',
      feeds: { x: { dtype: 'float32', shape: [1, 8], data: new Float32Array(8).fill(0.5) } },
    } as const;
    const result = await verify(
      onVector((g, x) => g.op('Relu', [x])),
      onVector((g, x) => g.op('Identity', [x])),
      'bits',
      { given: [unit] },
    );
    differing(result);
    expect(result.inputs).toEqual(['photo', 'seed 1', 'seed 2', '0 to 1', 'negative', 'zeros', 'large', 'one-hot']);
    expect(result.failing?.name).toBe('seed 1');
    expect(result.failing?.feeds.x?.shape).toEqual([2, 8]);
  });

  test('a batch that was taken for 1', async () => {
    const result = await verify(
      onVector((g, x) => g.op('ReduceMean', [x], { axes: [1], keepdims: 0 })),
      onVector((g, x) => g.op('ReduceMean', [x], { axes: [0, 1], keepdims: 0 })),
      'order',
    );
    expect(differing(result)).toContain('another shape');
  });

  test('axes confused where sizes happen to be equal by default', async () => {
    differing(await verify(square([0, 1]), square([1, 0]), 'bits'));
  });

  test('integers and booleans count exactly', async () => {
    const result = await verify(
      (g) => g.output(g.op('Less', [g.input('x', [64]), g.floats('c', [], 0)]), 'y', { dtype: 'bool', shape: [64] }),
      (g) =>
        g.output(g.op('LessOrEqual', [g.input('x', [64]), g.floats('c', [], 0)]), 'y', { dtype: 'bool', shape: [64] }),
      'order',
    );
    differing(result);
    expect((await verify(top(0), top(0), 'order')).verdict).toBe('agrees');
    // They part on ties only, which the zeros make.
    differing(await verify(top(0), top(1), 'order'));
    // A large integer that is off by one is off, however small that is beside it.
    differing(await verify(counted(1_000_000), counted(1_000_001), 'order'));
    expect((await verify(counted(7), counted(7), 'order')).verdict).toBe('agrees');
  });

  test('strings that come out otherwise', async () => {
    expect((await verify(rotation('same'), rotation('same'), 'bits')).verdict).toBe('agrees');
    differing(await verify(rotation('same'), rotation('rotated'), 'bits'));
  });

  test('a result that does not load, does not run, or has another interface', async () => {
    const good = onVector((g, x) => g.op('Relu', [x]));
    const unknown = onVector((g, x) => g.op('Frobnicate', [x]));
    expect(differing(await verify(good, unknown, 'bits'))).toContain('Frobnicate');
    const refusing = onVector((g, x) => g.op('Reshape', [x, g.int64s('s', [3, 5, 7])]));
    expect(differing(await verify(good, refusing, 'bits'))).toContain('cannot be reshaped');
    expect(differing(await verify(good, renamed, 'bits'))).toContain('the input "x" is gone');
    expect(differing(await verify(good, wider, 'bits'))).toContain('a new output "extra"');
  });
});

describe('a right rewrite is let through', () => {
  test('equal to the bit: +0 equals −0, NaN equals NaN', async () => {
    const root = onVector((g, x) => g.op('Sqrt', [g.op('Neg', [g.op('Neg', [x])])]));
    const plain = onVector((g, x) => g.op('Sqrt', [x]));
    const result = await verify(root, plain, 'bits');
    expect(result).toMatchObject({ verdict: 'agrees', ok: true, message: 'Outputs are equal on 7 inputs.' });
    expect(result.outputs[0]).toMatchObject({ maxAbs: 0, maxRel: 0, cosine: 1, sqnr: Infinity, allowed: 0, ok: true });
  });

  test('sums in another order are no bits, but the same to the class `order`', async () => {
    const a = onVector((g, x) => g.op('MatMul', [g.op('MatMul', [x, g.weight('a', [8, 8])]), g.weight('b', [8, 8])]));
    const b = onVector((g, x) => g.op('MatMul', [x, g.op('MatMul', [g.weight('a', [8, 8]), g.weight('b', [8, 8])])]));
    differing(await verify(a, b, 'bits'));
    const result = await verify(a, b, 'order');
    expect(result.verdict).toBe('agrees');
    expect(result.outputs[0]?.maxRel).toBeGreaterThan(0);
    expect(result.outputs[0]?.maxRel).toBeLessThan(1e-4);
    expect(result.runs.map(({ level }) => level)).toEqual(['disabled', 'all']);
  });

  test('an error between the tolerances of float32 and float16 passes only in half precision', async () => {
    differing(await verify(scaled(1, false), scaled(1.002, false), 'weights'));
    expect((await verify(scaled(1, true), scaled(1.002, true), 'weights')).verdict).toBe('agrees');
    differing(await verify(scaled(1, true), scaled(1.02, true), 'weights'));
  });

  test('token ids stay inside their tables, masks are 0 or 1', async () => {
    const result = await verify(encoder, encoder, 'bits');
    expect(result).toMatchObject({ verdict: 'agrees', inputs: ['seed 1', 'seed 2', 'zeros', 'large', 'one-hot'] });
  });

  test('what the runtime’s own optimizer gets wrong is not held against the result', async () => {
    // ONNX Runtime fuses a zero Pad into MaxPool, whose padding is −∞: other values on negative inputs.
    const pooled = onImage((g, x) => {
      const padded = g.op('Pad', [x, g.int64s('pads', [0, 0, 1, 1, 0, 0, 1, 1]), g.floats('zero', [], 0)]);
      return g.op('MaxPool', [padded], { kernel_shape: [3, 3], strides: [1, 1] });
    });
    const result = await verify(pooled, pooled, 'bits');
    expect(result.verdict).toBe('agrees');
    expect(result.message).toContain('The runtime itself changes "y" at all on WASM');
    const wrong = onImage((g, x) =>
      g.op('MaxPool', [x], { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] }),
    );
    differing(await verify(pooled, wrong, 'bits'));
  });
});

describe('what proves nothing is no pass', () => {
  const saturated = onVector((g, x) => g.op('Relu', [g.op('Sub', [g.op('Tanh', [x]), g.floats('c', [], 5)])]));

  test('an output that is the same whatever the input', async () => {
    const result = await verify(saturated, saturated, 'bits');
    expect(result).toMatchObject({
      verdict: 'uninformative',
      ok: false,
      message: 'Uninformative: the output "y" is the same whatever the input, so agreement proves nothing.',
    });
  });

  test('an output that cannot depend on the input is compared, and needs no variety', async () => {
    expect((await verify(anchored, anchored, 'bits')).verdict).toBe('agrees');
    differing(await verify(anchored, moved, 'bits'));
  });

  test('a model whose last bits decide is ill-conditioned, though equal bits are equal bits', async () => {
    const chaotic = onVector((g, x) => g.op('Sin', [g.op('Mul', [x, g.floats('c', [], 1e6)])]));
    const result = await verify(chaotic, chaotic, 'weights');
    expect(result).toMatchObject({ verdict: 'ill-conditioned', ok: false });
    expect(result.message).toMatch(/^Ill-conditioned: moving the input by its last bit changes the output "y" by /);
    expect((await verify(chaotic, chaotic, 'bits')).verdict).toBe('agrees');
  });

  test('real inputs settle what noise could not', async () => {
    const steep = onVector((g, x) =>
      g.op('Sin', [g.op('Mul', [x, g.op('Add', [g.op('Mul', [x, g.floats('c', [], 1e6)]), g.floats('d', [], 1)])])]),
    );
    expect((await verify(steep, steep, 'weights')).verdict).toBe('ill-conditioned');
    const calm = {
      name: 'photo',
      feeds: { x: { dtype: 'float32', shape: [1, 8], data: new Float32Array(8).fill(0.001) } },
    } as const;
    expect((await verify(steep, steep, 'weights', { given: [calm] })).verdict).toBe('agrees');
  });
});

describe('an approximation is measured, not judged', () => {
  test('cosine, signal to error and top class are told', async () => {
    const result = await verify(scores(false), scores(true), 'approximation');
    expect(result).toMatchObject({ verdict: 'agrees', ok: true, class: 'approximation' });
    const [output] = result.outputs;
    expect(output?.cosine).toBeLessThan(0.999);
    expect(output?.top1).toBeGreaterThanOrEqual(0);
    expect(output?.top1).toBeLessThan(1);
    expect(result.message).toMatch(
      /^Runs; outputs approximate the original on 7 inputs: cosine .*, signal to error .*, the same top class on .*%\.$/,
    );
  });

  test('another shape, or NaN where there was none, is no approximation', async () => {
    differing(
      await verify(
        scores(false),
        onVector((g, x) => g.op('MatMul', [x, g.weight('w', [8, 5])])),
        'approximation',
      ),
    );
    const broken = onVector((g, x) => g.op('Sqrt', [g.op('MatMul', [x, g.weight('w', [8, 4])])]));
    differing(await verify(scores(false), broken, 'approximation'));
  });
});

/** A second backend: the WASM runtime, with `change` done to what each session's runs give. */
const secondBackend = (change: (count: number, y: HostTensor) => HostTensor): Runtime => ({
  capabilities: () => runtime.capabilities(),
  async createSession(model, settings) {
    const session = await runtime.createSession(model, { ...settings, backend: 'wasm' });
    return {
      inputs: session.inputs,
      outputs: session.outputs,
      release: () => session.release(),
      endProfile: () => session.endProfile(),
      run: async (feeds) => {
        const outputs = await session.run(feeds);
        return Object.fromEntries(Object.entries(outputs).map(([name, y]) => [name, change(model.length, y)]));
      },
    };
  },
});

const plusOne = (y: HostTensor): HostTensor =>
  y.data instanceof Float32Array ? { ...y, data: y.data.map((each) => each + 1) } : y;

describe('a second backend', () => {
  const double: Build = onVector((g, x) => g.op('Add', [x, x]));
  const scaled2: Build = onVector((g, x) => g.op('Mul', [x, g.floats('two', [], 2)]));
  const check = (webgpu: Runtime, backends: VerifyRequest['backends']) => {
    const [a, b] = [bytesOf(double), bytesOf(scaled2)];
    return verifyModels({ wasm: runtime, webgpu }, a, b, { ...request('bits'), backends }, silentJob());
  };

  test('a fault that only the result meets there is found, although WASM agrees', async () => {
    const size = bytesOf(scaled2).length;
    const result = await check(
      secondBackend((length, y) => (length === size ? plusOne(y) : y)),
      ['wasm', 'webgpu'],
    );
    expect(differing(result)).toMatch(/at disabled on WebGPU\.$/);
    expect(result.runs.map(({ ok }) => ok)).toEqual([true, true, false, false]);
    expect(result.backend).toBe('webgpu');
  });

  test('a fault that both models meet there is the backend’s own', async () => {
    const result = await check(
      secondBackend((_, y) => plusOne(y)),
      ['webgpu'],
    );
    expect(result.verdict).toBe('agrees');
    expect(result.message).toContain('The runtime itself changes "y" at disabled on WebGPU');
  });

  test('where neither model runs nothing is claimed', async () => {
    const refusing: Runtime = {
      capabilities: () => runtime.capabilities(),
      createSession: () => Promise.reject(new CodedError('runtime', 'Not here.')),
    };
    const both = await check(refusing, ['wasm', 'webgpu']);
    expect(both.verdict).toBe('agrees');
    expect(both.message).toContain('Not checked at all on WebGPU, where the original does not run either: Not here.');
    const alone = await check(refusing, ['webgpu']);
    expect(alone.verdict).toBe('uninformative');
    expect(alone.message).toMatch(/^Uninformative: nothing could be compared\. Not checked at disabled on WebGPU/);
  });
});

describe('as a job', () => {
  test('it tells its progress, releases every session, and can be cancelled between runs', async () => {
    const a = bytesOf(normalized(1e-5, true));
    const b = bytesOf(normalized(1e-3, true));
    const counted = counting(runtime);
    const stages: Progress[] = [];
    const job = createJob(new AbortController().signal, (progress) => void stages.push(progress));
    await verifyModels({ wasm: counted }, a, b, request('weights'), job);
    expect(counted.open).toBe(0);
    expect(new Set(stages.map(({ stage }) => stage))).toEqual(
      new Set([
        'Loading the original',
        'Running the original',
        'Running the result at disabled on wasm',
        'Running the result at all on wasm',
      ]),
    );
    const controller = new AbortController();
    const cancelled = createJob(controller.signal, ({ stage }) => {
      if (stage.startsWith('Running the result')) controller.abort();
    });
    await expect(verifyModels({ wasm: counted }, a, b, request('weights'), cancelled)).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(counted.open).toBe(0);
  });

  test('an original that does not run, and senseless requests, are errors', async () => {
    const good = onVector((g, x) => g.op('Relu', [x]));
    const bad = onVector((g, x) => g.op('Frobnicate', [x]));
    await expect(verify(bad, good, 'bits')).rejects.toBeInstanceOf(CodedError);
    const bytes = bytesOf(good);
    const ask = (changes: Partial<VerifyRequest>) =>
      verifyModels({ wasm: runtime }, bytes, bytes, { ...request('bits'), ...changes }, silentJob());
    await expect(ask({ levels: [] })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(ask({ seeds: 0 })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(ask({ backends: ['webgpu'] })).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('where running is slow, fewer inputs are tried, and it says so', async () => {
    const good = onVector((g, x) => g.op('Relu', [x]));
    const result = await verify(good, good, 'bits', { budgetMs: 0 });
    expect(result.verdict).toBe('agrees');
    expect(result.message).toBe(
      'Outputs are equal on 7 inputs. Only the first 1 input at all on WASM, where running is slow.',
    );
  });

  test('fixed shapes are kept', async () => {
    const chunk = onVector((g, x) => g.op('Reshape', [x, g.int64s('s', [-1, 24])]));
    const result = await verify(chunk, chunk, 'bits', { shapes: { x: [3, 8] } });
    expect(result.verdict).toBe('agrees');
  });
});
