import { describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import { createJob, silentJob, type Progress } from '../base/job.ts';
import { seeded } from '../base/random.ts';
import type { BenchRequest, BenchResult } from '../bench/types.ts';
import { memoryFiles } from '../onnx/external.ts';
import { writeModel } from '../onnx/write.ts';
import { forecastOf } from '../prune/forecast.ts';
import { NOTHING_CUT } from '../prune/options.ts';
import { buildModel } from '../testing/build.ts';
import { madeUpDevice, mobileBlock } from '../testing/latency-device.ts';
import { timeShare } from './latency-share.ts';
import { nodePort } from './node.ts';
import type { RuntimePort } from './ports.ts';
import { Studio } from './studio.ts';

const job = silentJob();
const request = { backend: 'wasm', threads: 1, budgetMs: 1000 } as const;

async function opened(port: Partial<RuntimePort>, model = mobileBlock()): Promise<Studio> {
  const studio = new Studio({ ...nodePort(), ...port });
  await studio.openFile({ name: 'm.onnx', bytes: writeModel(model), external: memoryFiles(new Map()) }, job);
  return studio;
}

/** Predicted latency at a ratio, as a share. */
async function predicted(studio: Studio, ratio: number): Promise<number> {
  const plan = await studio.prunePlan({ importance: 'l2', seed: 0 }, job);
  const { terms } = await studio.latencyModel(request, job);
  return forecastOf(plan, { ...NOTHING_CUT, ratio }, terms).latency!;
}

describe('latency at widths that were not timed', () => {
  it('is predicted for a made-up device, and checked against its times', async () => {
    const studio = await opened(madeUpDevice());
    const model = await studio.latencyModel(request, job);
    expect(model).toMatchObject({ backend: 'wasm', threads: 1, points: 8 });
    for (const ratio of [0.25, 0.5, 0.75]) {
      const share = await predicted(studio, ratio);
      await studio.apply({ pass: 'prune-channels', options: { ratio }, off: [] }, job);
      const check = await studio.checkLatency({ before: 0, predicted: share, model, budgetMs: 100 }, job);
      expect(check.predicted).toBe(share);
      expect(Math.abs(check.error)).toBeLessThan(0.05);
      studio.moveTo(0);
    }
    expect(await predicted(studio, 0)).toBeCloseTo(1, 2);
  });

  it('stays near under noise, and says how near', async () => {
    const random = seeded(3);
    const quiet = await opened(madeUpDevice());
    const noisy = await opened(madeUpDevice(() => 0.9 + 0.2 * random()));
    const { error } = await noisy.latencyModel(request, job);
    expect(error).toBeGreaterThan((await quiet.latencyModel(request, job)).error);
    expect(Math.abs((await predicted(noisy, 0.5)) / (await predicted(quiet, 0.5)) - 1)).toBeLessThan(0.15);
  });

  it('is measured once for a stop, a backend and a number of threads', async () => {
    const device = madeUpDevice();
    let runs = 0;
    const bench: RuntimePort['bench'] = (...given) => {
      runs += 1;
      return device.bench(...given);
    };
    const studio = await opened({ ...device, bench });
    const first = await studio.latencyModel(request, job);
    expect(runs).toBe(8);
    expect(await studio.latencyModel(request, job)).toBe(first);
    expect(runs).toBe(8);
    await studio.latencyModel({ ...request, threads: 2 }, job);
    expect(runs).toBe(16);
  });

  it('tells how far it is, and stops where it is cancelled', async () => {
    const seen: Progress[] = [];
    const controller = new AbortController();
    const watched = createJob(controller.signal, (progress) => {
      seen.push(progress);
      if (progress.done === 2) controller.abort();
    });
    const studio = await opened(madeUpDevice());
    await expect(studio.latencyModel(request, watched)).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen.at(-1)).toEqual({ stage: 'Cutting', done: 2, total: 8 });
    expect((await studio.latencyModel(request, job)).points).toBe(8);
  });

  it('is not measured on a software adapter, nor where nothing can be cut', async () => {
    const capabilities = () =>
      Promise.resolve({ webgpu: { software: true } } as unknown as Awaited<ReturnType<RuntimePort['capabilities']>>);
    const soft = await opened({ ...madeUpDevice(), capabilities });
    await expect(soft.latencyModel({ ...request, backend: 'webgpu' }, job)).rejects.toThrow(/software/);
    const still = buildModel({}, (g) => g.output(g.op('Relu', [g.input('x', [2])]), 'y', { shape: [2] }));
    const studio = await opened(madeUpDevice(), still);
    await expect(studio.latencyModel(request, job)).rejects.toThrow(/No channel/);
  });
});

describe('a latency as the target', () => {
  it('comes to a ratio that any device replays to the same widths', async () => {
    const studio = await opened(madeUpDevice());
    const { options, predicted: share } = await studio.latencyTarget({ importance: 'l1' }, 0.6, request, job);
    expect(Object.keys(options).sort()).toEqual(['importance', 'ratio']);
    expect(share).toBeLessThanOrEqual(0.6);
    expect(String(Number(options['ratio'])).length).toBeLessThanOrEqual(5);
    const { stops, recipe } = await studio.apply({ pass: 'prune-channels', options, off: [] }, job);
    const other = await opened({});
    const replayed = await other.replay({ recipe }, job);
    expect(replayed.stops[1]!.groups).toEqual(stops[1]!.groups);
    expect(stops[1]!.groups.length).toBeGreaterThan(0);
  });

  it('is the least cut that fits', async () => {
    const studio = await opened(madeUpDevice());
    const { options } = await studio.latencyTarget({}, 0.6, request, job);
    const ratio = Number(options['ratio']);
    expect(await predicted(studio, ratio)).toBeLessThanOrEqual(0.6);
    expect(await predicted(studio, ratio - 0.15)).toBeGreaterThan(0.6);
  });
});

describe('a share of two times', () => {
  const result = (a: number, b: number, interval: readonly [number, number]): BenchResult =>
    ({ a: { min: a, median: a + 1 }, b: { min: b }, ratio: 2, interval }) as unknown as BenchResult;
  const bench = { backend: 'wasm', level: 'all', threads: 1, runs: 4, budgetMs: 10 } satisfies BenchRequest;
  const timing = (results: readonly BenchResult[]) => {
    const left = [...results];
    return { left, time: () => Promise.resolve(left.shift()!) };
  };

  it('is taken again where the machine was disturbed, and holds the fastest against the fastest', async () => {
    const { left, time } = timing([
      result(12, 8, [1, 3]),
      result(10, 9, [1, 3]),
      result(11, 5, [1, 3]),
      result(1, 1, [1, 3]),
    ]);
    expect(await timeShare(time, bench)).toEqual({ share: 0.5, ms: 11 });
    expect(left).toHaveLength(1);
  });

  it('is taken once where it was steady', async () => {
    const { left, time } = timing([result(10, 5, [1.98, 2.02]), result(1, 1, [1, 3])]);
    expect(await timeShare(time, bench)).toEqual({ share: 0.5, ms: 11 });
    expect(left).toHaveLength(1);
  });

  it('passes failures on', async () => {
    const fails = (): Promise<BenchResult> => Promise.reject(new CodedError('runtime', 'no'));
    await expect(timeShare(fails, bench)).rejects.toMatchObject({ code: 'runtime' });
  });
});
