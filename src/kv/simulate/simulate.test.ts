import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerShape } from '../cache/layout.ts';
import { Arena } from './arena.ts';
import { ContiguousServer, finalLength } from './contiguous.ts';
import { DEFAULT_MIX, drawRequests, type Request } from './mix.ts';
import { PagedServer } from './paged.ts';
import { serve } from './serve.ts';
import { simulate, type PolicyResult, type Simulation } from './simulate.ts';

const LAYERS: readonly LayerShape[] = [{ heads: 1, keyWidth: 1, valueWidth: 1 }];
const BYTES = 8;
const mix = (changes: Partial<typeof DEFAULT_MIX>) => ({ ...DEFAULT_MIX, ...changes });
const of = (simulation: Simulation, policy: PolicyResult['policy'], block: number | null = null): PolicyResult =>
  simulation.policies.find((each) => each.policy === policy && each.block === block)!;

describe('the mix of requests', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(drawRequests(DEFAULT_MIX)).toEqual(drawRequests(DEFAULT_MIX));
    expect(drawRequests(mix({ seed: 1 }))).not.toEqual(drawRequests(DEFAULT_MIX));
  });

  it('has the means that it names where nothing is cut off, and a long tail', () => {
    const requests = drawRequests(mix({ requests: 20_000, maxLength: 1e6, sharedPrefix: 0 }));
    const lengths = requests.map(({ generated }) => generated).toSorted((a, b) => a - b);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    // The standard error is 338 · √(e − 1) / √20 000 = 3.1.
    expect(Math.abs(mean - 338)).toBeLessThan(12);
    expect(lengths[10_000]! / mean).toBeCloseTo(Math.exp(-0.5), 1);
    const [last] = requests.slice(-1);
    expect(last!.arrival / 20_000).toBeCloseTo(1 / DEFAULT_MIX.rate, 0);
  });

  it('keeps to its bounds, and shares beginnings among as many as it says and no others', () => {
    const bounds = fc.record({
      ...{ seed: fc.integer(), maxLength: fc.integer({ min: 2, max: 600 }) },
      sharedPrefix: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(bounds, (changes) => {
        const requests = drawRequests(mix({ requests: 60, ...changes }));
        const first = new Map<number, number>();
        for (const request of requests) {
          expect(request.generated).toBeGreaterThanOrEqual(1);
          expect(finalLength(request)).toBeLessThanOrEqual(changes.maxLength);
          first.set(request.prompt[0]!, (first.get(request.prompt[0]!) ?? 0) + 1);
        }
        expect([...first.values()].filter((count) => count > 1).length).toBeLessThanOrEqual(3);
        const whole = requests.map(({ prompt }) => prompt.join(','));
        expect(new Set(whole).size).toBe(60);
      }),
      { numRuns: 60, seed: 61 },
    );
  });
});

describe('an arena', () => {
  it('never gives a place twice, and is one hole again when all is back', () => {
    const script = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 12 }), fc.nat(99)), { maxLength: 80 });
    fc.assert(
      fc.property(script, (steps) => {
        const [arena, taken] = [new Arena(40), new Set<number>()];
        const pieces: { at: number; size: number }[] = [];
        for (const [take, size, which] of steps) {
          if (take) {
            const at = arena.reserve(size);
            if (at === null) {
              const runs = Array.from({ length: 41 - size }, (_, from) => from);
              const fits = (from: number): boolean =>
                Array.from({ length: size }, (_, i) => from + i).every((i) => !taken.has(i));
              expect(runs.some(fits)).toBe(false);
              continue;
            }
            for (let i = at; i < at + size; i++) {
              expect(taken.has(i)).toBe(false);
              taken.add(i);
            }
            pieces.push({ at, size });
          } else if (pieces.length > 0) {
            const [piece] = pieces.splice(which % pieces.length, 1);
            arena.release(piece!.at, piece!.size);
            for (let i = piece!.at; i < piece!.at + piece!.size; i++) taken.delete(i);
          }
          expect(arena.free).toBe(40 - taken.size);
        }
        for (const { at, size } of pieces) arena.release(at, size);
        expect(arena.reserve(40)).toBe(0);
      }),
      { numRuns: 150, seed: 62 },
    );
  });
});

describe('serving', () => {
  const request = (arrival: number, prompt: number, generated: number, begins = 0): Request => ({
    ...{ arrival, generated },
    prompt: Array.from({ length: prompt }, (_, i) => (i < begins ? i : 1000 * (arrival + 1) + generated * 100 + i)),
  });

  it('counts what a hand counts: reserved whole', () => {
    // 8 positions each of 16. Steps: (2), (3), (4); then the second (3), (4), (5).
    const served = serve([request(0, 2, 2), request(3, 3, 2)], new ContiguousServer(16, () => 8), 16);
    expect(served.steps).toBe(6);
    expect(served.waste.reserved).toBeCloseTo((2 + 1 + 0 + 2 + 1 + 0) / 48, 12);
    expect(served.waste.internal).toBeCloseTo((3 * 4 + 3 * 3) / 48, 12);
    expect(served.sequences).toEqual({ mean: 1, whileOthersWait: null, peak: 1 });
    expect(served).toMatchObject({ peak: 8, preemptions: 0, fragmented: 0 });
    expect(served.tokensPerStep).toBeCloseTo(4 / 6, 12);
  });

  it('counts what a hand counts: pages', () => {
    // Blocks of 4. The first: 3, 4, 5 positions in 1, 1, 2 blocks, beside the second: 2, 3, 4 in 1 block.
    const served = serve([request(0, 3, 2), request(0, 2, 2)], new PagedServer(16, 4, false), 16);
    expect(served.steps).toBe(3);
    expect(served.waste.internal).toBeCloseTo(3 / 28, 12);
    expect(served.waste.reserved).toBeCloseTo((1 + 2 + (0 + 1)) / 28, 12);
    expect(served.sequences).toEqual({ mean: 2, whileOthersWait: null, peak: 2 });
    expect(served.peak).toBe(12);
  });

  it('tells free memory that is in pieces', () => {
    // 3 + 6 + 3 of 12; when both outer ones are gone, 5 wait for three steps and find twice 3.
    const requests = [request(0, 2, 1), request(0, 2, 4), request(0, 2, 1), request(0, 4, 1)];
    const served = serve(requests, new ContiguousServer(12, finalLength), 12);
    expect(served.steps).toBe(7);
    expect(served.fragmented).toBeCloseTo((3 * 6) / (7 * 12), 12);
    expect(served.sequences.whileOthersWait).toBeCloseTo((3 + 3 + 1 + 1 + 1) / 5, 12);
  });

  it('stores what prompts share once', () => {
    const requests = Array.from({ length: 4 }, (_, i) => request(0, 10, 4 + i, 8));
    const [apart, shared] = [false, true].map((sharing) => serve(requests, new PagedServer(400, 4, sharing), 400));
    expect(apart!.shared).toEqual({ positions: 0, savedAtOnce: 0 });
    // They come at once, so that each runs its prompt; what turns out alike becomes one.
    expect(shared!.shared.savedAtOnce).toBe(3 * 8);
    expect(apart!.peak - shared!.peak).toBe(3 * 8);
    const later = serve([...requests, request(1, 10, 4, 8)], new PagedServer(400, 4, true), 400);
    expect(later.shared.positions).toBe(8);
  });

  it('ends, with every token served, however small the memory', () => {
    for (const block of [1, 4, 16, 64]) {
      const requests = drawRequests(mix({ requests: 40, maxLength: 64, rate: 2, seed: block }));
      const served = serve(requests, new PagedServer(64, block, true), 64);
      expect(served.tokensPerStep * served.steps).toBeCloseTo(
        requests.reduce((sum, { generated }) => sum + generated, 0),
        6,
      );
      expect(served.peak).toBeLessThanOrEqual(64);
    }
  });
});

describe('the simulation', () => {
  const memory = 13_563 * BYTES;
  const run = (seed: number): Simulation => simulate({ mix: mix({ seed }), layers: LAYERS, memory, blocks: [16] });

  it('is the same each time', () => {
    expect(run(3)).toEqual(run(3));
  });

  it.each([0, 1, 2])(
    'of the default mix (seed %i): pages waste under 4 %, whole lengths 60 to 80 %, for over twice the sequences',
    (seed) => {
      const simulation = run(seed);
      const [whole, exact, paged, shared] = [
        of(simulation, 'reserve-max'),
        of(simulation, 'reserve-exact'),
        of(simulation, 'paged', 16),
        of(simulation, 'paged-shared', 16),
      ];
      expect(paged.waste.total).toBeLessThan(0.04);
      expect(shared.waste.total).toBeLessThan(0.04);
      expect(whole.waste.total).toBeGreaterThan(0.6);
      expect(whole.waste.total).toBeLessThan(0.8);
      expect(exact.waste).toMatchObject({ internal: 0 });
      expect(paged.timesReserveMax).toBeGreaterThan(2);
      expect(paged.sequences.mean).toBeGreaterThan(2 * whole.sequences.mean);
      expect(shared.shared.savedAtOnce).toBeGreaterThan(0);
      expect(shared.steps).toBeLessThan(whole.steps);
      for (const { peakBytes } of simulation.policies) expect(peakBytes).toBeLessThanOrEqual(memory);
    },
  );

  it('refuses a memory that the longest request does not fit into, and says how much it wants', () => {
    const small = { mix: mix({ maxLength: 100 }), layers: LAYERS, memory: 100 * BYTES, blocks: [16] };
    expect(() => simulate(small)).toThrow(
      `The memory holds 100 positions of 8 bytes, and the longest request wants 112: give at least ${112 * BYTES} bytes`,
    );
    expect(simulate({ ...small, memory: 112 * BYTES }).policies).toHaveLength(4);
  });
});
