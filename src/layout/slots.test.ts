import { describe, expect, it } from 'vitest';
import { assignSlots, type Run } from './slots.ts';

/** A run from where its wire comes from above to where it goes on below. */
const run = (wire: number, above: number, ...below: number[]): Run => ({
  wire,
  low: Math.min(above, ...below),
  high: Math.max(above, ...below),
  above: [above],
  below,
  slot: -1,
});

function slotsOf(...runs: Run[]): number[] {
  assignSlots(new Map(runs.map((each) => [each.wire, each])));
  return runs.map((each) => each.slot);
}

describe('heights of runs in a band', () => {
  it('are shared by runs that lie apart', () => {
    expect(slotsOf(run(0, 0, 10), run(1, 20, 30))).toEqual([0, 0]);
  });

  it('put a wire that turns towards another above it, so that they do not cross', () => {
    // 0 goes from 0 to 100, 1 from 50 to 150: with 1 above, neither way down or in meets the other run.
    expect(slotsOf(run(0, 0, 100), run(1, 50, 150))).toEqual([1, 0]);
    // The other way round: 0 leads away from under 1.
    expect(slotsOf(run(0, 100, 0), run(1, 150, 50))).toEqual([0, 1]);
  });

  it('are as many as runs lie on each other', () => {
    const runs = [0, 1, 2, 3].map((wire) => run(wire, 10 * wire, 100 + 10 * wire));
    expect(assignSlots(new Map(runs.map((each) => [each.wire, each])))).toBe(4);
    expect(new Set(runs.map((each) => each.slot)).size).toBe(4);
  });
});
