import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codedRows, expectSameRows } from '../../../testing/kv-rows.ts';
import type { LayerShape } from '../layout.ts';
import { Admission, type Ticket } from './admission.ts';
import { PagedCache, type PagedOptions } from './cache.ts';
import type { PagedSequence } from './sequence.ts';
import { BLOCK_STATES, snapshot } from './snapshot.ts';

const LAYERS: readonly LayerShape[] = [
  { heads: 2, keyWidth: 2, valueWidth: 1 },
  { heads: 1, keyWidth: 1, valueWidth: 3 },
];

/** A sequence as plain lists: the id of each row ever appended, and its tokens as far as they are known. */
interface Truth {
  readonly sequence: PagedSequence;
  rows: number[];
  tokens: number[];
}

/** Rows follow from all tokens up to theirs, as in a decoder; where those are not known, each row is another one. */
class Ids {
  private readonly byPrefix = new Map<string, number>();
  private last = 0;

  next(): number {
    return (this.last += 1);
  }

  of(tokens: readonly number[]): number {
    const key = tokens.join(',');
    const id = this.byPrefix.get(key) ?? this.next();
    this.byPrefix.set(key, id);
    return id;
  }
}

function appendTo({ sequence, rows, tokens }: Truth, ids: Ids, more: readonly number[], told: boolean): void {
  const known = told && tokens.length === rows.length;
  const [nextRows, nextTokens] = [[...rows], [...tokens]];
  for (const token of more) {
    if (known) nextTokens.push(token);
    nextRows.push(known ? ids.of(nextTokens) : ids.next());
  }
  sequence.append(more.length, codedRows(LAYERS, nextRows.slice(rows.length)), told ? more : undefined);
  rows.push(...nextRows.slice(rows.length));
  tokens.push(...nextTokens.slice(tokens.length));
}

function expectHolds({ sequence, rows }: Truth, window: number | null): void {
  const held = rows.slice(window === null ? 0 : Math.max(0, rows.length - window));
  if (sequence.appended !== rows.length || sequence.length !== held.length) expect.fail('another length');
  expectSameRows(sequence.gather(), codedRows(LAYERS, held));
}

/** Counts anew who has which block, and holds the cache's own accounts to it. */
function expectAccounts(cache: PagedCache): void {
  const refs = new Int32Array(cache.blocks.count);
  for (const { blocks, spare } of cache.sequences) for (const block of [...blocks, ...spare]) refs[block]! += 1;
  if (refs.some((count, block) => count !== cache.blocks.refs[block])) expect(cache.blocks.refs).toEqual(refs);
  const unused = refs.filter((count) => count === 0).length;
  if (cache.blocks.available !== unused) expect.fail(`${cache.blocks.available} are available, ${unused} are unused`);
  const { states, filled, offsets, owners, totals } = snapshot(cache);
  let rows = 0;
  for (const [block, count] of refs.entries()) {
    const state = BLOCK_STATES[states[block]!]!;
    const idle = cache.blocks.isIdle(block);
    if ((state === 'free' || state === 'cached') !== (count === 0)) expect.fail(`${state} with ${count} users`);
    if (idle !== (state === 'cached') || (idle && !cache.blocks.isKnown(block))) expect.fail(`${state} is not idle`);
    if (filled[block]! > cache.block || (state === 'free' && filled[block] !== 0))
      expect.fail('filled beyond its size');
    if (new Set(owners.subarray(offsets[block], offsets[block + 1])).size !== count) expect.fail('other owners');
    if (state === 'used') rows += filled[block]!;
  }
  const sum = totals.free + totals.used + totals.reserved + totals.cached;
  if (sum !== cache.blocks.count || totals.rows !== rows) expect.fail('totals do not add up');
  if (cache.swap.use !== [...cache.sequences].reduce((all, each) => all + cache.swap.blocksOf(each), 0)) {
    expect.fail('the host holds other blocks');
  }
}

const PROMPTS = [
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  [1, 2, 3, 4, 5, 6, 7, 8, 1, 1],
  [1, 2, 3, 4],
  [9, 9, 9, 9, 9],
];
const operation = fc.tuple(fc.nat(99), fc.nat(9999), fc.nat(9999));
let operations = 0;
const seen = new Set<string>();

/** Any operations in any order on one cache, each followed by a look at everything. */
function runAtRandom(options: Omit<PagedOptions, 'layers'>, script: readonly (readonly [number, number, number])[]) {
  const cache = new PagedCache({ layers: LAYERS, ...options });
  const ids = new Ids();
  const open: Truth[] = [];
  const resident = (): Truth[] => open.filter(({ sequence }) => sequence.state === 'resident');
  const swapped = (): Truth[] => open.filter(({ sequence }) => sequence.state === 'swapped');
  const grow = (truth: Truth, more: readonly number[], told: boolean): void => {
    const before = cache.blocks.available;
    try {
      appendTo(truth, ids, more, told);
    } catch (error) {
      expect(error).toMatchObject({ code: 'out-of-memory' });
      expect(before).toBeLessThan(Math.ceil(more.length / cache.block) + 2);
      seen.add('full');
    }
  };
  for (const [kind, which, amount] of script) {
    operations += 1;
    const pick = (from: readonly Truth[]): Truth | undefined => from[which % from.length];
    const some = pick(resident());
    if (kind < 16 && open.length < 9) {
      const prompt = kind < 4 ? [] : PROMPTS[which % PROMPTS.length]!.slice(0, 3 + (amount % 9));
      const truth = { sequence: cache.open(prompt), rows: [] as number[], tokens: [] as number[] };
      for (const token of prompt.slice(0, truth.sequence.appended)) {
        truth.tokens.push(token);
        truth.rows.push(ids.of(truth.tokens));
      }
      if (truth.sequence.shared > 0) seen.add('prefix');
      open.push(truth);
      grow(truth, prompt.slice(truth.sequence.appended), true);
    } else if (kind < 58 && some) {
      const more = Array.from({ length: kind < 46 ? 1 : amount % 14 }, (_, i) => 1 + ((amount + i) % 3));
      if (amount % 5 === 0) cache.reserve(some.sequence, more.length);
      grow(some, more, kind % 4 !== 0);
    } else if (kind < 66 && some && open.length < 9) {
      open.push({ sequence: cache.fork(some.sequence), rows: [...some.rows], tokens: [...some.tokens] });
    } else if (kind < 74 && some) {
      const back = Math.max(0, some.rows.length - (amount % 9));
      if (some.sequence.dropped > 0 && back < some.rows.length) {
        expect(() => some.sequence.truncate(back)).toThrow(/left its window/);
        seen.add('no way back');
      } else {
        some.sequence.truncate(back);
        some.rows.length = back;
        some.tokens.length = Math.min(back, some.tokens.length);
      }
    } else if (kind < 82 && open.length > 0) {
      const gone = pick(open)!;
      gone.sequence.release();
      open.splice(open.indexOf(gone), 1);
    } else if (kind < 89 && some) {
      if (!cache.swapOut(some.sequence)) seen.add('host full');
    } else if (kind < 97 && swapped().length > 0) {
      const back = pick(swapped())!;
      const [before, wanted] = [cache.blocks.available, cache.swap.blocksOf(back.sequence)];
      if (!cache.swapIn(back.sequence)) expect(before).toBeLessThan(wanted);
    } else {
      cache.evict(amount % 4);
    }
    for (const truth of resident()) expectHolds(truth, options.window ?? null);
    expectAccounts(cache);
  }
  for (const { sequence } of open) sequence.release();
  expectAccounts(cache);
  cache.evict(Infinity);
  expect(snapshot(cache).totals).toMatchObject({ free: cache.blocks.count, onHost: 0 });
  for (const [event, count] of Object.entries(cache.counts)) if (count > 0) seen.add(event);
}

describe('pages, whatever is asked of them in whatever order', () => {
  it.each([
    [41, { block: 4, blocks: 20 }],
    [42, { block: 1, blocks: 50, hostBlocks: 20 }],
    [43, { block: 4, blocks: 14, sharing: false, hostBlocks: 9 }],
    [44, { block: 4, blocks: 16, window: 6 }],
    [45, { block: 3, blocks: 12, window: 1 }],
  ])('lose and mix nothing, and every block is accounted for (seed %i, %o)', (seed, options) => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 120, maxLength: 120 }), (script) => runAtRandom(options, script)),
      { numRuns: 20, seed },
    );
  });

  it('were asked more than ten thousand things, and everything happened', () => {
    expect(operations).toBeGreaterThanOrEqual(10_000);
    const events = ['take', 'reuse', 'share', 'merge', 'copy', 'return', 'evict', 'swap-out', 'swap-in'];
    expect([...seen].toSorted()).toEqual([...events, 'full', 'host full', 'no way back', 'prefix'].toSorted());
  });
});

interface Served {
  readonly ticket: Ticket;
  /** The tokens that its positions have in the end. */
  readonly tokens: readonly number[];
}

describe('requests that do not fit together', () => {
  it.each([
    [51, { block: 4, blocks: 8 }],
    [52, { block: 4, blocks: 8, hostBlocks: 0 }],
    [53, { block: 2, blocks: 16, hostBlocks: 7 }],
    [54, { block: 4, blocks: 5, window: 9 }],
  ])('are all served in the end, each with its own rows (seed %i, %o)', (seed, options) => {
    const puts = { swapped: 0, again: 0 };
    const request = fc.tuple(
      fc.nat(PROMPTS.length - 1),
      fc.integer({ min: 1, max: 11 }),
      fc.integer({ min: 0, max: 20 }),
    );
    const arrivals = fc.array(fc.tuple(request, fc.nat(3), fc.boolean()), { minLength: 8, maxLength: 20 });
    fc.assert(
      fc.property(arrivals, (script) => {
        const cache = new PagedCache({ layers: LAYERS, ...options });
        const admission = new Admission(cache);
        const [ids, open] = [new Ids(), [] as Served[]];
        const check = (): void => {
          expectAccounts(cache);
          for (const { ticket, tokens } of open) {
            if (ticket.state !== 'running' || !ticket.sequence) continue;
            const rows = ticket.sequence.tokens.map((_, i) => ids.of(tokens.slice(0, i + 1)));
            expectHolds({ sequence: ticket.sequence, rows, tokens: [] }, cache.window);
          }
        };
        /** Each that runs takes its next tokens: what is to be run first, then one at a time. */
        const step = (): void => {
          admission.admit();
          for (const { ticket, tokens } of [...open]) {
            if (ticket.state !== 'running') continue;
            const { appended } = ticket.sequence!;
            const more = tokens.slice(appended, Math.max(appended + 1, ticket.tokens.length));
            if (!admission.grow(ticket, more.length)) continue;
            const rows = more.map((_, i) => ids.of(tokens.slice(0, appended + i + 1)));
            ticket.sequence!.append(more.length, codedRows(LAYERS, rows), more);
            if (appended + more.length < tokens.length) continue;
            admission.finish(ticket);
            open.splice(
              open.findIndex((each) => each.ticket === ticket),
              1,
            );
          }
          check();
        };
        for (const [[prompt, length, generated], steps, forks] of script) {
          const begin = PROMPTS[prompt]!.slice(0, length);
          const tokens = [...begin, ...Array.from({ length: generated }, (_, i) => 1 + ((i * length) % 3))];
          const of = open.find(({ ticket }) => ticket.state === 'running');
          if (forks && of && of.ticket.sequence!.appended < of.tokens.length) {
            open.push({ ticket: admission.fork(of.ticket), tokens: [...of.tokens.slice(0, -1), 7] });
          } else open.push({ ticket: admission.submit(begin, tokens.length), tokens });
          for (let i = 0; i < steps; i++) step();
        }
        // Whoever came first goes on at each step, so that it takes no more steps than there are tokens.
        let left = open.reduce((sum, { tokens }) => sum + tokens.length, 0);
        while (open.length > 0) {
          if (left-- < 0) expect.fail(`${open.length} requests are never served`);
          step();
        }
        expect(admission.running.length + admission.swapped.length + admission.waiting.length).toBe(0);
        puts.swapped += admission.putOut.swapped;
        puts.again += admission.putOut.again;
      }),
      { numRuns: 25, seed },
    );
    expect(puts.swapped > 0).toBe(!('hostBlocks' in options) || options.hostBlocks > 0);
    if ('hostBlocks' in options) expect(puts.again).toBeGreaterThan(0);
  });
});
