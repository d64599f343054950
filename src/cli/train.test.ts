import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { stripes, stripesModel } from '../testing/train-data.ts';
import { whittle } from '../testing/whittle.ts';

const SLOW = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'whittle-train-'));
const at = (name: string): string => join(folder, name);

/** idx: magic, sizes, bytes. */
function idx(sizes: readonly number[], data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * sizes.length));
  header.setUint32(0, 0x0800 + sizes.length);
  sizes.forEach((size, i) => header.setUint32(4 + 4 * i, size));
  return Buffer.concat([new Uint8Array(header.buffer), data]);
}

beforeAll(async () => {
  const count = 240;
  const data = stripes(count);
  const pixels = new Uint8Array(count * 64);
  for (let i = 0; i < count; i++) {
    const sample = await data.sample(i);
    if (sample.kind !== 'array') throw new Error('stripes are arrays');
    (sample.tensor.data as Float32Array).forEach(
      (value, j) => (pixels[i * 64 + j] = Math.max(0, Math.min(255, 100 + 100 * value))),
    );
  }
  writeFileSync(at('images-idx3-ubyte'), idx([count, 8, 8], pixels));
  writeFileSync(at('labels-idx1-ubyte'), idx([count], Uint8Array.from(data.labels!)));
  writeFileSync(at('student.onnx'), writeModel(stripesModel(4)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const DATA = ['--data', at('images-idx3-ubyte'), '--steps', '80', '--lr', '0.02', '--seed', '3'];
const LABELS = ['--labels', at('labels-idx1-ubyte')];

interface Told {
  readonly steps: number;
  readonly loss: readonly number[];
  readonly metrics: { readonly top1: number | null; readonly agreement: number | null };
  readonly before: Told['metrics'];
}

describe('whittle train, distill and recover', () => {
  it('train: labels in, a better model out, told as JSON', { timeout: SLOW }, async () => {
    const { code, out } = await whittle(
      'train',
      at('student.onnx'),
      ...DATA,
      ...LABELS,
      '-o',
      at('taught.onnx'),
      '--json',
    );
    expect(code).toBe(0);
    const { steps, loss, metrics, before } = JSON.parse(out) as Told;
    expect(steps).toBe(80);
    expect(loss).toHaveLength(80);
    expect(metrics.top1).toBeGreaterThan(before.top1! + 0.2);
    const accuracy = await whittle('accuracy', at('taught.onnx'), ...DATA.slice(0, 2), ...LABELS, '--json');
    expect((JSON.parse(accuracy.out) as { top1: number }).top1).toBeGreaterThan(0.85);
  });

  it('distill: no labels, and the student answers more like its teacher', { timeout: SLOW }, async () => {
    const argv = ['--teacher', at('taught.onnx'), ...DATA, '-o', at('distilled.onnx')];
    const { code, out } = await whittle('distill', at('student.onnx'), ...argv, '--json');
    expect(code).toBe(0);
    const { metrics, before } = JSON.parse(out) as Told;
    expect(metrics.agreement).toBeGreaterThan(before.agreement!);
    expect(metrics.top1).toBeNull();
  });

  it('recover: a step of a recipe, which a replay takes from the weights beside it', { timeout: SLOW }, async () => {
    const cut = { pass: 'prune-channels', options: { ratio: 0.5 }, sites: 'all' };
    writeFileSync(at('cut.json'), JSON.stringify({ whittle: 1, steps: [cut] }));
    const argv = [
      '--recipe',
      at('cut.json'),
      ...DATA,
      '-o',
      at('recovered.onnx'),
      '--save-recipe',
      at('recovered.json'),
    ];
    expect((await whittle('recover', at('taught.onnx'), ...argv)).code).toBe(0);
    const again = ['optimize', at('taught.onnx'), '--recipe', at('recovered.json'), '-o', at('again.onnx'), '--json'];
    const replayed = await whittle(...again);
    expect(replayed.code).toBe(0);
    expect((JSON.parse(replayed.out) as { steps: { pass: string }[] }).steps.map(({ pass }) => pass)).toEqual([
      'prune-channels',
      'recover',
    ]);
    const same = await whittle('verify', at('recovered.onnx'), at('again.onnx'), '--class', 'bits', '--json');
    expect((JSON.parse(same.out) as { ok: boolean }).ok).toBe(true);
    const [file = ''] = readdirSync(at('recovered.weights'));
    renameSync(at('recovered.weights'), at('elsewhere'));
    const { code, err } = await whittle(...again);
    expect(code).toBe(1);
    expect(err).toContain(file);
  });

  it('movement pruning: whole channels go, and the recipe replays to the same model', { timeout: SLOW }, async () => {
    const argv = [...DATA, ...LABELS, '--sparsity', '0.5', '--block', 'channel', '--score-rate', '5'];
    const files = ['-o', at('thin.onnx'), '--save-recipe', at('thin.json')];
    const { code, out } = await whittle('train', at('student.onnx'), ...argv, ...files, '--json');
    expect(code).toBe(0);
    const { sparse } = JSON.parse(out) as { sparse: { step: string; groups: { before: number; after: number }[] } };
    expect(sparse).toMatchObject({ step: 'prune-channels', groups: [{ before: 4, after: 2 }] });
    const again = ['optimize', at('student.onnx'), '--recipe', at('thin.json'), '-o', at('again.onnx'), '--json'];
    expect((await whittle(...again)).code).toBe(0);
    const same = await whittle('verify', at('thin.onnx'), at('again.onnx'), '--class', 'bits', '--json');
    expect((JSON.parse(same.out) as { ok: boolean }).ok).toBe(true);
    const sizes = (file: string) => whittle('inspect', at(file), '--json').then((each) => JSON.parse(each.out) as Told);
    expect(await sizes('thin.onnx')).toMatchObject({ parameters: 2 * 9 + 4 * 2 + 32 * 3 + 3 + 2 });
  });

  it('movement pruning: single weights are zero, and it is told how many', { timeout: SLOW }, async () => {
    const argv = [...DATA, ...LABELS, '--sparsity', '0.75', '--steps', '20', '-o', at('zeros.onnx')];
    const { code, out } = await whittle('train', at('student.onnx'), ...argv);
    expect(code).toBe(0);
    expect(out).toMatch(/6\d\.\d\s% of \d+ numbers are zero/);
  });

  it.each([
    ['train', [], '--data is missing'],
    ['train', ['--data', 'x'], '-o is missing'],
    ['distill', [], '--teacher is missing'],
    ['recover', ['--teacher', 'x.onnx', '--hint', 'nonsense'], 'x.onnx'],
    ['train', [...DATA, '-o', 'x', '--sparsity-by', 'movement'], '--sparsity is missing'],
    ['train', [...DATA, '-o', 'x', '--sparsity', '0.5', '--block', 'row'], '--block is HxW, channel or head, not row'],
    ['train', [...DATA, '-o', 'x', '--sparsity', '0.5', '--sparsity-end', '0.05'], 'lies before --sparsity-begin'],
    ['train', [...DATA, ...LABELS, '-o', 'x', '--sparsity', '0.5', '--block', 'head'], 'Nothing can become zero'],
  ])('%s %o is refused, with what is missing', async (command, argv, says) => {
    const { code, err } = await whittle(command, at('student.onnx'), ...argv);
    expect(code).toBeGreaterThan(0);
    expect(err).toContain(says);
  });
});
