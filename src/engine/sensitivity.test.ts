import { beforeEach, describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { createJob, silentJob, type Job } from '../base/job.ts';
import { seeded } from '../base/random.ts';
import { readModel } from '../onnx/read.ts';
import { writeModel } from '../onnx/write.ts';
import { buildForecast } from '../prune/build-forecast.ts';
import { costsOf } from '../prune/forecast.ts';
import { channelGraph } from '../prune/plan.ts';
import { roundedWidth, type Selectable } from '../prune/select.ts';
import { merged, type Sensitivity } from '../prune/sensitivity.ts';
import type { Feeds } from '../runtime/types.ts';
import { buildModel } from '../testing/build.ts';
import type { Judgement } from './fidelity.ts';
import { nodePort } from './node.ts';
import type { RuntimePort } from './ports.ts';
import { flattened, MADE_UP, sensitivity, SensitivityCache, type SensitivityProgress } from './sensitivity.ts';

/** Two hidden layers of 8 and 16 channels between 6 inputs and 4 classes. */
const model = buildModel({ seed: 3 }, (g) => {
  let x = g.input('x', ['N', 6]);
  x = g.op('Relu', [g.op('MatMul', [x, g.weight('w0', [6, 8])], {}, { outputs: ['narrow'] })]);
  x = g.op('Relu', [g.op('MatMul', [x, g.weight('w1', [8, 16])], {}, { outputs: ['wide'] })]);
  g.output(g.op('MatMul', [x, g.weight('w2', [16, 4])]), 'y', { shape: ['N', 4] });
});
const of = { model, analysis: analyze(model) };
const rating = { importance: 'l2', seed: 0 } as const;
const RATIOS = [0.25, 0.5, 0.75];

/** The runtime of this process; `seen` counts its runs, and `before` is told of each. */
function countingPort(before: (run: number) => void = () => {}) {
  const real = nodePort();
  const seen: number[] = [];
  const port: RuntimePort = {
    ...real,
    runs(parcel, inputs, job) {
      const widths = [...readModel(parcel.bytes).model.graph.initializers.values()].map(({ shape }) => shape.at(-1)!);
      seen.push(widths.reduce((a, b) => a + b, 0));
      before(seen.length);
      return real.runs(parcel, inputs, job);
    },
  };
  return { port, seen };
}

const measure = (
  port: RuntimePort,
  cache: SensitivityCache,
  job: Job = silentJob(),
  judgement: Judgement = MADE_UP,
): Promise<Sensitivity> => sensitivity(of, rating, RATIOS, judgement, cache, port, job);

let cache: SensitivityCache;
beforeEach(() => {
  cache = new SensitivityCache();
});

describe('sensitivity', () => {
  it('cuts each group by itself to each share, and tells what that does to the first output', async () => {
    const { port, seen } = countingPort();
    const found = await measure(port, cache);
    expect(found).toMatchObject({ importance: 'l2', seed: 0, runs: 8, accuracy: null });
    expect(found.groups.map(({ key, channels }) => [key, channels])).toEqual([
      ['narrow', 8],
      ['wide', 16],
    ]);
    expect(found.groups.map(({ points }) => points.map(({ ratio, kept }) => [ratio, kept]))).toEqual([
      [0.25, 0.5, 0.75].map((ratio) => [ratio, 8 * (1 - ratio)]),
      [0.25, 0.5, 0.75].map((ratio) => [ratio, 16 * (1 - ratio)]),
    ]);
    // The whole model has 8 + 16 + 4 columns; of each cut one group alone is narrower.
    expect(seen).toEqual([28, 26, 24, 22, 24, 20, 16]);
    for (const { fidelity, accuracy } of found.groups.flatMap(({ points }) => points)) {
      expect(fidelity.kl).toBeGreaterThan(0);
      expect(fidelity.cosine).toBeLessThan(1);
      expect(fidelity.agreement).toBeLessThanOrEqual(1);
      expect(accuracy).toBeNull();
    }
  });

  it('is found again without running anything but the whole model', async () => {
    const first = await measure(nodePort(), cache);
    const { port, seen } = countingPort();
    expect(await measure(port, cache)).toEqual(first);
    expect(seen).toEqual([28]);
  });

  it('is measured anew for other inputs, another ranking and another model', async () => {
    await measure(nodePort(), cache);
    const runs = async (work: (port: RuntimePort) => Promise<unknown>): Promise<number> => {
      const { port, seen } = countingPort();
      await work(port);
      return seen.length;
    };
    const others = { feeds: { first: 5, count: 2 }, labels: null };
    expect(await runs((port) => measure(port, cache, silentJob(), others))).toBe(7);
    const random = { importance: 'random', seed: 4 } as const;
    expect(await runs((port) => sensitivity(of, random, RATIOS, MADE_UP, cache, port, silentJob()))).toBe(7);
    const again = { model, analysis: analyze(model) };
    expect(await runs((port) => sensitivity(again, rating, RATIOS, MADE_UP, cache, port, silentJob()))).toBe(7);
  });

  it('goes on where it was cancelled, and what was measured until then has been told', async () => {
    const whole = await measure(nodePort(), new SensitivityCache());
    const controller = new AbortController();
    let told: Sensitivity | null = null;
    const job = createJob(controller.signal, ({ found }: SensitivityProgress) => {
      if (found) told = merged(told, found);
    });
    // The whole, three points of the first group, and one of the second; the next is stopped at its start.
    const first = countingPort((run) => {
      if (run === 6) controller.abort();
    });
    await expect(measure(first.port, cache, job)).rejects.toMatchObject({ code: 'cancelled' });
    const [narrow, wide] = whole.groups;
    expect(told).toEqual({ ...whole, groups: [narrow, { ...wide!, points: wide!.points.slice(0, 1) }] });
    const second = countingPort();
    expect(await measure(second.port, cache)).toEqual(whole);
    expect(second.seen).toEqual([28, 20, 16]);
  });

  it('tells how far it is, once for each point', async () => {
    const seen: SensitivityProgress[] = [];
    await measure(
      nodePort(),
      cache,
      createJob(new AbortController().signal, (progress) => seen.push(progress)),
    );
    expect(seen.map(({ done, total }) => [done, total])).toEqual([0, 1, 2, 3, 4, 5, 6].map((done) => [done, 6]));
  });

  it('counts lost accuracy where there are labels', async () => {
    const random = seeded(9);
    const feeds: Feeds[] = Array.from({ length: 12 }, () => ({
      x: { dtype: 'float32', shape: [1, 6], data: Float32Array.from({ length: 6 }, () => random() - 0.5) },
    }));
    const runs = await nodePort().runs({ name: 'whole', bytes: writeModel(model) }, feeds, silentJob());
    const best = runs.map(({ y }) => {
      const row = Array.from(y!.data as Float32Array);
      return row.indexOf(Math.max(...row));
    });
    // One label in four is wrong on purpose.
    const labels = best.map((each, i) => (i % 4 === 0 ? (each + 1) % 4 : each));
    const found = await measure(nodePort(), cache, silentJob(), { feeds, labels });
    expect([found.runs, found.accuracy]).toEqual([12, 0.75]);
    for (const { accuracy } of found.groups.flatMap(({ points }) => points)) {
      expect(accuracy! * 12).toBeCloseTo(Math.round(accuracy! * 12), 9);
    }
  });

  it('runs nothing for a share that rounds to no cut', async () => {
    const { port, seen } = countingPort();
    const { groups } = await sensitivity(of, rating, [0.05], MADE_UP, cache, port, silentJob());
    expect(groups[0]?.points).toEqual([
      { ratio: 0.05, kept: 8, fidelity: { cosine: 1, kl: 0, agreement: 1 }, accuracy: null },
    ]);
    expect(seen).toHaveLength(2);
  });
});

describe('widths at equal sensitivity', () => {
  const graph = channelGraph(model, of.analysis);
  const costAt = costsOf(buildForecast(model, of.analysis, graph), graph.groups);
  const widthsOf = (shares: Readonly<Record<string, number>>, roundTo: number): Int32Array =>
    Int32Array.from(graph.groups, ({ key, channels, atoms }) =>
      roundedWidth({ key, channels, atoms: atoms.length } as Selectable, shares[key] ?? 0, roundTo),
    );
  const whole = Int32Array.of(8, 16);

  it.each([
    ['macs', 0.6],
    ['parameters', 0.5],
    ['bytes', 0.8],
  ] as const)('meet a target of %s: at most %d of the whole, and not far below', async (target, share) => {
    const found = await measure(nodePort(), cache);
    const widths = widthsOf(flattened(of, found, target, share, 1), 1);
    const left = costAt(widths, target) / costAt(whole, target);
    expect(left).toBeLessThanOrEqual(share);
    expect(left).toBeGreaterThan(share - 0.15);
  });

  it('are multiples where they are rounded, and leave fixed groups as they are', async () => {
    const found = await measure(nodePort(), cache);
    const shares = flattened(of, found, 'macs', 0.6, 4, { narrow: 0 });
    expect(shares['narrow']).toBe(0);
    const widths = widthsOf(shares, 4);
    expect(widths[0]).toBe(8);
    expect(widths[1]! % 4).toBe(0);
    expect(costAt(widths, 'macs') / costAt(whole, 'macs')).toBeLessThanOrEqual(0.6);
  });

  it('go by lost accuracy where it is known, else by KL', () => {
    const point = (ratio: number, kl: number, accuracy: number | null) => ({
      ratio,
      kept: 1,
      fidelity: { cosine: 1, kl, agreement: 1 },
      accuracy,
    });
    /** By KL the narrow group suffers, by accuracy the wide one. */
    const found = (labels: boolean): Sensitivity => ({
      ...rating,
      runs: 1,
      accuracy: labels ? 0.9 : null,
      groups: [
        { key: 'narrow', name: '', channels: 8, points: [point(0.75, 9, labels ? 0.9 : null)] },
        { key: 'wide', name: '', channels: 16, points: [point(0.75, 0, labels ? 0.1 : null)] },
      ],
    });
    const byKl = flattened(of, found(false), 'macs', 0.5, 1);
    const byAccuracy = flattened(of, found(true), 'macs', 0.5, 1);
    expect(byKl['wide']).toBeGreaterThan(0.5);
    expect(byKl['narrow']).toBe(0);
    expect(byAccuracy['narrow']).toBeGreaterThan(0.5);
    expect(byAccuracy['wide']).toBe(0);
  });
});
