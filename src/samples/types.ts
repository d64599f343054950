/** A bundled model: built from seeded weights when it is opened. */
export interface SampleInfo {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly nodes: number;
  readonly bytes: number;
  /** What it is good for trying: "fold, fuse, prune". */
  readonly tryIt: string;
  /** Operator family of each node in order: its small picture. */
  readonly cells: readonly string[];
}
