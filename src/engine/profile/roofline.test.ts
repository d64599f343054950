import { describe, expect, it } from 'vitest';
import { CodedError } from '../../base/error.ts';
import { createJob, silentJob } from '../../base/job.ts';
import type { BenchResult, KernelTime, Profile } from '../../bench/types.ts';
import { analyze } from '../../analysis/analyze.ts';
import { readModel } from '../../onnx/read.ts';
import type { Capabilities } from '../../runtime/types.ts';
import { nodePort } from '../node.ts';
import type { Parcel, RuntimePort } from '../ports.ts';
import { measureRoofline, RooflineCache } from './roofline.ts';

const WASM = { backend: 'wasm', threads: 1, level: 'all' } as const;

/** A device of 50 GFLOP/s and 8 GB/s (40 up to 5 MB) that takes 2 µs a node, as the roofline sees it: by its models. */
function device(): { port: RuntimePort; asked: string[] } {
  const asked: string[] = [];
  const timesOf = ({ bytes }: Parcel): KernelTime[] => {
    const { model } = readModel(bytes);
    const analysis = analyze(model);
    return analysis.order.map((node) => {
      const { macs, movedBytes } = analysis.cost(node);
      const gbs = (movedBytes ?? 0) < 5e6 ? 40 : 8;
      const ms = macs ? (2 * macs) / 50e6 : (movedBytes ?? 0) / gbs / 1e6 + 0.002;
      return {
        node: node.name,
        op: node.opType,
        provider: '',
        ms: 1.1 * ms,
        least: ms,
        calls: 1,
        inputs: [],
        outputs: [],
      };
    });
  };
  const port = {
    ...nodePort(),
    profile: (model: Parcel) => {
      asked.push('profile');
      return Promise.resolve({ kernels: timesOf(model) } as unknown as Profile);
    },
    bench: (model: Parcel) => {
      asked.push('bench');
      const min = 0.5 + timesOf(model).reduce((sum, { least }) => sum + least, 0);
      return Promise.resolve({ a: { min } } as unknown as BenchResult);
    },
  };
  return { port, asked };
}

describe('the ceilings of a device', () => {
  it('are the best rate of arithmetic, the rate out of memory, and the slope of tiny nodes', async () => {
    const found = await measureRoofline(WASM, device().port, silentJob());
    expect(found.peakGflops).toBeCloseTo(50, 6);
    expect(found.bandwidthGbs).toBeCloseTo(8, 2);
    expect(found.levels[0]?.gbs).toBeGreaterThan(20);
    expect(found.dispatchUs).toBeCloseTo(2, 2);
    expect(found.kernelUs).toBeCloseTo(2.2, 2);
  });

  it('are measured once for a backend and a number of threads', async () => {
    const { port, asked } = device();
    const cache = new RooflineCache();
    const first = await cache.get(WASM, port, silentJob());
    const count = asked.length;
    expect(await cache.get(WASM, port, silentJob())).toBe(first);
    expect(asked).toHaveLength(count);
    await cache.get({ ...WASM, threads: 2 }, port, silentJob());
    expect(asked).toHaveLength(2 * count);
  });

  it('are refused on a software adapter, with the reason, and nothing is run', async () => {
    const { port, asked } = device();
    const webgpu = { adapter: 'swiftshader', f16: false, software: true };
    const software = { ...port, capabilities: () => Promise.resolve({ webgpu } as unknown as Capabilities) };
    const measured = measureRoofline({ ...WASM, backend: 'webgpu' }, software, silentJob());
    await expect(measured).rejects.toMatchObject({ code: 'unsupported' });
    await expect(measured).rejects.toThrow('software');
    expect(asked).toEqual([]);
  });

  it('are watched and cancelled', async () => {
    const controller = new AbortController();
    const stages: string[] = [];
    const job = createJob(controller.signal, ({ stage, done, total }) => {
      stages.push(stage);
      expect(done).toBeLessThan(total!);
      if (stages.length === 3) controller.abort();
    });
    const { port } = device();
    const strict = {
      ...port,
      profile: async (...[model, request, own]: Parameters<RuntimePort['profile']>) => {
        await own.checkpoint();
        return port.profile(model, request, own);
      },
    };
    await expect(measureRoofline(WASM, strict, job)).rejects.toThrow(CodedError);
    expect(stages).toHaveLength(3);
  });
});
