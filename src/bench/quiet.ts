import type { Conditions, Quiet } from './types.ts';
import type { Clock } from './subject.ts';

/** A piece of work of fixed size takes at least this long, ms; and this many steps of a coarse clock. */
const PIECE = 0.4;
const STEPS = 20;
const PIECES = { most: 120, least: 30 };
/** All pieces together, ms, where these are long. */
const SPAN = 60;
/** A piece that takes this much longer than the fastest was disturbed. */
const DISTURBED = 1.25;
/** A clock that has not moved meanwhile tells nothing. */
const MOST_TURNS = 2 ** 22;

/** Above this share of disturbed pieces other work takes so much of the machine that times are worth little. */
const BUSY = 0.15;

/** Arithmetic of which each turn needs the one before; that its result is kept holds compilers off leaving it out. */
function spin(turns: number): number {
  let x = 1;
  for (let i = 0; i < turns; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
  return x;
}

let sink = 0;
function timeOf(turns: number, clock: Clock): number {
  const start = clock();
  sink ^= spin(turns);
  return clock() - start;
}

/** Turns of a loop that take so long, ms; null: the clock is too coarse for that, or stands still. */
function turnsFor(span: number, clock: Clock): number | null {
  for (let turns = 1024; turns <= MOST_TURNS; turns *= 2) if (timeOf(turns, clock) >= span) return turns;
  return null;
}

/**
 * How quiet the machine is: small pieces of the same work, of which those that take longer than the fastest shared a
 * core with something else, or ran while the processor slowed down. About 60 ms. Null where the clock is too coarse.
 *
 * @param size the size of the pieces, where they are to be held against those of another look
 */
export function probeQuiet(clock: Clock, timerStep: number, size?: number): Quiet | null {
  const span = Math.max(PIECE, STEPS * timerStep);
  const turns = size ?? turnsFor(span, clock);
  if (turns === null) return null;
  const count = Math.min(PIECES.most, Math.max(PIECES.least, Math.round(SPAN / span)));
  const times = Array.from({ length: count }, () => timeOf(turns, clock));
  const fastest = Math.min(...times);
  if (!(fastest > 0)) return null;
  return { turns, fastest, disturbed: times.filter((time) => time > fastest * DISTURBED).length / count };
}

/** A piece that takes this much longer at the end: the processor runs slower than it did. */
const SLOWED = 0.08;
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** What two looks, before and after a measurement, say of it. */
export function conditionsOf(before: Quiet | null, after: Quiet | null): Conditions {
  if (!before || !after) return { disturbed: null, slowdown: null, warnings: [] };
  const disturbed = (before.disturbed + after.disturbed) / 2;
  const slowdown = after.fastest / before.fastest - 1;
  const warnings = [
    ...(disturbed > BUSY
      ? [
          `The machine is busy: ${percent(disturbed)} of short pieces of work were disturbed. Close what else runs, and measure again.`,
        ]
      : []),
    ...(slowdown > SLOWED
      ? [
          `The processor became ${percent(slowdown)} slower meanwhile: heat, or saving of power. Let it cool, or plug it in, and measure again.`,
        ]
      : []),
  ];
  return { disturbed, slowdown, warnings };
}
