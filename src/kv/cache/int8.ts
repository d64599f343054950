import { invariant } from '../../base/assert.ts';
import {
  dequantizeStrip,
  type Strip,
  emptyScales,
  quantizeStrip,
  SCALE_BYTES,
  scaleAt,
  type Scales,
  type ScaleType,
} from './int8-quantize.ts';
import {
  checkRows,
  checkTruncate,
  refuseTruncate,
  requireOpen,
  type LayerRows,
  type LayerShape,
  type SequenceCache,
  zeroRows,
} from './layout.ts';
import { joinRows, sliceRows } from './rows.ts';
import { range } from './slots.ts';

export interface Int8Options {
  /** Positions that share a key's scales. */
  readonly group: number;
  /** At least so many of the last positions stay float32. */
  readonly residual: number;
  readonly scales: ScaleType;
}

/** At least 3.5 times smaller than float32 from 1024 positions on, for heads of 64 and wider. */
export const INT8_DEFAULTS: Int8Options = { group: 32, residual: 16, scales: 'float16' };

/** A layer as it is kept; `Q` and `P` positions of keys and values are quantized, the others follow as floats. */
interface Int8Layer {
  /** `[heads, Q, keyWidth]`. */
  readonly key: Int8Array<ArrayBuffer>;
  /** `[heads, Q / group, keyWidth]`. */
  readonly keyScales: Scales;
  /** `[heads, length − Q, keyWidth]`. */
  readonly keyRest: Float32Array<ArrayBuffer>;
  /** `[heads, P, valueWidth]`. */
  readonly value: Int8Array<ArrayBuffer>;
  /** `[heads, P]`. */
  readonly valueScales: Scales;
  /** `[heads, length − P, valueWidth]`. */
  readonly valueRest: Float32Array<ArrayBuffer>;
}

/** How many positions are quantized: keys by whole groups, values one by one. */
export function int8Positions(length: number, { group, residual }: Int8Options): { keys: number; values: number } {
  const values = Math.max(0, length - residual);
  return { keys: values - (values % group), values };
}

/**
 * Bytes of `length` positions of a layer with `Q` quantized keys and `P` quantized values, `s` bytes a scale:
 * `heads · (keyWidth · (Q + s·Q/group + 4·(length − Q)) + valueWidth · (P + 4·(length − P)) + s·P)`.
 */
export function int8Bytes({ heads, keyWidth, valueWidth }: LayerShape, length: number, options: Int8Options): number {
  const { keys, values } = int8Positions(length, options);
  const scale = SCALE_BYTES[options.scales];
  const perKey = keys + (scale * keys) / options.group + 4 * (length - keys);
  const perValue = values + 4 * (length - values);
  return heads * (keyWidth * perKey + valueWidth * perValue + scale * values);
}

/**
 * Eight bits, symmetric: keys per channel in groups of positions, values per position, and floats for the last ones
 * (KIVI, Liu et al. 2024, arXiv:2402.02750). Arrays are always as long as what they hold.
 */
export class Int8Cache implements SequenceCache {
  readonly layers: readonly LayerShape[];
  readonly options: Int8Options;
  appended = 0;
  private kept: Int8Layer[];
  private keys = 0;
  private values = 0;
  private released = false;

  constructor(layers: readonly LayerShape[], options: Int8Options = INT8_DEFAULTS) {
    invariant(Number.isInteger(options.group) && options.group > 0, `groups of ${options.group} positions`);
    invariant(Number.isInteger(options.residual) && options.residual >= 0, `a residual of ${options.residual}`);
    this.layers = layers;
    this.options = options;
    this.kept = layers.map((shape) => this.empty(shape));
  }

  readonly dropped = 0;

  get length(): number {
    return this.appended;
  }

  get bytes(): number {
    return this.kept.reduce(
      (sum, layer) => sum + Object.values(layer).reduce((all, { byteLength }) => all + byteLength, 0),
      0,
    );
  }

  positions(): Int32Array {
    return range(0, this.appended);
  }

  append(count: number, rows: readonly LayerRows[]): void {
    requireOpen(this.released);
    checkRows(this.layers, count, rows);
    const { keys, values } = int8Positions(this.appended + count, this.options);
    const [moreKeys, moreValues] = [Math.max(0, keys - this.keys), Math.max(0, values - this.values)];
    this.kept = this.layers.map((shape, layer) => ({
      ...this.withKeys(shape, this.kept[layer]!, rows[layer]!, moreKeys),
      ...this.withValues(shape, this.kept[layer]!, rows[layer]!, moreValues),
    }));
    this.appended += count;
    this.keys += moreKeys;
    this.values += moreValues;
  }

  gather(): LayerRows[] {
    requireOpen(this.released);
    return this.layers.map(({ heads, keyWidth, valueWidth }, layer) => {
      const { key, keyScales, keyRest, value, valueScales, valueRest } = this.kept[layer]!;
      const [keys, values] = [new Float32Array(key.length), new Float32Array(value.length)];
      const scaled = keyStrips(keyWidth, this.options.group);
      keyScales.forEach((_, at) => dequantizeStrip(key, keys, scaled(at), scaleAt(keyScales, at)));
      const rows = valueStrips(valueWidth);
      valueScales.forEach((_, at) => dequantizeStrip(value, values, rows(at), scaleAt(valueScales, at)));
      return {
        key: joinRows(keys, keyRest, heads, keyWidth),
        value: joinRows(values, valueRest, heads, valueWidth),
      };
    });
  }

  /** What is kept, as it is kept: for a decoder that reads eight bits itself. */
  parts(): readonly Int8Layer[] {
    return this.kept;
  }

  /** Quantized keys give way by whole groups only. */
  truncate(appended: number): void {
    checkTruncate(this, appended);
    const { group } = this.options;
    if (appended < this.keys && appended % group !== 0) {
      refuseTruncate(appended, `its keys are quantized in groups of ${group}`);
    }
    const [keys, values] = [Math.min(this.keys, appended), Math.min(this.values, appended)];
    this.kept = this.layers.map(({ heads, keyWidth, valueWidth }, layer) => {
      const { key, keyScales, keyRest, value, valueScales, valueRest } = this.kept[layer]!;
      return {
        key: sliceRows(key, heads, keyWidth, 0, keys),
        keyScales: sliceRows(keyScales, heads, keyWidth, 0, keys / group),
        keyRest: sliceRows(keyRest, heads, keyWidth, 0, appended - keys),
        value: sliceRows(value, heads, valueWidth, 0, values),
        valueScales: sliceRows(valueScales, heads, 1, 0, values),
        valueRest: sliceRows(valueRest, heads, valueWidth, 0, appended - values),
      };
    });
    [this.appended, this.keys, this.values] = [appended, keys, values];
  }

  release(): void {
    this.released = true;
    this.kept = [];
  }

  private empty(shape: LayerShape): Int8Layer {
    const { key: keyRest, value: valueRest } = zeroRows(shape, 0);
    const scales = (): Scales => emptyScales(this.options.scales);
    const bytes = (): Int8Array<ArrayBuffer> => new Int8Array(0);
    return { key: bytes(), keyScales: scales(), keyRest, value: bytes(), valueScales: scales(), valueRest };
  }

  /** Quantizes the `more` oldest keys among those that were floats and the new ones. */
  private withKeys({ heads, keyWidth: width }: LayerShape, kept: Int8Layer, { key }: LayerRows, more: number) {
    const rest = joinRows(kept.keyRest, owned(key), heads, width);
    if (more === 0) return { key: kept.key, keyScales: kept.keyScales, keyRest: rest };
    const { group, scales: type } = this.options;
    const floats = sliceRows(rest, heads, width, 0, more);
    const quantized = new Int8Array(floats.length);
    const scales = emptyScales(type, floats.length / group);
    const strip = keyStrips(width, group);
    for (let at = 0; at < scales.length; at++) quantizeStrip(floats, quantized, strip(at), scales, at);
    return {
      key: joinRows(kept.key, quantized, heads, width),
      keyScales: joinRows(kept.keyScales, scales, heads, width),
      keyRest: tail(rest, heads, width, more),
    };
  }

  private withValues({ heads, valueWidth: width }: LayerShape, kept: Int8Layer, { value }: LayerRows, more: number) {
    const rest = joinRows(kept.valueRest, owned(value), heads, width);
    if (more === 0) return { value: kept.value, valueScales: kept.valueScales, valueRest: rest };
    const floats = sliceRows(rest, heads, width, 0, more);
    const quantized = new Int8Array(floats.length);
    const scales = emptyScales(this.options.scales, heads * more);
    const strip = valueStrips(width);
    for (let at = 0; at < scales.length; at++) quantizeStrip(floats, quantized, strip(at), scales, at);
    return {
      value: joinRows(kept.value, quantized, heads, width),
      valueScales: joinRows(kept.valueScales, scales, heads, 1),
      valueRest: tail(rest, heads, width, more),
    };
  }
}

/** The numbers that the key scale at a place stands for: a channel of a group. */
const keyStrips =
  (width: number, group: number) =>
  (at: number): Strip => {
    const channel = at % width;
    return { at: (at - channel) * group + channel, stride: width, count: group };
  };

/** The numbers that the value scale at a place stands for: a head's row. */
const valueStrips =
  (width: number) =>
  (at: number): Strip => ({ at: at * width, stride: 1, count: width });

/** A copy: what the decoder gave may be written again by its next run. */
const owned = (rows: Float32Array): Float32Array<ArrayBuffer> => new Float32Array(rows);

const tail = (rest: Float32Array<ArrayBuffer>, heads: number, width: number, from: number): Float32Array<ArrayBuffer> =>
  sliceRows(rest, heads, width, from, rest.length / (heads * width) - from);
