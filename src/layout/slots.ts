/** One horizontal run in a band; runs of one wire in one band are one run. */
export interface Run {
  readonly wire: number;
  low: number;
  high: number;
  /** Where the wire comes from above, and where it goes on below. */
  readonly above: number[];
  readonly below: number[];
  slot: number;
}

/** Runs this near to each other may not share a height. */
const BESIDE = 2;
/** Bands with more runs than this are not sorted against crossings. */
const MOST_SORTED = 40;

/**
 * Heights of the runs of a band, from above. Short runs are the upper ones, wires from near by turn first; two that
 * cross more often so change places.
 *
 * @returns number of heights
 */
export function assignSlots(runs: ReadonlyMap<number, Run>): number {
  const sorted = [...runs.values()].sort((a, b) => a.high - a.low - (b.high - b.low) || a.low - b.low);
  if (sorted.length <= MOST_SORTED) untwist(sorted);
  let slots = 0;
  sorted.forEach((run, index) => {
    run.slot = 0;
    for (let i = 0; i < index; i++) if (isBeside(sorted[i]!, run)) run.slot = Math.max(run.slot, sorted[i]!.slot + 1);
    slots = Math.max(slots, run.slot + 1);
  });
  return slots;
}

const isBeside = (a: Run, b: Run): boolean => a.low <= b.high + BESIDE && a.high >= b.low - BESIDE;

/** Neighbours change places as long as they cross less for it. */
function untwist(runs: Run[]): void {
  for (let round = 0; round < runs.length; round++) {
    let changed = false;
    for (let i = 0; i + 1 < runs.length; i++) {
      const [upper, lower] = [runs[i]!, runs[i + 1]!];
      if (!isBeside(upper, lower) || crossings(upper, lower) <= crossings(lower, upper)) continue;
      runs[i] = lower;
      runs[i + 1] = upper;
      changed = true;
    }
    if (!changed) return;
  }
}

/** Ways down of the upper run and ways in of the lower one that cross the other. */
function crossings(upper: Run, lower: Run): number {
  let count = 0;
  for (const x of upper.below) if (x > lower.low && x < lower.high) count++;
  for (const x of lower.above) if (x > upper.low && x < upper.high) count++;
  return count;
}
