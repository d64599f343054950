import { invariant } from '../../base/assert.ts';
import { CodedError } from '../../base/error.ts';
import { checkTruncate, refuseTruncate, type LayerRows, type LayerShape } from './layout.ts';
import { SlotCache, type Run } from './slots.ts';

interface Entry {
  readonly position: number;
  readonly slot: number;
  /** Attention that it has had so far. */
  score: number;
}

/**
 * Keeps the last `recent` positions, and of the others the `heavy` ones that had most attention so far (H2O, Zhang et al.
 * 2023, arXiv:2306.14048). One choice holds for all layers and heads, so that rows stay aligned; H2O chooses per head.
 * Rows that were appended stay until `observe` has told what attention they had.
 */
export class HeavyHitterCache extends SlotCache {
  private readonly heavy: number;
  private readonly recent: number;
  private entries: Entry[] = [];
  private free: number[];

  constructor(layers: readonly LayerShape[], { heavy, recent }: { readonly heavy: number; readonly recent: number }) {
    invariant(heavy >= 0 && recent > 0, `${heavy} heavy and ${recent} recent positions`);
    // One more, for a new position lies there before it is known which one goes.
    super(layers, heavy + recent + 1);
    this.heavy = heavy;
    this.recent = recent;
    this.free = slotsFrom(0, this.slots);
  }

  get length(): number {
    return this.entries.length;
  }

  positions(): Int32Array {
    return Int32Array.from(this.entries, ({ position }) => position);
  }

  /** Attention that each position which is held has had so far. */
  scores(): Float64Array {
    return Float64Array.from(this.entries, ({ score }) => score);
  }

  /**
   * Adds the attention of the last run, `[length]`: weights summed over layers, heads and queries. Then lets go what is
   * beyond `heavy + recent`, the least attended first, of equals the older.
   */
  observe(attention: ArrayLike<number>): void {
    if (attention.length !== this.length) {
      const message = `${attention.length} attention weights were given for ${this.length} positions: give one for each that is held.`;
      throw new CodedError('bad-request', message);
    }
    this.entries.forEach((entry, at) => (entry.score += attention[at]!));
    const over = this.length - this.heavy - this.recent;
    if (over <= 0) return;
    const old = this.entries.slice(0, -this.recent).toSorted((a, b) => a.score - b.score || a.position - b.position);
    const gone = new Set(old.slice(0, over));
    this.entries = this.entries.filter((entry) => !gone.has(entry));
    this.free.push(...Array.from(gone, ({ slot }) => slot));
    if (this.slots > this.heavy + this.recent + 1) this.repack(this.heavy + this.recent + 1);
  }

  truncate(appended: number): void {
    checkTruncate(this, appended);
    if (this.dropped > 0 && appended < this.appended) {
      refuseTruncate(appended, `${this.dropped} positions were let go by attention that later ones have told`);
    }
    this.free.push(...this.entries.slice(appended).map(({ slot }) => slot));
    this.entries.length = appended;
    this.appended = appended;
  }

  protected runs(): readonly Run[] {
    const runs: { slot: number; count: number }[] = [];
    for (const { slot } of this.entries) {
      const last = runs.at(-1);
      if (last && last.slot + last.count === slot) last.count += 1;
      else runs.push({ slot, count: 1 });
    }
    return runs;
  }

  protected place(count: number, rows: readonly LayerRows[]): void {
    if (count > this.free.length) this.repack(this.length + count);
    for (let at = 0; at < count; at++) {
      const slot = this.free.pop()!;
      this.write(slot, 1, rows, at, count);
      this.entries.push({ position: this.appended + at, slot, score: 0 });
    }
  }

  private repack(slots: number): void {
    this.resize(slots);
    this.entries = this.entries.map(({ position, score }, slot) => ({ position, slot, score }));
    this.free = slotsFrom(this.entries.length, slots);
  }
}

/** Taken from the end, so that rows which come together lie together. */
const slotsFrom = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => to - 1 - i);
