import { array, assert, constantFrom, double, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profileRow, profileView } from './fixture.ts';
import { flamePlaces, flameRows, flameTree, pathTo } from './flame.ts';

const view = profileView([
  profileRow({ label: 'Conv 1', scope: ['a', 'x'], ms: 3 }),
  profileRow({ label: 'Conv 2', scope: ['b'], ms: 4 }),
  profileRow({ label: 'Relu 1', scope: ['a'], ms: 1 }),
  profileRow({ label: 'Relu 2', scope: ['a'], ms: null }),
]);

describe('time by scope', () => {
  it('nests scopes, sums what stands in them, and closes with the time between operators', () => {
    const told = [...flameRows(flameTree(view))].map(({ label, depth, start, ms }) => [label, depth, start, ms]);
    expect(told).toEqual([
      ['m.onnx', 0, 0, 9],
      ['a', 1, 0, 4],
      ['x', 2, 0, 3],
      ['Conv 1', 3, 0, 3],
      ['Relu 1', 2, 3, 1],
      ['b', 1, 4, 4],
      ['Conv 2', 2, 4, 4],
      ['Between operators', 1, 8, 1],
    ]);
  });

  it('gives the scope that is looked into the whole width, under those that it stands in', () => {
    const root = flameTree(view);
    const places = flamePlaces(root, 'scope a', 0).map(({ box, left, width }) => [box.label, left, width]);
    expect(places).toEqual([
      ['m.onnx', 0, 1],
      ['a', 0, 1],
      ['x', 0, 0.75],
      ['Relu 1', 0.75, 0.25],
      ['Conv 1', 0, 0.75],
    ]);
    expect(pathTo(root, 'scope a/x')?.map(({ label }) => label)).toEqual(['m.onnx', 'a', 'x']);
    expect(pathTo(root, 'scope gone')).toBeNull();
  });

  it('leaves out what is too narrow to be seen', () => {
    const labels = flamePlaces(flameTree(view), '', 0.2).map(({ box }) => box.label);
    expect(labels).toEqual(['m.onnx', 'a', 'b', 'x', 'Conv 2', 'Conv 1']);
  });

  it('keeps every box inside the one that holds it, whatever the scopes are', () => {
    const scopes = array(constantFrom('a', 'b', 'c'), { maxLength: 4 });
    const rows = array(record({ scope: scopes, ms: double({ min: 0.01, max: 10, noNaN: true }) }), {
      minLength: 1,
      maxLength: 30,
    });
    assert(
      property(rows, (list) => {
        const root = flameTree(profileView(list.map((each) => profileRow(each))));
        for (const box of flameRows(root)) {
          const inside = box.children.reduce((sum, { ms }) => sum + ms, 0);
          if (box.children.length > 0) expect(inside).toBeCloseTo(box.ms, 9);
          for (const child of box.children) {
            expect(child.start).toBeGreaterThanOrEqual(box.start - 1e-9);
            expect(child.start + child.ms).toBeLessThanOrEqual(box.start + box.ms + 1e-9);
          }
        }
      }),
      { seed: 5, numRuns: 60 },
    );
  });
});
