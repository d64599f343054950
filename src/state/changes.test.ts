import { describe, expect, it } from 'vitest';
import type { Comparison } from '../engine/compare-types.ts';
import { changeRows, countKinds, IN_ORDER, NO_FILTER, shownChanges } from './changes.ts';
import { makeView } from './testing/view.ts';

const view = makeView([
  ['Conv', 'a', 100],
  ['BatchNormalization', 'b', 0],
  ['Conv', 'c', Number.NaN],
]);
const picture = { view, layout: {}, toggled: [] };
const comparison = {
  changes: [
    { kind: 'fused', before: [0, 1], after: [0], what: [], steps: [2] },
    {
      kind: 'changed',
      before: [2],
      after: [2],
      what: [{ kind: 'attribute', name: 'strides', before: '1, 1', after: '2, 2' }],
      steps: [],
    },
    { kind: 'removed', before: [1], after: [], what: [], steps: [1] },
  ],
  ports: [
    {
      port: 'input',
      before: { name: 'x', type: 'float32 1×3', position: 0 },
      after: { name: 'x', type: 'float32 2×3', position: 0 },
      what: ['type'],
    },
  ],
  model: [{ what: 'Opset', before: '13', after: '17' }],
  pictures: { a: picture, b: picture },
} as unknown as Comparison;
const rows = changeRows(comparison);

describe('the table of changes', () => {
  it('begins with the interface and the model, then lists nodes as they run', () => {
    expect(rows.map(({ scope, kind, before, after }) => [scope, kind, before, after])).toEqual([
      ['interface', 'changed', 'input x', 'input x'],
      ['model', 'changed', 'Opset: 13', 'Opset: 17'],
      ['node', 'fused', 'Conv 1, BatchNorm 1', 'Conv 1'],
      ['node', 'changed', 'Conv 2', 'Conv 2'],
      ['node', 'removed', 'BatchNorm 1', ''],
    ]);
  });

  it('says what differs, shapes and costs; the unknown is no 0', () => {
    expect(rows[0]).toMatchObject({ what: 'type', shapeBefore: 'float32 1×3', shapeAfter: 'float32 2×3' });
    expect(rows.slice(2).map(({ what }) => what)).toEqual(['2 nodes → 1', 'strides 1, 1 → 2, 2', 'b']);
    expect([rows[2]!.macsBefore, rows[2]!.macsAfter, rows[4]!.macsAfter]).toEqual([100, 100, null]);
    expect(rows[3]!.macsBefore).toBeNaN();
  });

  it('is filtered by kind, step and every word of a text', () => {
    const shown = (filter: Partial<typeof NO_FILTER>): readonly number[] =>
      shownChanges(rows, { ...NO_FILTER, ...filter }, IN_ORDER);
    expect(shown({ kinds: new Set(['fused', 'removed']) })).toEqual([2, 4]);
    expect(shown({ step: 1 })).toEqual([4]);
    expect(shown({ text: 'conv STRIDES' })).toEqual([3]);
    expect(shown({ text: 'none of these' })).toEqual([]);
    expect(countKinds(rows)).toMatchObject({ fused: 1, changed: 3, removed: 1, added: 0 });
  });

  it('lists renamed nodes on request, or where nothing else differs', () => {
    const renamed = { ...rows[3]!, kind: 'renamed' } as const;
    const shown = (list: typeof rows, kinds: readonly 'renamed'[]): number =>
      shownChanges(list, { ...NO_FILTER, kinds: new Set(kinds) }, IN_ORDER).length;
    expect(shown([...rows, renamed], [])).toBe(rows.length);
    expect(shown([...rows, renamed], ['renamed'])).toBe(1);
    expect(shown([renamed, renamed], [])).toBe(2);
  });

  it('is sorted by a column both ways, the unknown at the end', () => {
    const sorted = (column: 'before' | 'macs', down: boolean) => shownChanges(rows, NO_FILTER, { column, down });
    expect(sorted('before', false).map((row) => rows[row]!.before)[0]).toBe('BatchNorm 1');
    expect(sorted('macs', false).at(-1)).toBe(3);
    expect(shownChanges(rows, NO_FILTER, { column: 'order', down: true })[0]).toBe(4);
  });
});
