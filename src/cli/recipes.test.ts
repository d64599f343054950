import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SweepResult } from '../engine/recipes/sweep-types.ts';
import type { ToldDiff } from '../recipe/diff-words.ts';
import { whittle } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-recipes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function recipeFile(name: string, ...steps: unknown[]): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ whittle: 1, steps }));
  return path;
}
const fold = { pass: 'fold-batch-norm' };
const prune = (ratio: number) => ({ pass: 'prune-channels', options: { ratio } });

describe('whittle recipe diff', () => {
  it('tells what differs, as a table and as JSON', async () => {
    const [a, b] = [recipeFile('a.json', fold, prune(0.5)), recipeFile('b.json', prune(0.3))];
    const { code, out } = await whittle('recipe', 'diff', a, b);
    expect(code).toBe(0);
    expect(out).toMatch(/−\s+1\s+fold-batch-norm/);
    expect(out).toMatch(/~\s+2\s+1\s+prune-channels\s+ratio 0.5 → 0.3/);
    const found = JSON.parse((await whittle('recipe', 'diff', a, b, '--json')).out) as ToldDiff;
    expect(found.steps.map(({ kind }) => kind)).toEqual(['removed', 'changed']);
    expect(found).toMatchObject({ equal: false, sentence: '1 step removed, 1 step changed; 0 the same.' });
  });

  it('takes presets by name, and refuses what is no recipe', async () => {
    expect((await whittle('recipe', 'diff', 'clean', 'clean')).out).toContain('Both are the same.');
    expect(await whittle('recipe', 'merge', 'clean', 'wasm')).toMatchObject({ code: 2 });
    const bad = join(folder, 'bad.json');
    writeFileSync(bad, '{}');
    expect(await whittle('recipe', 'diff', bad, 'clean')).toMatchObject({ code: 2, out: '' });
  });
});

describe('whittle sweep', () => {
  const sweep = (...more: string[]) => whittle('sweep', 'sample:residual-cnn', ...more);

  it('lists what each value leads to; progress goes to stderr', async () => {
    const path = recipeFile('p.json', fold, prune(0.5));
    const asked = ['--recipe', path, '--step', 'prune-channels', '--option', 'ratio', '--values', '0.2..0.6:3'];
    const { code, out, err } = await sweep(...asked, '--json');
    expect(code).toBe(0);
    const found = JSON.parse(out) as SweepResult;
    expect(found.points.map(({ value }) => value)).toEqual([0.2, 0.4, 0.6]);
    expect(err).toMatch(/^1\/3 {2}0.2: .*\n2\/3/);
    const lines = (await sweep(...asked)).out;
    expect(lines).toMatch(/ratio\s+nodes\s+parameters\s+MACs\s+size\n/);
  });

  it('takes a step by its number, and a list of choices', async () => {
    const path = recipeFile('q.json', fold, prune(0.5));
    const { out } = await sweep(
      '--recipe',
      path,
      '--step',
      '2',
      '--option',
      'importance',
      '--values',
      'l1,l2',
      '--json',
    );
    expect((JSON.parse(out) as SweepResult).points.map(({ value }) => value)).toEqual(['l1', 'l2']);
  });

  it.each([
    [['--step', '7', '--option', 'ratio', '--values', '0.1'], /no step 7/],
    [['--step', 'merge-casts', '--option', 'ratio', '--values', '0.1'], /no step merge-casts/],
    [['--step', '2', '--option', 'ratio', '--values', '0..1:1'], /--values: A range has 2 to 200/],
    [['--step', '2', '--option', 'ratio'], /--values are needed/],
  ])('refuses %j as wrong usage', async (more, message) => {
    const ran = await sweep('--recipe', recipeFile('r.json', fold, prune(0.5)), ...more);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(message);
  });
});

describe('whittle optimize', () => {
  it('skips a pass that it does not have, says so, and writes the step back', async () => {
    const future = { pass: 'from-the-future', options: { deep: 1 }, sites: { near: [1] }, spin: 2 };
    const [out, saved] = [join(folder, 'o.onnx'), join(folder, 'o.json')];
    const path = recipeFile('f.json', fold, future);
    const ran = await whittle(
      'optimize',
      'sample:residual-cnn',
      '--recipe',
      path,
      '-o',
      out,
      '--save-recipe',
      saved,
      '--json',
    );
    expect(ran.code).toBe(0);
    expect(ran.err).toContain('does not have the pass "from-the-future"');
    expect((JSON.parse(ran.out) as { steps: unknown[] }).steps[1]).toHaveProperty('skipped');
    expect((JSON.parse(readFileSync(saved, 'utf8')) as { steps: unknown[] }).steps[1]).toEqual(future);
  });
});
