import type { Timing } from '../bench/types.ts';

/** A timing of these samples, ms, as a benchmark of one round tells it. */
export const timingOf = (samples: readonly number[], changes: Partial<Timing> = {}): Timing => ({
  median: samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? NaN,
  p95: Math.max(...samples),
  min: Math.min(...samples),
  mad: 0,
  samples,
  blocks: [samples.length],
  runsPerSample: 1,
  warmups: 0,
  warm: [],
  settled: true,
  tierUp: null,
  startMs: 0,
  starts: [0],
  firstRunMs: 0,
  firstRuns: [0],
  heapBytes: null,
  ...changes,
});

/** A machine that nothing is said of. */
export const QUIET = { disturbed: null, slowdown: null, warnings: [] } as const;
