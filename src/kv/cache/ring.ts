import { invariant } from '../../base/assert.ts';
import { checkTruncate, refuseTruncate, type LayerRows, type LayerShape } from './layout.ts';
import { range, SlotCache, type Run } from './slots.ts';

/** The first `sinks` positions have slots of their own; behind them lies a ring of the last `window` ones. */
export abstract class RingCache extends SlotCache {
  private readonly sinks: number;
  private readonly window: number;

  constructor(layers: readonly LayerShape[], sinks: number, window: number) {
    invariant(Number.isInteger(window) && window > 0, `a window of ${window} positions`);
    invariant(Number.isInteger(sinks) && sinks >= 0, `${sinks} sinks`);
    super(layers, sinks + window);
    this.sinks = sinks;
    this.window = window;
  }

  get length(): number {
    return Math.min(this.appended, this.sinks + this.window);
  }

  positions(): Int32Array {
    if (this.dropped === 0) return range(0, this.appended);
    return Int32Array.from([...range(0, this.sinks), ...range(this.appended - this.window, this.appended)]);
  }

  truncate(appended: number): void {
    checkTruncate(this, appended);
    if (this.dropped > 0 && appended < this.appended) {
      refuseTruncate(appended, `${this.dropped} earlier positions have left its window`);
    }
    this.appended = appended;
  }

  protected runs(): readonly Run[] {
    if (this.dropped === 0) return [{ slot: 0, count: this.appended }];
    const oldest = this.dropped % this.window;
    return [
      { slot: 0, count: this.sinks },
      { slot: this.sinks + oldest, count: this.window - oldest },
      { slot: this.sinks, count: oldest },
    ].filter(({ count }) => count > 0);
  }

  protected place(count: number, rows: readonly LayerRows[]): void {
    const end = this.appended + count;
    let position = this.appended;
    while (position < end) {
      // A row that this same append would overwrite is never written.
      if (position >= this.sinks) position = Math.max(position, end - this.window);
      const turn = (position - this.sinks) % this.window;
      const [slot, room] =
        position < this.sinks ? [position, this.sinks - position] : [this.sinks + turn, this.window - turn];
      const written = Math.min(room, end - position);
      this.write(slot, written, rows, position - this.appended, count);
      position += written;
    }
  }
}
