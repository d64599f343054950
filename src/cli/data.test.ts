import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { buildSample } from '../samples/catalogue.ts';
import { writeNpy } from '../verify/npz.ts';
import { whittle as run } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-data-'));
const at = (name: string): string => join(folder, name);
const model = at('cnn.onnx');

beforeAll(() => {
  writeFileSync(model, writeModel(buildSample('residual-cnn')));
  const data = Uint8Array.from({ length: 4 * 32 * 32 * 3 }, (_, i) => i);
  writeFileSync(at('images.npy'), writeNpy({ dtype: 'uint8', shape: [4, 32, 32, 3], data }));
  writeFileSync(at('labels.csv'), 'class\ncat\ndog\ncat\nowl\n');
  writeFileSync(at('short.csv'), '1\n2\n');
  writeFileSync(at('cut.npy'), writeNpy({ dtype: 'uint8', shape: [4, 32, 32, 3], data }).subarray(0, 500));
  mkdirSync(at('empty'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Described {
  kind: string;
  count: number;
  sample: { dtype: string; shape: number[]; statistics: { min: number; max: number } }[];
  labels: { classes: number; names: string[] } | null;
  model: {
    preprocess: Record<string, unknown>;
    notes: string[];
    feeds: { shape: number[] }[];
    outputs: { name: string; shape: number[] }[];
  } | null;
}

const whittle = (...argv: string[]) => run('data', ...argv);
const described = async (...argv: string[]): Promise<Described> =>
  JSON.parse((await whittle(...argv, '--json')).out) as Described;

describe('whittle data', () => {
  it('describes samples and labels as one JSON object', async () => {
    const found = await described(at('images.npy'), '--labels', at('labels.csv'));
    expect(found).toMatchObject({
      kind: 'images',
      count: 4,
      labels: { classes: 3, names: ['cat', 'dog', 'owl'] },
      model: null,
    });
    expect(found.sample).toMatchObject([{ dtype: 'uint8', shape: [32, 32, 3], statistics: { min: 0, max: 255 } }]);
  });

  it('proposes preprocessing for a model and shows that a feed runs', async () => {
    const found = await described(at('images.npy'), '--model', model);
    expect(found.model!.preprocess).toMatchObject({ kind: 'image', layout: 'nchw', shape: [3, 32, 32] });
    expect(found.model!.feeds[0]!.shape).toEqual([1, 3, 32, 32]);
    expect(found.model!.outputs).toMatchObject([{ name: 'scores', shape: [1, 10] }]);
    expect(found.model!.notes.length).toBeGreaterThan(0);
    const ran = await whittle(at('images.npy'), '--model', model, '--set', 'channels=bgr', '--set', 'scale=1');
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('"channels": "bgr"');
  });

  it('makes noise where there are no data', async () => {
    const found = await described('synthetic', '--seed', '3', '--model', model);
    expect(found).toMatchObject({ kind: 'synthetic', model: { preprocess: { floats: 'uniform' } } });
    expect(found.model!.outputs[0]!.shape).toEqual([1, 10]);
  });

  it('names file, place and cure of what is wrong, with its exit code', async () => {
    const cases: readonly [readonly string[], number, RegExp][] = [
      [[at('cut.npy')], 1, /cut\.npy: the header says 4 × 32 × 32 × 3 elements of 1 bytes, \d+ bytes follow it/],
      [[at('gone')], 1, /gone cannot be read/],
      [[at('empty')], 2, /empty: it has no files/],
      [[at('images.npy'), '--labels', at('short.csv')], 2, /short\.csv has 2 labels, images\.npy has 4 samples/],
      [[at('images.npy'), '--model', model, '--set', 'scal=1'], 2, /has no field scal; it has input, channels/],
      [[at('images.npy'), '--set', 'scale'], 2, /--set wants KEY=VALUE|needs --model/],
      [[], 2, /D is missing/],
    ];
    for (const [argv, code, message] of cases) {
      const ran = await whittle(...argv);
      expect([ran.code, ran.err]).toEqual([code, expect.stringMatching(message)]);
    }
  });
});
