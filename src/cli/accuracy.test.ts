import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { buildModel } from '../testing/build.ts';
import { proto } from '../testing/proto.ts';
import { haveShared, sharedRoot } from '../testing/shared.ts';
import { whittle } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-accuracy-'));
const at = (...names: string[]): string => join(folder, ...names);
const real = (path: string): string => join(sharedRoot, 'real', path);

const tensor = (name: string, shape: readonly number[], values: readonly number[]): Uint8Array =>
  proto([
    ...shape.map((size) => [1, size] as const),
    [2, 1],
    [8, name],
    [9, new Uint8Array(Float32Array.from(values).buffer)],
  ]);

beforeAll(() => {
  const model = buildModel({}, (g) => g.output(g.op('Neg', [g.input('x', ['N', 3])]), 'y', { shape: ['N', 3] }));
  writeFileSync(at('neg.onnx'), writeModel(model));
  writeFileSync(at('rows.csv'), '0,-2,1\n-5,0,0\n1,1,-3\n');
  writeFileSync(at('labels.csv'), 'class\none\nzero\nzero\n');
  mkdirSync(at('recorded', 'test_data_set_0'), { recursive: true });
  writeFileSync(at('recorded', 'test_data_set_0', 'input_0.pb'), tensor('x', [1, 3], [1, 2, 3]));
  writeFileSync(at('recorded', 'test_data_set_0', 'output_0.pb'), tensor('y', [1, 3], [-1, -2, -4]));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function measured<T>(...argv: string[]): Promise<T> {
  const ran = await whittle('accuracy', ...argv, '--json');
  expect(ran.code, ran.err).toBe(0);
  return JSON.parse(ran.out) as T;
}
interface Told {
  samples: number;
  top1: number;
  top5: number | null;
  interval: [number, number];
}

describe('whittle accuracy', () => {
  it('gives the numbers of the contract, and words', async () => {
    // Words are classes in alphabetical order: one is 0, zero is 1. The answers are classes 1, 0 and 2.
    const args = [at('neg.onnx'), '--data', at('rows.csv'), '--labels', at('labels.csv')];
    expect(await measured(...args)).toMatchObject({ samples: 3, top1: 0, top5: null });
    const told = await measured<Told>(...args, '--label-offset', '1');
    expect(told).toMatchObject({ samples: 3, top1: 2 / 3 });
    expect(told.interval[0]).toBeLessThan(2 / 3);
    const ran = await whittle('accuracy', ...args, '--label-offset', '1');
    expect([ran.code, ran.out]).toEqual([0, expect.stringMatching(/3 of 3 samples of rows\.csv.*\n.*top-1 66\.7/)]);
  });

  it('holds answers against outputs that were recorded, with an error of your own', async () => {
    const told = await measured<{ models: { metrics: object }[] }>(
      at('neg.onnx'),
      '--data',
      at('recorded'),
      '--metric',
      'sum(abs(y - t))',
    );
    expect(told.models[0]?.metrics).toMatchObject({ kind: 'regression', largest: 1, own: 1, mae: 1 / 3 });
  });

  it('holds a model against another without labels, and writes down what changed', async () => {
    const told = await measured<{ pair: { agreement: number } }>(
      ...[at('neg.onnx'), '--against', at('neg.onnx'), '--data', 'synthetic', '--samples', '20'],
      ...['--changed', at('changed.csv')],
    );
    expect(told.pair.agreement).toBe(1);
    expect(readFileSync(at('changed.csv'), 'utf8')).toBe(
      'index,file,label,before,after,confidence_before,confidence_after\r\n',
    );
  });

  it('takes preprocessing from a file, and says which fields there are', async () => {
    writeFileSync(at('pre.json'), JSON.stringify({ kind: 'array', scale: -1 }));
    const args = [at('neg.onnx'), '--data', at('rows.csv'), '--labels', at('labels.csv')];
    const told = await measured<Told & { preprocess: { scale: number } }>(...args, '--preprocess', at('pre.json'));
    expect(told.preprocess.scale).toBe(-1);
    writeFileSync(at('pre.json'), '{ "sclae": 1 }');
    const ran = await whittle('accuracy', ...args, '--preprocess', at('pre.json'));
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('no field sclae')]);
  });

  it('wants data, and labels that fit', async () => {
    expect(await whittle('accuracy', at('neg.onnx'))).toMatchObject({ code: 2 });
    const bare = await whittle('accuracy', at('neg.onnx'), '--data', at('rows.csv'));
    expect([bare.code, bare.err]).toEqual([2, expect.stringContaining('has no labels')]);
  });

  it.skipIf(!haveShared())('on MNIST: the CNN gets 98.3 % of 1 500 images right, for pixels of 0 to 255', async () => {
    const told = await measured<Told>(
      ...[real('models/mnist-cnn/mnist.onnx'), '--data', real('data/mnist/t1500a-images-idx3-ubyte.gz')],
      ...['--labels', real('data/mnist/t1500a-labels-idx1-ubyte.gz'), '--set', 'scale=1'],
    );
    expect(told).toMatchObject({ samples: 1500, top1: 1474 / 1500, top5: 1 });
  });

  it.skipIf(!haveShared())(
    'on 50 photos: MobileNetV2 with the usual preprocessing, within one photo of 79 %',
    async () => {
      const told = await measured<Told & { preprocess: object }>(
        ...[real('models/mobilenetv2/mobilenet_v2_fp32.onnx'), '--data', real('data/imagenet_samples')],
        ...['--labels', real('data/imagenet_samples/labels.json')],
      );
      expect(told.preprocess).toMatchObject({
        resize: { to: 'shorter', size: 256, filter: 'bilinear' },
        crop: { width: 224, height: 224 },
        scale: 1 / 255,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
      });
      expect(Math.abs(told.top1 - 0.79)).toBeLessThanOrEqual(0.0101);
      expect(told.top5).toBe(0.96);
    },
  );
});
