/** A run of parts that are built alike: `count` times `period` places from `first` on. */
export interface Repeat {
  readonly first: number;
  readonly period: number;
  readonly count: number;
}

/** The least that is worth a group, and how often it must occur; long parts are told from chance sooner. */
const SHORTEST = 4;
const LONG = 8;
/** Lengths of the windows whose returns propose a period, and how many of their proposals are looked into. */
const WINDOWS = [4, 8, 16, 32, 64];
const PROPOSALS = 6;

/**
 * Finds what repeats in a sequence without names: places whose symbols return at a fixed distance, the longest runs
 * first. Near-linear.
 *
 * @param symbols one per place: what stands there, such as its operator
 * @param cuts [places] how bad it is to begin a part at a place: wires that cross there
 */
export function findRepeats(symbols: Int32Array, cuts: Float32Array): Repeat[] {
  const runs: { first: number; length: number; period: number; covered: number }[] = [];
  for (const period of proposedPeriods(symbols)) {
    for (let first = 0; first + period < symbols.length; first++) {
      let end = first;
      while (end + period < symbols.length && symbols[end] === symbols[end + period]) end++;
      const length = end - first + period;
      const count = Math.floor(length / period);
      if (isEnough(period, count) && !isMonotonous(symbols, first, period)) {
        runs.push({ first, length, period, covered: count * period });
      }
      first = Math.max(first, end);
    }
  }
  runs.sort((a, b) => b.covered - a.covered || a.period - b.period || a.first - b.first);
  const taken = new Uint8Array(symbols.length);
  const repeats: Repeat[] = [];
  for (const run of runs) {
    if (taken.subarray(run.first, run.first + run.length).includes(1)) continue;
    const repeat = cutBest(run, cuts);
    repeats.push(repeat);
    taken.fill(1, repeat.first, repeat.first + repeat.period * repeat.count);
  }
  return repeats.sort((a, b) => a.first - b.first);
}

const isEnough = (period: number, count: number): boolean => count >= 3 || (count === 2 && period >= LONG);

/** Whether a part is itself one or two symbols over and over. */
function isMonotonous(symbols: Int32Array, first: number, period: number): boolean {
  for (let i = first + 2; i < first + period; i++) if (symbols[i] !== symbols[i - 2]) return false;
  return true;
}

function proposedPeriods(symbols: Int32Array): number[] {
  const periods = new Set<number>();
  let hashes = symbols;
  let window = 1;
  for (const wanted of WINDOWS) {
    if (wanted * 2 > symbols.length) break;
    for (; window < wanted; window *= 2) hashes = doubled(hashes, window);
    const last = new Map<number, number>();
    const votes = new Map<number, number>();
    for (let i = 0; i + window <= symbols.length; i++) {
      const before = last.get(hashes[i]!);
      last.set(hashes[i]!, i);
      if (before === undefined || i - before < SHORTEST) continue;
      votes.set(i - before, (votes.get(i - before) ?? 0) + 1);
    }
    const best = [...votes].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, PROPOSALS);
    for (const [period] of best) periods.add(period);
  }
  return [...periods].sort((a, b) => a - b);
}

/** Hashes of windows twice as long. */
function doubled(hashes: Int32Array, window: number): Int32Array {
  const next = new Int32Array(hashes.length);
  for (let i = 0; i < hashes.length; i++)
    next[i] = Math.imul(hashes[i]!, 0x01000193) ^ ((hashes[i + window] ?? 0) + window);
  return next;
}

/** Moves the parts of a run so that they begin where fewest wires cross; one part may be lost for it. */
function cutBest(run: { first: number; length: number; period: number }, cuts: Float32Array): Repeat {
  const { period } = run;
  const spare = run.length % period;
  const whole = Math.floor(run.length / period);
  let best = 0;
  for (let shift = 1; shift < period; shift++) {
    // The second part is looked at: the first may follow on what is no part of the run.
    const gain = cuts[run.first + best + period]! - cuts[run.first + shift + period]!;
    if (gain > (shift <= spare || whole > 3 ? 0 : 1e9)) best = shift;
  }
  return { first: run.first + best, period, count: best <= spare ? whole : whole - 1 };
}
