import { describe, expect, it } from 'vitest';
import type { GraphView } from '../ir/view.ts';
import { nodesInGroup, summarizeGroup } from './group-summary.ts';
import { makeView } from './testing/view.ts';

/** Two layers that are built alike, each with a block inside; one node before and one behind stand in no group. */
const view: GraphView = {
  ...makeView([
    ['Conv', 'stem', 5],
    ['Conv', 'layer.0/block/conv', 10],
    ['Relu', 'layer.0/relu', 1],
    ['Conv', 'layer.1/block/conv', 10],
    ['Relu', 'layer.1/relu', 2],
    ['Gemm', 'head', 7],
  ]),
  groups: {
    keys: ['scope layer.0', 'scope layer.0/block', 'scope layer.1', 'scope layer.1/block'],
    names: ['layer.0', 'block', 'layer.1', 'block'],
    kinds: Uint8Array.of(0, 0, 0, 0),
    parents: Int32Array.of(-1, 0, -1, 2),
    classes: Int32Array.of(0, 1, 0, 1),
    holders: Int32Array.of(-1, -1, -1, -1),
    sizes: Int32Array.of(2, 1, 2, 1),
    ofRow: Int32Array.of(-1, 1, 0, 3, 2, -1),
  },
};

describe('a group in numbers', () => {
  it('counts the nodes of its inner groups too', () => {
    const group = summarizeGroup(view, [], 'scope layer.0');
    expect(group).toMatchObject({ name: 'layer.0', kind: 'scope', nodes: 2, macs: 11, folded: false, first: 1 });
    expect(group?.operators).toEqual([
      ['Conv', 1],
      ['Relu', 1],
    ]);
    expect(group?.children).toEqual([{ key: 'scope layer.0/block', name: 'block', first: 1, nodes: 1 }]);
  });

  it('lists what stands in it and in its inner groups', () => {
    expect(nodesInGroup(view, 'scope layer.0')).toEqual([1, 2]);
    expect(nodesInGroup(view, 'scope layer.1/block')).toEqual([3]);
    expect(nodesInGroup(view, 'scope gone')).toEqual([]);
  });

  it('knows its copies, and where they begin', () => {
    expect(summarizeGroup(view, [], 'scope layer.1')?.copies).toEqual([
      { key: 'scope layer.0', name: 'layer.0', first: 1 },
      { key: 'scope layer.1', name: 'layer.1', first: 3 },
    ]);
  });

  it('says what it stands in, and whether it is folded', () => {
    const inner = summarizeGroup(view, ['scope layer.1/block'], 'scope layer.1/block');
    expect(inner).toMatchObject({ parent: { key: 'scope layer.1', name: 'layer.1', first: 3 }, folded: true });
  });

  it('does not know a sum of which a part is unknown', () => {
    const macs = view.macs.slice();
    macs[2] = NaN;
    expect(summarizeGroup({ ...view, macs }, [], 'scope layer.0')?.macs).toBeNaN();
    expect(summarizeGroup({ ...view, macs }, [], 'scope layer.1')?.macs).toBe(12);
  });

  it('is null where the picture has no such group', () => {
    expect(summarizeGroup(view, [], 'scope gone')).toBeNull();
    expect(summarizeGroup(makeView([['Conv', 'a', 1]]), [], 'scope layer.0')).toBeNull();
  });
});
