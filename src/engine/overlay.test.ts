import { describe, expect, it } from 'vitest';
import { silentJob } from '../base/job.ts';
import type { Model } from '../ir/model.ts';
import { memoryFiles } from '../onnx/external.ts';
import { writeModel } from '../onnx/write.ts';
import { buildModel } from '../testing/build.ts';
import { tinyModel } from '../testing/tiny.ts';
import { nodePort } from './node.ts';
import { shareHolding } from './overlay.ts';
import { Studio } from './studio.ts';
import type { AskedOverlay } from './types.ts';

const job = silentJob();
const REQUEST = { backend: 'wasm', level: 'disabled', threads: 1, runs: 3, budgetMs: 5000 } as const;

async function ask(model: Model, overlay: AskedOverlay, level: 'disabled' | 'all' = 'disabled') {
  const studio = new Studio(nodePort());
  const external = memoryFiles(new Map());
  await studio.openFile({ name: 'm.onnx', bytes: writeModel(model), external }, job);
  const { view } = studio.picture();
  const { nodes, values, note } = await studio.overlay(overlay, { ...REQUEST, level }, job);
  expect(Array.from(nodes)).toEqual(Array.from(view.nodeIds));
  return { ops: Array.from(view.nodeOps, (op) => view.opTypes[op]!), values: Array.from(values), note };
}

describe('overlays that the worker works out', () => {
  it('count the zeros among the constants of each node', async () => {
    const { ops, values, note } = await ask(
      buildModel({}, (g) => {
        const x = g.input('x', [1, 4]);
        const y = g.op('MatMul', [x, g.floats('w', [4, 4], 0)]);
        g.output(g.op('Relu', [g.op('Add', [y, g.floats('b', [4], 1)])]));
      }),
      'sparsity',
    );
    expect(ops).toEqual(['MatMul', 'Add', 'Relu']);
    expect(values).toEqual([1, 0, Number.NaN]);
    expect(note).toContain('80.0\u202f% of 20');
  });

  it('tell live memory by node', async () => {
    const { values } = await ask(tinyModel(), 'memory');
    // [1, 3, 8, 8] and [1, 4, 6, 6]; then in place.
    expect(values).toEqual([4 * (192 + 144), 4 * 144, 4 * 144]);
  });

  it('weigh the channels of layers that can be cut, and leave the others out', async () => {
    const { ops, values } = await ask(
      buildModel({ seed: 3 }, (g) => {
        const x = g.input('x', [1, 3, 8, 8]);
        const y = g.op('Relu', [g.op('Conv', [x, g.weight('w', [8, 3, 3, 3])])]);
        g.output(g.op('Conv', [y, g.weight('v', [4, 8, 3, 3])]));
      }),
      'importance',
    );
    expect(ops).toEqual(['Conv', 'Relu', 'Conv']);
    expect(values[0]).toBeGreaterThan(0.5);
    expect(values[0]).toBeLessThanOrEqual(1);
    // The last one makes the output's channels: they are frozen.
    expect(values[2]).toBeNaN();
  });

  it('tell what share of the channels of a layer is dead', async () => {
    const { ops, values, note } = await ask(
      buildModel({ seed: 3 }, (g) => {
        const x = g.input('x', [1, 1, 8, 8]);
        const y = g.op('Relu', [g.op('Conv', [x, g.floats('w', [4, 1, 1, 1], [1, 0, 2, 1])])]);
        g.output(g.op('Conv', [y, g.weight('v', [4, 4, 3, 3])]));
      }),
      'dead',
    );
    expect(ops).toEqual(['Conv', 'Relu', 'Conv']);
    expect(values).toEqual([0.5, Number.NaN, Number.NaN]);
    expect(note).toBe('Proven by the weights: constant, unread, or copies of others; 2 of 4 channels can go.');
  });

  it('time every node on the runtime', async () => {
    const { values, note } = await ask(tinyModel(), 'time');
    expect(values.every((ms) => ms >= 0)).toBe(true);
    expect(note).toMatch(/^Measured: WASM, 1 thread, “disabled”, mean of the middle half of 3 runs/);
  });

  it('give a node that the runtime fused into another no time of its own', async () => {
    const { values } = await ask(tinyModel(), 'time', 'all');
    expect(values[0]).toBeGreaterThanOrEqual(0);
    expect(values.slice(1)).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('the share that holds 90 %', () => {
  it('is small where few channels carry it all, and near 90 % where all are alike', () => {
    expect(shareHolding([100, 1, 1, 1, 1, 1, 1, 1, 1, 1], 0.9)).toBe(0.1);
    expect(shareHolding(new Float64Array(100).fill(2), 0.9)).toBe(0.9);
    expect(shareHolding([0, 0], 0.9)).toBe(1);
  });
});
