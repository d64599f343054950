import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../ir/types.ts';
import { makeView } from '../testing/view.ts';
import { describeNode, marksOf } from './marks.ts';

const view = {
  ...makeView([
    ['Conv', '/a/Conv', 75],
    ['Relu', '/a/Relu', 0],
    ['Conv', '/b/Conv', NaN],
  ]),
  made: Uint8Array.of(1, 0, 1),
  ancestorStarts: Int32Array.of(0, 2, 2, 3),
  ancestorIds: Int32Array.of(8, 9, 7),
};
const shown = {
  view,
  preview: {
    pass: 'fold',
    options: {},
    off: new Set(['s']),
    scope: null,
    result: null,
    error: null,
    at: null,
  },
  found: {
    pass: 'fold',
    sites: [{ key: 's', rule: 'r', anchor: 0, nodes: [0, 1], what: 'Folds it.' }],
    refusals: [{ rule: 'r', nodes: [2 as NodeId], reason: 'a second reader' }],
    unavailable: null,
  },
  diff: { added: [2], removed: [], changed: [1], fused: [0] },
  matches: [1],
};

describe('what stands at a node’s line', () => {
  const markOf = marksOf(shown);

  it('is its site, near miss, change and match', () => {
    expect(markOf(0)).toMatchObject({ site: { key: 's', on: false }, change: 'fused', match: false });
    expect(markOf(1)).toMatchObject({ site: { key: 's' }, change: 'changed', match: true });
    expect(markOf(2)).toMatchObject({ site: null, miss: { index: 0 }, change: 'new' });
    expect(marksOf({ ...shown, preview: null, diff: null, matches: null })(1).site).toBeNull();
  });

  it('is said in words, with shapes, share and neighbours', () => {
    expect(describeNode(view, 1, 'Relu 1', markOf(1), 75)).toBe(
      'Relu 1, /a/Relu, output 2×8, 1 producer, 1 consumer, site off, changed, match',
    );
    expect(describeNode(view, 0, 'Conv 1', markOf(0), 75)).toContain('100.0\u202f% of MACs');
    expect(describeNode(view, 2, 'Conv 2', markOf(2), 75)).toContain('MACs unknown');
    expect(describeNode(view, 2, 'Conv 2', markOf(2), 75)).toContain('near miss: a second reader');
  });
});
