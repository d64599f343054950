import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shortOperator } from '../../base/format.ts';
import { seeded } from '../../base/random.ts';
import { layoutGraph } from '../../layout/layout.ts';
import { mobileNetView, randomView, viewOf } from '../../testing/view.ts';
import { centreOn, detailAt, fitBox } from './camera.ts';
import { FlowNodes } from './flow-nodes.ts';
import { hullBoxes } from './hulls.ts';
import { buildLook, itemColor } from './look.ts';
import { boxOf, consumersOf, itemAt, producersOf, Scene } from './scene.ts';
import type { CanvasTheme } from './theme.ts';
import { blend, fade } from './theme.ts';
import { TileIndex } from './tiles.ts';
import type { Box } from './types.ts';
import { describeItem, walk } from './walk.ts';

const sceneOf = (view = mobileNetView()): Scene => new Scene({ view, layout: layoutGraph(view), toggled: [] });
const scene = sceneOf();
const { view, layout } = scene.picture;
const nodeNamed = (name: string): number => view.nodeIds[view.nodeNames.indexOf(name)]!;
const rowNamed = (name: string): number => view.nodeNames.indexOf(name);

const overlap = (a: Box, b: Box): boolean =>
  a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;
/** Whether a node lies in a hull, whose sides are 8 wider than what it holds. */
const within = (a: Box, hull: Box): boolean =>
  a.left >= hull.left + 8 && a.right <= hull.right - 8 && a.top >= hull.top + 8 && a.bottom <= hull.bottom - 8;
const press = (): void => {};
const describeHull = () => ({ kind: 'on', label: 'w', open: false, press }) as const;

const FAMILY_COLORS = ['conv', 'dense', 'norm', 'act', 'elem', 'shape', 'pool', 'attn', 'control', 'const', 'unknown'];
const theme = {
  lineStrong: 'neutral',
  fused: 'violet',
  added: 'green',
  removed: 'red',
  changed: 'amber',
  families: Object.fromEntries(FAMILY_COLORS.map((family) => [family, family])),
  sequential: ['0', '1', '2', '3', '4', '5', '6'],
} as unknown as CanvasTheme;
const plain = { overlay: 'operator', sites: [], refusals: [], diff: null, prune: null, matches: null } as const;

describe('the tile index', () => {
  it('finds every box that meets a rectangle, each once', () => {
    const size = fc.integer({ min: 0, max: 3000 });
    const box = fc
      .tuple(size, size, fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 900 }))
      .map(([left, top, width, height]) => ({ left, top, right: left + width, bottom: top + height }));
    fc.assert(
      fc.property(fc.array(box, { maxLength: 40 }), box, (boxes, wanted) => {
        const index = new TileIndex(
          3000,
          3000,
          boxes.length,
          (each, into) => Object.assign(into, boxes[each]) === into,
        );
        const found: number[] = [];
        index.query(wanted, (each) => found.push(each));
        expect(new Set(found).size).toBe(found.length);
        const missed = boxes.flatMap((each, i) => (overlap(each, wanted) && !found.includes(i) ? [i] : []));
        expect(missed).toEqual([]);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});

describe('the scene', () => {
  it('knows the row under a point, and that there is none between nodes', () => {
    const box = boxOf(scene.items, 7);
    expect(itemAt(scene, box.left + 5, box.top + 5)).toBe(7);
    expect(itemAt(scene, box.left + 5, box.bottom + 10)).toBe(-1);
  });

  it('names operators as people say them', () => {
    expect(['BatchNormalization', 'com.microsoft.FusedConv', 'GlobalAveragePool'].map(shortOperator)).toEqual([
      'BatchNorm',
      'FusedConv',
      'GlobalAvgPool',
    ]);
    expect(scene.label(1)).toBe('BatchNorm 1');
  });

  it('lists producers and consumers of both branches of a residual', () => {
    const add = rowNamed('/features.3/Add');
    const skip = rowNamed('/features.2/conv.2/BatchNormalization');
    expect(producersOf(scene, add)).toContain(skip);
    expect(consumersOf(scene, skip)).toContain(add);
    expect(consumersOf(scene, skip)).toHaveLength(2);
  });
});

describe('walking along edges', () => {
  it('starts at the head of the graph, goes down to a consumer and back up to the producer', () => {
    const first = walk(scene, -1, 'down');
    expect(first).toBe(0);
    const second = walk(scene, first, 'down');
    expect(consumersOf(scene, first)).toContain(second);
    expect(walk(scene, second, 'up')).toBe(first);
    expect(walk(scene, first, 'up')).toBe(-1);
  });

  it('goes sideways to the nearest node at about the same height', () => {
    const from = rowNamed('/features.3/Add');
    const right = walk(scene, from, 'right');
    expect(layout.x[right]!).toBeGreaterThan(layout.x[from]!);
    expect(Math.abs(layout.y[right]! - layout.y[from]!)).toBeLessThan(60);
  });

  it('says what a node is, for those who hear it', () => {
    expect(describeItem(scene, buildLook(scene, plain), 0, { on: true })).toBe(
      'Conv 1, 3×3 s2 · 3→32, output 32×112×112, 0 producers, 1 consumer, site on',
    );
  });
});

describe('hulls', () => {
  it('take neighbours into one box, 8 wider on each side', () => {
    const boxes = hullBoxes(scene, [view.nodeIds[0]!, view.nodeIds[1]!]);
    expect(boxes).toHaveLength(1);
    expect(boxes[0]!.left).toBe(layout.x[0]! - 8);
    expect(boxes[0]!.bottom).toBe(layout.y[1]! + layout.heights[1]! + 8);
  });

  it('never hold a node that is not theirs', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 60 }), (seed, count) => {
        const random = seeded(seed);
        const some = sceneOf(randomView(random, count));
        const rows = Array.from(some.picture.view.nodeIds.keys()).filter(() => random() < 0.3);
        const nodes = rows.map((row) => some.picture.view.nodeIds[row]!);
        const hulls = hullBoxes(some, nodes);
        const foreign = Array.from(some.picture.view.nodeIds.keys()).filter((row) => {
          const own = boxOf(some.items, row);
          return !rows.includes(row) && hulls.some((hull) => within(own, hull));
        });
        expect(foreign).toEqual([]);
      }),
      { seed: 9, numRuns: 60 },
    );
  });
});

describe('the look', () => {
  it('leaves families their colours where no cost is shown', () => {
    expect(itemColor(scene, buildLook(scene, plain), theme, 0)).toBe('conv');
  });

  it('goes neutral beside a comparison, a pruned group or a heat map', () => {
    const conv = view.nodeIds[0]!;
    const diff = buildLook(scene, { ...plain, diff: { added: [], removed: [], changed: [conv] } });
    expect([itemColor(scene, diff, theme, 0), itemColor(scene, diff, theme, 1)]).toEqual(['amber', 'neutral']);
    const mark = { before: 32, after: 16, role: 'out axis', cut: null };
    const prune = buildLook(scene, { ...plain, prune: { marks: new Map([[conv, mark]]), members: [conv] } });
    expect([itemColor(scene, prune, theme, 0), itemColor(scene, prune, theme, 1)]).toEqual(['conv', 'neutral']);
    const heat = buildLook(scene, { ...plain, overlay: 'macs' });
    expect(itemColor(scene, heat, theme, 1)).toBe('0');
  });

  it('shows fused nodes over the places of their ancestors', () => {
    const nodes = [
      { op: 'Conv', id: 1, inputs: ['x'], outputs: ['a'], detail: '3×3' },
      { op: 'Relu', id: 2, inputs: ['a'], outputs: ['b'] },
    ];
    const before = viewOf(nodes, ['x'], ['b']);
    const origin = { view: before, layout: layoutGraph(before), toggled: [] };
    const fused = viewOf(
      [{ op: 'FusedConv', id: 9, inputs: ['x'], outputs: ['b'], detail: '3×3', ancestors: [1, 2] }],
      ['x'],
      ['b'],
    );
    const after = new Scene({ view: fused, layout: layoutGraph(fused, origin), toggled: [] });
    const look = buildLook(after, { ...plain, overlay: 'history', origin });
    expect(look.changes?.get(0)).toBe('fused');
    expect(look.fused[0]?.ancestors).toEqual(['Conv 1', 'Relu 1']);
    expect(look.fused[0]!.box.bottom).toBe(origin.layout.y[1]! + origin.layout.heights[1]! + 8);
  });

  it('leaves out sites whose nodes are gone', () => {
    const site = { key: 'k', nodes: [999_999], on: true, what: '' };
    expect(buildLook(scene, { ...plain, sites: [site] }).hulls).toEqual([]);
  });
});

describe('nodes for React Flow', () => {
  const state = { scene, theme, selected: -1, hovered: -1, lit: null };
  const [fold, unfold] = [(): void => {}, (): void => {}];
  const all = { left: 0, top: 0, right: layout.width, bottom: layout.height };

  it('stay the same objects while they look the same', () => {
    const nodes = new FlowNodes();
    const look = buildLook(scene, plain);
    const first = nodes.items({ ...state, look }, all, fold, unfold);
    const second = nodes.items({ ...state, look: buildLook(scene, plain), selected: 4 }, all, fold, unfold);
    const changed = second.filter((node, i) => node !== first[i]);
    expect(first).toHaveLength(view.nodeIds.length);
    expect(changed.map((node) => node.id)).toEqual([`n${view.nodeIds[4]}`]);
  });

  it('are only those in view, with size and handles, so that nothing is measured', () => {
    const nodes = new FlowNodes();
    const corner = { left: 0, top: 0, right: 10, bottom: 10 };
    const some = nodes.items({ ...state, look: buildLook(scene, plain) }, corner, fold, unfold);
    expect(some.length).toBeLessThan(view.nodeIds.length / 2);
    expect(some[0]).toMatchObject({ width: 176, height: 40, handles: [] });
  });

  it('include a mark for each hull in view', () => {
    const site = { key: 'k', nodes: [nodeNamed(view.nodeNames[0]!), view.nodeIds[1]!], on: true, what: 'w' };
    const look = buildLook(scene, { ...plain, sites: [site] });
    const nodes = new FlowNodes();
    const marks = nodes.hullMarks(look, all, describeHull);
    expect(marks).toHaveLength(1);
    expect(nodes.hullMarks(look, all, describeHull)[0]).toBe(marks[0]);
    expect(nodes.hullMarks(look, { ...all, top: 4000, bottom: 5000 }, describeHull)).toEqual([]);
  });
});

describe('the camera', () => {
  it('fits a box into the room that the floating bars leave', () => {
    const view = fitBox({ left: 100, top: 50, right: 1100, bottom: 850 }, 800, 600);
    expect(100 * view.zoom + view.x).toBeGreaterThanOrEqual(28 - 1e-6);
    expect(1100 * view.zoom + view.x).toBeLessThanOrEqual(800 - 28 + 1e-6);
    expect(50 * view.zoom + view.y).toBeGreaterThanOrEqual(64 - 1e-6);
    expect(850 * view.zoom + view.y).toBeLessThanOrEqual(600 - 60 + 1e-6);
  });

  it('never enlarges what is small, and puts a point into the middle', () => {
    expect(fitBox({ left: 0, top: 0, right: 10, bottom: 10 }, 800, 600).zoom).toBe(1);
    expect(centreOn(50, 20, 2, 800, 600)).toEqual({ zoom: 2, x: 300, y: 260 });
  });

  it('changes what is drawn at 25 % and 70 %', () => {
    expect([0.2, 0.25, 0.69, 0.7].map(detailAt)).toEqual(['far', 'middle', 'middle', 'near']);
  });
});

describe('colours', () => {
  it('are mixed from the tokens', () => {
    expect(fade('#ff8000', 0.5)).toBe('rgb(255 128 0 / 0.5)');
    expect(blend('#ffffff', '#000000', 0.25)).toBe('rgb(64 64 64)');
  });
});
