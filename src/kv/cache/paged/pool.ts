import { zeroRows, type LayerRows, type LayerShape } from '../layout.ts';
import { copyRows } from '../rows.ts';

/** Some rows of a block. */
export interface Part {
  readonly block: number;
  /** The first row within the block. */
  readonly offset: number;
  readonly count: number;
}

/** The bytes: `[blocks, heads, block, width]` for the keys of each layer, and for its values. */
export class Pool {
  readonly layers: readonly LayerShape[];
  readonly block: number;
  tensors: readonly { readonly key: Float32Array<ArrayBuffer>; readonly value: Float32Array<ArrayBuffer> }[];

  constructor(layers: readonly LayerShape[], blocks: number, block: number) {
    this.layers = layers;
    this.block = block;
    this.tensors = layers.map((layer) => zeroRows(layer, blocks * block));
  }

  /** Room for so many blocks; what lies in those that are there stays. */
  grow(blocks: number): void {
    const before = this.tensors;
    this.tensors = this.layers.map((layer, at) => {
      const rows = zeroRows(layer, blocks * this.block);
      rows.key.set(before[at]!.key);
      rows.value.set(before[at]!.value);
      return rows;
    });
  }

  /** Writes rows `from …` of `[heads, total, width]`. */
  write({ block, offset, count }: Part, rows: readonly LayerRows[], from: number, total: number): void {
    this.each((heads, width, layer, what) => {
      const target = this.within(layer, what, block, heads * width);
      const source = rows[layer]![what];
      copyRows(
        { source, from, fromTotal: total },
        { target, to: offset, toTotal: this.block },
        { heads, width, count },
      );
    });
  }

  /** Reads into rows `to …` of `[heads, total, width]`. */
  read({ block, offset, count }: Part, rows: ReturnType<typeof zeroRows>[], to: number, total: number): void {
    this.each((heads, width, layer, what) => {
      const source = this.within(layer, what, block, heads * width);
      const target = rows[layer]![what];
      copyRows(
        { source, from: offset, fromTotal: this.block },
        { target, to, toTotal: total },
        { heads, width, count },
      );
    });
  }

  copy(from: number, to: number): void {
    this.each((heads, width, layer, what) => {
      this.within(layer, what, to, heads * width).set(this.within(layer, what, from, heads * width));
    });
  }

  /** The rows of a block, as a copy. */
  save(block: number): LayerRows[] {
    const rows = this.layers.map((layer) => zeroRows(layer, this.block));
    this.read({ block, offset: 0, count: this.block }, rows, 0, this.block);
    return rows;
  }

  load(block: number, rows: readonly LayerRows[]): void {
    this.write({ block, offset: 0, count: this.block }, rows, 0, this.block);
  }

  private within(layer: number, what: 'key' | 'value', block: number, rowSize: number): Float32Array<ArrayBuffer> {
    const size = rowSize * this.block;
    return this.tensors[layer]![what].subarray(block * size, (block + 1) * size);
  }

  private each(visit: (heads: number, width: number, layer: number, what: 'key' | 'value') => void): void {
    this.layers.forEach(({ heads, keyWidth, valueWidth }, layer) => {
      visit(heads, keyWidth, layer, 'key');
      visit(heads, valueWidth, layer, 'value');
    });
  }
}
