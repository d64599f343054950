import { describe, expect, it } from 'vitest';
import { silentJob } from '../base/job.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { loosest, type Exactness } from '../base/exactness.ts';
import type { Model } from '../ir/model.ts';
import { writeModel } from '../onnx/write.ts';
import { runPass } from '../rewrite/run.ts';
import { analyze } from '../analysis/analyze.ts';
import { ownNoise } from '../testing/conditioning.ts';
import { testRuntime } from '../testing/equivalent.ts';
import { obtain } from '../testing/passes.ts';
import { randomGraph } from '../testing/random-graphs.ts';
import { verifyModels } from '../verify/verify.ts';
import { PASSES } from './index.ts';

/** `npm run bench -- random` takes ten thousand. */
const GRAPHS = Number(process.env['WHITTLE_RANDOM_GRAPHS'] ?? 100);
const FIRST = Number(process.env['WHITTLE_RANDOM_SEED'] ?? 1);
const EXACT = PASSES.filter(({ group }) => group === 'cleanup' || group === 'fusion');
const BATCH = 25;
/** Seeds, with what was run, that part by no more than the original from itself with its constants moved by one last bit. */
const forgiven = new Map<number, string>();

async function expectSame(
  before: Model,
  after: Model,
  exactness: Exactness,
  seed: number,
  what: string,
): Promise<void> {
  verifyModel(after);
  const levels = exactness === 'bits' ? (['disabled'] as const) : (['disabled', 'all'] as const);
  const request = { class: exactness, seeds: 1, backends: ['wasm'], levels, threads: 1 } as const;
  const result = await verifyModels(
    { wasm: testRuntime() },
    writeModel(before),
    writeModel(after),
    request,
    silentJob(),
  );
  if (result.verdict !== 'differs') return;
  const own = exactness === 'bits' ? new Map<string, number>() : await ownNoise(testRuntime(), before, levels);
  const worse = result.outputs.filter(({ name, ok, maxRel }) => !ok && !(maxRel <= 8 * (own.get(name) ?? 0)));
  if (worse.length > 0) throw new Error(`seed ${seed}, ${what}: ${result.message}`);
  forgiven.set(seed, what);
}

/** The passes that changed something, alone or behind others. */
async function check(seed: number): Promise<readonly string[]> {
  const before = randomGraph(seed);
  const analysis = analyze(before);
  const fired: { readonly id: string; readonly exactness: Exactness }[] = [];
  const reached = new Set<string>();
  const classes: Exactness[] = ['kernel'];
  let all = before;
  for (const pass of EXACT) {
    const alone = await runPass(before, pass, { backend: 'wasm', obtain, copies: true, analysis });
    if (alone.applied.length > 0) {
      const exactness = loosest(alone.applied.map((site) => site.preserves ?? pass.preserves));
      fired.push({ id: pass.id, exactness });
      await expectSame(before, alone.model, exactness, seed, pass.id);
    }
    const next = await runPass(all, pass, { backend: 'wasm', obtain, copies: true });
    if (next.applied.length > 0) reached.add(pass.id);
    classes.push(...next.applied.map((site) => site.preserves ?? pass.preserves));
    all = next.model;
  }
  const names = fired.map(({ id }) => id);
  await expectSame(before, all, loosest(classes), seed, `all of ${names}`);
  return [...new Set([...names, ...reached])];
}

describe('random graphs compute the same after each exact pass, and after all of them', () => {
  const seen = new Map<string, number>();
  const starts = Array.from({ length: Math.ceil(GRAPHS / BATCH) }, (_, i) => FIRST + i * BATCH);

  it.each(starts)(
    'from seed %i on',
    async (start) => {
      for (let seed = start; seed < Math.min(start + BATCH, FIRST + GRAPHS); seed++) {
        for (const id of await check(seed)) seen.set(id, (seen.get(id) ?? 0) + 1);
      }
    },
    600_000,
  );

  it('lets most passes find something', () => {
    const silent = EXACT.filter(({ id }) => !seen.has(id)).map(({ id }) => id);
    console.log(
      `Random graphs: ${[...seen].map(([id, times]) => `${id} ${times}`).join(', ')}; never: ${silent.join(', ')}`,
    );
    expect(seen.size).toBeGreaterThanOrEqual(Math.floor(EXACT.length / 2));
  });

  it('rarely meets a graph that its own last bits move further than a tolerance', () => {
    const seeds = [...forgiven].map(([seed, what]) => `seed ${seed}, ${what}`);
    console.log(`Within eight times what the original's own last bits do: ${seeds.join('; ') || 'none'}`);
    expect(forgiven.size).toBeLessThanOrEqual(Math.ceil(GRAPHS / 100));
  });
});
