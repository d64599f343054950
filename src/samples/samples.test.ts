import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { summarize } from '../analysis/summary.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { readModel } from '../onnx/read.ts';
import { writeModel } from '../onnx/write.ts';
import { nodeRuntime } from '../runtime/node.ts';
import { seeded } from '../base/random.ts';
import { buildSample, listSamples } from './catalogue.ts';

const FEEDS: Record<string, { name: string; shape: number[]; integers: boolean; below?: number }> = {
  'mobilenet-v2': { name: 'input', shape: [1, 3, 224, 224], integers: false },
  'residual-cnn': { name: 'image', shape: [2, 3, 32, 32], integers: false },
  encoder: { name: 'input_ids', shape: [1, 64], integers: true, below: 2000 },
  'digit-cnn': { name: 'image', shape: [3, 1, 28, 28], integers: false },
  'edge-cnn': { name: 'image', shape: [2, 1, 28, 28], integers: false },
  'character-transformer': { name: 'input_ids', shape: [3, 17], integers: true, below: 74 },
};

function feedOf(id: string, seed: number) {
  const { name, shape, integers, below = 0 } = FEEDS[id]!;
  const random = seeded(seed);
  const length = shape.reduce((a, b) => a * b, 1);
  const data = integers
    ? BigInt64Array.from({ length }, () => BigInt(Math.floor(random() * below)))
    : Float32Array.from({ length }, () => 2 * random() - 1);
  return { [name]: { dtype: integers ? ('int64' as const) : ('float32' as const), shape, data } };
}

describe.each(listSamples())('the sample $id', ({ id, nodes, bytes, cells }) => {
  it('is a valid graph whose every shape is known', () => {
    const model = buildSample(id);
    verifyModel(model);
    const summary = summarize(model, analyze(model), 0);
    expect(summary.unknownShapes).toBe(0);
    expect(summary.nodes).toBe(nodes);
    expect(cells).toHaveLength(nodes);
    expect(cells).not.toContain('unknown');
  });

  it('has names that are unique', () => {
    const names = [...buildSample(id).values.values()].map((value) => value.name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('is written to the same bytes every time, about as many as the list says', () => {
    const [a, b] = [writeModel(buildSample(id)), writeModel(buildSample(id))];
    expect(Buffer.compare(a, b)).toBe(0);
    expect(a.byteLength).toBeGreaterThanOrEqual(bytes);
    expect(a.byteLength).toBeLessThan(bytes * 1.02 + 50_000);
  });

  it('runs, gives finite numbers, and answers to its input', async () => {
    const session = await nodeRuntime().createSession(writeModel(readModel(writeModel(buildSample(id))).model), {
      backend: 'wasm',
      level: 'all',
      threads: 1,
    });
    const results = [await session.run(feedOf(id, 1)), await session.run(feedOf(id, 2))];
    const [first, second] = results.map((each) => Object.values(each)[0]!.data as Float32Array);
    expect(first!.every(Number.isFinite)).toBe(true);
    expect(Math.max(...first!.map((value, i) => Math.abs(value - second![i]!)))).toBeGreaterThan(1e-3);
    await session.release();
  });
});

describe('MobileNetV2', () => {
  it('has the parameters and MACs of the paper: 3.5 M and 0.3 G', () => {
    const model = buildSample('mobilenet-v2');
    const { parameters, macs } = summarize(model, analyze(model), 0);
    // 3 504 872 learnt, 34 112 batch norm statistics, 70 Clip bounds.
    expect(parameters).toBe(3_504_872 + 2 * 17_056 + 70);
    expect(macs).toBeGreaterThan(299e6);
    expect(macs).toBeLessThan(302e6);
  });
});

describe('the edge CNN', () => {
  it('has about 2.4 M MACs in three stages whose later blocks can go', () => {
    const model = buildSample('edge-cnn');
    const { macs } = summarize(model, analyze(model), 0);
    expect(macs).toBeGreaterThan(2e6);
    expect(macs).toBeLessThan(3e6);
    const kernels = [...model.nodes.values()].flatMap(
      ({ name }) => /stages\.(\d)\/blocks\.(\d)\/depthwise\/Conv$/.exec(name) ?? [],
    );
    expect(kernels.length / 3).toBe(8);
    const sums = [...model.nodes.values()].filter(({ opType }) => opType === 'Add');
    expect(sums.map(({ name }) => name)).toEqual([
      '/stages.0/blocks.1/Add',
      '/stages.1/blocks.1/Add',
      '/stages.1/blocks.2/Add',
      '/stages.2/blocks.1/Add',
      '/stages.2/blocks.2/Add',
    ]);
  });
});
