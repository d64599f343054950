import type { GeneView, SearchPoint, SearchResult } from '../../search/types.ts';

/** Genes of a small network: two widths, the blocks of a stage, the second width inside its last block. */
export const GENES: readonly GeneView[] = [
  gene('width:a', 'width', 'stem', [0.25, 0.5, 1], ['8', '16', '32'], [1, 2]),
  { ...gene('width:b', 'width', 'block.1', [0.5, 1], ['16', '32'], [6]), inside: { gene: 2, below: 2 } },
  gene('depth:s', 'depth', 'stage depth', [0, 1, 2], ['0 of 2 blocks', '1 of 2 blocks', '2 of 2 blocks'], [3, 4, 6, 7]),
];

export function gene(
  id: string,
  kind: GeneView['kind'],
  name: string,
  choices: readonly number[],
  labels: readonly string[],
  nodes: readonly number[],
): GeneView {
  const allowed = choices.map((_, index) => index);
  return { id, kind, name, choices, labels, nodes, inside: null, spared: null, searched: true, allowed };
}

/** A sub-network with its latency in ms and the share of top classes that it keeps; `values` are these two. */
export function point(id: number, latency: number, kept: number, more: Partial<SearchPoint> = {}): SearchPoint {
  const quality = {
    agreement: kept,
    information: kept / 2,
    cosine: kept / 4,
    kl: 1 - kept,
    accuracy: null,
    samples: 100,
  };
  return {
    id,
    genome: id === 0 ? [2, 1, 2] : [id % 3, id % 2, (id + 1) % 3],
    metrics: {
      quality,
      bytes: latency * 1e5,
      macs: latency * 1e6,
      parameters: latency * 1e4,
      peakBytes: latency * 1e3,
    },
    latency,
    measured: null,
    values: [latency, kept],
    broken: 0,
    cached: false,
    ...more,
  };
}

export const searchResult = (points: readonly SearchPoint[], front: readonly number[]): SearchResult => ({
  quality: 'agreement',
  objectives: ['latency', 'quality'],
  points,
  front,
  history: [{ evaluations: points.length, hypervolume: 0.5 }],
  hypervolume: 0.5,
  effects: [],
  foretold: { rank: 0.8, samples: 20 },
  latencyError: 0.03,
  table: null,
  ended: 'evaluations',
  seconds: 12,
  notes: [],
});
