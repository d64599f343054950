import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { buildModel } from '../testing/build.ts';
import { whittle } from '../testing/whittle.ts';
import { writeNpy } from '../verify/npz.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-accuracy-'));
const at = (name: string): string => join(folder, name);
const [first, second] = [at('first.onnx'), at('second.onnx')];
const rows = at('rows.npy');

/** Six scores that are the input itself, some of them shifted. */
const scores = (bias: readonly number[]) =>
  buildModel({ seed: 1 }, (g) => {
    const x = g.input('x', ['N', 6]);
    g.output(g.op('Add', [x, g.floats('bias', [6], bias)]), 'scores', { shape: ['N', 6] });
  });

beforeAll(() => {
  writeFileSync(first, writeModel(scores([0, 0, 0, 0, 0, 0])));
  writeFileSync(second, writeModel(scores([5, 0, 0, 0, 0, 0])));
  // Ten samples: the top class of sample i is i mod 5, by a margin of 3.
  const data = new Float32Array(60);
  for (let i = 0; i < 10; i++) data[6 * i + (i % 5)] = 3;
  writeFileSync(rows, writeNpy({ dtype: 'float32', shape: [10, 6], data }));
  // Sample 9 is of class 0, though its top score is that of class 4.
  writeFileSync(
    at('labels.npy'),
    writeNpy({ dtype: 'int32', shape: [10], data: Int32Array.of(0, 1, 2, 3, 4, 0, 1, 2, 3, 0) }),
  );
  writeFileSync(at('short.npy'), writeNpy({ dtype: 'int32', shape: [2], data: Int32Array.of(0, 1) }));
  writeFileSync(
    at('beyond.npy'),
    writeNpy({ dtype: 'int32', shape: [10], data: Int32Array.of(0, 1, 2, 3, 4, 0, 1, 2, 3, 6) }),
  );
  writeFileSync(
    at('next.npy'),
    writeNpy({ dtype: 'int32', shape: [10], data: Int32Array.of(1, 2, 3, 4, 5, 1, 2, 3, 4, 5) }),
  );
  writeFileSync(at('half.json'), JSON.stringify({ kind: 'array', scale: 0.5 }));
  writeFileSync(at('broken.json'), '{ scale');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const accuracy = (...argv: string[]) => whittle('accuracy', ...argv);
const LABELS = ['--data', rows, '--labels', at('labels.npy')];

describe('whittle accuracy', () => {
  it('prints the samples, top-1 and its interval as one JSON object', async () => {
    const { code, out } = await accuracy(first, ...LABELS, '--json');
    expect(code).toBe(0);
    const printed = JSON.parse(out) as Record<string, unknown> & { interval: [number, number] };
    expect(printed).toMatchObject({ samples: 10, top1: 0.9, pair: null });
    // Wilson's interval of 9 in 10 at 95 %.
    expect(printed.interval[0]).toBeCloseTo(0.59585, 4);
    expect(printed.interval[1]).toBeCloseTo(0.98212, 4);
  });

  it('holds a model against the original, and writes the samples that changed', async () => {
    const { code, out } = await accuracy(
      second,
      '--against',
      first,
      ...LABELS,
      '--changed',
      at('changed.csv'),
      '--json',
    );
    expect(code).toBe(0);
    const { top1, pair } = JSON.parse(out) as { top1: number; pair: Record<string, number> };
    // With five added to class 0 all are taken for it: samples 0, 5 and 9 are right. 9 is fixed, seven others broken.
    expect(top1).toBeCloseTo(0.3, 12);
    expect(pair).toMatchObject({ fixed: 1, broken: 7, changedCount: 8 });
    // McNemar: 2 · (C(8,0) + C(8,1)) / 2^8.
    expect(pair['p']).toBeCloseTo(18 / 256, 12);
    const lines = readFileSync(at('changed.csv'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(9);
    expect(lines[0]).toContain('index,file,label,before,after');
  });

  it('takes preprocessing from a file, and single fields over it', async () => {
    const read = async (...more: string[]) =>
      (JSON.parse((await accuracy(first, ...LABELS, ...more, '--json')).out) as { preprocess: { scale: number } })
        .preprocess;
    expect(await read('--preprocess', at('half.json'))).toMatchObject({ scale: 0.5 });
    expect(await read('--preprocess', at('half.json'), '--set', 'scale=2')).toMatchObject({ scale: 2 });
    const bad = await accuracy(first, ...LABELS, '--preprocess', at('broken.json'));
    expect(bad.code).toBe(1);
    expect(bad.err).toContain('is no preprocessing in JSON');
  });

  it('says where another label offset would do, and applies it only when asked', async () => {
    const shifted = ['--data', rows, '--labels', at('next.npy')];
    const plain = await accuracy(first, ...shifted, '--json');
    const { top1, notes } = JSON.parse(plain.out) as { top1: number; notes: string[] };
    expect(top1).toBe(0);
    expect(notes.join(' ')).toContain('At a label offset of -1, 100.0 % would be right');
    const set = await accuracy(first, ...shifted, '--label-offset=-1', '--json');
    expect(JSON.parse(set.out)).toMatchObject({ top1: 1, labelOffset: -1 });
  });

  it('refuses labels that do not fit, with the place and the cure', async () => {
    const short = await accuracy(first, '--data', rows, '--labels', at('short.npy'));
    expect(short.code).toBe(2);
    expect(short.err).toMatch(/2 labels.*10/);
    const beyond = await accuracy(first, '--data', rows, '--labels', at('beyond.npy'));
    expect(beyond.code).toBe(2);
    expect(beyond.err).toContain('sample 9 has the label 6');
    expect(beyond.err).toContain('set the label offset');
    const none = await accuracy(first, '--data', rows);
    expect(none.code).toBe(2);
    expect(none.err).toContain('has no labels');
  });

  it('is wrong usage without data', async () => {
    const { code, err } = await accuracy(first);
    expect(code).toBe(2);
    expect(err).toContain('--data is missing');
  });
});
