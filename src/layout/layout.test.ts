import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../base/random.ts';
import type { GraphView } from '../ir/view.ts';
import type { ViewNode } from '../testing/view.ts';
import { mobileNetView, randomView, viewOf } from '../testing/view.ts';
import { layoutGraph } from './layout.ts';
import type { GraphLayout } from './types.ts';

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const boxOf = (layout: GraphLayout, row: number): Box => ({
  left: layout.x[row]!,
  top: layout.y[row]!,
  right: layout.x[row]! + layout.widths[row]!,
  bottom: layout.y[row]! + layout.heights[row]!,
});
const boxes = (layout: GraphLayout): Box[] => Array.from(layout.x, (_, row) => boxOf(layout, row));
const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

function routePoints(layout: GraphLayout, route: number): [number, number][] {
  const points: [number, number][] = [];
  for (let i = layout.routeStarts[route]!; i < layout.routeStarts[route + 1]!; i++) {
    points.push([layout.routePoints[2 * i]!, layout.routePoints[2 * i + 1]!]);
  }
  return points;
}

/** Everything that must hold of every layout. */
function expectSound(view: GraphView, layout: GraphLayout): void {
  expectNoOverlaps(layout);
  const all = boxes(layout);
  for (let route = 0; route < layout.routeWires.length; route++) expectRoute(view, layout, all, route);
  expectComplete(view, layout);
}

function expectNoOverlaps(layout: GraphLayout): void {
  const sorted = boxes(layout).sort((a, b) => a.top - b.top);
  const overlaps = sorted.flatMap((box, i) => {
    const below = sorted.slice(i + 1);
    const end = below.findIndex((other) => other.top >= box.bottom);
    return below.slice(0, end < 0 ? below.length : end).filter((other) => overlap(box, other));
  });
  expect(overlaps).toEqual([]);
}

function portBox(layout: GraphLayout, port: number): Box {
  const x = layout.portX[port]!;
  const y = layout.portY[port]!;
  const half = layout.portWidths[port]! / 2;
  const tall = layout.portHeights[port]! / 2;
  return { left: x - half, right: x + half, top: y - tall, bottom: y + tall };
}

const onEdge = (box: Box, [x, y]: [number, number]): boolean =>
  x >= box.left - 0.01 &&
  x <= box.right + 0.01 &&
  y >= box.top - 0.01 &&
  y <= box.bottom + 0.01 &&
  (Math.abs(x - box.left) < 0.01 || Math.abs(y - box.top) < 0.01 || Math.abs(y - box.bottom) < 0.01);

function expectRoute(view: GraphView, layout: GraphLayout, all: readonly Box[], route: number): void {
  const points = routePoints(layout, route);
  const wire = layout.routeWires[route]!;
  const sink = layout.routeSinks[route]!;
  const source = view.wireSources[wire]!;
  const from = source >= 0 ? boxOf(layout, source) : portBox(layout, view.inputs.indexOf(wire));
  const to = sink >= 0 ? boxOf(layout, sink) : portBox(layout, -sink - 1);
  expect(onEdge(from, points[0]!), `route ${route} starts at its source`).toBe(true);
  expect(onEdge(to, points.at(-1)!), `route ${route} ends at its sink`).toBe(true);
  const problems = points.slice(1).flatMap(([x, y], i) => {
    const [px, py] = points[i]!;
    const run = { left: Math.min(x, px), right: Math.max(x, px), top: Math.min(y, py), bottom: Math.max(y, py) };
    return x === px || y === py ? all.filter((box) => crosses(run, box)) : [run];
  });
  expect(problems, `route ${route} is orthogonal and crosses no node`).toEqual([]);
}

/** The inside of a box; its edge may be touched. */
const crosses = (run: Box, box: Box): boolean =>
  run.left < box.right - 0.5 && run.right > box.left + 0.5 && run.top < box.bottom - 0.5 && run.bottom > box.top + 0.5;

/** Each use of a wire that is no constant is drawn once: as a route or as a stub. */
function expectComplete(view: GraphView, layout: GraphLayout): void {
  const drawn = new Set<string>();
  layout.routeWires.forEach((wire, i) => drawn.add(`${wire} ${layout.routeSinks[i]}`));
  layout.stubWires.forEach((wire, i) => drawn.add(`${wire} ${layout.stubSinks[i]}`));
  expect(drawn.size).toBe(layout.routeWires.length + layout.stubWires.length);
  const wanted: string[] = [];
  view.wireSources.forEach((source, wire) => {
    if (source === -2) return;
    const rows = new Set(view.useRows.subarray(view.useStarts[wire], view.useStarts[wire + 1]));
    for (const row of rows) wanted.push(`${wire} ${row}`);
  });
  expect(wanted.filter((use) => !drawn.has(use))).toEqual([]);
  expect(drawn.size).toBe(wanted.length + view.outputs.length);
}

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
    const host = boxOf(layout, 3 + 4);
    for (const row of [0, 1, 2]) {
      const leaf = boxOf(layout, row);
      expect(leaf.bottom - leaf.top).toBe(18);
      expect(leaf.bottom).toBeLessThan(host.top);
      expect(leaf.top).toBeGreaterThan(boxOf(layout, 3 + 3).bottom);
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
        expectSound(after, second);
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
  return viewOf(nodes, ['x', 'mask'], [...outputs]);
}
