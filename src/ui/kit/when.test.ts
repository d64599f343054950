import { expect, it } from 'vitest';
import { formatWhen } from './when.ts';

const at = (text: string): number => new Date(text).getTime();

it.each([
  ['2026-11-23T14:32:00', 'Today, 14:32'],
  ['2026-11-22T23:59:00', 'Yesterday'],
  ['2026-11-18T09:00:00', '18 Nov'],
  ['2025-11-18T09:00:00', '18 Nov 2025'],
])('says when %s was', (then, text) => {
  expect(formatWhen(at(then), at('2026-11-23T16:00:00'))).toBe(text);
});
