import { describe, expect, it } from 'vitest';
import { codedRows } from '../../../testing/kv-rows.ts';
import type { LayerShape } from '../layout.ts';
import { blocksWithin, PagedCache } from './cache.ts';
import type { CacheEvent } from './events.ts';
import type { PagedSequence } from './sequence.ts';
import { snapshot } from './snapshot.ts';

const LAYERS: readonly LayerShape[] = [{ heads: 2, keyWidth: 2, valueWidth: 3 }];
const span = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const cacheOf = (options: { blocks: number; window?: number; hostBlocks?: number; listen?: (e: CacheEvent) => void }) =>
  new PagedCache({ layers: LAYERS, block: 4, ...options });

/** Runs tokens: the row of a position is its token. */
const run = (sequence: PagedSequence, tokens: readonly number[]): void =>
  sequence.append(tokens.length, codedRows(LAYERS, tokens), tokens);
function begin(cache: PagedCache, tokens: readonly number[]): PagedSequence {
  const sequence = cache.open(tokens);
  run(sequence, tokens.slice(sequence.appended));
  return sequence;
}
const expectRows = (sequence: PagedSequence, tokens: readonly number[]): void =>
  expect(sequence.gather()).toEqual(codedRows(LAYERS, tokens));

describe('a paged cache', () => {
  it('lays rows into a pool of blocks, and tells where by a table', () => {
    const cache = cacheOf({ blocks: 6 });
    const [a, b] = [cache.open(), cache.open()];
    for (const [sequence, tokens] of [
      [a, [1, 2, 3]],
      [b, [7]],
      [a, [4, 5]],
    ] as const)
      run(sequence, tokens);
    expect([...a.table('int32')]).toEqual([0, 2]);
    expect(b.table('int64')).toEqual(BigInt64Array.of(1n));
    expectRows(a, [1, 2, 3, 4, 5]);
    expect(cache.pool.tensors[0]!.key).toHaveLength(6 * 2 * 4 * 2);
    // Row 5 of head 1: the first of block 2, behind the four of head 0.
    const at = (2 * 2 + 1) * 4 * 2;
    expect([...cache.pool.tensors[0]!.key.subarray(at, at + 2)]).toEqual([...codedRows(LAYERS, [5])[0]!.key.slice(2)]);
    expect(a.bytes).toBe(2 * 2 * 4 * (2 + 3) * 4);
  });

  it('stores the beginning that two prompts share once, and leaves a token to run', () => {
    const cache = cacheOf({ blocks: 10 });
    const a = begin(cache, span(0, 10));
    const b = cache.open([...span(0, 8), 50, 51]);
    expect(b.shared).toBe(8);
    run(b, [50, 51]);
    expect([...b.table('int32')].slice(0, 2)).toEqual([...a.table('int32')].slice(0, 2));
    expectRows(b, [...span(0, 8), 50, 51]);
    expect(snapshot(cache).totals).toMatchObject({ used: 4, saved: 2, rows: 12, waste: 4 });
    expect(cache.open(span(0, 8)).shared).toBe(4);
    expect(cache.open([9, ...span(1, 10)]).shared).toBe(0);
  });

  it('keeps the blocks of a prompt that is gone until others want them, the least recently used first', () => {
    const cache = cacheOf({ blocks: 4 });
    begin(cache, [1, 2, 3, 4, 5]).release();
    begin(cache, [6, 7, 8, 9, 5]).release();
    cache.open([1, 2, 3, 4, 5]).release();
    expect(snapshot(cache).totals).toMatchObject({ used: 0, cached: 2, free: 2 });
    const other = begin(cache, span(20, 32));
    expect(other.blocks).toHaveLength(3);
    expect(cache.counts.evict).toBe(1);
    expect(cache.open([6, 7, 8, 9, 5]).shared).toBe(0);
    expect(cache.open([1, 2, 3, 4, 5]).shared).toBe(4);
  });

  it('makes one of two blocks that were filled alike at the same time', () => {
    const cache = cacheOf({ blocks: 6 });
    const [a, b] = [cache.open([1, 2, 3, 4, 5]), cache.open([1, 2, 3, 4, 6])];
    run(a, [1, 2, 3, 4, 5]);
    run(b, [1, 2, 3, 4, 6]);
    expect(b.blocks[0]).toBe(a.blocks[0]);
    expect(cache.counts.merge).toBe(1);
    expectRows(b, [1, 2, 3, 4, 6]);
  });

  it('copies a shared block that is partly filled before one of two writes to it, and only then', () => {
    const cache = cacheOf({ blocks: 4 });
    const a = begin(cache, span(0, 6));
    const b = cache.fork(a);
    expect(snapshot(cache).totals).toMatchObject({ used: 2, saved: 2 });
    run(b, [60]);
    run(a, [70]);
    expect(cache.counts.copy).toBe(1);
    expectRows(a, [...span(0, 6), 70]);
    expectRows(b, [...span(0, 6), 60]);
    expect(snapshot(cache).totals).toMatchObject({ used: 3, saved: 1 });
  });

  it('grows with all that is in it: rows, prompts that are gone, and who shares what', () => {
    const cache = cacheOf({ blocks: 3 });
    begin(cache, [1, 2, 3, 4, 5]).release();
    const a = begin(cache, span(10, 18));
    expect(a.blocks).toHaveLength(2);
    expect(cache.reserve(a, 5)).toBe(false);
    cache.grow(6);
    expect(snapshot(cache).totals).toMatchObject({ used: 2, cached: 1, free: 3 });
    run(a, span(18, 30));
    expectRows(a, span(10, 30));
    expect(cache.counts.evict).toBe(0);
    expect(cache.open([1, 2, 3, 4, 9]).shared).toBe(4);
    expect(() => cache.grow(6)).toThrow(/grows to 6 blocks/);
  });

  it('uses the blocks of a window in turn, in a pool that is full', () => {
    const cache = cacheOf({ blocks: 6, window: 6 });
    const [a, b] = [cache.open(), cache.open()];
    for (let at = 0; at < 40; at++) {
      run(a, [at]);
      run(b, [100 + at]);
    }
    expect(cache.blocks.available).toBe(0);
    run(b, span(140, 143));
    run(a, span(40, 55));
    expectRows(a, span(49, 55));
    expectRows(b, span(137, 143));
    expect(a.dropped).toBe(49);
    expect(a.table('int32')).toHaveLength(2);
    expect(a.tableStart).toBe(1);
    expect(() => a.truncate(50)).toThrow(/49 earlier positions have left its window/);
  });

  it('brings a swapped sequence back to other blocks', () => {
    const cache = cacheOf({ blocks: 3, hostBlocks: 2 });
    const a = begin(cache, [1, 2, 3, 4, 5]);
    const before = [...a.table('int32')];
    expect(cache.swapOut(a)).toBe(true);
    expect(cache.blocks.available).toBe(3);
    expect(() => a.gather()).toThrow(/Sequence 1 is swapped: swap it in first/);
    const b = begin(cache, [8, 8, 8, 8, 8, 8]);
    expect(cache.swapOut(b)).toBe(false);
    expect(cache.swapIn(a)).toBe(false);
    b.truncate(4);
    expect(cache.swapIn(a)).toBe(true);
    expect([...a.table('int32')]).not.toEqual(before);
    expectRows(a, [1, 2, 3, 4, 5]);
    expectRows(b, [8, 8, 8, 8]);
    expect(cache.swap.use).toBe(0);
  });

  it('sets blocks aside, so that what was promised is there', () => {
    const cache = cacheOf({ blocks: 3 });
    const [a, b] = [cache.open(), cache.open()];
    expect(cache.reserve(a, 9)).toBe(true);
    expect(cache.reserve(b, 1)).toBe(false);
    expect(() => run(b, [1])).toThrow(/All 3 blocks are in use, and sequence 2 wants more: release or swap out/);
    expect(snapshot(cache).totals).toMatchObject({ reserved: 3, waste: 12 });
    run(a, span(0, 9));
    expectRows(a, span(0, 9));
  });

  it('tells what happens to blocks as it happens', () => {
    const events: string[] = [];
    const cache = cacheOf({
      blocks: 3,
      listen: ({ kind, block, sequence }) => events.push(`${kind} ${block} ${sequence}`),
    });
    const a = begin(cache, span(0, 5));
    a.release();
    cache.open(span(0, 5));
    cache.evict(9);
    expect(events).toEqual(['take 0 1', 'take 1 1', 'return 1 1', 'return 0 1', 'share 0 2']);
  });

  it('shows each block: who has it, and how much of it is filled', () => {
    const cache = cacheOf({ blocks: 5 });
    const a = begin(cache, span(0, 6));
    const b = cache.fork(a);
    run(b, [9]);
    const { states, refs, filled, offsets, owners, sequences } = snapshot(cache);
    expect([...states]).toEqual([1, 1, 1, 0, 0]);
    expect([...refs]).toEqual([2, 1, 1, 0, 0]);
    expect([...filled]).toEqual([4, 2, 3, 0, 0]);
    expect([...offsets]).toEqual([0, 2, 3, 4, 4, 4]);
    expect([...owners]).toEqual([1, 2, 1, 2]);
    expect(sequences.map(({ id, length, blocks }) => [id, length, blocks])).toEqual([
      [1, 6, 2],
      [2, 7, 2],
    ]);
  });

  it('refuses what does not fit together', () => {
    const cache = cacheOf({ blocks: 3 });
    const a = cache.open();
    expect(() => a.append(2, codedRows(LAYERS, [1, 2]), [1])).toThrow('1 tokens were given for 2 positions');
    expect(() => a.append(2, codedRows(LAYERS, [1]))).toThrow(/Give the rows of new positions only/);
    a.release();
    a.release();
    expect(() => run(a, [1])).toThrow('Sequence 1 is released: open another one');
  });

  it('counts the blocks that a budget holds', () => {
    const cache = cacheOf({ blocks: 3 });
    expect(blocksWithin(3 * cache.blockBytes, LAYERS, 4)).toBe(3);
    expect(blocksWithin(3 * cache.blockBytes - 1, LAYERS, 4)).toBe(2);
  });
});
