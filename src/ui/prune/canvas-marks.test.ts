import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../ir/types.ts';
import type { PruneForecast, PruneGroupView, PrunePlanView } from '../../prune/types.ts';
import { changedWidths } from './canvas-marks.ts';

const group = (key: string, channels: number, members: readonly (readonly [number, string])[]): PruneGroupView => ({
  key,
  name: key,
  channels,
  atoms: channels,
  members: members.map(([node, role]) => ({ node: node as NodeId, label: String(node), role, why: '' })),
  importance: new Float64Array(channels),
  order: Int32Array.from({ length: channels }, (_, i) => i),
  isHeads: false,
  normalisedBy: [],
  topology: '',
});
const plan = {
  groups: [
    group('a', 8, [
      [1, 'out axis'],
      [2, 'in axis'],
    ]),
    group('b', 6, [
      [2, 'out axis'],
      [3, 'in axis'],
    ]),
  ],
  frozen: [],
} as unknown as PrunePlanView;
const kept = (...widths: number[]): PruneForecast => ({ kept: Int32Array.from(widths) }) as PruneForecast;

describe('the widths that the canvas shows', () => {
  it('are those of every group that loses channels, taken and given apart', () => {
    expect([...changedWidths(plan, kept(4, 3))]).toEqual([
      [1, [{ before: 8, after: 4, taken: false }]],
      [
        2,
        [
          { before: 8, after: 4, taken: true },
          { before: 6, after: 3, taken: false },
        ],
      ],
      [3, [{ before: 6, after: 3, taken: true }]],
    ]);
    expect([...changedWidths(plan, kept(8, 3)).keys()]).toEqual([2, 3]);
  });

  it('stay the same objects where a step changes nothing, so that nodes are not drawn again', () => {
    const [before, after] = [changedWidths(plan, kept(4, 3)), changedWidths(plan, kept(4, 2))];
    expect(after.get(1)).toBe(before.get(1));
    expect(after.get(3)).not.toBe(before.get(3));
  });
});
