import type { Job } from '../base/job.ts';
import { formatBytes } from '../base/format.ts';
import type { Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/types.ts';
import type { ChannelRanges, TensorStats } from './detail-types.ts';
import { Elements, isOrdered } from './tensor-elements.ts';

const BINS = 48;
/** Elements that are decoded at once; a multiple of what any packed type has in a byte. */
const CHUNK = 1 << 18;

/** Hands the elements over chunk by chunk; between two of them the thread can answer, and a cancel is seen. */
async function eachChunk(
  elements: Elements,
  job: Job,
  stage: string,
  visit: (values: Float64Array, from: number) => void,
): Promise<void> {
  const { size } = elements.tensor;
  for (let from = 0; from < size; from += CHUNK) {
    job.progress({ stage, done: from, total: size });
    await job.checkpoint();
    visit(elements.numbers(from, Math.min(size, from + CHUNK)), from);
  }
}

/** First pass: range, sum and counts. */
class Range {
  min = Infinity;
  max = -Infinity;
  sum = 0;
  zeros = 0;
  nans = 0;
  above = 0;
  below = 0;

  add(values: Float64Array): void {
    let { min, max } = this;
    let [sum, zeros] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? NaN;
      if (!Number.isFinite(value)) this.addOther(value);
      else {
        if (value < min) min = value;
        if (value > max) max = value;
        sum += value;
        if (value === 0) zeros += 1;
      }
    }
    this.min = min;
    this.max = max;
    this.sum += sum;
    this.zeros += zeros;
  }

  private addOther(value: number): void {
    if (Number.isNaN(value)) this.nans += 1;
    else if (value > 0) this.above += 1;
    else this.below += 1;
  }
}

/** Range of each place along an axis. */
class Channels implements ChannelRanges {
  readonly axis: number;
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** Elements between two places of the axis. */
  private readonly inner: number;

  constructor(shape: readonly number[], axis: number) {
    this.axis = axis;
    this.inner = sizeOf(shape.slice(axis + 1));
    this.low = new Float32Array(shape[axis] ?? 0).fill(Infinity);
    this.high = new Float32Array(shape[axis] ?? 0).fill(-Infinity);
  }

  add(values: Float64Array, from: number): void {
    const { low, high, inner } = this;
    let at = Math.floor(from / inner) % low.length;
    let left = inner - (from % inner);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? NaN;
      if (Number.isFinite(value)) {
        if (value < (low[at] ?? NaN)) low[at] = value;
        if (value > (high[at] ?? NaN)) high[at] = value;
      }
      left -= 1;
      if (left === 0) {
        left = inner;
        at = at + 1 === low.length ? 0 : at + 1;
      }
    }
  }

  ranges(): ChannelRanges {
    const known = (bound: Float32Array): Float32Array => bound.map((each) => (Number.isFinite(each) ? each : NaN));
    return { axis: this.axis, low: known(this.low), high: known(this.high) };
  }
}

/** Second pass: how the elements spread about the mean that the first one gave. */
class Spread {
  readonly histogram: Float64Array;
  squares = 0;
  private readonly mean: number;
  private readonly min: number;
  private readonly scale: number;

  constructor({ min, max }: Range, mean: number, whole: boolean) {
    // A few whole numbers have a bin each: booleans, 4-bit weights.
    const bins = whole && max - min < BINS ? max - min + 1 : BINS;
    this.histogram = new Float64Array(bins);
    this.mean = mean;
    this.min = min;
    this.scale = max > min ? (whole && bins < BINS ? 1 : bins / (max - min)) : 0;
  }

  add(values: Float64Array): void {
    const { histogram, mean, min, scale } = this;
    const top = histogram.length - 1;
    let squares = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? NaN;
      if (!Number.isFinite(value)) continue;
      squares += (value - mean) * (value - mean);
      const bin = Math.min(top, Math.floor((value - min) * scale));
      histogram[bin] = (histogram[bin] ?? 0) + 1;
    }
    this.squares += squares;
  }
}

const NO_NUMBERS = { min: NaN, max: NaN, mean: NaN, std: NaN } as const;
const NOT_FLOAT = /^(u?int\d+|bool)$/;

/**
 * Range, moments, histogram and the range of each channel of a constant, in two passes over chunks.
 *
 * @param axis of the channels; null: they are not asked for
 * @throws CodedError `external-data` where the elements lie in a file that is missing; `cancelled`
 */
export async function tensorStats(name: string, tensor: Tensor, axis: number | null, job: Job): Promise<TensorStats> {
  const { dtype, shape, size } = tensor;
  const head = { name, dtype, shape, size, bytes: tensor.byteLength };
  const none = { zeros: 0, nans: 0, infinities: [0, 0] as const, histogram: new Float64Array(), channels: null };
  if (!isOrdered(dtype)) return { ...head, ...NO_NUMBERS, ...none };
  job.progress({ stage: `Reading ${formatBytes(head.bytes)}` });
  await job.checkpoint();
  const elements = new Elements(tensor);
  const range = new Range();
  const channels = axis === null ? null : new Channels(shape, axis);
  await eachChunk(elements, job, 'Range', (values, from) => {
    range.add(values);
    channels?.add(values, from);
  });
  const { zeros, nans, above, below } = range;
  const count = size - nans - above - below;
  const counted = { zeros, nans, infinities: [above, below] as const, channels: channels?.ranges() ?? null };
  if (count === 0) return { ...head, ...NO_NUMBERS, ...none, ...counted };
  const mean = range.sum / count;
  const spread = new Spread(range, mean, NOT_FLOAT.test(dtype));
  await eachChunk(elements, job, 'Histogram', (values) => spread.add(values));
  const { min, max } = range;
  return { ...head, min, max, mean, std: Math.sqrt(spread.squares / count), ...counted, histogram: spread.histogram };
}
