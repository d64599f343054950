import { expect, test } from 'vitest';
import { CodedError, type ErrorCode } from '../base/error.ts';
import { silentJob } from '../base/job.ts';
import type { Evaluator, Work } from './evaluate.ts';
import { evaluateAll, type Outcome } from './pool.ts';
import type { Metrics } from './types.ts';

const quality = { agreement: 1, information: 1, cosine: 1, kl: 0, accuracy: null, samples: 1 };
const METRICS: Metrics = { quality, bytes: 1, macs: 1, parameters: 1, peakBytes: 1 };
const WORKS: readonly Work[] = Array.from({ length: 6 }, (_, samples) => ({ steps: [], samples }));

const evaluator = (name: string, fail: (work: Work) => ErrorCode | null = () => null): Evaluator => ({
  name,
  async evaluate(work) {
    await Promise.resolve();
    const code = fail(work);
    if (code) throw new CodedError(code, `${name} fails.`);
    return METRICS;
  },
});

async function run(evaluators: readonly Evaluator[], ended = (): boolean => false) {
  const told = new Map<number, Outcome>();
  const lost: string[] = [];
  await evaluateAll(evaluators, WORKS, silentJob(), {
    told: (index, outcome) => void told.set(index, outcome),
    ended,
    lost: ({ name }) => lost.push(name),
  });
  return { told, lost };
}

test('every work is done once, by whoever is free', async () => {
  const { told, lost } = await run([evaluator('a'), evaluator('b')]);
  expect([...told.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(lost).toEqual([]);
});

test('a sub-network that the runtime refuses is told with the reason', async () => {
  const { told } = await run([evaluator('a', ({ samples }) => (samples === 2 ? 'runtime' : null))]);
  expect(told.get(2)).toEqual({ reason: 'a fails.' });
  expect(told.size).toBe(6);
});

test('work of an evaluator that is lost is done by another', async () => {
  const { told, lost } = await run([evaluator('a'), evaluator('b', () => 'device-lost')]);
  expect([...told.values()].every((outcome) => 'metrics' in outcome)).toBe(true);
  expect(told.size).toBe(6);
  expect(lost).toEqual(['b']);
});

test('what is given back when all others have gone is still done', async () => {
  let calls = 0;
  const slow: Evaluator = {
    name: 'slow',
    async evaluate() {
      for (let i = 0; i < 100; i++) await Promise.resolve();
      calls += 1;
      throw new CodedError('device-lost', 'It is away.');
    },
  };
  const { told } = await run([evaluator('a'), slow]);
  expect(calls).toBe(1);
  expect(told.size).toBe(6);
});

test.each(['internal', 'cancelled', 'out-of-memory'] as const)('%s ends it', async (code) => {
  await expect(run([evaluator('a', () => code), evaluator('b')])).rejects.toMatchObject({ code });
});

test('the last evaluator that is lost ends it', async () => {
  await expect(run([evaluator('a', () => 'worker-died')])).rejects.toMatchObject({ code: 'worker-died' });
});

test('nothing is begun when it has ended', async () => {
  let count = 0;
  const { told } = await run([evaluator('a')], () => ++count > 3);
  expect(told.size).toBe(3);
});
