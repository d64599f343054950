import { beforeAll, describe, expect, test } from 'vitest';
import { CodedError } from '../base/error.ts';
import { silentJob } from '../base/job.ts';
import { numbersOf } from '../engine/host-numbers.ts';
import { nodePort } from '../engine/node.ts';
import { Studio } from '../engine/studio.ts';
import { drawnData } from '../engine/train/drawn.ts';
import { preprocessFor } from '../data/propose.ts';
import { assemble, localJudge, subjectOf, type LocalJudge, type SearchParts } from './assemble.ts';
import { TrainControl } from '../engine/train/control.ts';
import { deviceOf, emptyTable } from '../engine/latency-table/table.ts';
import { SEARCH } from './defaults.ts';
import { smallest, uniform, whole } from './genome.ts';
import { runSearch } from './runner.ts';
import { searchSpace, type SearchSpace } from './space.ts';
import { MemoryFindings } from './store.ts';
import { stepsOf } from './subnet.ts';

const job = silentJob();
let parts: SearchParts;
let judge: LocalJudge;
let space: SearchSpace;

beforeAll(async () => {
  const port = nodePort();
  const studio = new Studio(port);
  await studio.openSample('digit-cnn');
  const stop = studio.stopOf(0);
  const dataSet = drawnData('digits', 'judge');
  const { preprocess, notes } = await preprocessFor(stop.summary.inputs, dataSet);
  const request = { ...SEARCH, samples: 60, verified: 2 };
  parts = { stop, data: { dataSet, preprocess, notes }, request, port, weights: studio.artifacts.weights };
  judge = localJudge(parts);
  space = searchSpace(stop.model, stop.analysis, request.space);
});

const found = (genome: readonly number[]) =>
  judge.evaluator.evaluate({ steps: stepsOf(space, genome, 'mean'), samples: judge.samples.count }, job);

describe('a sub-network', () => {
  test('that is the model itself is as right as it and tells all that it tells', async () => {
    const { quality, bytes } = await found(whole(space.genes));
    expect(quality).toMatchObject({ agreement: 1, samples: 60 });
    expect(quality.information).toBeCloseTo(1, 6);
    expect(quality.accuracy).toBeGreaterThan(0.95);
    expect(bytes).toBe(parts.stop.summary.bytes);
  });

  test('is the smaller and the less like it the more is sliced away', async () => {
    const metrics = await Promise.all([0, 0.5, 1].map((share) => found(uniform(space.genes, share))));
    const rising = (of: (each: (typeof metrics)[number]) => number): void => {
      const values = metrics.map(of);
      expect(values).toEqual([...values].sort((a, b) => a - b));
    };
    rising(({ bytes }) => bytes);
    rising(({ macs }) => macs ?? 0);
    rising(({ quality }) => quality.information);
  });

  test('as it was decided gives the same numbers again, without data', async () => {
    const steps = stepsOf(space, smallest(space.genes), 'mean');
    const decided = await judge.evaluator.decided(steps, job);
    expect(decided.find(({ pass }) => pass === 'prune-channels')?.decisions).toBeDefined();
    const [a, b] = [
      await judge.evaluator.evaluate({ steps, samples: 60 }, job),
      await judge.evaluator.evaluate({ steps: decided, samples: 60 }, job),
    ];
    expect(b).toEqual(a);
  });
});

describe('samples', () => {
  test('that make up for what was sliced away are none of those that judge', async () => {
    const { inputs } = parts.stop.summary;
    const first = (feeds: Awaited<ReturnType<typeof judge.samples.judged>>['feeds']) =>
      feeds.flatMap((feed) =>
        Object.values(feed).flatMap((tensor) => {
          const rows = tensor.shape[0] ?? 1;
          const numbers = numbersOf(tensor);
          const size = numbers.length / rows;
          return Array.from({ length: rows }, (_, row) => numbers.slice(row * size, (row + 1) * size).join());
        }),
      );
    const judged = new Set(first((await judge.samples.judged(inputs, 60, job)).feeds));
    const aside = first((await judge.samples.calibration(inputs, job)).feeds ?? []);
    expect(aside.length).toBeGreaterThan(0);
    expect(aside.some((row) => judged.has(row))).toBe(false);
  });

  test('tell a search from one on others', async () => {
    const other = localJudge({ ...parts, request: { ...parts.request, samples: 50 } });
    expect(await subjectOf(parts.stop, other.samples, job)).not.toBe(await subjectOf(parts.stop, judge.samples, job));
    const same = localJudge(parts);
    expect(await subjectOf(parts.stop, same.samples, job)).toBe(await subjectOf(parts.stop, judge.samples, job));
  });
});

test('a search times its front whole, and under the table of another device it judges nothing again', async () => {
  const store = new MemoryFindings();
  const device = deviceOf(await parts.port.capabilities(), 'wasm', 1);
  const chosen = ['layer.0.conv1', 'conv2'];
  const genes = Object.fromEntries(
    space.genes.map(({ id, name }) => [
      id,
      { searched: chosen.some((each) => name.startsWith(each)), choices: [0, 2, 3] },
    ]),
  );
  const request = { ...parts.request, evaluations: 6, space: { ...parts.request.space, genes } };
  const begin = (table: ReturnType<typeof emptyTable>) =>
    assemble(
      { ...parts, request },
      judge,
      { table, store, control: new TrainControl(), clockBudget: { batchMs: 200, lookMs: 100 } },
      job,
    );
  const first = await runSearch(
    await begin({ ...emptyTable(device), overhead: { node: 0.001, run: 0.01, byte: 0 } }),
    job,
  );
  expect(first.points.every(({ latency }) => latency !== null && latency > 0)).toBe(true);
  expect(first.points.filter(({ measured }) => measured !== null).length).toBeGreaterThanOrEqual(2);
  const table = first.table!;
  const slow = {
    device: { ...device, name: 'a slower one' },
    overhead: table.overhead,
    entries: new Map(table.entries.map((entry) => [entry.key, { ...entry, ms: 10 * entry.ms }])),
  };
  const second = await runSearch(await begin(slow), job);
  expect(second.points.every(({ cached }) => cached)).toBe(true);
  // Nothing can be timed on a device that is not here.
  expect(second.points.every(({ measured }) => measured === null)).toBe(true);
  expect(second.points[0]!.latency!).toBeGreaterThan(2 * first.points[0]!.latency!);
}, 120_000);

test('a search goes on without the device that times, and says so', async () => {
  const device = deviceOf(await parts.port.capabilities(), 'wasm', 1);
  let asked = 0;
  const gone = (): Promise<never> => {
    asked += 1;
    return Promise.reject(new CodedError('device-lost', 'The phone no longer lends itself.'));
  };
  const clockPort = { ...parts.port, kernels: gone, bench: gone };
  const request = { ...parts.request, evaluations: 3, samples: 20 };
  const few = { ...parts, request };
  const how = { table: emptyTable(device), clockPort, store: new MemoryFindings(), control: new TrainControl() };
  const { points, notes, ended } = await runSearch(await assemble(few, localJudge(few), how, job), job);
  expect([points.length, ended]).toEqual([3, 'evaluations']);
  expect(points.every(({ latency, measured }) => latency === null && measured === null)).toBe(true);
  expect(notes).toContain('Nothing more was timed: The phone no longer lends itself.');
  expect(notes).toContain('The latency table does not cover 3 of 3 sub-networks.');
  expect(asked).toBe(1);
}, 120_000);
