import { describe, expect, test } from 'vitest';
import { silentJob } from '../base/job.ts';
import { writeModel } from '../onnx/write.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { planFeeds, type PlanOptions } from './feed-plan.ts';
import { CHECK_ATTEMPTS, TIMING_ATTEMPTS } from './feed-sizes.ts';
import { makeFeeds, shapeIn } from './feeds.ts';
import { nodeRuntime } from './node.ts';

const runtime = nodeRuntime();

async function planned(build: (g: GraphBuilder) => void, options: Partial<PlanOptions> = {}) {
  const bytes = writeModel(buildModel({}, build));
  const session = await runtime.createSession(bytes, { backend: 'wasm', level: 'disabled', threads: 1 });
  try {
    const plans = await planFeeds(session, { attempts: CHECK_ATTEMPTS, count: 2, ...options }, silentJob());
    for (const plan of plans) await session.run(makeFeeds(session.inputs, 'large', 2, plan));
    return { plans, shapes: plans.map((plan) => session.inputs.map((input) => shapeIn(input, plan))) };
  } finally {
    await session.release();
  }
}

describe('finding inputs that a model runs with', () => {
  test('free sizes are tried odd and with another batch; fixed ones give one plan', async () => {
    const free = await planned((g) => g.output(g.op('Relu', [g.input('x', ['N', 3, 'H', 'W'])]), 'y', { shape: null }));
    expect(free.shapes).toEqual([[[2, 3, 37, 45]], [[1, 3, 37, 45]]]);
    const fixed = await planned((g) => g.output(g.op('Relu', [g.input('x', [1, 4])]), 'y', { shape: [1, 4] }));
    expect(fixed.shapes).toEqual([[[1, 4]]]);
    const timing = await planned(
      (g) => g.output(g.op('Relu', [g.input('x', ['N', 3, 'H', 'W'])]), 'y', { shape: null }),
      {
        attempts: TIMING_ATTEMPTS,
        count: 1,
      },
    );
    expect(timing.shapes).toEqual([[[1, 3, 224, 224]]]);
  });

  test('a size that the graph wants to be a multiple is found among the planned ones', async () => {
    const { shapes } = await planned((g) => {
      const x = g.input('x', [1, 'length']);
      g.output(g.op('Reshape', [x, g.int64s('shape', [1, -1, 32])]), 'y', { shape: null });
    });
    expect(shapes.length).toBeGreaterThan(0);
    for (const [shape] of shapes) expect((shape?.[1] ?? 1) % 32).toBe(0);
  });

  test('a relation between unnamed dimensions is found by searching', async () => {
    const { shapes } = await planned((g) => {
      const joined = g.op('MatMul', [g.input('a', [3, null]), g.input('b', [null, 5])]);
      g.output(g.op('Reshape', [joined, g.int64s('shape', [15])]), 'y', { shape: [15] });
    });
    expect(shapes[0]?.[0]?.[1]).toBe(shapes[0]?.[1]?.[0]);
  });

  test('each index input learns the length of its own table', async () => {
    const { plans } = await planned((g) => {
      const tables = [40, 6].map((rows, i) => {
        const table = g.op('Relu', [g.weight(`table${i}`, [rows, 2])]);
        return g.op('Gather', [table, g.input(`ids${i}`, [1, 16], 'int64')]);
      });
      g.output(g.op('Add', tables), 'y', { shape: [1, 16, 2] });
    });
    expect(plans[0]?.limits).toEqual({ ids0: 40, ids1: 6 });
  });

  test('shapes that the caller fixes are kept', async () => {
    const { shapes } = await planned((g) => g.output(g.op('Relu', [g.input('x', ['N', 'M'])]), 'y', { shape: null }), {
      shapes: { x: [5, 6] },
    });
    expect(shapes).toEqual([[[5, 6]]]);
  });

  test('a model that never runs says so, with its inputs and the last refusal', async () => {
    const attempt = planned((g) => {
      const x = g.input('x', ['N', 4]);
      g.output(g.op('Reshape', [x, g.int64s('shape', [7, 11, 13])]), 'y', { shape: null });
    });
    await expect(attempt).rejects.toThrow(
      /does not run with any of \d+ choices of sizes\. Inputs: x \[N, 4\]\..*cannot be reshaped/,
    );
  });
});
