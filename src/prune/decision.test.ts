import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeId } from '../ir/types.ts';
import { decodeDecision, encodeDecision } from './decision.ts';
import type { ChannelGroup } from './groups.ts';

const group = (atoms: readonly (readonly number[])[]): ChannelGroup => ({
  index: 0,
  key: 'g',
  anchor: 1 as NodeId,
  atoms,
  channels: atoms.flat().length,
  roots: [],
  isHeads: false,
});

describe('decisions', () => {
  it('are read back as they were written, through JSON', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer(),
        (count, block, salt) => {
          const g = group(
            Array.from({ length: count }, (_, a) => Array.from({ length: block }, (_, k) => a + k * count)),
          );
          const kept = new Set(g.atoms.flatMap((_, a) => (a === 0 || (a * 7919 + salt) % 3 === 0 ? [a] : [])));
          const json = JSON.parse(JSON.stringify(encodeDecision(g, kept))) as ReturnType<typeof encodeDecision>;
          expect(decodeDecision(g, json)).toEqual(kept);
        },
      ),
    );
  });
  it('hold one bit per channel, the first in the low bit of the first byte', () => {
    const g = group([[0], [1], [2], [3], [4], [5], [6], [7], [8]]);
    expect(encodeDecision(g, new Set([0, 3, 8]))).toEqual({ channels: 9, kept: btoa('\x09\x01') });
  });

  const four = group([
    [0, 1],
    [2, 3],
  ]);
  it.each([
    [{ channels: 3, kept: btoa('\x01') }, /was decided for 3 channels and has 4 now/],
    [{ channels: 4, kept: btoa('\x00') }, /would lose all its channels/],
    [{ channels: 4, kept: btoa('\x01') }, /go together and were decided apart/],
    [{ channels: 4, kept: '*' }, /not \{ channels, kept \}/],
    [undefined, /not \{ channels, kept \}/],
  ])('that do not fit are refused: %j', (decision, message) => {
    expect(() => decodeDecision(four, decision)).toThrow(message);
  });
});
