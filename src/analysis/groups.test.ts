import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GROUP_KINDS } from '../base/group-kinds.ts';
import { seeded } from '../base/random.ts';
import type { GraphView } from '../ir/view.ts';
import { randomView, viewOf, type ViewNode } from '../testing/view.ts';
import { findRepeats } from './repeats.ts';
import { rowGraphOf } from './row-graph.ts';
import { scopesOfName } from './scopes.ts';

/** Nodes in a row, each reading the one before it. */
const chain = (names: readonly (readonly [op: string, name: string])[], detail = ''): ViewNode[] =>
  names.map(([op, name], i) => ({ op, name, detail, inputs: [`w${i}`], outputs: [`w${i + 1}`] }));
const chainView = (nodes: readonly ViewNode[]): GraphView => viewOf(nodes, ['w0'], [`w${nodes.length}`]);

const paths = ({ groups }: GraphView): string[] => groups.keys.map((key, group) => `${key} ${groups.sizes[group]}`);

describe('name scopes', () => {
  it.each([
    ['/features/features.7/conv/Conv', ['features', 'features.7', 'conv']],
    ['/model/layers.0/self_attn/q_proj/MatMul', ['model', 'layers.0', 'self_attn', 'q_proj']],
    ['model.layers.1.mlp.down_proj/MatMul_235', ['model', 'layers.1', 'mlp', 'down_proj']],
    ['layers.0.mlp.fc1', ['layers.0', 'mlp']],
    ['resnet/block_1/2/Conv2D', ['resnet', 'block_1', 'block_1.2']],
    ['/features/features.0/Conv:fold-batch-norm', ['features', 'features.0']],
    ['Conv_12', []],
    ['', []],
  ])('of %s', (name, scopes) => {
    expect(scopesOfName(name)).toEqual(scopes);
  });
});

describe('groups', () => {
  it('are the scopes of names; one that only repeats the names of its parts is left out', () => {
    const view = chainView(
      chain([
        ['Conv', '/features/features.0/Conv'],
        ['Clip', '/features/features.0/Clip'],
        ['Conv', '/features/features.1/conv/Conv'],
        ['Relu', '/features/features.1/conv/Relu'],
        ['Add', '/features/features.1/Add'],
        ['Gemm', '/classifier/Gemm'],
      ]),
    );
    expect(paths(view)).toEqual(['scope:/features.0 2', 'scope:/features.1 3', 'scope:/features.1/conv 2']);
    expect(Array.from(view.groups.parents)).toEqual([-1, -1, 1]);
    expect(Array.from(view.groups.ofRow)).toEqual([0, 0, 2, 2, 1, -1]);
  });

  it('share a class when operators, key attributes, constants and wiring agree', () => {
    const layer = (i: number, kernel: string): ViewNode[] => [
      { op: 'Conv', name: `/l.${i}/Conv`, detail: kernel, inputs: [`x${i}`, `weight${i}`], outputs: [`c${i}`] },
      { op: 'Add', name: `/l.${i}/Add`, inputs: [`c${i}`, `x${i}`], outputs: [`x${i + 1}`] },
    ];
    const nodes = [...layer(0, '3×3'), ...layer(1, '3×3'), ...layer(2, '1×1'), ...layer(3, '3×3')];
    const shapes = new Map([0, 1, 2, 3].map((i) => [`weight${i}`, i === 3 ? '16×8×3×3' : '8×8×3×3']));
    const { classes } = viewOf(nodes, ['x0'], ['x4'], shapes).groups;
    expect(classes[0]).toBe(classes[1]);
    expect(new Set(classes).size).toBe(3);
  });

  it('are found without names where operators repeat, cut where one wire crosses', () => {
    const nodes: ViewNode[] = [{ op: 'Gather', inputs: ['x'], outputs: ['x0'] }];
    for (let i = 0; i < 6; i++) {
      nodes.push(
        { op: 'MatMul', inputs: [`x${i}`, 'w'], outputs: [`a${i}`], parameters: 9 },
        { op: 'Softmax', inputs: [`a${i}`], outputs: [`b${i}`] },
        { op: 'Mul', inputs: [`b${i}`], outputs: [`c${i}`] },
        { op: 'Add', inputs: [`c${i}`, `x${i}`], outputs: [`x${i + 1}`] },
      );
    }
    const { groups } = viewOf(
      nodes.map((node) => ({ ...node, name: '' })),
      ['x'],
      ['x6'],
    );
    expect(groups.names).toEqual(['block 1', 'block 2', 'block 3', 'block 4', 'block 5', 'block 6']);
    expect(Array.from(groups.ofRow)).toEqual([-1, ...[0, 1, 2, 3, 4, 5].flatMap((each) => Array(4).fill(each))]);
    expect(groups.kinds.every((kind) => GROUP_KINDS[kind] === 'repeat')).toBe(true);
    expect(new Set(groups.classes).size).toBe(1);
  });

  it('are split at a node that reads from and feeds the same scope', () => {
    const view = chainView(
      chain([
        ['Conv', '/a/Conv'],
        ['Relu', '/a/Relu'],
        ['Mul', '/b/Mul'],
        ['Add', '/b/Add'],
        ['Conv', '/a/Conv_1'],
        ['Relu', '/a/Relu_1'],
      ]),
    );
    expect(paths(view)).toEqual(['scope:/a 2', 'scope:/b 2', 'scope:/a#2 2']);
  });

  it('take in nodes without a scope: in the middle, where branches join, and what works out shapes for them alone', () => {
    const view = viewOf(
      [
        { op: 'Shape', name: '', inputs: ['x'], outputs: ['s'], dtype: 'int64' },
        { op: 'Conv', name: '', inputs: ['x'], outputs: ['stem'] },
        { op: 'Conv', name: '/a/Conv', inputs: ['stem'], outputs: ['a'] },
        { op: 'Mul', name: '', inputs: ['a'], outputs: ['b'] },
        { op: 'Reshape', name: '/a/Reshape', inputs: ['b', 's'], outputs: ['c'] },
        { op: 'Relu', name: '/a/Relu', inputs: ['b'], outputs: ['d'] },
        { op: 'Add', name: '', inputs: ['c', 'd'], outputs: ['e'] },
        { op: 'Gemm', name: '', inputs: ['e'], outputs: ['out'] },
      ],
      ['x'],
      ['out'],
    );
    expect(Array.from(view.groups.ofRow)).toEqual([0, -1, 0, 0, 0, 0, 0, -1]);
  });

  it('are found without names in shuffled nodes as in ordered ones', () => {
    const layer = (i: number): ViewNode[] => [
      { op: 'MatMul', inputs: [`x${i}`], outputs: [`q${i}`] },
      { op: 'MatMul', inputs: [`x${i}`], outputs: [`k${i}`] },
      { op: 'Transpose', inputs: [`k${i}`], outputs: [`t${i}`] },
      { op: 'MatMul', inputs: [`q${i}`, `t${i}`], outputs: [`s${i}`] },
      { op: 'Softmax', inputs: [`s${i}`], outputs: [`p${i}`] },
      { op: 'Add', inputs: [`p${i}`, `x${i}`], outputs: [`x${i + 1}`] },
    ];
    const first: ViewNode = { op: 'Gather', inputs: ['x'], outputs: ['x0'] };
    const ordered = [0, 1, 2, 3].flatMap(layer).map((node) => ({ ...node, name: '' }));
    // The second layer is written with its branches the other way round, as a rewriting tool leaves it.
    const shuffled = ordered.toSorted((a, b) => placeIn(a) - placeIn(b));
    for (const nodes of [ordered, shuffled]) {
      const { groups } = viewOf([first, ...nodes], ['x'], ['x4']);
      expect(Array.from(groups.sizes)).toEqual([6, 6, 6, 6]);
    }

    function placeIn(node: ViewNode): number {
      const at = ordered.findIndex(({ outputs }) => outputs[0] === node.outputs[0]);
      const turned = [1, 2, 0, 3, 4, 5];
      const layerOf = Math.floor(at / 6);
      return layerOf === 1 ? 6 * layerOf + turned.indexOf(at % 6) : at;
    }
  });

  it('are not made of scopes that only name an operator', () => {
    const names = Array.from({ length: 10 }, (_, i) => [
      i % 2 ? 'Relu' : 'Conv',
      i % 2 ? `r.Relu.${i}` : `r.Conv.${i}`,
    ]);
    expect(paths(chainView(chain(names as [string, string][])))).toEqual([]);
  });

  it('take in the constants that they alone read', () => {
    const view = viewOf(
      [
        { op: 'Constant', name: 'c', inputs: [], outputs: ['c'] },
        { op: 'Constant', name: 'both', inputs: [], outputs: ['both'] },
        { op: 'Add', name: '/a/Add', inputs: ['x', 'c'], outputs: ['y'] },
        { op: 'Add', name: '/a/Add_1', inputs: ['y', 'both'], outputs: ['z'] },
        { op: 'Add', name: 'end', inputs: ['z', 'both'], outputs: ['out'] },
      ],
      ['x'],
      ['out'],
    );
    expect(Array.from(view.groups.ofRow)).toEqual([0, -1, 0, 0, -1]);
  });

  it('can all be folded at once, at every level, without a cycle', () => {
    let groups = 0;
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 10, max: 120 }), (seed, count) => {
        const random = seeded(seed);
        const scoped = randomView(random, count, () => {
          const block = Math.floor(random() * 5);
          return random() < 0.2 ? 'loose' : `/b.${block}/c.${Math.floor(random() * 3)}/Op`;
        });
        groups += scoped.groups.keys.length;
        for (let level = -1; level < scoped.groups.keys.length; level++) expect(hasCycle(scoped, level)).toBe(false);
      }),
      { seed: 3, numRuns: 60 },
    );
    expect(groups).toBeGreaterThan(100);
  });
});

/** Whether what lies directly in a group cannot be put in an order. */
function hasCycle(view: GraphView, level: number): boolean {
  const { ofRow, parents } = view.groups;
  const unitOf = (row: number): number | null => {
    let unit = -1 - row;
    for (let each = ofRow[row]!; each !== level; each = parents[each]!) {
      if (each < 0) return null;
      unit = each;
    }
    return unit;
  };
  const { from, to } = rowGraphOf(view);
  const sources = new Map<number, Set<number>>();
  from.forEach((source, edge) => {
    const [a, b] = [unitOf(source), unitOf(to[edge]!)];
    if (a === null || b === null || a === b) return;
    sources.set(b, (sources.get(b) ?? new Set()).add(a));
  });
  for (let left = -1; left !== sources.size;) {
    left = sources.size;
    for (const [unit, set] of sources) if (![...set].some((each) => sources.has(each))) sources.delete(unit);
  }
  return sources.size > 0;
}

describe('repeats', () => {
  const flat = (length: number): Float32Array => new Float32Array(length + 1);

  it('are the longest runs of the shortest period', () => {
    const symbols = Int32Array.from({ length: 44 }, (_, i) => (i < 2 || i > 41 ? 90 + i : (i - 2) % 5));
    expect(findRepeats(symbols, flat(44))).toEqual([{ first: 2, period: 5, count: 8 }]);
  });

  it('need three occurrences, or two of a long part', () => {
    expect(findRepeats(Int32Array.of(1, 2, 3, 1, 2, 3), flat(6))).toEqual([]);
    const long = Int32Array.from({ length: 24 }, (_, i) => i % 12);
    expect(findRepeats(long, flat(24))).toEqual([{ first: 0, period: 12, count: 2 }]);
  });

  it('are not found in one or two symbols that alternate', () => {
    expect(
      findRepeats(
        Int32Array.from({ length: 40 }, (_, i) => i % 2),
        flat(40),
      ),
    ).toEqual([]);
  });

  it('begin where the cut is cheapest', () => {
    const symbols = Int32Array.from({ length: 40 }, (_, i) => i % 8);
    const cuts = Float32Array.from({ length: 41 }, (_, i) => (i % 8 === 3 ? 1 : 2));
    expect(findRepeats(symbols, cuts)).toEqual([{ first: 3, period: 8, count: 4 }]);
  });
});
