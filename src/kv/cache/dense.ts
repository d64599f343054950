import { checkTruncate, type LayerRows, type LayerShape } from './layout.ts';
import { range, SlotCache, type Run } from './slots.ts';

/** Slots of a cache that grows by doubling, when it gets its first rows. */
const FIRST = 16;

/**
 * Keeps every position. `doubling` copies each row about once over its life, and half of the buffers may lie idle;
 * `exact` copies all of them at each append, and has no idle slot.
 */
export class DenseCache extends SlotCache {
  private readonly growth: 'doubling' | 'exact';

  constructor(layers: readonly LayerShape[], growth: 'doubling' | 'exact' = 'doubling') {
    super(layers, 0);
    this.growth = growth;
  }

  get length(): number {
    return this.appended;
  }

  positions(): Int32Array {
    return range(0, this.appended);
  }

  truncate(appended: number): void {
    checkTruncate(this, appended);
    this.appended = appended;
    if (this.growth === 'exact') this.resize(appended);
  }

  protected runs(): readonly Run[] {
    return [{ slot: 0, count: this.appended }];
  }

  protected place(count: number, rows: readonly LayerRows[]): void {
    const wanted = this.appended + count;
    if (wanted > this.slots) this.resize(this.growth === 'exact' ? wanted : Math.max(FIRST, wanted, 2 * this.slots));
    this.write(this.appended, count, rows, 0, count);
  }
}
