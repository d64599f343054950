import { describe, expect, test } from 'vitest';
import { createJob, silentJob } from '../base/job.ts';
import { seeded } from '../base/random.ts';
import { writeModel } from '../onnx/write.ts';
import { nodeRuntime } from '../runtime/node.ts';
import type { Capabilities, Runtime, RuntimeSession } from '../runtime/types.ts';
import { buildModel } from '../testing/build.ts';
import { benchmark } from './benchmark.ts';
import type { BenchRequest } from './types.ts';

const REQUEST: BenchRequest = { backend: 'wasm', level: 'all', threads: 1, runs: 30, budgetMs: 60_000 };

const DEVICE: Capabilities = {
  environment: 'node',
  agent: 'test',
  cores: 1,
  maxThreads: 1,
  crossOriginIsolated: true,
  simd: true,
  webgpu: null,
  webgpuReason: '',
  webnn: null,
  webnnReason: '',
  runtimeVersion: '0',
  timerStep: 0.001,
};

interface Model {
  /** ms that run `i` of a session takes, counted from 0. */
  readonly run: (i: number) => number;
  readonly load?: number;
}

/** A runtime whose models take the times they are told, on a clock that only they move. Bytes: the model's index. */
function fake(models: readonly Model[], device: Partial<Capabilities> = {}) {
  let now = 0;
  const log: string[] = [];
  const state = { open: 0 };
  const runtime: Runtime = {
    capabilities: () => Promise.resolve({ ...DEVICE, ...device }),
    createSession([index]) {
      const model = models[index ?? 0];
      if (!model) throw new Error('no such model');
      now += model.load ?? 100;
      state.open++;
      let runs = 0;
      const session: RuntimeSession = {
        inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 4] }],
        outputs: [{ name: 'y', dtype: 'float32', shape: ['N', 4] }],
        run() {
          now += model.run(runs++);
          log.push(index === 0 ? 'A' : 'B');
          return Promise.resolve({});
        },
        endProfile: () => Promise.resolve([]),
        release() {
          state.open--;
          return Promise.resolve();
        },
      };
      return Promise.resolve(session);
    },
  };
  return { runtime, clock: () => now, log, state };
}

const A = Uint8Array.of(0);
const B = Uint8Array.of(1);
const steady = (ms: number, spread = 0.01, seed = 1): Model => {
  const random = seeded(seed);
  return { run: () => ms * (1 + spread * (random() - 0.5)) };
};
const compare = (models: readonly Model[], changes: Partial<BenchRequest> = {}, device: Partial<Capabilities> = {}) => {
  const { runtime, clock } = fake(models, device);
  return benchmark(runtime, A, B, { ...REQUEST, ...changes }, silentJob(), { clock });
};

/** A real model of so many matrix products. */
const chain = (length: number, size = 32) =>
  writeModel(
    buildModel({}, (g) => {
      let x = g.input('x', ['N', size]);
      for (let i = 0; i < length; i++) x = g.op('MatMul', [x, g.weight(`w${i}`, [size, size])]);
      g.output(x, 'y', { shape: ['N', size] });
    }),
  );

describe('comparing two models', () => {
  test('twice as fast is found, with its interval, in a sentence', async () => {
    const result = await compare([steady(40), steady(20, 0.01, 2)]);
    expect(result.verdict).toBe('faster');
    expect(result.ratio).toBeCloseTo(2, 1);
    expect(result.ratio).toBe(result.a.median / (result.b?.median ?? NaN));
    expect(result.interval?.[0]).toBeGreaterThan(1.98);
    expect(result.interval?.[1]).toBeLessThan(2.02);
    expect(result.message).toMatch(
      /^2\.00× faster than the runtime's own optimization, (1\.99|2\.00) to 2\.0\d\. 40\.0 → 20\.0\u202fms on WASM, 1 thread\.$/,
    );
  });

  test('slower, no change and inconclusive are said as plainly', async () => {
    const slower = await compare([steady(20), steady(25, 0.01, 2)]);
    expect(slower.message).toMatch(/^0\.80×, 0\.80 to 0\.8\d: slower than the runtime's own optimization\./);
    const same = await compare([steady(20), steady(20, 0.01, 2)], { level: 'disabled' });
    expect([same.verdict, same.message.slice(0, 17)]).toEqual(['no change', 'No change: 1.00×,']);
    const noisy = await compare([steady(20, 1.6), steady(20, 1.6, 2)]);
    expect(noisy.verdict).toBe('inconclusive');
    expect(noisy.message).toContain('The interval holds 1: more runs may settle it.');
  });

  test('runs are interleaved in blocks of ABBA or BAAB, both kinds occurring', async () => {
    const { runtime, clock, log } = fake([steady(10), steady(10, 0.01, 2)]);
    const result = await benchmark(runtime, A, B, REQUEST, silentJob(), { clock });
    const measured = log.slice(-2 * result.a.samples.length).join('');
    const blocks = new Set(measured.match(/.{4}/g));
    expect(blocks).toEqual(new Set(['ABBA', 'BAAB']));
    expect(result.a.samples).toHaveLength(30);
    expect(result.b?.samples).toHaveLength(30);
  });

  test('a machine that slows down meanwhile favours neither', async () => {
    let runs = 0;
    const drifting = (ms: number): Model => ({ run: () => ms * (1 + runs++ / 100) });
    const result = await compare([drifting(20), drifting(20)], { runs: 40 });
    expect(Math.abs((result.ratio ?? 0) - 1)).toBeLessThan(0.02);
    expect(['no change', 'inconclusive']).toContain(result.verdict);
  });

  test('a software adapter is named as what it is, and gets no verdict', async () => {
    const webgpu = { adapter: 'google swiftshader', f16: false, software: true };
    const result = await compare([steady(20), steady(10)], { backend: 'webgpu' }, { webgpu });
    expect(result).toMatchObject({ verdict: 'no verdict', software: true });
    expect(result.message).toMatch(/^No verdict: 2\.00×.*on WebGPU\. This WebGPU adapter is software/);
  });

  test('each round has sessions of its own, begun by the other one in turn', async () => {
    const { runtime, clock, state } = fake([steady(10), steady(10, 0.01, 2)]);
    const opened: number[] = [];
    const counted: Runtime = {
      ...runtime,
      createSession(model, ...rest) {
        opened.push(model[0] ?? NaN);
        return runtime.createSession(model, ...rest);
      },
    };
    const result = await benchmark(counted, A, B, { ...REQUEST, rounds: 3 }, silentJob(), { clock });
    // The first is the rehearsal.
    expect(opened).toEqual([0, 0, 1, 1, 0, 0, 1]);
    expect(result.a.blocks).toEqual([10, 10, 10]);
    expect(result.b?.starts.map(Math.round)).toEqual([100, 100, 100]);
    expect(result.a.firstRuns).toHaveLength(3);
    expect(state.open).toBe(0);
  });

  test('a session that lies badly in memory is luck: rounds that differ widen the interval', async () => {
    let sessions = 0;
    const moody = (): Model => {
      let ms = 10;
      return { run: (i) => (i === 0 ? (ms = sessions++ % 3 === 0 ? 10.6 : 10) : ms) };
    };
    const rounds = await compare([moody(), moody()], { runs: 60, rounds: 6 });
    expect(rounds.interval![1] / rounds.interval![0]).toBeGreaterThan(1.03);
    expect(['inconclusive', 'no change']).toContain(rounds.verdict);
  });

  test('it goes on until the interval is as narrow as was asked for, at most to four times the runs', async () => {
    const noisy = () => compare([steady(20, 0.4), steady(20, 0.4, 2)], { rounds: 3, within: 0.015 });
    const result = await noisy();
    expect(result.a.samples.length).toBeGreaterThan(30);
    expect(result.a.samples.length).toBeLessThanOrEqual(120);
    const [low, high] = result.interval!;
    if (result.a.samples.length < 120) expect((high - low) / (high + low)).toBeLessThanOrEqual(0.015);
    expect((await compare([steady(20), steady(20)], { within: 0.015 })).a.samples).toHaveLength(30);
  });
});

describe('measuring one model', () => {
  test('loading and the first run stand apart, and the warm-up ends when times stop falling', async () => {
    const tiering: Model = { load: 250, run: (i) => (i === 0 ? 300 : 10 + 90 / (1 + i)) };
    const { runtime, clock, state } = fake([tiering]);
    const result = await benchmark(runtime, A, null, REQUEST, silentJob(), { clock });
    expect(result).toMatchObject({ b: null, ratio: null, interval: null, verdict: null });
    expect(result.a).toMatchObject({ startMs: 250, firstRunMs: 300, runsPerSample: 1 });
    expect(result.a.warmups).toBeGreaterThan(20);
    expect(result.a).toMatchObject({ settled: true, heapBytes: null });
    expect(result.a.warm).toHaveLength(result.a.warmups);
    expect(result.a.median).toBeLessThan(12);
    expect(result.a.p95).toBeGreaterThanOrEqual(result.a.median);
    expect(result.a.min).toBeLessThanOrEqual(result.a.median);
    expect(result.message).toMatch(/^Median 11\.\d\u202fms, p95 1[12]\.\d\u202fms on WASM, 1 thread\.$/);
    expect(state.open).toBe(0);
  });

  test('short runs are timed in batches of 20 ms and reported per run', async () => {
    const result = await compare([steady(0.05), steady(0.025, 0.01, 2)]);
    expect(result.a.runsPerSample).toBeGreaterThanOrEqual(390);
    expect(result.b?.runsPerSample).toBeGreaterThanOrEqual(780);
    expect(result.a.median).toBeCloseTo(0.05, 3);
    expect(result.verdict).toBe('faster');
  });

  test('a warm-up that becomes faster at once is told: the optimizing compiler was done', async () => {
    const result = await (async () => {
      // Flat before: the warm-up is over, and the samples show it.
      const { runtime, clock } = fake([{ run: (i) => (i < 18 ? 30 : 10) }]);
      return benchmark(runtime, A, null, REQUEST, silentJob(), { clock });
    })();
    // The very first run stands apart.
    expect(result.a.tierUp).toEqual({ after: 17, factor: 3 });
    expect(new Set(result.a.samples.map(Math.round))).toEqual(new Set([10]));
    expect(result.a.samples).toHaveLength(30);
    expect((await compare([steady(20), steady(20)])).a.tierUp).toBe(null);
  });

  test('memory is that of a module of its own', async () => {
    const request: BenchRequest = { ...REQUEST, level: 'disabled', runs: 3, budgetMs: 500, heap: true };
    const small = await benchmark(nodeRuntime(), chain(1), null, request, silentJob());
    const large = await benchmark(nodeRuntime(), chain(4, 1024), null, request, silentJob());
    // Four weights of 1024 × 1024 are 16.8 MB, and so much the module starts with.
    expect(small.a.heapBytes).toBeGreaterThanOrEqual(2 ** 24);
    expect(large.a.heapBytes! - small.a.heapBytes!).toBeGreaterThan(16e6);
  });

  test('a coarse clock makes batches longer', async () => {
    const { runtime, clock } = fake([steady(2)], { timerStep: 1 });
    const result = await benchmark(runtime, A, null, REQUEST, silentJob(), { clock });
    expect(result.a.runsPerSample).toBeGreaterThanOrEqual(25);
  });

  test('the budget ends it, with at least three samples and no verdict from so few', async () => {
    const { runtime, clock } = fake([steady(3000), steady(1000, 0.01, 2)]);
    const result = await benchmark(runtime, A, B, { ...REQUEST, budgetMs: 5000 }, silentJob(), { clock });
    expect(result.a.samples).toHaveLength(3);
    expect(result.verdict).toBe('inconclusive');
    expect(result.message).toContain('Only 3 pairs of runs fitted into the time given.');
  });
});

describe('as a job', () => {
  test('it can be cancelled while timing, and releases its sessions', async () => {
    const { runtime, clock, state } = fake([steady(10), steady(10)]);
    const controller = new AbortController();
    const job = createJob(controller.signal, ({ stage, done }) => {
      if (stage === 'Timing' && done === 5) controller.abort();
    });
    await expect(benchmark(runtime, A, B, REQUEST, job, { clock })).rejects.toMatchObject({ code: 'cancelled' });
    expect(state.open).toBe(0);
  });

  test('a second model that does not open releases the first; senseless requests are refused', async () => {
    const { runtime, clock, state } = fake([steady(10)]);
    await expect(benchmark(runtime, A, B, REQUEST, silentJob(), { clock })).rejects.toThrow('no such model');
    expect(state.open).toBe(0);
    const none = benchmark(runtime, A, null, { ...REQUEST, runs: 0 }, silentJob(), { clock });
    await expect(none).rejects.toMatchObject({ code: 'bad-request' });
  });

  test('real models are timed on the real runtime', async () => {
    const request: BenchRequest = { ...REQUEST, level: 'disabled', runs: 8, budgetMs: 1500 };
    const result = await benchmark(nodeRuntime(), chain(24), chain(1), request, silentJob());
    expect(result.a.samples.length).toBeGreaterThanOrEqual(3);
    expect(result.a.min).toBeGreaterThan(0);
    expect(result.a.startMs).toBeGreaterThan(0);
    expect(result.interval?.[0]).toBeLessThanOrEqual(result.ratio ?? 0);
    expect(result.interval?.[1]).toBeGreaterThanOrEqual(result.ratio ?? Infinity);
  });
});
