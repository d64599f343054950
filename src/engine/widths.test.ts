import { expect, it } from 'vitest';
import { joinedWidths } from './widths.ts';

it('widths of one group over several steps are told once; of others, each by itself', () => {
  const a = (before: number, after: number) => ({ name: 'a', before, after });
  const b = { name: 'b', before: 8, after: 4 };
  expect(joinedWidths([[a(64, 48), b], [], [a(48, 36)], [a(36, 20)]])).toEqual([a(64, 20), b]);
  expect(joinedWidths([[a(64, 48), a(64, 32)], [a(16, 8)]])).toEqual([a(64, 48), a(64, 32), a(16, 8)]);
  expect(joinedWidths([[a(64, 48), a(48, 40)]])).toEqual([a(64, 48), a(48, 40)]);
});
