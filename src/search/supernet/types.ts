import type { CurvePoint, Evaluation, TrainRequest } from '../../engine/train/types.ts';
import type { Genome } from '../genome.ts';
import type { SpaceRequest } from '../types.ts';
import type { Phase } from './phases.ts';

type Shared =
  | 'optimizer'
  | 'schedule'
  | 'rate'
  | 'batch'
  | 'seed'
  | 'frozen'
  | 'augment'
  | 'evaluateEvery'
  | 'holdOut'
  | 'checkpointEvery'
  | 'threads';

export interface SupernetRequest extends Pick<TrainRequest, Shared> {
  readonly space: SpaceRequest;
  readonly steps: number;
  /** Sub-networks that are drawn at each step, beside the largest and the smallest one. */
  readonly random: number;
  /** The largest network learns labels, or the next token; false: what the opened model says. */
  readonly labels: boolean;
  /** Softens what the largest one tells the others. */
  readonly temperature: number;
}

/** Which stop of the recipe is trained, and how. */
export interface SupernetAsk {
  readonly stop: number;
  readonly request: SupernetRequest;
}

/** Which sub-networks are looked at on held-out samples. */
export type LookedAt = 'full' | 'middle' | 'smallest';

/** What held-out samples say of sub-networks: sliced, with statistics of batch norms that are their own. */
export type SupernetLook = Readonly<Record<LookedAt, Evaluation>>;

export interface SupernetProgress {
  readonly stage: string;
  readonly done?: number;
  readonly total?: number;
  readonly points?: readonly CurvePoint[];
  readonly look?: SupernetLook;
  /** Steps a second, over the last chunk. */
  readonly pace?: number;
}

export interface SupernetResult {
  readonly steps: number;
  readonly phases: readonly Phase[];
  /** Terms of a point are the losses of its sub-networks: the largest, the smallest, then those that were drawn. */
  readonly curve: readonly CurvePoint[];
  readonly looks: readonly SupernetLook[];
  readonly genomes: Readonly<Record<LookedAt, Genome>>;
  /** Samples that neither trained nor were held out; null: none were given. */
  readonly test: SupernetLook | null;
  /** Genes that took part, and log10 of the number of sub-networks. */
  readonly genes: number;
  readonly size: number;
  readonly ms: number;
  readonly notes: readonly string[];
}
