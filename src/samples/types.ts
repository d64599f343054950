import type { SampleSizes } from './sizes.ts';

/** A bundled model: built when it is opened, from seeded weights or from those that it was trained to. */
export interface SampleInfo {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  /** Measures that its architecture can be built with. */
  readonly sizes: SampleSizes;
  readonly nodes: number;
  readonly bytes: number;
  /** What it is good for trying: "fold, fuse, prune". */
  readonly tryIt: string;
  /** Operator family of each node in order: its small picture. */
  readonly cells: readonly string[];
}
