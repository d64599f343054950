import { CodedError } from '../../base/error.ts';
import type { Dim } from '../../ir/types.ts';
import type { CacheTensor } from '../types.ts';

/** What a layer keeps of each position: a key and a value for each head that has its own. */
export interface LayerShape {
  readonly heads: number;
  readonly keyWidth: number;
  readonly valueWidth: number;
}

/** Keys and values of a layer: `[heads, positions, width]`, rows in the order of their positions. */
export interface LayerRows {
  readonly key: Float32Array;
  readonly value: Float32Array;
}

/** The keys and values of one sequence between runs of a decoder; each sequence of a batch has its own. */
export interface SequenceCache {
  readonly layers: readonly LayerShape[];
  /** Positions that were appended since the beginning: the position of the next token. */
  readonly appended: number;
  /** Positions that are still held. */
  readonly length: number;
  /** Those that are not: `appended − length`. */
  readonly dropped: number;
  /** Bytes that are allocated for it, rows or not. */
  readonly bytes: number;
  /** Which positions are held, in their order. */
  positions(): Int32Array;
  /**
   * Takes the rows of `count` new positions, a layer each. What is to be found again by its tokens needs them.
   * @throws CodedError `bad-request` where sizes do not fit, `out-of-memory` where there is no room.
   */
  append(count: number, rows: readonly LayerRows[], tokens?: readonly number[]): void;
  /** All rows that are held, contiguous; they may be the buffers themselves, and hold until the next `append`. */
  gather(): LayerRows[];
  /**
   * Takes back what was appended after the first `appended` positions.
   * @throws CodedError `unsupported` where rows that were dropped meanwhile would be needed.
   */
  truncate(appended: number): void;
  /** Gives all memory back; nothing can be appended afterwards. */
  release(): void;
}

/** Bytes of one position over all layers. */
export const bytesPerPosition = (layers: readonly LayerShape[], elementBytes = 4): number =>
  layers.reduce((sum, { heads, keyWidth, valueWidth }) => sum + heads * (keyWidth + valueWidth) * elementBytes, 0);

export const zeroRows = ({ heads, keyWidth, valueWidth }: LayerShape, positions: number) => ({
  key: new Float32Array(heads * positions * keyWidth),
  value: new Float32Array(heads * positions * valueWidth),
});

/** Refuses rows that are not `[heads, count, width]` for each layer. */
export function checkRows(layers: readonly LayerShape[], count: number, rows: readonly LayerRows[]): void {
  if (!Number.isInteger(count) || count < 0) {
    throw new CodedError('bad-request', `A cache takes a whole number of positions, not ${count}.`);
  }
  if (rows.length !== layers.length) {
    const message = `The cache has ${layers.length} layers, and rows of ${rows.length} were given: give one entry a layer.`;
    throw new CodedError('bad-request', message);
  }
  layers.forEach(({ heads, keyWidth, valueWidth }, layer) => {
    const given = rows[layer]!;
    for (const [what, width] of [
      ['key', keyWidth],
      ['value', valueWidth],
    ] as const) {
      const wanted = heads * count * width;
      if (given[what].length === wanted) continue;
      const message =
        `The ${what}s of layer ${layer} have ${given[what].length} elements; ${heads} heads × ${count} positions × ` +
        `${width} are ${wanted}. Give the rows of new positions only.`;
      throw new CodedError('bad-request', message, { layer });
    }
  });
}

/** Refuses to go on with a cache that has given its memory back. */
export function requireOpen(released: boolean): void {
  if (released) throw new CodedError('bad-request', 'This cache is released: open another one.');
}

/** Refuses a length to go back to that was never reached. */
export function checkTruncate(cache: SequenceCache, appended: number): void {
  if (Number.isInteger(appended) && appended >= 0 && appended <= cache.appended) return;
  const message = `A cache of ${cache.appended} positions cannot go back to ${appended}: give a whole number up to that.`;
  throw new CodedError('bad-request', message);
}

/** Refuses to go back where earlier rows are gone. */
export function refuseTruncate(appended: number, why: string): never {
  const message = `The cache cannot go back to position ${appended}: ${why}. Begin a new one and run its tokens again.`;
  throw new CodedError('unsupported', message);
}

const sizeAt = (tensor: CacheTensor, axis: number): number => {
  const dim: Dim = tensor.shape[axis] ?? null;
  if (typeof dim === 'number' && dim > 0) return dim;
  const message = `${tensor.input} does not say how long its axis ${axis} is: set it in the model's inputs.`;
  throw new CodedError('unsupported', message, { input: tensor.input });
};

/** The layers of a decoder by what its inputs declare, in their order. */
export function layerShapes(cache: readonly CacheTensor[]): LayerShape[] {
  const layers = [...new Set(cache.map(({ layer }) => layer))].toSorted((a, b) => a - b);
  return layers.map((layer) => {
    const of = (holds: 'key' | 'value'): CacheTensor => {
      const found = cache.find(
        (tensor) => tensor.layer === layer && (tensor.holds === holds || tensor.holds === 'both'),
      );
      if (found) return found;
      throw new CodedError('unsupported', `Layer ${layer} keeps no ${holds}s: a cache needs both.`, { layer });
    };
    const [key, value] = [of('key'), of('value')];
    const heads = sizeAt(key, key.axes.heads);
    return { heads, keyWidth: sizeAt(key, key.axes.width), valueWidth: sizeAt(value, value.axes.width) };
  });
}
