import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../base/random.ts';
import type { GraphView } from '../ir/view.ts';
import { layoutProblems, routePoints, rowBox } from '../testing/layout-geometry.ts';
import type { ViewNode } from '../testing/view.ts';
import { mobileNetView, randomView, viewOf } from '../testing/view.ts';
import { layoutGraph } from './layout.ts';
import type { GraphLayout } from './types.ts';

/** Everything that must hold of every layout. */
const expectSound = (view: GraphView, layout: GraphLayout, toggled: readonly string[] = []): void =>
  expect(layoutProblems(view, layout, new Set(toggled))).toEqual([]);

function expectDownwards(view: GraphView, layout: GraphLayout): void {
  const upwards = Array.from(layout.routeWires).filter((wire, route) => {
    const source = view.wireSources[wire]!;
    const sink = layout.routeSinks[route]!;
    if (source < 0 || sink < 0 || layout.columns[source] !== layout.columns[sink]) return false;
    return layout.y[sink]! < layout.y[source]! + layout.heights[source]!;
  });
  expect(upwards).toEqual([]);
}

/** Convolutions in a row, w0 to w`count`; node i also reads what `also` says. */
const chain = (count: number, also: (i: number) => string[] = () => [], firstId = 0): ViewNode[] =>
  Array.from({ length: count }, (_, i) => ({
    op: 'Conv',
    id: firstId + i,
    inputs: [`w${i}`, ...also(i)],
    outputs: [`w${i + 1}`],
    detail: '3×3',
  }));

describe('a layout', () => {
  it('lays a chain straight, 26 apart', () => {
    const layout = layoutGraph(viewOf(chain(5), ['w0'], ['w5']));
    expect(new Set(layout.x).size).toBe(1);
    expect(Array.from(layout.y.slice(1), (y, i) => y - layout.y[i]!)).toEqual([66, 66, 66, 66]);
    expectSound(viewOf(chain(5), ['w0'], ['w5']), layout);
  });

  it('leads a skip through a lane 20 left of the nodes, into the side of its sink', () => {
    const nodes = [...chain(4), { op: 'Add', inputs: ['w4', 'w1'], outputs: ['y'] }];
    const view = viewOf(nodes, ['w0'], ['y']);
    const layout = layoutGraph(view);
    const skip = layout.routeWires.findIndex(
      (wire, i) => view.wireNames[wire] === 'w1' && layout.routeSinks[i] === nodes.length - 1,
    );
    const points = routePoints(layout, skip);
    expect(points.at(-1)![0]).toBe(layout.x[4]!);
    expect(points.at(-2)![0]).toBe(layout.x[4]! - 20);
    expectSound(view, layout);
  });

  it('turns far uses of a wire that is read everywhere into stubs', () => {
    const nodes = chain(60, (i) => (i % 6 === 0 ? ['mask'] : []));
    const view = viewOf(nodes, ['w0', 'mask'], ['w60']);
    const layout = layoutGraph(view);
    expect(layout.stubWires.length).toBeGreaterThanOrEqual(8);
    expect(new Set(Array.from(layout.stubWires, (wire) => view.wireNames[wire]))).toEqual(new Set(['mask']));
    expectSound(view, layout);
  });

  it('hangs constants small above their first use, and names them at further ones', () => {
    const nodes = [
      { op: 'Constant', inputs: [], outputs: ['c'] },
      { op: 'Constant', inputs: [], outputs: ['d'] },
      { op: 'Constant', inputs: [], outputs: ['e'] },
      ...chain(8, (i) => (i === 7 ? ['c'] : i === 4 ? ['c', 'd', 'e'] : []), 3),
    ];
    const view = viewOf(nodes, ['w0'], ['w8']);
    const layout = layoutGraph(view);
    const host = rowBox(layout, 3 + 4);
    for (const row of [0, 1, 2]) {
      const leaf = rowBox(layout, row);
      expect(leaf.bottom - leaf.top).toBe(18);
      expect(leaf.bottom).toBeLessThan(host.top);
      expect(leaf.top).toBeGreaterThan(rowBox(layout, 3 + 3).bottom);
    }
    expect(Array.from(layout.stubSinks)).toEqual([3 + 7]);
    expectSound(view, layout);
  });

  it('hangs weights that are inputs, but not the input that the model is about', () => {
    const weights = Array.from({ length: 8 }, (_, i) => `weight${i}`);
    const view = viewOf(
      chain(8, (i) => [`weight${i}`]),
      ['w0', ...weights],
      ['w8'],
    );
    const layout = layoutGraph(view);
    expect(Array.from(layout.portHeights)).toEqual([26, ...weights.map(() => 18), 26]);
    expect(new Set(layout.x).size).toBe(1);
    expectSound(view, layout);
  });

  it('folds MobileNetV2 to about the aspect of a screen, with a frame per block', () => {
    const view = mobileNetView();
    const layout = layoutGraph(view);
    expect(layout.width / layout.height).toBeGreaterThan(1.2);
    expect(layout.width / layout.height).toBeLessThan(2.4);
    const names = layout.blocks.map((block) => block.name);
    expect(names).toContain('features.7');
    expect(names.filter((name) => /^features\.\d+$/.test(name))).toHaveLength(19);
    expectSound(view, layout);
    expectDownwards(view, layout);
  });

  it('is empty for an empty graph', () => {
    const layout = layoutGraph(viewOf([], ['x'], ['x']));
    expect(layout.x.length).toBe(0);
    expect(layout.routeWires.length).toBe(1);
  });

  it('is the same for the same view', () => {
    const view = randomView(seeded(5), 300);
    expect(layoutGraph(view)).toEqual(layoutGraph(view));
  });

  it('holds for random graphs: no overlaps, no crossed nodes, every use drawn, edges down', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 120 }), (seed, count) => {
        const view = randomView(seeded(seed), count);
        const layout = layoutGraph(view);
        expectSound(view, layout);
        expectDownwards(view, layout);
      }),
      { seed: 7, numRuns: 60 },
    );
  });
});

/** Layers of a norm and a residual of two nodes each, in nested scopes. */
function layersView(count: number): GraphView {
  const nodes = Array.from({ length: count }, (_, i): ViewNode[] => [
    { op: 'LayerNormalization', name: `/l.${i}/norm/A`, inputs: [`x${i}`], outputs: [`a${i}`] },
    { op: 'Mul', name: `/l.${i}/norm/B`, inputs: [`a${i}`, 'scale'], outputs: [`b${i}`], detail: 'β' },
    { op: 'Add', name: `/l.${i}/norm/C`, inputs: [`b${i}`], outputs: [`c${i}`] },
    { op: 'MatMul', name: `/l.${i}/mlp/A`, inputs: [`c${i}`], outputs: [`d${i}`], detail: '64→64' },
    { op: 'Relu', name: `/l.${i}/mlp/B`, inputs: [`d${i}`], outputs: [`e${i}`] },
    { op: 'MatMul', name: `/l.${i}/mlp/C`, inputs: [`e${i}`], outputs: [`f${i}`], detail: '64→64' },
    { op: 'Add', name: `/l.${i}/Add`, inputs: [`f${i}`, `x${i}`], outputs: [`x${i + 1}`] },
  ]).flat();
  return viewOf(nodes, ['x0'], [`x${count}`]);
}

describe('groups in a layout', () => {
  const view = layersView(6);
  const keyOf = (name: string): string => view.groups.keys[view.groups.names.indexOf(name)]!;

  it('have frames, outer before inner, around their nodes', () => {
    const layout = layoutGraph(view);
    expect(layout.blocks.slice(0, 3).map(({ name }) => name)).toEqual(['l.0', 'norm', 'mlp']);
    expect(layout.blocks).toHaveLength(18);
    expect(Array.from(layout.blocks[1]!.rows)).toEqual([0, 1, 2]);
    expectSound(view, layout);
  });

  it('look the same where they are built alike, and are laid out once', () => {
    const { grid, blocks, x, y } = layoutGraph(view);
    const shapeOf = (block: number): number[][] =>
      Array.from(blocks[block]!.rows, (row) => [x[row]! - blocks[block]!.x, y[row]! - blocks[block]!.y]);
    expect(shapeOf(3)).toEqual(shapeOf(0));
    expect(grid.paneShapes.length - grid.columns).toBe(18);
    expect(grid.shapes.length - grid.columns).toBe(3);
  });

  it('become a box when they are folded, with the wires of what is inside', () => {
    const toggled = [keyOf('l.1')];
    const layout = layoutGraph(view, undefined, new Set(toggled));
    const { folded } = layout;
    expect(Array.from(folded.groups, (group) => view.groups.names[group])).toEqual(['l.1']);
    expect([folded.widths[0], folded.heights[0]]).toEqual([176, 54]);
    const inside = Array.from(layout.hidden.keys()).filter((row) => layout.hidden[row] === 1);
    expect(inside).toEqual([7, 8, 9, 10, 11, 12, 13]);
    expect(inside.map((row) => layout.x[row])).toEqual(inside.map(() => folded.x[0]));
    const box = view.nodeIds.length;
    const ends = Array.from(layout.routeSinks, (sink, route) => [layout.routeSources[route], sink]);
    const own = ends.filter((each) => each.includes(box)).map((each) => each.join(' '));
    expect(own.sort()).toEqual([`42 14`, `42 20`, `6 42`]);
    expectSound(view, layout, toggled);
  });

  it('keep their place and their nodes theirs when a pass takes some away', () => {
    const toggled = new Set([keyOf('l.4')]);
    const first = layoutGraph(view, undefined, toggled);
    const after = bypassed(view, (row) => row % 7 === 4);
    const second = layoutGraph(after, { view, layout: first }, toggled);
    const rowOf = new Map(Array.from(view.nodeIds, (id, row) => [id, row]));
    after.nodeIds.forEach((id, row) => {
      const before = rowOf.get(id)!;
      expect([second.x[row], second.y[row]]).toEqual([first.x[before], first.y[before]]);
    });
    expect(second.blocks.map(({ name, x, y }) => [name, x, y])).toEqual(
      first.blocks.map(({ name, x, y }) => [name, x, y]),
    );
    expectSound(after, second, [...toggled]);
  });

  it('may be folded in any way: the layout stays sound', () => {
    let folded = 0;
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 10, max: 120 }), (seed, count) => {
        const random = seeded(seed);
        const scoped = randomView(
          random,
          count,
          (op) => `/b.${Math.floor(random() * 6)}/c.${Math.floor(random() * 3)}/${op}`,
        );
        const toggled = scoped.groups.keys.filter(() => random() < 0.4);
        const layout = layoutGraph(scoped, undefined, new Set(toggled));
        folded += layout.folded.groups.length;
        expectSound(scoped, layout, toggled);
      }),
      { seed: 13, numRuns: 60 },
    );
    expect(folded).toBeGreaterThan(50);
  });
});

/** The view after fusing pairs Conv → BatchNormalization: the new node has both as ancestors. */
function fused(view: GraphView): GraphView {
  const nodes: ViewNode[] = [];
  const rename = new Map<string, string>();
  view.nodeIds.forEach((id, row) => {
    const inputs = wiresInto(view, row);
    const outputs = wiresFrom(view, row);
    const op = view.opTypes[view.nodeOps[row]!]!;
    if (op === 'BatchNormalization' && nodes.at(-1)?.op === 'Conv') {
      const conv = nodes.pop()!;
      nodes.push({ ...conv, op: 'FusedConv', id: 10_000 + row, outputs, ancestors: [conv.id!, id] });
      return;
    }
    const read = inputs.map((name) => rename.get(name) ?? name);
    nodes.push({ op, id, inputs: read, outputs, name: view.nodeNames[row]!, detail: view.nodeDetails[row]! });
  });
  const nameOf = (wire: number): string => view.wireNames[wire]!;
  return viewOf(nodes, Array.from(view.inputs, nameOf), Array.from(view.outputs, nameOf));
}
const wiresInto = (view: GraphView, row: number): string[] =>
  view.wireNames.filter((_, wire) =>
    view.useRows.subarray(view.useStarts[wire], view.useStarts[wire + 1]).includes(row),
  );
const wiresFrom = (view: GraphView, row: number): string[] =>
  view.wireNames.filter((_, wire) => view.wireSources[wire] === row);

describe('a layout after a pass', () => {
  it('keeps every untouched node to the pixel and puts a fused one where its first ancestor was', () => {
    const before = mobileNetView();
    const first = layoutGraph(before);
    const after = fused(before);
    const second = layoutGraph(after, { view: before, layout: first });
    const rowOf = new Map(Array.from(before.nodeIds, (id, row) => [id, row]));
    let kept = 0;
    after.nodeIds.forEach((id, row) => {
      const place = rowOf.get(id) ?? rowOf.get(after.ancestorIds[after.ancestorStarts[row]!]!)!;
      if (rowOf.has(id)) kept++;
      expect([second.x[row], second.y[row]]).toEqual([first.x[place], first.y[place]]);
    });
    expect(kept).toBeGreaterThan(40);
    expect(second.blocks.map((block) => block.name)).toEqual(first.blocks.map((block) => block.name));
    expectSound(after, second);
  });

  it('keeps what is left when random nodes go, and stays sound', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 5, max: 90 }), (seed, count) => {
        const random = seeded(seed);
        const before = randomView(random, count);
        const first = layoutGraph(before);
        const after = bypassed(before, (row) => row > 0 && random() < 0.2);
        const second = layoutGraph(after, { view: before, layout: first });
        const rowOf = new Map(Array.from(before.nodeIds, (id, row) => [id, row]));
        after.nodeIds.forEach((id, row) => {
          const place = rowOf.get(id)!;
          expect([second.x[row], second.y[row]]).toEqual([first.x[place], first.y[place]]);
        });
        // The room above a node stays what it was, so a pill that a pass brings may lie on another or on a wire.
        const problems = layoutProblems(after, second).filter((problem) => !problem.includes('stub'));
        expect(problems).toEqual([]);
      }),
      { seed: 11, numRuns: 40 },
    );
  });

  it('lays out anew when nothing is left to hold on to', () => {
    const before = viewOf(chain(3), ['w0'], ['w3']);
    const after = viewOf(
      chain(9, () => [], 100),
      ['w0'],
      ['w9'],
    );
    const layout = layoutGraph(after, { view: before, layout: layoutGraph(before) });
    expect(layout.x.length).toBe(9);
    expectSound(after, layout);
  });
});

/** The view without some of its nodes: their readers read their first input. */
function bypassed(view: GraphView, goes: (row: number) => boolean): GraphView {
  const rename = new Map<string, string>();
  const nodes: ViewNode[] = [];
  const outputs = new Set(Array.from(view.outputs, (wire) => view.wireNames[wire]!));
  view.nodeIds.forEach((id, row) => {
    const inputs = wiresInto(view, row).map((name) => rename.get(name) ?? name);
    const written = wiresFrom(view, row);
    if (goes(row) && written.length === 1 && !outputs.has(written[0]!) && inputs[0] !== undefined) {
      rename.set(written[0]!, inputs[0]);
      return;
    }
    nodes.push({
      op: view.opTypes[view.nodeOps[row]!]!,
      id,
      inputs,
      outputs: written,
      name: view.nodeNames[row]!,
      detail: view.nodeDetails[row]!,
    });
  });
  const inputs = Array.from(view.inputs, (wire) => view.wireNames[wire]!);
  return viewOf(nodes, inputs, [...outputs]);
}
