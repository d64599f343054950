import { describe, expect, it } from 'vitest';
import { profileRow, profileView } from './fixture.ts';
import { BETWEEN, linesOf, timelessCounts } from './group.ts';

const conv = { op: 'Conv', ranAs: 'FusedConv', kind: '1×1 expand' };

describe('time by operator', () => {
  it('sums nodes that the runtime runs as the same operator of the same kind, the most first', () => {
    const view = profileView([
      profileRow({ ...conv, ms: 2, flops: 4e6 }),
      profileRow({ ...conv, kind: '3×3 depthwise', ms: 7, flops: 7e6 }),
      profileRow({ ...conv, ms: 3, flops: 6e6 }),
    ]);
    const lines = linesOf([view], 'operator');
    expect(lines.map(({ label, detail, ms }) => [label, detail, ms])).toEqual([
      ['FusedConv', '3×3 depthwise', [7]],
      ['FusedConv', '1×1 expand', [5]],
      ['Between operators', 'dispatch, copies', [1]],
    ]);
    expect(lines[1]).toMatchObject({ calls: [2], gflops: 2 });
  });

  it('shows the attributes of a group only where all its nodes have them in common', () => {
    const gemm = { op: 'Gemm', ranAs: 'Gemm', family: 'dense' } as const;
    const alike = linesOf([profileView([profileRow({ ...gemm, detail: '8→4' })])], 'operator');
    expect(alike[0]?.detail).toBe('8→4');
    const rows = [profileRow({ ...gemm, detail: '8→4' }), profileRow({ ...gemm, detail: '4→2' })];
    expect(linesOf([profileView(rows)], 'operator')[0]?.detail).toBe('');
  });

  it('lays two profiles side by side; what one lacks is unknown there, not zero', () => {
    const before = profileView([profileRow({ ...conv, ms: 4 }), profileRow({ op: 'Relu', ranAs: 'Relu', ms: 1 })]);
    const after = profileView([profileRow({ ...conv, ms: 3 })], { betweenMs: 0.5 });
    const lines = linesOf([before, after], 'operator');
    expect(lines.map(({ label, ms }) => [label, ms])).toEqual([
      ['FusedConv', [4, 3]],
      ['Relu', [1, null]],
      ['Between operators', [1, 0.5]],
    ]);
  });

  it('adds up by how much the turns of both differ', () => {
    const sides = [0.25, 0.5].map((spreadMs) => profileView([profileRow({ spreadMs }), profileRow({ spreadMs })]));
    expect(linesOf(sides, 'operator')[0]).toMatchObject({ ms: [2, 2], noise: 1.5 });
  });

  it('takes what moves data for a node into its time, not into its rate', () => {
    const [line] = linesOf([profileView([profileRow({ ms: 3, movedMs: 1, flops: 4e6 })])], 'operator');
    expect(line).toMatchObject({ ms: [3], gflops: 2 });
  });
});

describe('time by node', () => {
  it('follows nodes through a fusion by what they stand for in the opened model', () => {
    const before = profileView([
      profileRow({ node: 1, label: 'Conv 1', ms: 4, origins: [1] }),
      profileRow({ node: 2, label: 'Relu 1', ms: 1, origins: [2] }),
      profileRow({ node: 3, label: 'Gemm 1', ms: 2, origins: [3] }),
    ]);
    const after = profileView([
      profileRow({ node: 9, label: 'FusedConv 1', ms: 3, origins: [1, 2] }),
      profileRow({ node: 3, label: 'Gemm 1', ms: 2, origins: [3] }),
    ]);
    const lines = linesOf([before, after], 'node').filter(({ key }) => key !== BETWEEN);
    expect(lines.map(({ label, ms }) => [label, ms])).toEqual([
      ['FusedConv 1', [5, 3]],
      ['Gemm 1', [2, 2]],
    ]);
    expect(lines[0]?.node).toEqual({ id: 9, profile: 1 });
  });

  it('pairs the nodes of another file by name, and no others', () => {
    const before = profileView([profileRow({ node: 1, name: 'a', origins: [1] }), profileRow({ node: 2, name: 'b' })]);
    const after = profileView([profileRow({ node: 7, name: 'a' }), profileRow({ node: 1, name: 'c' })]);
    const lines = linesOf([before, after], 'node').filter(({ key }) => key !== BETWEEN);
    expect(Object.fromEntries(lines.map(({ key, ms }) => [key, ms]))).toEqual({
      'name a': [1, 1],
      'name b': [1, null],
      'name c': [null, 1],
    });
  });

  it('says how the runtime ran a node, and what became of those without a time', () => {
    const inside = { kind: 'inside', node: 1, label: 'Conv 1' } as const;
    const view = profileView([
      profileRow({ ranAs: 'FusedConv', detail: '3×3', holds: 2, movers: ['Transpose'], calls: 3 }),
      profileRow({ node: 2, label: 'Relu 1', ms: null, ranAs: null, timeless: inside }),
      profileRow({ node: 3, label: 'Shape 1', ms: null, ranAs: null, timeless: { kind: 'on-load' } }),
      profileRow({ node: 4, label: 'If 1', ms: null, ranAs: null, timeless: { kind: 'untold' } }),
    ]);
    expect(linesOf([view], 'node').map(({ label, detail }) => [label, detail])).toEqual([
      ['Conv 1', '3×3 · 3 calls · as FusedConv · 3 nodes · with Transpose'],
      ['Between operators', 'dispatch, copies'],
      ['Relu 1', 'computed inside Conv 1'],
      ['Shape 1', 'computed when the model is loaded'],
      ['If 1', 'no time of its own'],
    ]);
    expect(timelessCounts(view)).toEqual({ inside: 1, 'on-load': 1, untold: 1 });
  });
});

describe('time by block', () => {
  it('sums by the path of names', () => {
    const rows = [['a', 'b'], ['a'], ['a', 'b'], []].map((scope) => profileRow({ scope }));
    const lines = linesOf([profileView(rows)], 'block');
    expect(lines.map(({ label, ms }) => [label, ms[0]])).toEqual([
      ['a › b', 2],
      ['a', 1],
      ['Outside of blocks', 1],
      ['Between operators', 1],
    ]);
  });
});
