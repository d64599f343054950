import { describe, expect, it } from 'vitest';
import { conditionsOf, probeQuiet } from './quiet.ts';

describe('a look at the machine', () => {
  it('times small pieces of work, and takes pieces of the same size again', () => {
    const quiet = probeQuiet(() => performance.now(), 0.001);
    expect(quiet?.fastest).toBeGreaterThan(0);
    expect(quiet?.disturbed).toBeGreaterThanOrEqual(0);
    expect(probeQuiet(() => performance.now(), 0.001, quiet?.turns)?.turns).toBe(quiet?.turns);
  });

  it('counts the pieces that took a quarter longer than the fastest', () => {
    let calls = 0;
    // Two readings a piece: every fourth piece takes twice as long.
    const clock = (): number => {
      const piece = Math.floor(calls / 2);
      const ends = calls++ % 2 === 1;
      return piece * 10 + (ends ? (piece % 4 === 3 ? 2 : 1) : 0);
    };
    expect(probeQuiet(clock, 0.001, 1000)?.disturbed).toBeCloseTo(0.25, 6);
  });

  it('is none where the clock stands still', () => {
    expect(probeQuiet(() => 5, 0.001)).toBe(null);
  });
});

describe('conditions', () => {
  const quiet = { turns: 1000, fastest: 1, disturbed: 0.01 };

  it('are no warning on a quiet machine, and unknown where nothing was seen', () => {
    expect(conditionsOf(quiet, quiet)).toEqual({ disturbed: 0.01, slowdown: 0, warnings: [] });
    expect(conditionsOf(null, quiet)).toEqual({ disturbed: null, slowdown: null, warnings: [] });
  });

  it('warn of a busy machine and of a processor that became slower, with what to do', () => {
    const { warnings } = conditionsOf({ ...quiet, disturbed: 0.5 }, { ...quiet, fastest: 1.2, disturbed: 0.3 });
    expect(warnings).toEqual([
      'The machine is busy: 40 % of short pieces of work were disturbed. Close what else runs, and measure again.',
      'The processor became 20 % slower meanwhile: heat, or saving of power. Let it cool, or plug it in, and measure again.',
    ]);
  });
});
