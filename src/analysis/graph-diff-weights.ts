import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { Tensor } from '../ir/tensor.ts';

/** Whether two constants of one type and shape hold the same elements; null: it was not looked at. */
export type Equality = boolean | null;

const SAMPLES = 64;
/** Progress is told once for this many bytes: constants are many, and most are small. */
const TOLD_EVERY = 16e6;

/**
 * Compares the elements of constants. Equal sources are equal without reading; what has to be read is read within a
 * budget, tensor by tensor. A data file that is missing, or a budget that is spent, leaves a pair undecided.
 */
export class WeightReader {
  /** Bytes that were left undecided. */
  unreadBytes = 0;
  private left: number;
  private readonly job: Job;
  private readonly known = new Map<Tensor, Map<Tensor, Equality>>();
  private done = 0;
  private told = 0;

  /** @param budget bytes of A's tensors that may be read */
  constructor(budget: number, job: Job) {
    this.left = budget;
    this.job = job;
  }

  async equal(a: Tensor, b: Tensor): Promise<Equality> {
    if (a === b || a.source === b.source) return true;
    const seen = this.known.get(a)?.get(b);
    if (seen !== undefined) return seen;
    await this.job.checkpoint();
    const result = this.decide(a, b);
    const list = this.known.get(a) ?? new Map<Tensor, Equality>();
    this.known.set(a, list.set(b, result));
    return result;
  }

  private decide(a: Tensor, b: Tensor): Equality {
    try {
      const size = a.byteLength;
      if (a.dtype !== 'string' && size !== b.byteLength) return false;
      if (size > this.left) return this.skip(size);
      this.left -= size;
      this.tell(size);
      return a.dtype === 'string' ? sameStrings(a.strings(), b.strings()) : sameBytes(a.bytes(), b.bytes());
    } catch (error) {
      if (error instanceof CodedError && error.code === 'external-data') return this.skip(a.byteLength);
      throw error;
    }
  }

  private tell(size: number): void {
    this.done += size;
    if (this.done - this.told < TOLD_EVERY) return;
    this.told = this.done;
    this.job.progress({ stage: 'Comparing weights, bytes', done: this.done });
  }

  private skip(size: number): null {
    this.unreadBytes += size;
    return null;
  }
}

const sameStrings = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((each, i) => sameBytes(each, b[i] ?? new Uint8Array()));

/** Byte by byte, four at a time where both lie alike. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  if (a.buffer === b.buffer && a.byteOffset === b.byteOffset) return true;
  let at = 0;
  if (a.byteOffset % 4 === 0 && b.byteOffset % 4 === 0) {
    const words = a.length >> 2;
    const left = new Uint32Array(a.buffer, a.byteOffset, words);
    const right = new Uint32Array(b.buffer, b.byteOffset, words);
    for (let i = 0; i < words; i++) if (left[i] !== right[i]) return false;
    at = words * 4;
  }
  for (; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Larger constants are only said to differ, bytes. */
const MEASURED = 64e6;

/**
 * The largest difference between elements of two numeric constants of one type and shape; null: too large to be
 * measured unasked, not numbers, or not comparable (NaN).
 */
export function largestDifference(a: Tensor, b: Tensor): number | null {
  if (a.dtype === 'string' || a.byteLength > MEASURED) return null;
  const [left, right] = [a.numbers(), b.numbers()];
  let most = 0;
  for (let i = 0; i < left.length; i++) {
    const difference = Math.abs(left[i]! - right[i]!);
    if (Number.isNaN(difference)) return null;
    if (difference > most) most = difference;
  }
  return most;
}

/**
 * A few bytes of a constant as text: different texts are different constants, equal texts are likely equal. '' where
 * looking would mean reading a file or computing.
 */
export function sampleOf(tensor: Tensor): string {
  const { kind } = tensor.source;
  if ((kind !== 'file' && kind !== 'memory') || tensor.dtype === 'string') return '';
  const bytes = tensor.source.bytes();
  const step = Math.max(1, Math.floor(bytes.length / SAMPLES));
  let text = '';
  for (let at = 0; at < bytes.length; at += step) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}
