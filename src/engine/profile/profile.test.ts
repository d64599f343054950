import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../../base/job.ts';
import type { BenchRequest, Profile } from '../../bench/types.ts';
import { memoryFiles } from '../../onnx/external.ts';
import { readModel } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { buildModel } from '../../testing/build.ts';
import { tinyModel } from '../../testing/tiny.ts';
import { nodePort } from '../node.ts';
import type { RuntimePort } from '../ports.ts';
import { Studio } from '../studio.ts';

const REQUEST = { backend: 'wasm', level: 'all', threads: 1, runs: 10, budgetMs: 4000 } as const;

async function opened(port: RuntimePort, model = tinyModel()): Promise<Studio> {
  const studio = new Studio(port);
  await studio.openFile({ name: 'm.onnx', bytes: writeModel(model), external: memoryFiles(new Map()) }, silentJob());
  return studio;
}

/** A port whose profiles take the given times in turn, ms for each node; what it was asked for is kept. */
function inTurns(times: readonly number[]): { port: RuntimePort; asked: { nodes: number; request: BenchRequest }[] } {
  const asked: { nodes: number; request: BenchRequest }[] = [];
  const port: RuntimePort = {
    ...nodePort(),
    profile: ({ bytes }, request): Promise<Profile> => {
      const { model } = readModel(bytes);
      const ms = times[asked.length] ?? NaN;
      asked.push({ nodes: model.nodes.size, request });
      const kernels = Array.from(model.nodes.values(), ({ name, opType }) => {
        return { node: name, op: opType, provider: '', ms, least: ms, calls: 1, inputs: [], outputs: [] };
      });
      const { backend, level, threads, runs } = request;
      const whole = ms * kernels.length + 1;
      const timeline = kernels.map((_, kernel) => ({ kernel, start: kernel * ms, ms }));
      return Promise.resolve({
        ...{
          backend,
          level,
          threads,
          runs,
          ms: whole,
          software: false,
          clock: 'processor',
          kernels,
          timeline,
          inputs: {},
        },
      });
    },
  };
  return { port, asked };
}

describe('a profile', () => {
  it('has a row for each node that runs, adds up, and keeps one run as it was', async () => {
    const { port, asked } = inTurns([2]);
    const view = await (await opened(port)).profile({ side: 0, request: REQUEST }, silentJob());
    expect(asked.map(({ request }) => request)).toEqual([{ ...REQUEST, loads: { a: {} } }]);
    expect(view.rows.map(({ label, ms, spreadMs }) => [label, ms, spreadMs])).toEqual([
      ['Conv 1', 2, 0],
      ['BatchNormalization 1', 2, 0],
      ['Relu 1', 2, 0],
    ]);
    expect(view).toMatchObject({ ms: 7, kernelsMs: 6, betweenMs: 1, mapped: 1, title: 'Original' });
    expect(view.timeline.map(({ row, start }) => [row, start])).toEqual([
      [0, 0],
      [1, 2],
      [2, 4],
    ]);
    // [1, 4, 6, 6] out of [1, 3, 8, 8] by [4, 3, 3, 3].
    const macs = 4 * 36 * 27;
    expect(view.rows[0]).toMatchObject({ macs, bytes: 4 * (192 + 108 + 144), gflops: (2 * macs) / 2e6 });
  });

  it('of two models is taken in turn, first, second, second, first, with the budget of one', async () => {
    const { port, asked } = inTurns([2, 5, 7, 4]);
    const studio = await opened(port);
    await studio.apply({ pass: 'fold-batch-norm', options: {}, off: [] }, silentJob());
    const stages = new Set<string>();
    const watched = createJob(new AbortController().signal, ({ stage }) => stages.add(stage));
    const [before, after] = await studio.profiles({ sides: [0, 1], request: REQUEST }, watched);
    expect(asked.map(({ nodes }) => nodes)).toEqual([3, 2, 2, 3]);
    expect(asked[0]?.request).toMatchObject({ runs: 5, budgetMs: 2000 });
    expect(before?.rows.map(({ ms, spreadMs }) => [ms, spreadMs])).toEqual([
      [3, 1],
      [3, 1],
      [3, 1],
    ]);
    expect(after?.rows[0]).toMatchObject({ ms: 6, spreadMs: 1 });
    expect(before).toMatchObject({ runs: 10, ms: 10, spreadMs: 3 });
    expect(stages).toContain('Finding the nodes');
  });

  it('leads a node that a step made to the nodes of the opened model that it stands for', async () => {
    const { port } = inTurns([1]);
    const studio = await opened(port);
    const ids = Array.from(studio.picture().view.nodeIds);
    await studio.apply({ pass: 'fold-batch-norm', options: {}, off: [] }, silentJob());
    const view = await studio.profile({ side: 1, request: REQUEST }, silentJob());
    expect(view.title).toBe('Fold batch norm');
    expect(view.rows[0]?.origins).toEqual(ids.slice(0, 2));
  });

  it('of a second file has nothing in common with the opened one but names', async () => {
    const { port } = inTurns([1]);
    const studio = await opened(port);
    const source = { name: 'other.onnx', bytes: writeModel(tinyModel()), external: memoryFiles(new Map()) };
    await studio.openSecond(source, silentJob());
    const view = await studio.profile({ side: 'second', request: REQUEST }, silentJob());
    expect(view).toMatchObject({ name: 'other.onnx', title: '' });
    expect(view.rows.every(({ origins }) => origins.length === 0)).toBe(true);
  });

  it('knows the work of free sizes as they were run', async () => {
    const model = buildModel({}, (g) => {
      g.output(g.op('MatMul', [g.input('x', ['n', 8]), g.weight('w', [8, 4])]));
    });
    const studio = await opened(nodePort(), model);
    const view = await studio.profile({ side: 0, request: { ...REQUEST, budgetMs: 1000 } }, silentJob());
    const [rows] = view.inputs['x'] ?? [];
    expect(rows).toBeGreaterThan(0);
    expect(view.rows.find(({ op }) => op === 'MatMul')?.macs).toBe(rows! * 8 * 4);
  });
});
