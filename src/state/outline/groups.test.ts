import { describe, expect, it } from 'vitest';
import { GROUP_KINDS, type GroupKind } from '../../base/group-kinds.ts';
import { seeded } from '../../base/random.ts';
import type { GraphView, GroupTree } from '../../ir/view.ts';
import { randomView } from '../../testing/view.ts';
import { makeView } from '../testing/view.ts';
import { buildOutline, lineOf, outlineLines, partsAround } from './outline.ts';
import type { OutlinePart } from './parts.ts';

type GroupRow = readonly [name: string, kind: GroupKind, parent: number, like: number, holder?: number];

/** A tree of groups by hand; `ofRow` names the innermost group of each row. */
function treeOf(groups: readonly GroupRow[], ofRow: readonly number[]): GroupTree {
  const parents = Int32Array.from(groups, ([, , parent]) => parent);
  const sizes = new Int32Array(groups.length);
  for (const own of ofRow) for (let group = own; group >= 0; group = parents[group]!) sizes[group]! += 1;
  return {
    keys: groups.map(([name, kind], group) => `${kind} ${name} ${group}`),
    names: groups.map(([name]) => name),
    kinds: Uint8Array.from(groups, ([, kind]) => GROUP_KINDS.indexOf(kind)),
    parents,
    classes: Int32Array.from(groups, ([, , , like]) => like),
    holders: Int32Array.from(groups, ([, , , , holder = -1]) => holder),
    sizes,
    ofRow: Int32Array.from(ofRow),
  };
}

/** Two layers that are built alike in an encoder, and an If with a branch whose costs it includes. */
const view: GraphView = {
  ...makeView([
    ['MatMul', '/enc/layer.0/MatMul', 10],
    ['Add', '/enc/layer.0/Add', 0],
    ['MatMul', '/enc/layer.1/MatMul', 10],
    ['Add', '/enc/layer.1/Add', 0],
    ['Relu', 'inner', 5],
    ['If', '/enc/If', 5],
    ['Gemm', 'head', 20],
  ]),
  holders: Int32Array.of(-1, -1, -1, -1, 5, -1, -1),
  groups: treeOf(
    [
      ['enc', 'scope', -1, 0],
      ['layer.0', 'scope', 0, 1],
      ['layer.1', 'scope', 0, 1],
      ['then_branch', 'subgraph', 0, 2, 5],
    ],
    [1, 1, 2, 2, 3, 0, -1],
  ),
};

const show = (graph: GraphView, unfolded: readonly string[]): readonly string[] =>
  outlineLines(buildOutline(graph), new Set(unfolded)).map(({ part, depth }) =>
    `${'  '.repeat(depth)}${part.name} ${part.hint}`.trimEnd(),
  );
const keyOf = (graph: GraphView, row: number, name: string): string =>
  partsAround(buildOutline(graph), row).find((part) => part.name === name)?.key ?? '';

describe('the outline of groups', () => {
  it('puts groups that are built alike together, and what a node holds under the node', () => {
    const [enc, layers, branch] = [keyOf(view, 0, 'enc'), keyOf(view, 0, 'layer.0–1'), keyOf(view, 4, 'If 1')];
    expect(show(view, [])).toEqual(['enc', 'Gemm 1']);
    expect(show(view, [enc])).toEqual(['enc', '  layer.0–1 × 2', '  If 1', 'Gemm 1']);
    expect(show(view, [enc, layers, branch])).toEqual([
      'enc',
      '  layer.0–1 × 2',
      '    layer.0',
      '    layer.1',
      '  If 1',
      '    then_branch',
      'Gemm 1',
    ]);
  });

  it('counts what a holder includes once', () => {
    const outline = buildOutline(view);
    expect(outline.totalMacs).toBe(45);
    expect(outline.parts.map(({ macs, nodes }) => [macs, nodes])).toEqual([
      [25, 6],
      [20, 1],
    ]);
  });

  it('tells each line its place among its siblings', () => {
    const enc = keyOf(view, 0, 'enc');
    expect(
      outlineLines(buildOutline(view), new Set([enc])).map(({ place, siblings }) => `${place}/${siblings}`),
    ).toEqual(['1/2', '1/2', '2/2', '2/2']);
  });

  it('finds the line of a node, also inside of what another node holds', () => {
    const outline = buildOutline(view);
    const names = (row: number): readonly string[] => partsAround(outline, row).map((part) => part.name);
    expect(names(3)).toEqual(['enc', 'layer.0–1', 'layer.1', 'Add 2']);
    expect(names(4)).toEqual(['enc', 'If 1', 'then_branch', 'Relu 1']);
    expect(names(5)).toEqual(['enc', 'If 1']);
    expect(lineOf(outline, new Set(), 4)).toBe(outline.parts[0]!.key);
  });

  it('has every row once, whatever the groups are', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const graph = { ...randomView(seeded(seed), 40) };
      const random = seeded(seed);
      const groups: GroupRow[] = Array.from({ length: 8 }, (_, group) => [
        `g.${group}`,
        'scope',
        Math.floor(random() * (group + 1)) - 1,
        Math.floor(random() * 3),
      ]);
      const ofRow = Array.from(graph.nodeIds, () => Math.floor(random() * 9) - 1);
      const seen: number[] = [];
      const visit = (part: OutlinePart): void => {
        if (part.kind === 'node') seen.push(part.first);
        for (const child of part.children?.() ?? []) visit(child);
      };
      for (const part of buildOutline({ ...graph, groups: treeOf(groups, ofRow) }).parts) visit(part);
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from(graph.nodeIds.keys()));
    }
  });
});

describe('a large outline', () => {
  it('works parts out only where they are unfolded', () => {
    const graph = randomView(seeded(3), 18_000);
    const count = graph.nodeIds.length;
    const ofRow = Array.from({ length: count }, (_, row) => 1 + (Math.floor(row / 50) % 400));
    const groups: GroupRow[] = Array.from({ length: 401 }, (_, group) => [
      `g.${group}`,
      'scope',
      group === 0 ? -1 : 0,
      group,
    ]);
    const large = { ...graph, groups: treeOf(groups, ofRow) };
    const start = performance.now();
    const lines = outlineLines(buildOutline(large), new Set());
    expect(performance.now() - start).toBeLessThan(1500);
    expect(lines).toHaveLength(1);
  });
});
