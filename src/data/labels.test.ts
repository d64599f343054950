import { describe, expect, it } from 'vitest';
import { writeNpy } from '../verify/npz.ts';
import { arrayDataSet, imageDataSet } from './data-set.ts';
import { withLabels } from './labels.ts';
import type { DataFile } from './types.ts';

const file = (name: string, content: string | Uint8Array): DataFile => ({
  name,
  bytes: async () => (typeof content === 'string' ? new TextEncoder().encode(content) : content),
});
const rows = arrayDataSet('rows.npy', { dtype: 'float32', shape: [3, 2], data: new Float32Array(6) });
const images = imageDataSet('images', [file('b.png', ''), file('a.png', ''), file('c.png', '')]);

describe('labels', () => {
  it('in the order of the samples come from idx, npy, CSV and JSON alike', async () => {
    const npy = writeNpy({ dtype: 'int64', shape: [3, 1], data: BigInt64Array.of(2n, 0n, 7n) });
    const files = [
      file('l.idx', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 2, 0, 7)),
      file('l.npy', npy),
      file('l.csv', 'class\n2\n0\n7\n'),
      file('l.json', '[2, 0, 7]'),
    ];
    for (const each of files) expect((await withLabels(rows, each)).labels).toEqual(Int32Array.of(2, 0, 7));
  });

  it('by file name find their sample in any order', async () => {
    const files = [
      file('l.json', '{"c.png": 5, "a.png": 1, "b.png": 3}'),
      file(
        'l.json',
        '[{"file": "c.png", "classIndex": 5, "name": "five"}, {"file": "a.png", "class": 1}, {"file": "b.png", "label": 3}]',
      ),
      file('l.csv', 'file,class\nc.png,5\nb.png,3\na.png,1'),
    ];
    for (const each of files) expect((await withLabels(images, each)).labels).toEqual(Int32Array.of(1, 3, 5));
    expect((await withLabels(images, files[1]!)).labelNames?.[5]).toBe('five');
  });

  it('that are words are numbered in alphabetical order', async () => {
    const { labels, labelNames } = await withLabels(rows, file('l.csv', 'kind\ndog\ncat\ndog'));
    expect([labels, labelNames]).toEqual([Int32Array.of(1, 0, 1), ['cat', 'dog']]);
  });

  it('are those of the folders where images lie in folders', () => {
    const { labels, labelNames } = imageDataSet('x', [
      file('dog/1.png', ''),
      file('cat/1.png', ''),
      file('cat/2.png', ''),
    ]);
    expect([labels, labelNames]).toEqual([Int32Array.of(0, 0, 1), ['cat', 'dog']]);
  });

  it('are refused with counts, names and places where they do not fit', async () => {
    const cases: readonly [typeof rows, DataFile, string, RegExp][] = [
      [rows, file('l.csv', '1\n2'), 'bad-request', /l\.csv has 2 labels, rows\.npy has 3 samples/],
      [rows, file('l.json', '{"a.png": 1}'), 'bad-request', /names files, but rows\.npy is one file/],
      [images, file('l.json', '{"a.png": 1}'), 'bad-request', /no label for b\.png/],
      [rows, file('l.json', '[1, -2, 3]'), 'bad-file', /label 1 is -2|no file or no class/],
      [rows, file('l.json', '[1, 2.5, 3]'), 'bad-file', /label 1 is 2\.5/],
      [rows, file('l.json', '[[1]]'), 'bad-file', /entry 0 has no file or no class/],
      [rows, file('l.json', '{'), 'bad-file', /no JSON/],
      [rows, file('l.csv', '1,2,3'), 'bad-file', /3 cells/],
      [
        rows,
        file('l.npy', writeNpy({ dtype: 'float32', shape: [1, 3], data: new Float32Array(3) })),
        'bad-file',
        /\[1, 3\]; one class a sample/,
      ],
    ];
    for (const [set, labels, code, message] of cases) {
      await expect(withLabels(set, labels)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    }
  });
});
