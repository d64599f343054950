import { describe, expect, it } from 'vitest';
import { silentJob } from '../base/job.ts';
import { numberToFloat16 } from '../ir/float.ts';
import type { HostTensor } from '../runtime/types.ts';
import { accuracyOf, fidelity, type Fidelity } from './fidelity.ts';
import type { RuntimePort } from './ports.ts';

type Run = Readonly<Record<string, HostTensor>>;
const float = (shape: readonly number[], data: readonly number[]): HostTensor => ({
  dtype: 'float32',
  shape: [...shape],
  data: Float32Array.from(data),
});
/** One run for each list, as [1, length]. */
const runsOf = (...lists: readonly (readonly number[])[]): Run[] =>
  lists.map((list) => ({ y: float([1, list.length], list) }));

/** A runtime that gives the changed model's runs, whatever it is fed with. */
const port = (runs: readonly Run[]) => ({ runs: async () => runs }) as unknown as RuntimePort;
const changed = { name: 'changed', bytes: new Uint8Array() };
async function near(
  before: readonly Run[],
  after: readonly Run[],
  labels: readonly number[] | null = null,
): Promise<Fidelity> {
  return (await fidelity(before, changed, { feeds: [], labels }, port(after), silentJob())).fidelity;
}

describe('how near outputs stay', () => {
  it('is all that can be where nothing changed', async () => {
    const runs = runsOf([0.1, 2, -3], [4, 5, 6]);
    const same = { name: 'y', cosine: 1, kl: 0, agreement: 1, information: 1 };
    const found = await near(runs, runs);
    expect(found).toMatchObject({ runs: 2, accuracy: null });
    expect(found.outputs).toEqual([{ ...same, cosine: expect.closeTo(1, 12) as number }]);
  });

  it('is the cosine of all runs as one vector', async () => {
    // (3, 4, 0, 5) · (4, 3, 5, 0) = 24 of 50.
    const { outputs } = await near(runsOf([3, 4], [0, 5]), runsOf([4, 3], [5, 0]));
    expect(outputs[0]?.cosine).toBeCloseTo(24 / 50, 12);
    expect((await near(runsOf([0, 0]), runsOf([0, 0]))).outputs[0]?.cosine).toBe(1);
    expect((await near(runsOf([1, 2]), runsOf([-1, -2]))).outputs[0]?.cosine).toBeCloseTo(-1, 12);
  });

  it('is the mean KL divergence of distributions as they are, from the original’s', async () => {
    const [p, q] = [
      [0.5, 0.25, 0.25],
      [0.25, 0.5, 0.25],
    ] as const;
    const kl = 0.5 * Math.log(2) - 0.25 * Math.log(2);
    expect((await near(runsOf(p), runsOf(q))).outputs[0]?.kl).toBeCloseTo(kl, 12);
    expect((await near(runsOf(p, p), runsOf(q, p))).outputs[0]?.kl).toBeCloseTo(kl / 2, 12);
  });

  it('keeps as much of what classes tell as lies between saying the same to everything and saying what the original says', async () => {
    const [p, even] = [
      [0.7, 0.1, 0.2],
      [1 / 3, 1 / 3, 1 / 3],
    ];
    const kept = async (after: readonly number[]) => (await near(runsOf(p), runsOf(after))).outputs[0]?.information;
    expect(await kept(p)).toBeCloseTo(1, 5);
    expect(await kept(even)).toBeCloseTo(0, 5);
    expect(await kept([0.1, 0.7, 0.2])).toBe(0);
    const between = (await kept([0.55, 0.2, 0.25])) ?? 0;
    expect(between).toBeGreaterThan(0.5);
    expect(between).toBeLessThan(1);
  });

  it('takes the softmax of what is no distribution, however large', async () => {
    // softmax(0, ln 3) = (1/4, 3/4); a shift of all changes nothing.
    const before = runsOf([1000, 1000 + Math.log(3)]);
    const kl = 0.25 * Math.log(0.25 / 0.75) + 0.75 * Math.log(0.75 / 0.25);
    expect((await near(before, runsOf([Math.log(3), 0]))).outputs[0]?.kl).toBeCloseTo(kl, 3);
    expect((await near(before, runsOf([0, Math.log(3)]))).outputs[0]?.kl).toBeCloseTo(0, 6);
  });

  it('stays finite where the changed model gives what the original gives no chance at all', async () => {
    const { kl } = (await near(runsOf([0.5, 0.5]), runsOf([1, 0]))).outputs[0]!;
    expect(Number.isFinite(kl)).toBe(true);
    expect(kl).toBeGreaterThan(100);
  });

  it('counts rows of the last axis that have their largest element at the same place', async () => {
    const before: Run[] = [{ y: float([2, 2], [0, 1, 1, 0]) }, { y: float([1, 2], [5, 6]) }];
    const after: Run[] = [{ y: float([2, 2], [0, 9, 0, 9]) }, { y: float([1, 2], [1, 2]) }];
    expect((await near(before, after)).outputs[0]?.agreement).toBeCloseTo(2 / 3, 12);
  });

  it('reads float16, and leaves out what is no float', async () => {
    const half = (list: readonly number[]): HostTensor => ({
      dtype: 'float16',
      shape: [1, list.length],
      data: Uint16Array.from(list, numberToFloat16),
    });
    const ids: HostTensor = { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(1n, 2n) };
    const found = await near([{ ids, y: half([3, 4]) }], [{ ids, y: half([4, 3]) }], [1]);
    expect(found.outputs).toMatchObject([{ name: 'y', agreement: 0 }]);
    expect(found.outputs[0]?.cosine).toBeCloseTo(24 / 25, 6);
    expect(found.accuracy).toEqual({ before: 1, after: 0 });
  });

  it('tells every float output by name', async () => {
    const [a, b] = [float([1, 2], [1, 0]), float([1, 2], [0, 1])];
    const { outputs } = await near([{ a, b }], [{ a, b: a }]);
    expect(outputs.map(({ name, agreement }) => [name, agreement])).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
  });
});

describe('accuracy', () => {
  it('is the share of labels that the largest element hits, of both models', async () => {
    const before = runsOf([0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]);
    const after = runsOf([0, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]);
    expect((await near(before, after, [1, 0, 2, 0])).accuracy).toEqual({ before: 0.75, after: 0.75 });
    expect((await near(before, after, [1, 0, 2, 1])).accuracy).toEqual({ before: 1, after: 0.5 });
  });

  it('is unknown without labels, and without a float output', () => {
    expect(accuracyOf(runsOf([1, 0]), null)).toBeNull();
    expect(accuracyOf([{ y: { dtype: 'int64', shape: [1], data: BigInt64Array.of(1n) } }], [0])).toBeNull();
  });
});
