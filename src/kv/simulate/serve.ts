import type { Request } from './mix.ts';
import type { Server } from './server.ts';

/** How the requests were served. Shares are of what was allocated, over all steps together. */
export interface Served {
  /** Allocated and empty: `reserved` for tokens to come, `internal` for good. */
  readonly waste: { readonly total: number; readonly reserved: number; readonly internal: number };
  /** Share of the memory that was free, and in too small pieces for the request that waited; a mean over all steps. */
  readonly fragmented: number;
  /** Sequences served at once: over all steps, over those at which others waited (null: none did), and at most. */
  readonly sequences: { readonly mean: number; readonly whileOthersWait: number | null; readonly peak: number };
  /** Until all are served. */
  readonly steps: number;
  readonly tokensPerStep: number;
  readonly preemptions: number;
  /** Positions of prompts that were there already, and those that this saved at most at one time. */
  readonly shared: { readonly positions: number; readonly savedAtOnce: number };
  /** The most that was allocated at once, in positions. */
  readonly peak: number;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Serves all requests in steps: each that runs takes its prompt or one token at each. Moving rows to the host takes none. */
export function serve(requests: readonly Request[], server: Server, positions: number): Served {
  let [steps, next] = [0, 0];
  const sums = { allocated: 0, reserved: 0, internal: 0, external: 0, running: 0, busy: 0, busyRunning: 0 };
  let [peakRunning, peak] = [0, 0];
  while (next < requests.length || server.running + server.waiting > 0) {
    while (next < requests.length && requests[next]!.arrival <= steps) server.arrive(requests[next++]!);
    server.advance();
    const { allocated, reserved, internal, external } = server.use();
    const { running } = server;
    sums.allocated += allocated;
    sums.reserved += reserved;
    sums.internal += internal;
    sums.external += external;
    sums.running += running;
    if (server.waiting > 0) {
      sums.busy += 1;
      sums.busyRunning += running;
    }
    peakRunning = Math.max(peakRunning, running);
    peak = Math.max(peak, allocated);
    server.retire();
    steps += 1;
  }
  const { preemptions, sharedPositions, savedPositions } = server.told;
  return {
    waste: {
      total: share(sums.reserved + sums.internal, sums.allocated),
      reserved: share(sums.reserved, sums.allocated),
      internal: share(sums.internal, sums.allocated),
    },
    fragmented: share(sums.external, steps * positions),
    sequences: {
      mean: share(sums.running, steps),
      whileOthersWait: sums.busy === 0 ? null : sums.busyRunning / sums.busy,
      peak: peakRunning,
    },
    steps,
    tokensPerStep: share(
      requests.reduce((sum, { generated }) => sum + generated, 0),
      steps,
    ),
    preemptions,
    shared: { positions: sharedPositions, savedAtOnce: savedPositions },
    peak,
  };
}
