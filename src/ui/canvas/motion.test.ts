import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutGraph } from '../../layout/layout.ts';
import { viewOf } from '../../testing/view.ts';
import { blocksPicture, keyOf } from '../../testing/blocks.ts';
import { foldShift, itemsAt, leavingBox, motionBetween, phase } from './motion.ts';
import { boxOf, itemOfGroup, Scene } from './scene.ts';
import type { Box } from './types.ts';

const everywhere: Box = { left: -1e6, top: -1e6, right: 1e6, bottom: 1e6 };
const still = { x: 0, y: 0 };

describe('a phase', () => {
  it('goes from 0 to 1 without ever going back', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -50, max: 500, noNaN: true }), { maxLength: 30 }), (times) => {
        const shares = times.sort((a, b) => a - b).map((time) => phase([20, 180], time));
        expect(shares.every((share, i) => share >= (shares[i - 1] ?? 0) && share <= 1)).toBe(true);
      }),
      { seed: 5 },
    );
    expect([phase([20, 180], 20), phase([20, 180], 180)]).toEqual([0, 1]);
  });
});

describe('a landing step', () => {
  const before = viewOf(
    [
      { op: 'Conv', id: 1, inputs: ['x'], outputs: ['a'] },
      { op: 'BatchNormalization', id: 2, inputs: ['a'], outputs: ['b'] },
      { op: 'Relu', id: 3, inputs: ['b'], outputs: ['y'] },
    ],
    ['x'],
    ['y'],
  );
  const old = { view: before, layout: layoutGraph(before), toggled: [] };
  const after = viewOf(
    [
      { op: 'FusedConv', id: 9, inputs: ['x'], outputs: ['b'], ancestors: [2, 1] },
      { op: 'Relu', id: 3, inputs: ['b'], outputs: ['y'] },
    ],
    ['x'],
    ['y'],
  );
  const [from, to] = [
    new Scene(old),
    new Scene({ view: after, layout: layoutGraph(after, old), toggled: old.toggled }),
  ];
  const { change, duration } = motionBetween(from, to, still, everywhere, 0)!;

  it('moves nothing that was not touched', () => {
    expect(change!.moving.has(1)).toBe(false);
    expect(change!.entering).toEqual(new Set([0]));
    expect(duration).toBe(360);
  });

  it('grows the new node from the place of its first ancestor, and ends in its own', () => {
    const start = change!.moving.get(0) ?? boxOf(to.items, 0);
    expect(start).toEqual(boxOf(from.items, 1));
    expect(boxOf(itemsAt(change!, to.items, 0), 0).top).toBe(start.top);
    expect(boxOf(itemsAt(change!, to.items, 1), 0)).toEqual(boxOf(to.items, 0));
  });

  it('lets what went fade where it was', () => {
    expect([...change!.leaving.keys()]).toEqual([0, 1]);
    const end = change!.leaving.get(1)!;
    expect(leavingBox(change!, 1, end, 0.4)).toEqual(boxOf(from.items, 1));
  });

  it('is no motion at all when nothing differs', () => {
    expect(motionBetween(from, new Scene(old), still, everywhere, 0)).toBeNull();
  });
});

describe('a large change', () => {
  const chain = (count: number, first: number) => {
    const nodes = Array.from({ length: count }, (_, row) => ({
      op: 'Relu',
      id: first + row,
      inputs: [`v${row}`],
      outputs: [`v${row + 1}`],
    }));
    const view = viewOf(nodes, ['v0'], [`v${count}`]);
    return new Scene({ view: { ...view, revision: first }, layout: layoutGraph(view), toggled: [] });
  };

  it('fades from one picture to the next beyond 400 nodes', () => {
    expect(motionBetween(chain(201, 0), chain(201, 1000), still, everywhere, 0)).toMatchObject({ change: null });
    expect(motionBetween(chain(150, 0), chain(150, 1000), still, everywhere, 0)?.change).not.toBeNull();
  });
});

describe('folding', () => {
  const [open, folded] = [new Scene(blocksPicture([])), new Scene(blocksPicture([1]))];

  it('keeps the corner of the group where it is', () => {
    const frame = open.picture.layout.blocks[1]!;
    const box = boxOf(folded.items, itemOfGroup(folded, keyOf(1)));
    const shift = foldShift(open, folded, everywhere);
    expect(shift).toEqual({ x: box.left - frame.x, y: box.top - frame.y });
    const back = foldShift(folded, open, everywhere);
    expect([back.x + shift.x, back.y + shift.y]).toEqual([0, 0]);
    expect(foldShift(open, new Scene(blocksPicture([1], 2)), everywhere)).toEqual(still);
  });

  it('takes the rows into the box, and lets them out of it again', () => {
    const box = itemOfGroup(folded, keyOf(1));
    const into = motionBetween(open, folded, still, everywhere, 0)!;
    expect(into.duration).toBe(180);
    expect([...into.change!.leaving.keys()]).toEqual([3, 4, 5]);
    expect(into.change!.leaving.get(4)).toEqual(boxOf(folded.items, box));
    expect(into.change!.entering).toEqual(new Set([box]));
    const out = motionBetween(folded, open, still, everywhere, 0)!;
    expect(out.change!.entering).toEqual(new Set([3, 4, 5]));
    expect(out.change!.moving.get(5)).toEqual(boxOf(folded.items, box));
    expect([...out.change!.leaving.keys()]).toEqual([box]);
  });

  it('lies over the picture before, moved by the shift', () => {
    const shift = { x: 30, y: -12 };
    const { change } = motionBetween(open, folded, shift, everywhere, 0)!;
    const own = boxOf(open.items, 0);
    expect(change!.moving.get(0)).toEqual({
      left: own.left + 30,
      right: own.right + 30,
      top: own.top - 12,
      bottom: own.bottom - 12,
    });
  });
});
