import { expect, test, vi } from 'vitest';
import { CodedError } from '../base/error.ts';
import { createJob, silentJob } from '../base/job.ts';
import { TrainControl } from '../engine/train/control.ts';
import type { Stop } from '../engine/document.ts';
import { emptyTable } from '../engine/latency-table/table.ts';
import type { RecipeStep } from '../recipe/types.ts';
import type { Evaluator } from './evaluate.ts';
import { viewOf } from './chosen.ts';
import type { SearchClock } from './clock.ts';
import { SEARCH } from './defaults.ts';
import { runSearch, spread, type Searched, type SearchJob } from './runner.ts';
import type { SearchSpace, SpaceGene } from './space.ts';
import { MemoryFindings } from './store.ts';
import type { Metrics, SearchProgress, SearchRequest } from './types.ts';

const gene = (index: number): SpaceGene => ({
  id: `width:g${index}`,
  kind: 'width',
  name: `group ${index}`,
  choices: [0.25, 0.5, 0.75, 1],
  labels: ['1', '2', '3', '4'],
  nodes: [],
  place: { kind: 'group', key: `g${index}` },
  spared: null,
});

const GENES = 8;
const SPACE: SearchSpace = {
  genes: Array.from({ length: GENES }, (_, index) => gene(index)),
  inside: Array.from({ length: GENES }, () => []),
  notes: [],
  supernet: null,
};

/** Shares that stay, by gene. */
function sharesOf(steps: readonly RecipeStep[]): number[] {
  const ratios = (steps[0]?.options['ratios'] ?? {}) as Record<string, number>;
  return Array.from({ length: GENES }, (_, index) => 1 - (ratios[`g${index}`] ?? 0));
}

/** The first genes matter more than the last; all cost the same. */
function metricsOf(steps: readonly RecipeStep[], samples: number): Metrics {
  const shares = sharesOf(steps);
  const lost = shares.reduce((sum, share, i) => sum + ((1 - share) * (GENES - i)) / 36, 0);
  const macs = 1000 * shares.reduce((sum, share) => sum + share, 0);
  const quality = { agreement: 1 - lost, information: 1 - lost, cosine: 1, kl: lost, accuracy: null, samples };
  return { quality, bytes: macs, macs, parameters: macs, peakBytes: macs };
}

class Counting implements Evaluator {
  readonly name: string;
  readonly asked: RecipeStep[][] = [];
  private readonly fails: (count: number) => Error | null;

  constructor(name = 'one', fails: (count: number) => Error | null = () => null) {
    this.name = name;
    this.fails = fails;
  }
  async evaluate({ steps, samples }: Parameters<Evaluator['evaluate']>[0]): Promise<Metrics> {
    this.asked.push([...steps]);
    await Promise.resolve();
    const failure = this.fails(this.asked.length);
    if (failure) throw failure;
    return metricsOf(steps, samples);
  }
}

const REQUEST: SearchRequest = {
  ...SEARCH,
  objectives: ['macs', 'quality'],
  quality: 'agreement',
  evaluations: 60,
  population: 20,
  halving: false,
  predictor: false,
  verified: 0,
};

const searched = (over: Partial<Searched> = {}): Searched => {
  const request = over.request ?? REQUEST;
  return {
    subject: 'model and samples',
    space: SPACE,
    genes: viewOf(SPACE, request.space),
    request,
    repair: 'none',
    samples: 400,
    evaluators: [new Counting()],
    build: () => Promise.reject(new Error('nothing is built here')),
    clock: null,
    store: new MemoryFindings(),
    control: new TrainControl(),
    now: () => 0,
    ...over,
  };
};

const told = (progress: (told: SearchProgress) => void, signal = new AbortController().signal): SearchJob => ({
  ...createJob(signal, () => {}),
  progress,
});

test('spends what it may and finds a front that no point dominates, the model itself at its end', async () => {
  const result = await runSearch(searched(), silentJob());
  expect(result.points).toHaveLength(60);
  expect(result.ended).toBe('evaluations');
  const front = result.front.map((id) => result.points[id]!);
  expect(front.at(-1)?.id).toBe(0);
  for (const { values } of front) {
    const better = result.points.filter(
      ({ values: [macs = 0, quality = 0] }) => macs < values[0]! && quality > values[1]!,
    );
    expect(better).toEqual([]);
  }
  expect(result.hypervolume).toBe(result.history.at(-1)?.hypervolume);
});

test('dominates random search at equal evaluations, for each of five seeds', async () => {
  for (let seed = 0; seed < 5; seed++) {
    const evolved = await runSearch(searched({ request: { ...REQUEST, seed } }), silentJob());
    const drawn = await runSearch(searched({ request: { ...REQUEST, seed, strategy: 'random' } }), silentJob());
    expect(evolved.hypervolume).toBeGreaterThan(drawn.hypervolume);
  }
});

test('what it has learnt foretells what it then finds', async () => {
  const request = { ...REQUEST, predictor: true, evaluations: 80 };
  const { foretold } = await runSearch(searched({ request }), silentJob());
  expect(foretold?.samples).toBeGreaterThan(20);
  expect(foretold?.rank).toBeGreaterThan(0.6);
});

test('tells by what it judges with the first points, and what was learnt as the front grows', async () => {
  const messages: SearchProgress[] = [];
  const result = await runSearch(
    searched({ request: { ...REQUEST, quality: null } }),
    told((progress) => messages.push(progress)),
  );
  const first = messages.find(({ points }) => points !== undefined);
  expect(first?.quality).toBe('agreement');
  const grown = messages.filter(({ history }) => history !== undefined);
  // Of fewer than a dozen points nothing can be told.
  expect(grown.map(({ effects }) => effects !== undefined)).toEqual(
    grown.map(({ history }) => history!.evaluations >= 12),
  );
  expect(grown.length).toBeGreaterThan(3);
  expect(grown.at(-1)?.effects).toEqual(result.effects);
  expect(result.effects[0]!.share).toBeGreaterThan(result.effects.at(-1)!.share);
});

test('networks are built to be timed without the statistics that they are judged with', async () => {
  const judge = new Counting();
  const built: string[] = [];
  const clock = {
    table: emptyTable({ name: 'd', backend: 'wasm', threads: 1, runtimeVersion: '1' }),
    isHere: () => Promise.resolve(false),
    prepare: () => Promise.resolve(),
    latency: () => 1,
  } as unknown as SearchClock;
  const build = (steps: readonly RecipeStep[]): Promise<Stop> => {
    built.push(...steps.map(({ pass }) => pass));
    return Promise.resolve({} as Stop);
  };
  const request: SearchRequest = { ...REQUEST, objectives: ['latency', 'quality'], evaluations: 8 };
  const over = { request, evaluators: [judge], build, clock, repair: 'batch-norm' } as const;
  const { points } = await runSearch(searched(over), silentJob());
  expect(points.map(({ latency }) => latency)).toEqual(points.map(() => 1));
  expect([...new Set(built)]).toEqual(['prune-channels']);
  expect(judge.asked.at(-1)?.map(({ pass }) => pass)).toEqual(['prune-channels', 'reestimate-batch-norm']);
});

test('what the table tells is corrected by whole runs of three networks, and the error is that of the others', async () => {
  const size = (steps: readonly RecipeStep[]): number => sharesOf(steps).reduce((sum, share) => sum + share, 0);
  const timed: number[] = [];
  const sizeOf = (stop: Stop): number => (stop as unknown as { readonly size: number }).size;
  const clock = {
    table: emptyTable({ name: 'd', backend: 'wasm', threads: 1, runtimeVersion: '1' }),
    isHere: () => Promise.resolve(true),
    prepare: () => Promise.resolve(),
    latency: sizeOf,
    timed: (stops: readonly Stop[]) => {
      timed.push(stops.length);
      return Promise.resolve(stops.map((stop) => 1 + 2 * sizeOf(stop)));
    },
  } as unknown as SearchClock;
  const build = (steps: readonly RecipeStep[]): Promise<Stop> =>
    Promise.resolve({ size: size(steps) } as unknown as Stop);
  const request: SearchRequest = { ...REQUEST, objectives: ['latency', 'quality'], evaluations: 20, verified: 5 };
  const { points, latencyError } = await runSearch(searched({ request, build, clock }), silentJob());
  for (const { genome, latency } of points) {
    const own = genome.reduce((sum, choice) => sum + 0.25 * (choice + 1), 0);
    expect(latency).toBeCloseTo(1 + 2 * own, 9);
  }
  expect(timed[0]).toBe(3);
  expect(latencyError).toBeCloseTo(0, 9);
});

test('finds the same with several evaluators as with one', async () => {
  const slow = new Counting('slow');
  const wait = slow.evaluate.bind(slow);
  slow.evaluate = async (work) => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
    return wait(work);
  };
  const one = await runSearch(searched(), silentJob());
  const two = await runSearch(searched({ evaluators: [slow, new Counting('fast')] }), silentJob());
  expect(two.points.map(({ genome }) => genome)).toEqual(one.points.map(({ genome }) => genome));
  expect(slow.asked.length).toBeGreaterThan(0);
});

test('a search that was broken off finds what it would have found, and judges nothing twice', async () => {
  const store = new MemoryFindings();
  const whole = await runSearch(searched(), silentJob());
  const controller = new AbortController();
  const first = new Counting();
  const job = told(({ points }) => {
    if (points?.some(({ id }) => id === 25)) controller.abort();
  }, controller.signal);
  await expect(runSearch(searched({ store, evaluators: [first] }), job)).rejects.toMatchObject({ code: 'cancelled' });
  const second = new Counting();
  const again = await runSearch(searched({ store, evaluators: [second] }), silentJob());
  expect(again.points.map(({ genome }) => genome)).toEqual(whole.points.map(({ genome }) => genome));
  expect(first.asked.length + second.asked.length).toBe(60);
  expect(again.points.filter(({ cached }) => cached)).toHaveLength(first.asked.length);
});

test('stopped, it ends with what it has found', async () => {
  const control = new TrainControl();
  const job = told(({ points }) => {
    if (points?.some(({ id }) => id === 12)) control.stop();
  });
  const result = await runSearch(searched({ control }), job);
  expect(result.ended).toBe('stopped');
  expect(result.points.length).toBeGreaterThan(10);
  expect(result.points.length).toBeLessThan(20);
});

test('paused, it judges nothing until it goes on', async () => {
  const control = new TrainControl();
  const evaluator = new Counting();
  let paused = false;
  const job = told(({ points }) => {
    if (paused || !points?.some(({ id }) => id === 8)) return;
    paused = true;
    control.pause();
  });
  const running = runSearch(searched({ control, evaluators: [evaluator] }), job);
  await vi.waitFor(() => expect(paused).toBe(true));
  const { length } = evaluator.asked;
  await Promise.resolve();
  expect(evaluator.asked).toHaveLength(length);
  control.resume();
  expect((await running).points).toHaveLength(60);
});

test('minutes end it, those before a break included', async () => {
  const store = new MemoryFindings();
  let time = 0;
  const request = { ...REQUEST, minutes: 1, evaluations: 1000 };
  const now = (): number => (time += 500);
  const first = await runSearch(searched({ store, request, now }), silentJob());
  expect(first.ended).toBe('minutes');
  const { points } = await runSearch(searched({ store, request, now }), silentJob());
  // The time is up already: nothing but the model itself is looked up again.
  expect(points).toHaveLength(1);
});

test('a sub-network that cannot be judged is left out, counted and told of', async () => {
  const evaluator = new Counting('one', (count) => (count === 5 ? new CodedError('runtime', 'Conv refuses.') : null));
  const result = await runSearch(searched({ evaluators: [evaluator] }), silentJob());
  expect(result.points).toHaveLength(59);
  expect(result.notes.join(' ')).toContain('1 sub-networks could not be judged, the first: Conv refuses.');
});

test('a device that goes away gives its work back', async () => {
  const lost = new Counting('Phone', (count) => (count > 3 ? new CodedError('device-lost', 'Phone is gone.') : null));
  const result = await runSearch(searched({ evaluators: [new Counting(), lost] }), silentJob());
  expect(result.points).toHaveLength(60);
  expect(result.notes.join(' ')).toContain('Phone no longer judges: Phone is gone.');
});

test('constraints are kept where anything keeps them', async () => {
  const request: SearchRequest = { ...REQUEST, constraints: [{ objective: 'macs', bound: 0.5, relative: true }] };
  const result = await runSearch(searched({ request }), silentJob());
  const front = result.front.map((id) => result.points.find((point) => point.id === id)!);
  expect(front.length).toBeGreaterThan(2);
  for (const { metrics } of front) expect(metrics.macs).toBeLessThanOrEqual(4000);
});

test('twice as many are seen on a quarter of the samples first, which counts a quarter', async () => {
  const evaluator = new Counting();
  const request = { ...REQUEST, halving: true };
  const result = await runSearch(searched({ request, evaluators: [evaluator] }), silentJob());
  expect(evaluator.asked.length).toBeGreaterThan(result.points.length);
  const looks = evaluator.asked.length - result.points.length;
  expect(result.points.length + looks / 4).toBeLessThan(60 + 20);
});

test('a space of which nothing may change is refused', async () => {
  const request = { ...REQUEST, space: { ...REQUEST.space, kinds: [] } };
  await expect(runSearch(searched({ request }), silentJob())).rejects.toMatchObject({ code: 'bad-request' });
});

test('a small space ends when all of it was seen', async () => {
  const genes = Object.fromEntries(SPACE.genes.slice(2).map(({ id }) => [id, { searched: false }]));
  const request = { ...REQUEST, space: { ...REQUEST.space, genes } };
  const result = await runSearch(searched({ request, genes: viewOf(SPACE, request.space) }), silentJob());
  expect(result.ended).toBe('exhausted');
  expect(new Set(result.points.map(({ genome }) => genome.join())).size).toBe(16);
});

test('of a long front the ends and some between are timed', () => {
  expect(spread([1, 2, 3], 5)).toEqual([1, 2, 3]);
  expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8], 3)).toEqual([0, 4, 8]);
});
