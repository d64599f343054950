import { familyOf } from './families.ts';
import type { TableEntry } from './types.ts';

/** Entries by family, by rising work. */
export class Families {
  private readonly families = new Map<string, TableEntry[]>();

  constructor(entries: Iterable<TableEntry>) {
    for (const entry of entries) {
      const family = familyOf(entry.key);
      const list = this.families.get(family) ?? [];
      list.push(entry);
      this.families.set(family, list);
    }
    for (const list of this.families.values()) list.sort((a, b) => a.work - b.work);
  }

  /**
   * Time of a key that was not measured, on the line between its two neighbours of the same family by work. Null where
   * it has none on one of both sides, or where the runtime runs other kernels on both: beyond what was measured nothing is
   * guessed.
   */
  between(key: string, work: number): Pick<TableEntry, 'ms' | 'spread' | 'kernels'> | null {
    const list = this.families.get(familyOf(key)) ?? [];
    const low = list.findLast((entry) => entry.work <= work);
    const high = list.find((entry) => entry.work >= work);
    if (!low || !high || low.kernels !== high.kernels) return null;
    const along = high.work > low.work ? (work - low.work) / (high.work - low.work) : 0.5;
    return {
      ms: low.ms + (high.ms - low.ms) * along,
      spread: Math.max(low.spread, high.spread),
      kernels: low.kernels,
    };
  }
}
