import type { StoredTable } from '../engine/latency-table/table.ts';
import type { DeviceRef } from '../bench/types.ts';
import type { GeneKind, Genome } from './genome.ts';

/** What a sub-network is judged by. Shares and cosine lie between 0 and 1; more is better. */
export interface Quality {
  /** Rows with the original's top class. */
  readonly agreement: number;
  /** Share of what the original's classes tell that is kept, by KL; 0: it says the same to everything. */
  readonly information: number;
  /** Of all outputs, negative ones count as 0. */
  readonly cosine: number;
  /** Mean KL to the original's classes, nats. */
  readonly kl: number;
  /** Samples whose top class is the label; of a text, tokens that were told; null: there are no labels. */
  readonly accuracy: number | null;
  readonly samples: number;
}
export type QualityId = 'accuracy' | 'agreement' | 'information' | 'cosine';

/** What does not depend on any device. */
export interface Metrics {
  readonly quality: Quality;
  /** Of the written file. */
  readonly bytes: number;
  readonly macs: number | null;
  readonly parameters: number;
  readonly peakBytes: number | null;
}

export type ObjectiveId = 'latency' | 'quality' | 'bytes' | 'macs' | 'peak';

/** Quality at least so much; of anything else at most so much, in ms, bytes or MACs. */
export interface Constraint {
  readonly objective: ObjectiveId;
  readonly bound: number;
  /** The bound is a share of what the model has as it is. */
  readonly relative?: boolean;
}

/** What is made up for after slicing, before a sub-network is judged. */
export type SearchRepair = 'none' | 'batch-norm' | 'mean' | 'least-squares';

/** What may be changed. */
export interface SpaceRequest {
  readonly kinds: readonly GeneKind[];
  /** Shares of a group's channels that may stay, 1 among them. */
  readonly shares: readonly number[];
  readonly roundTo: number;
  /** Genes that a person set otherwise than is usual, by id. */
  readonly genes: Readonly<Record<string, GeneRequest>>;
}

export interface GeneRequest {
  /** False: it stays as the model has it. */
  readonly searched: boolean;
  /** Indices of its choices that may be taken; left out: all. */
  readonly choices?: readonly number[];
}

export interface SearchRequest {
  readonly space: SpaceRequest;
  /** Null: accuracy where there are labels, else agreement, or of fewer than 200 rows, where shares are coarse, information. */
  readonly quality: QualityId | null;
  /** Two or three. */
  readonly objectives: readonly ObjectiveId[];
  readonly constraints: readonly Constraint[];
  readonly strategy: 'evolution' | 'random';
  readonly population: number;
  readonly crossover: number;
  /** Null: one gene of a child on average. */
  readonly mutation: number | null;
  /** Children are chosen among more by what was learnt so far. */
  readonly predictor: boolean;
  /** Twice as many are seen on a quarter of the samples first. */
  readonly halving: boolean;
  /** Sub-networks that are judged; one that is judged on a quarter of the samples counts a quarter. */
  readonly evaluations: number;
  /** Ends it earlier; null: it does not. */
  readonly minutes: number | null;
  readonly seed: number;
  /** To judge by, at most. */
  readonly samples: number;
  /** Null: `batch-norm` where the model has batch norms, else `mean`. */
  readonly repair: SearchRepair | null;
  /** WASM threads that latency is for. */
  readonly threads: number;
  /** Of the front, as many are timed whole in the end. */
  readonly verified: number;
}

export interface SearchAsk {
  /** The stop of the recipe whose sub-networks are searched. */
  readonly stop: number;
  readonly request: SearchRequest;
  /** Lent devices that judge as well, beside this one. */
  readonly judges?: readonly DeviceRef[];
  /** The lent device that latency is measured on; left out: this one. */
  readonly clock?: DeviceRef;
}

/** A gene as a person sees it. */
export interface GeneView {
  readonly id: string;
  readonly kind: GeneKind;
  /** `features.3 expand ratio` */
  readonly name: string;
  /** Ascending; the last is what the model has. */
  readonly choices: readonly number[];
  /** `24`, `×3`, `2 of 3 blocks`, `5 × 5`. */
  readonly labels: readonly string[];
  /** Ids of nodes that it changes. */
  readonly nodes: readonly number[];
  /** The depth gene, by index, in one of whose blocks it lies: it is dropped where fewer than `below` of them stay; null: it always stays. */
  readonly inside: { readonly gene: number; readonly below: number } | null;
  /** Why it is left alone unless a person says otherwise; null: it is searched. */
  readonly spared: string | null;
  readonly searched: boolean;
  /** Indices of choices that may be taken. */
  readonly allowed: readonly number[];
}

export interface SpaceView {
  readonly genes: readonly GeneView[];
  /** log10 of the number of genomes. */
  readonly size: number;
  /** Why there is less than one may expect. */
  readonly notes: readonly string[];
  /** Null: the model was trained as one network. */
  readonly supernet: SupernetMark | null;
}

/** What a model says of its training as a supernet. */
export interface SupernetMark {
  /** Kinds of genes that were trained; null: it does not say. */
  readonly kinds: readonly GeneKind[] | null;
  /** Convolutions whose smaller kernels come by learnt transforms. */
  readonly kernels: number;
}

/** A sub-network that was judged. */
export interface SearchPoint {
  /** In the order in which they were found, from 0: the model as it is. */
  readonly id: number;
  /** An index of a choice for each gene of the space, those too that are not searched. */
  readonly genome: Genome;
  readonly metrics: Metrics;
  /** By the table, ms; null: it does not cover the sub-network, or latency is no objective and bound by nothing. */
  readonly latency: number | null;
  /** Fastest of the runs of the whole, ms; null: it was not timed whole. */
  readonly measured: number | null;
  /** In the order of the objectives. */
  readonly values: readonly number[];
  /** How far constraints are broken, as shares of their bounds; 0: all hold. */
  readonly broken: number;
  /** Found again in what was kept of an earlier search. */
  readonly cached: boolean;
}

export interface HypervolumePoint {
  readonly evaluations: number;
  /** Share of the box between the worst values and the best there could be. */
  readonly hypervolume: number;
}

export interface SearchProgress {
  readonly stage: string;
  readonly done?: number;
  readonly total?: number;
  /** Those that are new since the last message, and those that were timed since. */
  readonly points?: readonly SearchPoint[];
  readonly history?: HypervolumePoint;
  /** By what quality is judged: with the first points. */
  readonly quality?: QualityId;
  /** By all points so far, with each `history`; left out: too few to tell. */
  readonly effects?: readonly GeneEffect[];
  /** The latency table with what was measured since: it is not lost where the search is cancelled. */
  readonly table?: StoredTable;
  /** Sub-networks a minute, by this search so far; those of earlier searches do not count. */
  readonly perMinute?: number;
}

/** What a gene does to the quality, by what was found. */
export interface GeneEffect {
  readonly gene: number;
  /** For each choice, the mean quality of those that have it, by a regression over all genes; null: none has it. */
  readonly quality: readonly (number | null)[];
  /** The same of the latency, ms. */
  readonly latency: readonly (number | null)[];
  /** Share of the variance of quality that it explains, 0 to 1. */
  readonly share: number;
}

export interface SearchResult {
  readonly quality: QualityId;
  readonly objectives: readonly ObjectiveId[];
  readonly points: readonly SearchPoint[];
  /** Ids of points that no other dominates, from the fastest on. */
  readonly front: readonly number[];
  readonly history: readonly HypervolumePoint[];
  readonly hypervolume: number;
  readonly effects: readonly GeneEffect[];
  /** How well quality was foretold for genomes before they were judged: Spearman’s ρ; null: too few, or not asked. */
  readonly foretold: { readonly rank: number; readonly samples: number } | null;
  /** Median of |predicted / measured − 1| over those timed whole, but for the anchors of the prediction; null: none were. */
  readonly latencyError: number | null;
  /** The latency table with what was measured meanwhile; null: latency played no part. */
  readonly table: StoredTable | null;
  /** `stopped`: by a person, with what there was. */
  readonly ended: 'evaluations' | 'minutes' | 'exhausted' | 'stopped';
  readonly seconds: number;
  readonly notes: readonly string[];
}
