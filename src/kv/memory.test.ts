import { describe, expect, it } from 'vitest';
import { Int8Cache } from './cache/int8.ts';
import { cacheBytes, fewerFrom, keptPositions } from './memory.ts';

/** 2 · (6 + 4) floats of each position in the first layer, 1 · (4 + 4) in the second: 112 bytes. */
const LAYERS = [
  { heads: 2, keyWidth: 6, valueWidth: 4 },
  { heads: 1, keyWidth: 4, valueWidth: 4 },
];
const EACH = 112;

describe('bytes that a policy keeps of a text', () => {
  it('grow by the same with each position where all are kept', () => {
    expect([0, 1, 100].map((length) => cacheBytes({ kind: 'dense' }, LAYERS, length))).toEqual([0, EACH, 100 * EACH]);
    expect(cacheBytes({ kind: 'dense' }, LAYERS, 10, 2)).toBe(5 * EACH);
    expect(cacheBytes({ kind: 'none' }, LAYERS, 10)).toBe(0);
  });

  it('stay the same once a window is full, the next token being one of it', () => {
    const [window, sinks] = [8, 3];
    expect(keptPositions({ kind: 'sliding-window', window }, 5)).toBe(5);
    expect(cacheBytes({ kind: 'sliding-window', window }, LAYERS, 1000)).toBe(7 * EACH);
    expect(cacheBytes({ kind: 'streaming', window, sinks }, LAYERS, 9)).toBe(9 * EACH);
    expect(cacheBytes({ kind: 'streaming', window, sinks }, LAYERS, 1000)).toBe(10 * EACH);
  });

  it('are those of whole blocks in pages', () => {
    const lengths = [0, 1, 16, 17];
    expect(lengths.map((length) => cacheBytes({ kind: 'paged', block: 16 }, LAYERS, length))).toEqual(
      [0, 16, 16, 32].map((positions) => positions * EACH),
    );
  });

  it.each([1, 15, 16, 17, 48, 80, 333])('are those of the cache itself as int8, at %i positions', (length) => {
    const cache = new Int8Cache(LAYERS);
    cache.append(
      length,
      LAYERS.map(({ heads, keyWidth, valueWidth }) => ({
        key: new Float32Array(heads * length * keyWidth),
        value: new Float32Array(heads * length * valueWidth),
      })),
    );
    expect(cacheBytes({ kind: 'int8', group: 32, residual: 16 }, LAYERS, length)).toBe(cache.bytes);
  });
});

describe('where one policy keeps less than another', () => {
  const dense = (length: number): number => cacheBytes({ kind: 'dense' }, LAYERS, length);

  it('is the first length from which it always does', () => {
    const window = (length: number): number => cacheBytes({ kind: 'sliding-window', window: 8 }, LAYERS, length);
    expect(fewerFrom(window, dense, 100)).toBe(8);
    expect(fewerFrom(dense, window, 100)).toBeNull();
    expect(fewerFrom(window, dense, 7)).toBeNull();
  });

  it('is not told where it does so from the first position on', () => {
    expect(fewerFrom((length) => length, dense, 50)).toBeNull();
  });
});
