import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { buildSample } from '../samples/catalogue.ts';
import { whittle } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-check-'));
const at = (name: string): string => join(folder, name);
const model = at('cnn.onnx');

beforeAll(() => {
  mkdirSync(at('many/deeper'), { recursive: true });
  const bytes = writeModel(buildSample('digit-cnn'));
  for (const name of ['cnn.onnx', 'many/a.onnx', 'many/deeper/a.onnx']) writeFileSync(at(name), bytes);
  writeFileSync(at('many/broken.onnx'), bytes.subarray(0, bytes.length / 2));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Checked {
  readonly ok: boolean;
  readonly failures: readonly string[];
  readonly undecided: readonly string[];
  readonly notes: readonly string[];
  readonly checks: readonly { measure: string; status: string; value: number | null; bound: number | null }[];
}

async function check<T = Checked>(...argv: string[]): Promise<T & { readonly code: number }> {
  const { code, out } = await whittle('check', ...argv, '--json');
  return { ...(JSON.parse(out) as T), code };
}

describe('whittle check', () => {
  it('passes where the recipe is right and all bounds are met', async () => {
    const found = await check(model, '--recipe', 'wasm', '--max-size', '4MB', '--min-shrink', '0%');
    expect(found).toMatchObject({ code: 0, ok: true, failures: [], undecided: [] });
    expect(found.checks.map(({ measure, status }) => [measure, status])).toEqual([
      ['verification', 'met'],
      ['size', 'met'],
      ['shrink', 'met'],
    ]);
  });

  it('fails with a sentence that names model, measure, value and bound', async () => {
    const found = await check(model, '--recipe', 'clean', '--max-size', '10kB', '--min-shrink', '0.5');
    expect([found.code, found.ok]).toEqual([1, false]);
    expect(found.failures).toHaveLength(2);
    expect(found.failures[0]).toMatch(/cnn\.onnx: the result takes .*B, beyond --max-size 10\.0.kB\.$/);
    expect(found.failures[1]).toMatch(/is smaller by .*, beyond --min-shrink 50\.0.%\.$/);
  });

  it('fails where a speed-up that nobody could have is asked for, and says the interval', async () => {
    const found = await check(model, '--recipe', 'clean', '--min-speedup', '50', '--runs', '6', '--budget', '2');
    expect(found.code).toBe(1);
    expect(found.failures[0]).toMatch(/the speed-up is .* to .*, beyond --min-speedup 50\.$/);
  });

  it('without data says that --max-drop is about made-up inputs', async () => {
    const found = await check(model, '--recipe', 'wasm', '--max-drop', '0');
    expect(found).toMatchObject({ code: 0, ok: true });
    expect(found.notes.join()).toContain('made-up inputs');
    expect(found.checks.at(-1)).toMatchObject({ measure: 'drop', status: 'met', value: 0, bound: 0 });
  });

  it('holds top-1 against the original where there are labels, and agreement where there are none', async () => {
    const argv = ['sample:digit-cnn', '--recipe', 'edge', '--data', 'digits', '--samples', '60', '--max-drop', '3'];
    const cut = await check(...argv);
    expect(cut.code).toBe(1);
    expect(cut.failures[0]).toMatch(/top-1 falls by [\d.]+ points on 60 samples .*, beyond --max-drop 3\.$/);
    const noise = ['--data', 'synthetic', '--samples', '20', '--max-drop', '40'];
    const bare = await check('sample:digit-cnn', '--recipe', 'clean', ...noise);
    expect(bare).toMatchObject({ code: 0, ok: true });
    expect(bare.notes.join()).toContain('No --labels');
  });

  it('leaves undecided what few samples cannot say, and fails with --strict', async () => {
    const argv = ['sample:digit-cnn', '--recipe', at('half.json'), '--data', 'digits', '--samples', '8'];
    const steps = [{ pass: 'prune-channels', options: { ratio: 0.05 }, sites: 'all' }];
    writeFileSync(at('half.json'), JSON.stringify({ whittle: 1, steps }));
    const open = await check(...argv, '--max-drop', '5');
    expect(open).toMatchObject({ code: 0, ok: true, failures: [] });
    expect(open.undecided).toHaveLength(1);
    const strict = await check(...argv, '--max-drop', '5', '--strict');
    expect(strict).toMatchObject({ code: 1, ok: false, failures: open.undecided });
  });

  it('takes the recipe of a report', async () => {
    const made = ['optimize', model, '--pass', 'fold-batch-norm', '-o', at('f.onnx'), '--report', at('r.html')];
    expect((await whittle(...made)).code).toBe(0);
    const found = await check(model, '--recipe', at('r.html'), '--min-shrink', '0.1%');
    expect(found).toMatchObject({ code: 0, ok: true });
    writeFileSync(at('page.html'), '<!doctype html><p>no recipe</p>');
    const refused = await whittle('check', model, '--recipe', at('page.html'));
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('a page without a recipe')]);
  });

  it('checks many models in one call; a broken one fails alone', async () => {
    type Many = Checked & { readonly models: readonly (Checked & { model: string })[] };
    const found = await check<Many>(at('many/**/*.onnx'), '--recipe', 'clean');
    expect([found.code, found.ok]).toEqual([1, false]);
    expect(found.models.map(({ model: path, ok }) => [path.slice(folder.length + 6), ok])).toEqual([
      ['a.onnx', true],
      ['broken.onnx', false],
      ['deeper/a.onnx', true],
    ]);
    expect(found.failures).toHaveLength(1);
    expect(found.failures[0]).toContain('broken.onnx: the recipe could not be checked');
    const { out, code } = await whittle('check', at('many'), '--recipe', 'clean');
    expect(code).toBe(1);
    expect(out.trim().split('\n')).toHaveLength(5);
    expect(out).toMatch(/^model +nodes +bytes +verdict +time\n.*a\.onnx +\d+ → \d+ .*passes .*ms\n/);
    expect(out).toContain('3 models, 1 failed.');
  });

  it.each([
    [[], '--recipe is missing'],
    [['--recipe', 'cleanest'], 'The recipe cleanest cannot be read'],
    [['--recipe', 'clean', '--labels', 'x.csv'], '--labels is for --max-drop'],
    [['--recipe', 'clean', '--max-drop', '1', '--labels', 'x.csv'], '--labels needs --data'],
    [['--recipe', 'clean', '--max-size', 'huge'], '--max-size wants bytes'],
    [['--recipe', 'clean', '--min-shrink', '120%'], '--min-shrink wants a share'],
  ])('is called wrongly with %j', async (argv, says) => {
    const { code, err } = await whittle('check', model, ...argv);
    expect([code, err]).toEqual([2, expect.stringContaining(says)]);
  });
});

describe('several models', () => {
  it('are optimized into a folder that has the same tree', async () => {
    const { code } = await whittle(
      'optimize',
      at('many/a.onnx'),
      at('many/deeper'),
      '--recipe',
      'clean',
      '-o',
      at('out'),
    );
    expect(code).toBe(0);
    expect(readFileSync(at('out/a.onnx')).equals(readFileSync(at('out/deeper/a.onnx')))).toBe(true);
  });

  it('are inspected and searched for sites, each by itself', async () => {
    const inspected = await whittle('inspect', at('many/a.onnx'), model, '--json');
    expect(inspected.code).toBe(0);
    expect((JSON.parse(inspected.out) as { models: unknown[] }).models).toHaveLength(2);
    const { out, code } = await whittle('sites', at('many'), '--pass', 'fold-batch-norm');
    expect([code, out]).toEqual([1, expect.stringMatching(/a\.onnx +\d+ +0 +applies/)]);
  });

  it('are none where a pattern matches nothing', async () => {
    const { code, err } = await whittle('inspect', at('none/*.onnx'));
    expect([code, err]).toEqual([2, expect.stringContaining('No file matches')]);
  });
});
