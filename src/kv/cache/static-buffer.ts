import { CodedError } from '../../base/error.ts';
import { checkTruncate, type LayerRows } from './layout.ts';
import { range, SlotCache, type Run } from './slots.ts';

/** Keeps every position in buffers that are allocated once, at their largest. */
export class StaticBufferCache extends SlotCache {
  get length(): number {
    return this.appended;
  }

  get capacity(): number {
    return this.slots;
  }

  positions(): Int32Array {
    return range(0, this.appended);
  }

  /** The buffers themselves, `[heads, capacity, width]`: rows from `length` on mean nothing. */
  whole(): readonly LayerRows[] {
    return this.buffers;
  }

  truncate(appended: number): void {
    checkTruncate(this, appended);
    this.appended = appended;
  }

  protected runs(): readonly Run[] {
    return [{ slot: 0, count: this.appended }];
  }

  protected place(count: number, rows: readonly LayerRows[]): void {
    const wanted = this.appended + count;
    if (wanted > this.slots) {
      const message =
        `The buffer holds ${this.slots} positions, and ${wanted} are wanted: ` +
        'open it with more, or choose a window.';
      throw new CodedError('out-of-memory', message, { capacity: this.slots, wanted });
    }
    this.write(this.appended, count, rows, 0, count);
  }
}
