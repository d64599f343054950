import { CodedError } from '../base/error.ts';
import { formatBytes } from '../base/format.ts';
import type { Job } from '../base/job.ts';
import { shuffled } from '../data/data-set.ts';
import { feedsOf, sampleFeeds, stackFeeds } from '../data/feeds.ts';
import type { Preprocess } from '../data/preprocess.ts';
import { preprocessFor } from '../data/propose.ts';
import type { DataFeeds, DataSet, FeedTensor, InputPort } from '../data/types.ts';
import { sha256Of } from '../engine/artifacts.ts';
import type { Calibration } from '../engine/calibration.ts';
import { numbersOf } from '../engine/host-numbers.ts';
import type { PreparedData } from '../engine/train/desk.ts';
import { batchFree } from '../engine/train/samples.ts';
import type { Feeds } from '../runtime/types.ts';

/** What models are run on, and what the answers should be. */
export interface JudgedOn {
  readonly feeds: readonly Feeds[];
  /** The class of each row that the first output has, −1 where there is none to tell; null: there are no labels. */
  readonly labels: readonly number[] | null;
  readonly samples: number;
}

/** Samples a run where the batch is free: more saves nothing on a processor. */
const BATCH = 16;
/** All inputs are held at once, bytes. */
const MOST_BYTES = 1 << 30;
/** Always the same samples: what one search has found holds for another that draws otherwise. */
const DRAWN_BY = 1;
/** Samples that what was sliced away is made up for with, at most; and how many elements they may have. */
const CALIBRATED = 128;
const CALIBRATED_ELEMENTS = 32 * 3 * 224 * 224;

/**
 * Samples that sub-networks are judged by, and others to make up for what was sliced away: drawn from the data, fed as the
 * model's inputs want them, in whatever size it has now.
 */
export class SearchSamples {
  private readonly data: PreparedData;
  private readonly most: number;
  /** Samples at the end of the order that judge nothing. */
  private readonly aside: number;
  private readonly order: readonly number[];
  private readonly kept = new Map<string, JudgedOn>();
  private readonly calibrations = new Map<string, Calibration>();

  /** @param repairs whether a part is set aside to make up for what was sliced away */
  constructor(data: PreparedData, { samples, repairs }: { samples: number; repairs: boolean }) {
    const all = Array.from(shuffled(data.dataSet.count, DRAWN_BY));
    const aside = repairs ? Math.min(asideOf(data), Math.floor(all.length / 2)) : 0;
    this.data = data;
    this.aside = aside;
    this.most = Math.min(samples, all.length - aside);
    this.order = [...all.slice(aside), ...all.slice(0, aside)];
  }

  /** Samples that there are to judge by. */
  get count(): number {
    return this.most;
  }

  /** The first `count` of them, as the given inputs want them. Throws `bad-request` as feeding does, and where memory ends. */
  async judged(inputs: readonly InputPort[], count: number, job: Job): Promise<JudgedOn> {
    const key = JSON.stringify([inputs, count]);
    const known = this.kept.get(key);
    if (known) return known;
    const indices = this.order.slice(0, Math.min(count, this.most));
    const made = await this.feeds(inputs, indices, job);
    this.keep(key, made);
    return made;
  }

  /** Those of other sizes go, the oldest first, where all together take too much. */
  private keep(key: string, made: JudgedOn): void {
    this.kept.set(key, made);
    let held = [...this.kept.values()].reduce((sum, each) => sum + bytesOf(each.feeds), 0);
    for (const [old, { feeds }] of this.kept) {
      if (held <= MOST_BYTES || old === key) return;
      this.kept.delete(old);
      held -= bytesOf(feeds);
    }
  }

  async calibration(inputs: readonly InputPort[], job: Job): Promise<Calibration> {
    const key = JSON.stringify(inputs);
    const known = this.calibrations.get(key);
    if (known) return known;
    const indices = this.order.slice(-this.aside);
    const { feeds, labels } = await this.feeds(inputs, indices, job);
    const { name, kind } = this.data.dataSet;
    const made = { name, feeds, samples: indices.length, madeUp: kind === 'synthetic', labels };
    this.calibrations.set(key, made);
    return made;
  }

  /** The samples of `calibration` in one batch. */
  async stacked(inputs: readonly InputPort[]): Promise<DataFeeds> {
    const indices = this.order.slice(-this.aside);
    const preprocess = await this.preprocessFor(inputs);
    const free = batchFree(inputs);
    const samples = await Promise.all(indices.map((index) => sampleFeeds(this.data.dataSet, index, free, preprocess)));
    return stackFeeds(free, samples);
  }

  /** SHA-256 of what is judged by: other samples, or others' preprocessing, have another one. */
  async hash(inputs: readonly InputPort[], job: Job): Promise<string> {
    const { feeds, labels } = await this.judged(inputs, this.most, job);
    const parts = await Promise.all(
      feeds.flatMap((feed) =>
        Object.values(feed).map(async ({ data }) =>
          ArrayBuffer.isView(data)
            ? sha256Of(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength))
            : JSON.stringify(data),
        ),
      ),
    );
    return sha256Of(new TextEncoder().encode(JSON.stringify([parts, labels])));
  }

  private async feeds(inputs: readonly InputPort[], indices: readonly number[], job: Job): Promise<JudgedOn> {
    const { dataSet } = this.data;
    const preprocess = await this.preprocessFor(inputs);
    const feeds: Feeds[] = [];
    const labels: number[] = [];
    let bytes = 0;
    for await (const batch of feedsOf(dataSet, indices, inputs, preprocess, BATCH)) {
      job.progress({ stage: `Reading ${dataSet.name}`, done: BATCH * feeds.length, total: indices.length });
      await job.checkpoint();
      const tensors = Object.values(batch.feeds);
      bytes += bytesOf([batch.feeds]);
      if (bytes > MOST_BYTES) {
        const what = `${indices.length} samples take more than ${formatBytes(MOST_BYTES)} of memory.`;
        throw new CodedError('bad-request', `${what} Judge by fewer.`);
      }
      feeds.push(batch.feeds);
      labels.push(...labelsOf(dataSet, batch.indices, tensors));
    }
    return { feeds, labels: dataSet.labels || dataSet.kind === 'text' ? labels : null, samples: indices.length };
  }

  /** What was chosen for the model as it is; for another size, what is proposed for that, with the same normalisation. */
  private async preprocessFor(inputs: readonly InputPort[]): Promise<Preprocess> {
    const { preprocess, dataSet } = this.data;
    if (preprocess.kind !== 'image') return preprocess;
    const { preprocess: proposed } = await preprocessFor(inputs, dataSet);
    if (proposed.kind !== 'image' || proposed.shape.join() === preprocess.shape.join()) return preprocess;
    const { shape, resize, crop } = proposed;
    return { ...preprocess, shape, resize, crop };
  }
}

/** Fewer of large samples: each is run for each sub-network. */
function asideOf({ preprocess }: PreparedData): number {
  const size = 'shape' in preprocess ? preprocess.shape.reduce((product, each) => product * each, 1) : 1;
  return Math.max(1, Math.min(CALIBRATED, Math.floor(CALIBRATED_ELEMENTS / size)));
}

/** Bytes of inputs. */
export const bytesOf = (feeds: readonly Feeds[]): number =>
  feeds.reduce((sum, feed) => {
    const sizes = Object.values(feed).map(({ data }) => ('byteLength' in data ? data.byteLength : 8 * data.length));
    return sizes.reduce((total, size) => total + size, sum);
  }, 0);

/** Of a text, the next token of each; the last one of a window has none. */
function labelsOf(dataSet: DataSet, indices: readonly number[], tensors: readonly FeedTensor[]): number[] {
  if (dataSet.kind !== 'text') return indices.map((index) => dataSet.labels?.[index] ?? -1);
  const ids = tensors.find(({ dtype }) => dtype === 'int64' || dtype === 'int32');
  if (!ids) return [];
  const tokens = numbersOf(ids);
  const length = ids.shape.at(-1) ?? 1;
  return Array.from(tokens, (_, i) => ((i + 1) % length === 0 ? -1 : (tokens[i + 1] ?? -1)));
}
