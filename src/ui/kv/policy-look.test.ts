import { describe, expect, it } from 'vitest';
import { NO_KV } from '../../state/kv-store.ts';
import { bytesPerToken, cellsOf, crossings, rateText } from './policy-look.ts';

/** Keys and values of 4 layers, 2 heads of 32 floats: 2048 bytes of a position. */
const kept = {
  layers: Array.from({ length: 4 }, () => ({ heads: 2, keyWidth: 32, valueWidth: 32 })),
  elementBytes: 4,
};

describe('what a policy keeps, in figures', () => {
  it('is told by token where it grows, else at most', () => {
    expect(rateText({ kind: 'dense' }, kept)).toBe('2.0\u202fkB/token');
    expect(rateText({ kind: 'sliding-window', window: 65 }, kept)).toBe('131\u202fkB, fixed');
    expect(bytesPerToken({ kind: 'paged', block: 16 }, kept)).toBe(2048);
    // 4 · 2 · (32 · (1 + 2/32) + 32 + 2)
    expect(bytesPerToken({ kind: 'int8', group: 32, residual: 16 }, kept)).toBe(544);
  });

  it('names the lengths from which one keeps less than another', () => {
    const said = crossings(NO_KV.policies, kept, 1024);
    expect(said).toHaveLength(3);
    expect(said[0]).toMatch(/^Sliding window takes less than Full from 64 tokens, than INT8 from \d+ tokens$/);
    expect(said[1]).toMatch(/^Sinks and window takes less than Full from 68 tokens, than INT8 from \d+ tokens$/);
    expect(said[2]).toBe('INT8 takes less than Full from 17 tokens');
  });
});

describe('a text as cells', () => {
  it('shows what is gone between sinks and window', () => {
    const cells = cellsOf({ kind: 'streaming', sinks: 4, window: 25 }, 100, 8);
    expect(cells).toEqual(['sink', ...Array<string>(5).fill('gone'), 'kept', 'kept']);
  });

  it('shows all of a text that is shorter than the window', () => {
    expect(cellsOf({ kind: 'sliding-window', window: 200 }, 100, 4)).toEqual(Array(4).fill('kept'));
  });

  it('shows the last positions, which stay as they are', () => {
    expect(cellsOf({ kind: 'int8', group: 32, residual: 25 }, 100, 4)).toEqual(['kept', 'kept', 'kept', 'rest']);
  });
});
