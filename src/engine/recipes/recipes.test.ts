import { beforeEach, describe, expect, it } from 'vitest';
import { createJob, silentJob, type Progress } from '../../base/job.ts';
import type { Recipe } from '../../recipe/types.ts';
import { nodePort } from '../node.ts';
import type { RuntimePort } from '../ports.ts';
import { Studio } from '../studio.ts';
import type { SweepProgress } from './sweep-types.ts';

const recipe = (...passes: (string | [string, Record<string, number>])[]): Recipe => ({
  whittle: 1,
  backend: 'wasm',
  steps: passes.map((each) => {
    const [pass, options] = typeof each === 'string' ? [each, {}] : each;
    return { pass, options, sites: 'all' as const };
  }),
});
const clean = recipe('fold-batch-norm', 'fuse-conv-activation');
const pruned = recipe('fold-batch-norm', ['prune-channels', { ratio: 0.5 }]);

/** The runtime of this process; counts what it is asked to run. */
function counted(): { port: RuntimePort; count: Record<string, number> } {
  const [own, count] = [nodePort(), {} as Record<string, number>];
  const port = new Proxy(own, {
    get: (target, name: keyof RuntimePort) => {
      const method = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        count[name] = (count[name] ?? 0) + 1;
        return method.apply(target, args);
      };
    },
  });
  return { port, count };
}

let studio: Studio;
let count: Record<string, number>;
beforeEach(async () => {
  const made = counted();
  ({ count } = made);
  studio = new Studio(made.port);
  await studio.openSample('residual-cnn');
});

/** All steps of the document, the undone ones too. */
const wholeRecipe = async (): Promise<Recipe> => studio.recipeTo(studio.document().stops.length - 1);

describe('a branch', () => {
  it('keeps its undone steps, its cursor and its checks while another is at work', async () => {
    await studio.replay({ recipe: clean }, silentJob());
    await studio.verifyWhole(silentJob());
    const first = await wholeRecipe();
    studio.moveTo(1);
    const before = studio.document();
    const away = { leave: 'main', to: 'pruned', recipe: pruned, cursor: 2 };
    const there = await studio.recipes.switchBranch(away, silentJob());
    expect(there.stops.map(({ pass }) => pass)).toEqual([null, 'fold-batch-norm', 'prune-channels']);
    expect(there.cursor).toBe(2);
    const back = { leave: 'pruned', to: 'main', recipe: first, cursor: 1 };
    const again = await studio.recipes.switchBranch(back, silentJob());
    expect(again.stops).toEqual(before.stops);
    expect(again.cursor).toBe(1);
    expect(again.stops[2]?.whole?.ok).toBe(true);
  });

  it('takes over the steps that it shares, and runs the rest', async () => {
    await studio.replay({ recipe: pruned }, silentJob());
    const shared = studio.document().stops[1]?.ms;
    const [decided, told] = [await wholeRecipe(), [] as Progress[]];
    const longer = { ...decided, steps: [...decided.steps, ...recipe('fuse-conv-activation').steps] };
    const job = createJob(new AbortController().signal, (progress) => told.push(progress));
    const document = await studio.recipes.switchBranch({ leave: 'a', to: 'b', recipe: longer, cursor: 3 }, job);
    expect(document.stops).toHaveLength(4);
    expect(document.stops[1]?.ms).toBe(shared);
    expect(told.filter(({ stage }) => stage === 'Replaying')).toEqual([{ stage: 'Replaying', done: 1, total: 1 }]);
  });

  it('that is cancelled leaves everything as it was', async () => {
    await studio.replay({ recipe: clean }, silentJob());
    const before = studio.document();
    const job = createJob(AbortSignal.abort(), () => {});
    const move = { leave: 'a', to: 'b', recipe: pruned, cursor: 2 };
    await expect(studio.recipes.switchBranch(move, job)).rejects.toMatchObject({ code: 'cancelled' });
    expect(studio.document()).toEqual(before);
  });

  it('is written as a file while the document stays where it is', async () => {
    await studio.replay({ recipe: clean }, silentJob());
    const before = studio.document();
    const { bytes } = await studio.recipes.branchModel({ to: 'b', recipe: pruned, cursor: 2 }, silentJob());
    expect(bytes.byteLength).toBeLessThan(studio.exportModel().bytes.byteLength / 2);
    expect(studio.document()).toEqual(before);
  });
});

describe('a sweep', () => {
  const request = { recipe: pruned, step: 1, option: 'ratio', values: [0.25, 0.5, 0.75], verify: false, bench: null };

  it('tells what each value leads to, as the recipe with that value does, and changes nothing', async () => {
    const told: SweepProgress[] = [];
    const job = createJob(new AbortController().signal, (progress) => told.push(progress));
    const before = studio.document();
    const found = await studio.recipes.sweep(request, null, job);
    expect(found).toMatchObject({ pass: 'prune-channels', option: 'ratio', original: { nodes: 53 } });
    expect(told.flatMap(({ point }) => point ?? [])).toEqual(found.points);
    expect(studio.document()).toEqual(before);
    const bytes = found.points.map((point) => point.bytes);
    expect(bytes).toEqual(bytes.toSorted((a, b) => b - a));
    for (const { value, nodes, macs } of found.points) {
      const one = recipe('fold-batch-norm', ['prune-channels', { ratio: value as number }]);
      const { stops, cursor } = await studio.replay({ recipe: one }, silentJob());
      expect(stops[cursor]?.summary).toMatchObject({ nodes, macs });
    }
  });

  it('decides anew what a recipe has decided for another value', async () => {
    await studio.replay({ recipe: pruned }, silentJob());
    const decided = await wholeRecipe();
    expect(Object.keys(decided.steps[1]?.decisions ?? {})).not.toEqual([]);
    const found = await studio.recipes.sweep({ ...request, recipe: decided }, null, silentJob());
    expect(new Set(found.points.map(({ bytes }) => bytes)).size).toBe(3);
    expect(found.points[1]?.bytes).toBe(studio.document().stops[2]?.summary.bytes);
  });

  it('checks results where that is asked for, and judges them on data', async () => {
    const judgement = { feeds: { first: 3, count: 2 }, labels: null };
    const asked = { ...request, values: [0.5], verify: true };
    const { points } = await studio.recipes.sweep(asked, judgement, silentJob());
    expect(points[0]?.verify).toMatchObject({ verdict: 'agrees' });
    expect(points[0]?.fidelity?.cosine).toBeLessThan(1);
    expect(count).toMatchObject({ verify: 1, runs: 2 });
  });

  it('tells a step that fails behind a value, and goes on', async () => {
    const behind: Recipe = {
      ...pruned,
      steps: [...pruned.steps, { pass: 'fold-batch-norm', options: {}, sites: ['conv-bn:gone:0'] }],
    };
    const { points } = await studio.recipes.sweep({ ...request, recipe: behind }, null, silentJob());
    expect(points.map(({ error }) => error)).toEqual(
      Array(3).fill('Fold batch norm: 1 of its sites were not found again.'),
    );
  });

  it.each([
    [{ values: [2] }, /"ratio" of prune-channels must be a number from 0 to 1, not 2/],
    [{ option: 'depth' }, /has no option "depth"/],
    [{ step: 4 }, /has no step 5/],
    [{ values: [] }, /no value to try/],
  ])('refuses %j before anything runs', async (changes, message) => {
    await expect(studio.recipes.sweep({ ...request, ...changes }, null, silentJob())).rejects.toThrow(message);
  });

  it('keeps what it has told when it is cancelled', async () => {
    const [controller, points] = [new AbortController(), [] as unknown[]];
    const job = createJob(controller.signal, ({ point }: SweepProgress) => {
      if (point) points.push(point);
      if (points.length === 1) controller.abort();
    });
    await expect(studio.recipes.sweep(request, null, job)).rejects.toMatchObject({ code: 'cancelled' });
    expect(points).toHaveLength(1);
  });
});

describe('a recipe with a pass that this build does not have', () => {
  it('opens: the step is skipped with its reason, and what fails behind it says so', async () => {
    const steps = [
      { pass: 'fold-batch-norm', options: {}, sites: 'all' as const },
      { pass: 'from-the-future', options: { depth: 3 }, sites: 'all' as const, spin: 2 },
      { pass: 'prune-channels', options: {}, sites: ['prune:gone:0'] },
    ];
    const { stops } = await studio.replay({ recipe: { whittle: 1, steps } }, silentJob());
    expect(stops.map(({ error }) => error?.data['unknownPass'] ?? null)).toEqual([null, null, 'from-the-future', null]);
    expect(stops[3]?.lost).toEqual(['prune:gone:0']);
    expect(stops[3]?.because).toContain('Step 2 (from-the-future) was skipped');
    expect((await wholeRecipe()).steps[1]).toEqual(steps[1]);
  });
});
