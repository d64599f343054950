import type { PagedCache } from './cache.ts';
import type { CacheCounts } from './events.ts';

/** `reserved`: of a sequence that has no rows there yet; `cached`: of nobody, kept for a prompt that begins alike. */
export const BLOCK_STATES = ['free', 'used', 'reserved', 'cached'] as const;

export interface SequenceSnapshot {
  readonly id: number;
  readonly state: 'resident' | 'swapped';
  readonly appended: number;
  readonly length: number;
  /** In the pool, or on the host. */
  readonly blocks: number;
}

export interface CacheTotals {
  readonly free: number;
  readonly used: number;
  readonly reserved: number;
  readonly cached: number;
  /** Positions held in blocks that are used, a shared one once. */
  readonly rows: number;
  /** Places for positions in blocks that are used or reserved, and hold none. */
  readonly waste: number;
  /** Blocks that would be there besides if nothing were shared. */
  readonly saved: number;
  readonly onHost: number;
}

/** A cache at one moment, for a picture: plain data that can be sent. Time and size: blocks, and blocks of sequences. */
export interface CacheSnapshot {
  /** Positions of a block. */
  readonly block: number;
  readonly blockBytes: number;
  /** For each block, which of `BLOCK_STATES` it is in. */
  readonly states: Uint8Array<ArrayBuffer>;
  /** How many sequences have it. */
  readonly refs: Int32Array<ArrayBuffer>;
  /** Positions that it holds. */
  readonly filled: Int32Array<ArrayBuffer>;
  /** The sequences of block `b` are `owners[offsets[b]] … owners[offsets[b + 1] − 1]`. */
  readonly offsets: Int32Array<ArrayBuffer>;
  readonly owners: Int32Array<ArrayBuffer>;
  readonly sequences: readonly SequenceSnapshot[];
  readonly totals: CacheTotals;
  readonly counts: CacheCounts;
}

const [FREE, USED, RESERVED, CACHED] = [0, 1, 2, 3];

export function snapshot(cache: PagedCache): CacheSnapshot {
  const { blocks, block } = cache;
  const [states, filled] = [new Uint8Array(blocks.count), new Int32Array(blocks.count)];
  for (let at = 0; at < blocks.count; at++) {
    states[at] = blocks.isIdle(at) ? CACHED : FREE;
    if (blocks.isIdle(at)) filled[at] = block;
  }
  for (const sequence of cache.sequences) {
    for (const each of sequence.spare) states[each] = RESERVED;
    for (const each of sequence.blocks) states[each] = USED;
    for (const part of sequence.parts()) filled[part.block] = Math.max(filled[part.block]!, part.count);
  }
  return {
    ...{ block, blockBytes: cache.blockBytes, states, filled },
    ...{ refs: blocks.refs.slice(), ...ownersOf(cache) },
    sequences: Array.from(cache.sequences, (sequence) => ({
      id: sequence.id,
      state: sequence.state === 'swapped' ? ('swapped' as const) : ('resident' as const),
      appended: sequence.appended,
      length: sequence.length,
      blocks: sequence.blocks.length + cache.swap.blocksOf(sequence),
    })),
    totals: totalsOf(cache, states, filled),
    counts: { ...cache.counts },
  };
}

function ownersOf(cache: PagedCache) {
  const offsets = new Int32Array(cache.blocks.count + 1);
  cache.blocks.refs.forEach((refs, block) => (offsets[block + 1] = offsets[block]! + refs));
  const [owners, next] = [new Int32Array(offsets.at(-1)!), offsets.slice()];
  for (const { id, blocks, spare } of cache.sequences) {
    for (const block of [...blocks, ...spare]) owners[next[block]!++] = id;
  }
  return { offsets, owners };
}

function totalsOf({ blocks, block, swap }: PagedCache, states: Uint8Array, filled: Int32Array): CacheTotals {
  const counts = [0, 0, 0, 0];
  let [rows, saved] = [0, 0];
  states.forEach((state, at) => {
    counts[state]! += 1;
    if (state === USED) rows += filled[at]!;
    saved += Math.max(0, blocks.refs[at]! - 1);
  });
  const [free, used, reserved, cached] = counts as [number, number, number, number];
  return { free, used, reserved, cached, rows, waste: (used + reserved) * block - rows, saved, onHost: swap.use };
}
