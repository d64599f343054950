import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { freeDims, shapeOf, sizesOf, CHECK_ATTEMPTS } from './feed-sizes.ts';
import { makeFeeds, type FeedKind, type FeedPlan } from './feeds.ts';
import type { PortInfo } from './types.ts';

const port = (name: string, dtype: PortInfo['dtype'], shape: PortInfo['shape']): PortInfo => ({ name, dtype, shape });
const plan = (limits: FeedPlan['limits'] = {}, sizes: FeedPlan['sizes'] = {}): FeedPlan => ({
  sizes,
  limits,
  shapes: {},
});
const numbers = (input: PortInfo, kind: FeedKind, seed = 1, limits = {}): number[] => {
  const data = makeFeeds([input], kind, seed, plan(limits))[input.name]?.data;
  return Array.from(data as unknown as ArrayLike<number | bigint>, Number);
};

describe('made inputs', () => {
  const image = port('image', 'float32', [2, 3, 8, 8]);

  test('the same seed gives the same bits, another seed others', () => {
    expect(numbers(image, 'normal', 1)).toEqual(numbers(image, 'normal', 1));
    expect(numbers(image, 'normal', 1)).not.toEqual(numbers(image, 'normal', 2));
  });

  test('each kind is what it says', () => {
    expect(numbers(image, 'zeros').every((x) => x === 0)).toBe(true);
    expect(numbers(image, 'negative').every((x) => x < 0)).toBe(true);
    expect(numbers(image, 'unit').every((x) => x >= 0 && x < 1)).toBe(true);
    expect(Math.max(...numbers(image, 'large').map(Math.abs))).toBeGreaterThan(150);
    const hot = numbers(image, 'one-hot');
    expect([hot.slice(0, 192), hot.slice(192)].map((slice) => slice.filter((x) => x === 1).length)).toEqual([1, 1]);
    expect(hot.filter((x) => x === 0).length).toBe(382);
  });

  test('indices stay below their limit and reach it', () => {
    assert(
      property(integer({ min: 1, max: 50 }), integer(), (limit, seed) => {
        const ids = port('input_ids', 'int64', [2, 16]);
        const values = numbers(ids, 'normal', seed, { input_ids: limit });
        expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...values)).toBeLessThan(limit);
        expect(numbers(ids, 'large', seed, { input_ids: limit }).every((x) => x === limit - 1)).toBe(true);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test('masks are ones and then zeros, with at least one 1 in each row, of whatever type', () => {
    for (const dtype of ['int64', 'bool', 'float32'] as const) {
      const values = numbers(port('attention_mask', dtype, [4, 6]), 'normal', 3);
      for (let row = 0; row < 4; row++) {
        const text = values.slice(row * 6, row * 6 + 6).join('');
        expect(text).toMatch(/^1+0*$/);
      }
    }
  });

  test('positions rise, token types are 0 or 1, a sampling rate is one', () => {
    expect(numbers(port('position_ids', 'int64', [2, 3]), 'normal')).toEqual([0, 1, 2, 0, 1, 2]);
    expect(new Set(numbers(port('token_type_ids', 'int64', [64]), 'normal'))).toEqual(new Set([0, 1]));
    expect(numbers(port('sr', 'int64', []), 'zeros')).toEqual([16_000]);
  });

  test('narrow integers use their whole range until they turn out to be indices', () => {
    const quantized = port('x', 'int8', [512]);
    expect(Math.min(...numbers(quantized, 'normal'))).toBeLessThan(-100);
    expect(Math.min(...numbers(quantized, 'normal', 1, { x: 5 }))).toBe(0);
  });

  test('float16 arrives as bit patterns, strings as words', () => {
    const half = makeFeeds([port('h', 'float16', [64])], 'large', 1, plan()).h;
    expect(half?.data).toBeInstanceOf(Uint16Array);
    // Exponent 31 would be an infinity or NaN.
    const patterns = half?.data instanceof Uint16Array ? [...half.data] : [];
    expect(patterns).toHaveLength(64);
    expect(patterns.every((bits) => (bits & 0x7c00) !== 0x7c00)).toBe(true);
    expect(makeFeeds([port('s', 'string', [2])], 'unit', 1, plan()).s?.data).toHaveLength(2);
  });
});

describe('sizes of free dimensions', () => {
  test('an expression follows the symbols that it names', () => {
    const inputs = [
      port('past', 'float32', ['batch', 4, 'past_len', 8]),
      port('ids', 'int64', ['batch', 'seq']),
      port('mask', 'int64', ['batch', 'past_len + seq']),
      port('half', 'float32', ['(seq + 1) / 2']),
    ];
    const dims = freeDims(inputs);
    expect(dims.map(({ key, role }) => `${key}: ${role}`)).toEqual(['batch: batch', 'past_len: past', 'seq: length']);
    const sizes = { batch: 2, past_len: 3, seq: 7 };
    expect(inputs.map((input) => shapeOf(input, sizes))).toEqual([[2, 4, 3, 8], [2, 7], [2, 10], [4]]);
  });

  test('an unreadable symbol is a dimension of its own, equal wherever it stands', () => {
    const inputs = [port('a', 'float32', ['batch-size', 3]), port('b', 'float32', [5, 'batch-size'])];
    expect(freeDims(inputs)).toHaveLength(1);
    expect(inputs.map((input) => shapeOf(input, { 'batch-size': 2 }))).toEqual([
      [2, 3],
      [5, 2],
    ]);
  });

  test('what a total is made of is added up; height and width differ', () => {
    const inputs = [
      port('past', 'float32', ['N', 'past_sequence_length']),
      port('mask', 'int64', ['N', 'total_sequence_length']),
      port('ids', 'int64', ['N', 'sequence_length']),
      port('x', 'float32', [null, 3, null, null]),
    ];
    const [first] = CHECK_ATTEMPTS;
    if (!first) throw new Error('no attempt');
    const sizes = sizesOf(freeDims(inputs), first);
    expect(sizes).toEqual({
      N: 2,
      past_sequence_length: 3,
      total_sequence_length: 10,
      sequence_length: 7,
      'x[0]': 2,
      'x[2]': 37,
      'x[3]': 45,
    });
  });
});
