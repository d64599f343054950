import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../report/profile/group.ts';
import { profileRow, profileView, roofline } from '../../../report/profile/fixture.ts';
import { boundText, changeText, changeTone, isSettled, msColumn, sortLines } from './lines.ts';
import { roofPicture, tickText } from './roofline-picture.ts';
import { firstProfileSetup, fitProfileSetup } from './setup.ts';

describe('the table of times', () => {
  const before = profileView([
    profileRow({ op: 'Add', ranAs: 'Add', ms: 1, flops: 9e6 }),
    profileRow({ op: 'Mul', ranAs: 'Mul', ms: 5, flops: 1e6 }),
  ]);
  const after = profileView([
    profileRow({ op: 'Add', ranAs: 'Add', ms: 2, flops: 9e6 }),
    profileRow({ op: 'Mul', ranAs: 'Mul', ms: 3, flops: 1e6 }),
  ]);
  const lines = linesOf([before, after], 'operator');
  const sorted = (column: Parameters<typeof sortLines>[1]['column'], down = true): string[] =>
    sortLines(lines, { column, down }).map(({ label }) => label);

  it('is sorted by any column, and what lies between operators stays last', () => {
    expect(sorted('after')).toEqual(['Mul', 'Add', 'Between operators']);
    expect(sorted('after', false)).toEqual(['Add', 'Mul', 'Between operators']);
    expect(sorted('change')).toEqual(['Add', 'Mul', 'Between operators']);
    expect(sorted('gflops')).toEqual(['Add', 'Mul', 'Between operators']);
    expect(sorted('label', false)).toEqual(['Add', 'Mul', 'Between operators']);
  });

  it('says a change with its sign, and what is only in one profile', () => {
    expect(lines.map(changeText)).toEqual(['−40.0\u202f%', '+100.0\u202f%', 'same']);
    expect(changeText({ ms: [null, 1] })).toBe('new');
    expect(changeText({ ms: [1, null] })).toBe('gone');
    expect(changeText({ ms: [null, null] })).toBe('');
    expect(changeText({ ms: [1] })).toBe('');
  });

  it('gives no verdict on a change that the turns of the profiles differ by themselves', () => {
    const line = { ms: [5, 4.5], noise: 0.6 };
    expect(isSettled(line)).toBe(false);
    expect(changeTone(changeText(line), isSettled(line))).toBe('text-ink-3');
    expect(isSettled({ ...line, noise: 0.4 })).toBe(true);
    expect([changeTone('−10 %', true), changeTone('+10 %', true), changeTone('new', true)]).toEqual([
      'text-added',
      'text-removed',
      'text-removed',
    ]);
  });

  it('says in short what limits a node', () => {
    expect(boundText({ kind: 'memory', fraction: 0.62, words: '' })).toBe('memory 62.0\u202f%');
    expect(boundText(null)).toBe('');
  });

  it('keeps the points of a column in line', () => {
    expect([18.904, 0.6].map(msColumn([18.904, 0.6]))).toEqual(['18.90', '0.60']);
    expect(msColumn([0.31])(0.0123)).toBe('0.012');
    expect(msColumn([1])(null)).toBe('–');
  });
});

describe('the picture of the roofline', () => {
  const rows = [
    profileRow({ ms: 1, flops: 1e6, bytes: 1e6, gflops: 1 }),
    profileRow({ ms: 0.2, flops: 1e7, bytes: 1e5, gflops: 50 }),
    profileRow({ ms: 9, flops: null }),
    profileRow({ ms: null }),
  ];

  it('places nodes by intensity, and leaves out those whose work is unknown', () => {
    const picture = roofPicture(rows, roofline)!;
    expect(picture.points.map(({ row, intensity, gflops }) => [row, intensity, gflops])).toEqual([
      [0, 1, 1],
      [1, 100, 50],
    ]);
    expect(picture.ridge).toBe(10);
    // 1 MB out of memory takes 0.1 ms: the first node loses 0.9 ms, the second 0.1.
    expect(picture.worst).toMatchObject({ row: 0 });
    expect(picture.worst?.lost).toBeCloseTo(0.9, 9);
  });

  it('has logarithmic axes that hold every node and the peak', () => {
    const { x, y } = roofPicture(rows, roofline)!;
    for (const axis of [x, y]) {
      expect(axis.place(axis.from)).toBeCloseTo(0, 12);
      expect(axis.place(axis.to)).toBeCloseTo(1, 12);
    }
    expect(x.place(4) - x.place(1)).toBeCloseTo(x.place(16) - x.place(4), 12);
    expect(y.to).toBeGreaterThan(roofline.peakGflops);
    expect(x.ticks.map(tickText)).toEqual(['1', '4', '16', '64', '256']);
  });

  it('is none where nothing can be placed', () => {
    expect(roofPicture(rows.slice(2), null)).toBeNull();
  });
});

describe('what is to be profiled', () => {
  it('is the original beside the stop under the cursor', () => {
    expect(firstProfileSetup(0)).toEqual({ backend: 'wasm', a: 0, b: null });
    expect(firstProfileSetup(3)).toEqual({ backend: 'wasm', a: 0, b: 3 });
  });

  it('follows what is there: stops that are gone, a second file that was closed, no WebGPU', () => {
    const fit = (a: number | 'second', b: number | 'second' | null, hasSecond: boolean) =>
      fitProfileSetup({ backend: 'webgpu', a, b }, 2, hasSecond, false);
    expect(fit(0, 7, false)).toEqual({ backend: 'wasm', a: 0, b: 1 });
    expect(fit(0, 'second', true)).toEqual({ backend: 'wasm', a: 0, b: 'second' });
    expect(fit(0, 'second', false)).toEqual({ backend: 'wasm', a: 0, b: null });
    expect(fit('second', 0, false)).toEqual({ backend: 'wasm', a: 0, b: null });
  });
});
