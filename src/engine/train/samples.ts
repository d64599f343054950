import { seeded, type Random } from '../../base/random.ts';
import { feedsOf, sampleFeeds, stackFeeds } from '../../data/feeds.ts';
import type { Preprocess } from '../../data/preprocess.ts';
import type { DataFeeds, DataSet, InputPort } from '../../data/types.ts';
import { augmented } from './augment.ts';
import type { Augmentation } from './types.ts';

/** Data that are trained on, with what the answers should be. */
export interface TrainData {
  readonly dataSet: DataSet;
  readonly preprocess: Preprocess;
  /** With a free batch axis, whatever the model says. */
  readonly inputs: readonly InputPort[];
}

/** Inputs of a model that takes one sample at a time, as if it took many. */
export const batchFree = (inputs: readonly InputPort[]): InputPort[] =>
  inputs.map((input) => (input.shape?.length ? { ...input, shape: [null, ...input.shape.slice(1)] } : input));

/** Fisher-Yates, in place. */
function shuffle(indices: number[], random: Random): void {
  for (let i = indices.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [indices[i], indices[j]] = [indices[j] ?? 0, indices[i] ?? 0];
  }
}

/**
 * Which samples each step sees: all of them in an order drawn anew for each round, the last batch of a round filled from
 * the next. Step `k` is the same whether or not training was interrupted before it.
 */
export class Order {
  private readonly count: number;
  private readonly seed: number;
  private readonly rounds = new Map<number, readonly number[]>();

  constructor(count: number, seed: number) {
    this.count = count;
    this.seed = seed;
  }

  batch(step: number, size: number): number[] {
    return Array.from({ length: size }, (_, i) => {
      const place = step * size + i;
      return this.round(Math.floor(place / this.count))[place % this.count] ?? 0;
    });
  }

  private round(number: number): readonly number[] {
    const known = this.rounds.get(number);
    if (known) return known;
    const indices = Array.from({ length: this.count }, (_, i) => i);
    shuffle(indices, seeded(this.seed * 1_000_003 + number));
    this.rounds.clear();
    this.rounds.set(number, indices);
    return indices;
  }
}

/** Decoded samples of small data sets are kept, up to so many bytes: they are seen again and again. */
const KEPT = 256 << 20;

/** Feeds of batches: each sample decoded once where memory allows, and changed anew where images are augmented. */
export class Batches {
  private readonly data: TrainData;
  private readonly augment: Augmentation | null;
  private readonly kept = new Map<number, DataFeeds>();
  private held = 0;

  constructor(data: TrainData, augment: Augmentation | null) {
    this.data = data;
    this.augment = augment;
  }

  /** `seed`: of what is changed by chance. */
  async feeds(indices: readonly number[], seed: number): Promise<DataFeeds> {
    const samples: DataFeeds[] = [];
    const random = seeded(seed);
    for (const index of indices) {
      const own = await this.sample(index);
      samples.push(this.augment ? augmented(own, this.data.preprocess, this.augment, random) : own);
    }
    return stackFeeds(this.data.inputs, samples);
  }

  private async sample(index: number): Promise<DataFeeds> {
    const known = this.kept.get(index);
    if (known) return known;
    const { dataSet, inputs, preprocess } = this.data;
    const feeds = await sampleFeeds(dataSet, index, inputs, preprocess);
    const bytes = Object.values(feeds).reduce((sum, { data }) => sum + ('byteLength' in data ? data.byteLength : 0), 0);
    if (this.held + bytes <= KEPT) {
      this.kept.set(index, feeds);
      this.held += bytes;
    }
    return feeds;
  }
}

/** Feeds of samples in turn, for what is held out; the last batch may be smaller. */
export const inTurn = ({ dataSet, inputs, preprocess }: TrainData, indices: readonly number[], batch: number) =>
  feedsOf(dataSet, indices, inputs, preprocess, batch);
