import { describe, expect, it } from 'vitest';
import { Admission, type Ticket } from './admission.ts';
import { PagedCache } from './cache.ts';

const span = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);
const admissionOf = (blocks: number, hostBlocks = Infinity) => {
  const cache = new PagedCache({ layers: [], block: 4, blocks, hostBlocks });
  return { cache, admission: new Admission(cache) };
};
/** Runs what is to be run first. */
const prompt = ({ sequence, tokens }: Ticket): void => {
  const left = tokens.slice(sequence!.appended);
  sequence!.append(left.length, [], left);
};
const ids = (tickets: readonly Ticket[]): number[] => tickets.map(({ id }) => id);

describe('admission', () => {
  it('refuses at once what would not fit even alone, and says what to do', () => {
    const { admission } = admissionOf(3);
    expect(() => admission.submit(span(5), 13)).toThrow(
      'A request of up to 13 positions wants 4 blocks of 4, and the pool has 3: give the cache more memory',
    );
    expect(() => admission.submit([], 4)).toThrow(/needs a token/);
    expect(() => admission.submit(span(5), 4)).toThrow(/cannot end at 4 positions/);
    expect(admission.waiting).toEqual([]);
  });

  it('lets in who finds the blocks of its prompt, in the order of arrival; nobody overtakes', () => {
    const { admission } = admissionOf(4);
    const [a, b] = [admission.submit(span(5), 9), admission.submit(span(9, 100), 10)];
    admission.submit(span(1, 200), 2);
    expect(ids(admission.admit())).toEqual([a.id]);
    expect(ids(admission.waiting)).toEqual([2, 3]);
    admission.finish(a);
    expect(ids(admission.admit())).toEqual([b.id]);
    admission.finish(b);
    expect(ids(admission.admit())).toEqual([3]);
  });

  it('lets in more where prompts begin alike', () => {
    const { admission } = admissionOf(5);
    const first = admission.submit([...span(8), 1], 12);
    admission.admit();
    prompt(first);
    admission.submit([...span(8), 2], 12);
    admission.submit(span(9, 100), 12);
    expect(ids(admission.admit())).toEqual([2]);
  });

  it('puts out who came last when one that runs wants a block, and lets it in again later, before new ones', () => {
    const { admission } = admissionOf(5);
    const [a, b] = [admission.submit(span(4), 12), admission.submit(span(8, 100), 12)];
    admission.admit();
    [a, b].forEach(prompt);
    for (let step = 0; step < 8; step++) {
      expect(admission.grow(a, 1)).toBe(true);
      a.sequence!.append(1, [], [50 + step]);
      if (step === 0) expect(admission.grow(b, 1)).toBe(true);
    }
    expect([b.state, admission.putOut.swapped]).toEqual(['swapped', 1]);
    const c = admission.submit(span(1, 300), 2);
    expect(admission.admit()).toEqual([]);
    admission.finish(a);
    expect(ids(admission.admit())).toEqual([b.id, c.id]);
    expect(admission.grow(b, 4)).toBe(true);
    expect(() => admission.grow(b, 5)).toThrow('was to end at 12 positions, and wants 13');
  });

  it('puts a request out to be run again where the host has no room, with all its tokens', () => {
    const { admission, cache } = admissionOf(3, 0);
    const [a, b] = [admission.submit(span(3), 12), admission.submit(span(3, 100), 12)];
    admission.admit();
    [a, b].forEach(prompt);
    expect(admission.grow(b, 1)).toBe(true);
    b.sequence!.append(1, [], [7]);
    expect(admission.grow(b, 1)).toBe(true);
    b.sequence!.append(1, [], [8]);
    expect(admission.grow(a, 2)).toBe(true);
    expect(b).toMatchObject({ state: 'waiting', sequence: null, tokens: [100, 101, 102, 7, 8] });
    expect(admission.putOut).toEqual({ swapped: 0, again: 1 });
    admission.finish(a);
    expect(ids(admission.admit())).toEqual([b.id]);
    // Its first block was still there.
    expect(b.sequence!.appended).toBe(4);
    expect(cache.swap.use).toBe(0);
  });

  it('one that came last gives way itself', () => {
    const { admission } = admissionOf(3);
    const [a, b] = [admission.submit(span(8), 12), admission.submit(span(3, 100), 12)];
    admission.admit();
    prompt(a);
    expect(b.state).toBe('waiting');
    const fork = admission.fork(a);
    expect(admission.grow(a, 1)).toBe(true);
    expect(admission.grow(fork, 1)).toBe(false);
    expect(fork.state).toBe('swapped');
    expect(() => admission.grow(fork, 1)).toThrow('Request 3 is swapped: only one that runs can go on');
    admission.finish(fork);
    expect(() => admission.finish(fork)).toThrow('not in line any more');
  });

  it('says so where blocks are held by sequences that are no requests', () => {
    const { admission, cache } = admissionOf(2);
    const a = admission.submit(span(3), 8);
    admission.admit();
    prompt(a);
    cache.open().append(4, []);
    expect(() => admission.grow(a, 2)).toThrow(/runs alone and finds no block/);
  });
});
