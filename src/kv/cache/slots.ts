import { checkRows, requireOpen, zeroRows, type LayerRows, type LayerShape, type SequenceCache } from './layout.ts';
import { copyRows } from './rows.ts';

/** Consecutive slots whose rows follow one another. */
export interface Run {
  readonly slot: number;
  readonly count: number;
}

/** A cache in one buffer of `[heads, slots, width]` for each tensor; a policy says which slot a position has. */
export abstract class SlotCache implements SequenceCache {
  readonly layers: readonly LayerShape[];
  appended = 0;
  protected buffers: readonly { key: Float32Array<ArrayBuffer>; value: Float32Array<ArrayBuffer> }[];
  /** Slots of the buffers. */
  protected slots: number;
  private released = false;

  constructor(layers: readonly LayerShape[], slots: number) {
    this.layers = layers;
    this.slots = slots;
    this.buffers = layers.map((layer) => zeroRows(layer, slots));
  }

  abstract get length(): number;
  abstract positions(): Int32Array;
  abstract truncate(appended: number): void;
  /** Where the rows that are held lie, in the order of their positions. */
  protected abstract runs(): readonly Run[];
  /** Writes what is worth keeping of new rows; `appended` is still what it was. */
  protected abstract place(count: number, rows: readonly LayerRows[]): void;

  get dropped(): number {
    return this.appended - this.length;
  }

  get bytes(): number {
    return this.buffers.reduce((sum, { key, value }) => sum + key.byteLength + value.byteLength, 0);
  }

  append(count: number, rows: readonly LayerRows[]): void {
    requireOpen(this.released);
    checkRows(this.layers, count, rows);
    this.place(count, rows);
    this.appended += count;
  }

  gather(): LayerRows[] {
    requireOpen(this.released);
    const runs = this.runs();
    const whole = runs.length === 1 && runs[0]!.slot === 0 && runs[0]!.count === this.slots;
    return whole ? [...this.buffers] : this.packed(runs, this.length);
  }

  release(): void {
    this.released = true;
    this.slots = 0;
    this.buffers = [];
  }

  /** Writes `count` of `total` new rows, from the one at `from` on, to the slots from `slot` on. */
  protected write(slot: number, count: number, rows: readonly LayerRows[], from: number, total: number): void {
    this.layers.forEach(({ heads, keyWidth, valueWidth }, layer) => {
      const [source, target] = [rows[layer]!, this.buffers[layer]!];
      for (const [what, width] of [
        ['key', keyWidth],
        ['value', valueWidth],
      ] as const) {
        copyRows(
          { source: source[what], from, fromTotal: total },
          { target: target[what], to: slot, toTotal: this.slots },
          { heads, width, count },
        );
      }
    });
  }

  /** Lays what is held into buffers of another size, from slot 0 on. */
  protected resize(slots: number): void {
    this.buffers = this.packed(this.runs(), slots);
    this.slots = slots;
  }

  private packed(runs: readonly Run[], slots: number) {
    return this.layers.map((shape, layer) => {
      const [source, target] = [this.buffers[layer]!, zeroRows(shape, slots)];
      for (const [what, width] of [
        ['key', shape.keyWidth],
        ['value', shape.valueWidth],
      ] as const) {
        let to = 0;
        for (const { slot, count } of runs) {
          copyRows(
            { source: source[what], from: slot, fromTotal: this.slots },
            { target: target[what], to, toTotal: slots },
            { heads: shape.heads, width, count },
          );
          to += count;
        }
      }
      return target;
    });
  }
}

/** `from, from + 1, … to − 1`. */
export const range = (from: number, to: number): Int32Array =>
  Int32Array.from({ length: to - from }, (_, i) => from + i);
