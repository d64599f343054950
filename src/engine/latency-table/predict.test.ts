import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { createJob, silentJob } from '../../base/job.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { memoryFiles } from '../../onnx/external.ts';
import { writeModel } from '../../onnx/write.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { mobileBlock } from '../../testing/latency-device.ts';
import { MADE_UP_OVERHEAD, madeUpKernels } from '../../testing/made-up-kernels.ts';
import { nodePort } from '../node.ts';
import type { RuntimePort } from '../ports.ts';
import { Studio } from '../studio.ts';
import { fillTable } from './fill.ts';
import { partsOf } from './parts.ts';
import { predictLatency } from './predict.ts';
import { emptyTable, storeTable } from './table.ts';
import type { LatencyTable } from './types.ts';

const job = silentJob();
const device = { name: 'made up', backend: 'wasm', threads: 1, runtimeVersion: '0' } as const;

async function opened(port: Partial<RuntimePort>, model: Model): Promise<Studio> {
  const studio = new Studio({ ...nodePort(), ...port });
  await studio.openFile({ name: 'm.onnx', bytes: writeModel(model), external: memoryFiles(new Map()) }, job);
  return studio;
}
const filled = async (studio: Studio, widths: { acrossNorms: boolean } | null = null): Promise<LatencyTable> =>
  (await fillTable(studio, emptyTable(device), { widths, budgetMs: 200 }, job)).table;

const keysOf = (model: Model): (string | null)[] => partsOf(model, analyze(model)).list.map(({ key }) => key);
const operatorsOf = (model: Model): string[] => partsOf(model, analyze(model)).list.map(({ operators }) => operators);

const convolved = (tail: (g: GraphBuilder, x: ValueId, input: ValueId) => ValueId, names = ['x', 'w']): Model =>
  buildModel({}, (g) => {
    const x = g.input(names[0] ?? 'x', [1, 4, 8, 8]);
    const made = g.op('Conv', [x, g.weight(names[1] ?? 'w', [4, 4, 3, 3])], { pads: [1, 1, 1, 1] });
    g.output(tail(g, made, x), 'y', { shape: [1, 4, 8, 8] });
  });

describe('parts of a model', () => {
  it('hold what the runtime fuses into a convolution', () => {
    expect(operatorsOf(convolved((g, x) => g.op('Relu', [x])))).toEqual(['Conv + Relu']);
    expect(operatorsOf(convolved((g, x, input) => g.op('Relu', [g.op('Add', [x, input])])))).toEqual([
      'Conv + Add + Relu',
    ]);
    expect(operatorsOf(convolved((g, x) => g.op('Sqrt', [x])))).toEqual(['Conv', 'Sqrt']);
    // What others read too is not fused.
    expect(operatorsOf(convolved((g, x) => g.op('Add', [g.op('Relu', [x]), x])))).toEqual(['Conv', 'Relu', 'Add']);
  });

  it('have keys that names do not change, and shapes, attributes and activations do', () => {
    const plain = keysOf(convolved((g, x) => g.op('Relu', [x])));
    expect(keysOf(convolved((g, x) => g.op('Relu', [x]), ['other', 'names']))).toEqual(plain);
    expect(keysOf(convolved((g, x) => g.op('Sigmoid', [x])))).not.toEqual(plain);
    expect(keysOf(convolved((g, x) => g.op('Sqrt', [x])))).not.toEqual(plain);
    expect(plain).toHaveLength(1);
  });
});

describe('a predicted latency', () => {
  it('is exact on a device whose kernels take the same wherever they run', async () => {
    const studio = await opened(madeUpKernels(), mobileBlock());
    const table = await filled(studio);
    const check = await studio.checkPrediction({ table: storeTable(table), budgetMs: 100 }, job);
    expect(check.prediction).toMatchObject({ covered: 1, missing: [], missingWork: 0 });
    expect(check.error).toBeCloseTo(0, 6);
    expect(table.overhead?.node).toBeCloseTo(MADE_UP_OVERHEAD.node, 9);
    expect(table.overhead?.run).toBeGreaterThan(MADE_UP_OVERHEAD.run / 2);
  });

  it('measures each kind of operator once', async () => {
    const twice = buildModel({}, (g) => {
      let x = g.input('x', [1, 4, 8, 8]);
      for (const name of ['a', 'b', 'c']) x = g.op('Conv', [x, g.weight(name, [4, 4, 1, 1])]);
      g.output(x, 'y', { shape: [1, 4, 8, 8] });
    });
    const studio = await opened(madeUpKernels(), twice);
    const table = await filled(studio);
    expect(table.entries.size).toBe(1);
    expect((await studio.predictLatency({ table: storeTable(table) }, job)).parts).toHaveLength(3);
    const again = await fillTable(studio, table, { widths: null }, job);
    expect(again.added).toBe(0);
  });

  it('names what the table does not cover, and leaves it out of the sum', async () => {
    const table = await filled(
      await opened(
        madeUpKernels(),
        convolved((g, x) => g.op('Relu', [x])),
      ),
    );
    const model = convolved((g, x) => g.op('Sqrt', [g.op('Relu', [x])]));
    const prediction = predictLatency(model, analyze(model), table);
    expect(prediction.missing).toMatchObject([{ operators: 'Sqrt', reason: null }]);
    expect(prediction.covered).toBe(0.5);
    const unknown = convolved((g, x) => g.op('Mystery', [x], {}, { domain: 'example' }));
    const [, mystery] = partsOf(unknown, analyze(unknown)).list;
    expect(mystery).toMatchObject({ key: null, reason: 'the operator is unknown' });
    expect(() => predictLatency(model, analyze(model), emptyTable(device))).toThrow(/table is empty/);
  });

  it('of a model that was cut follows from the table alone', async () => {
    const studio = await opened(madeUpKernels(), mobileBlock());
    const table = storeTable(await filled(studio, { acrossNorms: false }));
    const request = { backend: 'wasm', threads: 1, budgetMs: 100 } as const;
    const model = await studio.latencyModel({ ...request, table }, job);
    expect(model).toMatchObject({ from: 'table', points: 8, backend: 'wasm' });
    const bare = storeTable(await filled(studio));
    await expect(studio.latencyModel({ ...request, table: bare }, job)).rejects.toThrow(/table lacks \d+ kinds/);
  });

  it('keeps what was measured when the rest is cancelled', async () => {
    const kept: LatencyTable[] = [];
    const controller = new AbortController();
    const many = buildModel({}, (g) => {
      let x = g.input('x', [1, 64]);
      for (let width = 1; width <= 60; width++)
        x = g.op('MatMul', [x, g.weight(`w${width}`, [65 - width, 64 - width || 1])]);
      g.output(x, 'y', { shape: [1, 4] });
    });
    const studio = await opened(madeUpKernels(), many);
    const stopping = createJob(controller.signal, () => {});
    const running = fillTable(studio, emptyTable(device), { widths: null }, stopping, (table) => {
      kept.push(table);
      controller.abort();
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(kept).toHaveLength(1);
    expect(kept[0]?.entries.size).toBe(40);
  });

  it('is not made on WebGPU', async () => {
    const capabilities = () =>
      Promise.resolve({ webgpu: { software: true } } as unknown as Awaited<ReturnType<RuntimePort['capabilities']>>);
    const studio = await opened({ ...madeUpKernels(), capabilities }, mobileBlock());
    const on = emptyTable({ ...device, backend: 'webgpu' });
    await expect(fillTable(studio, on, { widths: null }, job)).rejects.toThrow(/software/);
  });

  it('covers a model on the real runtime, and is held against a run of it', { timeout: 60_000 }, async () => {
    const studio = await opened({}, mobileBlock());
    const table = await filled(studio);
    expect([...table.entries.values()].every(({ ms, kernels }) => ms > 0 && kernels > 0)).toBe(true);
    const { prediction, measured } = await studio.checkPrediction({ table: storeTable(table), budgetMs: 500 }, job);
    expect(prediction.missing).toEqual([]);
    // How near it is depends on what else the machine does: `npm run bench -- latency-table` tells.
    expect(Math.min(prediction.ms, measured)).toBeGreaterThan(0);
  });
});
