import { CodedError } from '../../base/error.ts';
import type { ActivationStats } from '../../rewrite/facts.ts';
import type { ChannelGraph } from '../groups.ts';
import type { ImportanceId, PruneOptions } from '../types.ts';
import { ofActivations, ofWanda } from './activations.ts';
import { parseFormula } from './formula.ts';
import { ofGeometricMedian } from './geometric-median.ts';
import { ofFormula } from './of-formula.ts';
import { ofTaylor } from './taylor.ts';
import { ofBatchNorms, ofChance, ofWeights } from './weights.ts';

/** What a criterion may look at. */
export interface Rated {
  readonly graph: ChannelGraph;
  readonly seed: number;
  /** Of calibration data; null: none was run. */
  readonly activations: ActivationStats | null;
  /** Of gates where channels are read, see `gatesOf`; null: none were taken. */
  readonly gradients: Float64Array | null;
  /** A person's own scores, by group key: one for each atom (or each channel), in the order of the channels. */
  readonly scores: Readonly<Record<string, readonly number[]>>;
  /** A person's own way to put criteria together, for the importance `formula`. */
  readonly formula: string;
}

/** Importance per atom of every group: what has the least goes first. */
export interface Criterion {
  readonly title: string;
  /** What it reads besides the weights. */
  readonly needs: 'weights' | 'activations' | 'gradients' | 'scores' | 'formula';
  /** Its scores compare across groups as they are; else each is taken relative to its group's mean. */
  readonly absolute?: boolean;
  rate(rated: Rated): Float64Array[];
}

const norms = (graph: ChannelGraph): Float64Array[] =>
  ofWeights(graph, (w) => w * w).map((sums) => sums.map(Math.sqrt));

/**
 * u_i / Σ_{u_j ≥ u_i} u_j, u being the squared norm: what an atom is worth among those that would be left (Lee et al.
 * 2021, Layer-adaptive Sparsity for the Magnitude-based Pruning).
 */
function lamp(graph: ChannelGraph): Float64Array[] {
  return ofWeights(graph, (w) => w * w).map((squares) => {
    const scores = new Float64Array(squares.length);
    let left = 0;
    for (const atom of rank(squares).reverse()) {
      left += squares[atom] ?? 0;
      scores[atom] = left > 0 ? (squares[atom] ?? 0) / left : 0;
    }
    return scores;
  });
}

function known(activations: ActivationStats | null): ActivationStats {
  if (activations) return activations;
  throw new CodedError('bad-request', 'This importance looks at activations: give data to calibrate on.', {});
}

/** Scores by atom; a list of one score for each channel is summed over an atom's channels. */
function ownScores({ graph, scores }: Rated): Float64Array[] {
  return graph.groups.map((group) => {
    const given = scores[group.key];
    if (!given) return Float64Array.from(group.atoms, () => 1);
    if (given.length === group.atoms.length) return Float64Array.from(given);
    if (given.length !== group.channels) {
      const counts = [...new Set([group.atoms.length, group.channels])].join(' or ');
      const what = `The group ${group.key} takes ${counts} scores, and ${given.length} are given.`;
      throw new CodedError('bad-request', what, { group: group.key });
    }
    const channels = group.atoms.flat().sort((a, b) => a - b);
    const place = new Map(channels.map((channel, i) => [channel, i]));
    return Float64Array.from(group.atoms, (atom) =>
      atom.reduce((sum, channel) => sum + (given[place.get(channel) ?? 0] ?? 0), 0),
    );
  });
}

/** Criteria by id. A new one is one more row. */
export const CRITERIA: Readonly<Record<ImportanceId, Criterion>> = {
  l2: {
    title: 'L2 norm of the weights',
    needs: 'weights',
    // Li et al. 2017, over every member of the group (Fang et al. 2023), which count alike.
    rate: ({ graph }) => norms(graph),
  },
  l1: {
    title: 'L1 norm of the weights',
    needs: 'weights',
    rate: ({ graph }) => ofWeights(graph, Math.abs),
  },
  'bn-scale': {
    title: 'Scale of the batch norm (L2 where there is none)',
    needs: 'weights',
    rate({ graph }) {
      const fallback = norms(graph);
      return ofBatchNorms(graph).map((scales, i) => scales ?? fallback[i] ?? new Float64Array());
    },
  },
  fpgm: {
    title: 'Distance from the geometric median (FPGM)',
    needs: 'weights',
    rate: ({ graph }) => ofGeometricMedian(graph),
  },
  lamp: {
    title: 'Layer-adaptive magnitude (LAMP)',
    needs: 'weights',
    absolute: true,
    rate: ({ graph }) => lamp(graph),
  },
  activation: {
    title: 'Mean activation',
    needs: 'activations',
    rate: ({ graph, activations }) => ofActivations(graph, known(activations), (stats) => stats.meanAbs),
  },
  apoz: {
    title: 'Share of activations that are not zero (APoZ)',
    needs: 'activations',
    // Hu et al. 2016, Network Trimming: A Data-Driven Neuron Pruning Approach.
    rate: ({ graph, activations }) =>
      ofActivations(graph, known(activations), (stats) => stats.zeros.map((share) => 1 - share)),
  },
  wanda: {
    title: 'Weights times activations (Wanda)',
    needs: 'activations',
    rate: ({ graph, activations }) => ofWanda(graph, known(activations)),
  },
  taylor: {
    title: 'Change of the loss, to the first order (Taylor)',
    needs: 'gradients',
    absolute: true,
    rate({ graph, gradients }) {
      if (gradients) return ofTaylor(graph, gradients);
      throw new CodedError('bad-request', 'This importance looks at gradients: give data to calibrate on.', {});
    },
  },
  order: {
    title: 'First channels stay: for networks trained as supernets',
    needs: 'weights',
    // Cai et al. 2020: channels are sorted before widths are trained, and narrower layers take the first ones.
    rate: ({ graph }) => graph.groups.map(({ atoms }) => Float64Array.from(atoms, (_, i) => 1 - i / atoms.length)),
  },
  random: {
    title: 'Random (the baseline)',
    needs: 'weights',
    rate: ({ graph, seed }) => ofChance(graph, seed),
  },
  scores: {
    title: 'Scores of your own',
    needs: 'scores',
    absolute: true,
    rate: ownScores,
  },
  formula: {
    title: 'A formula of your own',
    needs: 'formula',
    absolute: true,
    rate: (rated) => ofFormula(rated.graph, rated.formula, namedScores(rated)),
  },
};

/** What a formula calls the criteria; their scores are as they are, not relative to anything. */
const NAMES: Readonly<Record<string, ImportanceId>> = {
  l2: 'l2',
  l1: 'l1',
  bn: 'bn-scale',
  fpgm: 'fpgm',
  lamp: 'lamp',
  activation: 'activation',
  apoz: 'apoz',
  wanda: 'wanda',
  taylor: 'taylor',
  random: 'random',
};

const namedScores = (rated: Rated): Record<string, () => Float64Array[]> =>
  Object.fromEntries(Object.entries(NAMES).map(([name, id]) => [name, () => CRITERIA[id].rate(rated)]));

/** What a formula may name. */
export const FORMULA_NAMES: readonly string[] = [...Object.keys(NAMES), 'channels'];

type Asked = Pick<PruneOptions, 'importance'> & Partial<Pick<PruneOptions, 'formula'>>;

/** What the rating reads, for a formula all that it names. Throws `bad-request` for one that is not understood. */
function readsOf({ importance, formula = '' }: Asked): readonly Criterion['needs'][] {
  if (importance !== 'formula') return [CRITERIA[importance].needs];
  const { variables } = parseFormula(formula, FORMULA_NAMES);
  return variables.map((name) => CRITERIA[NAMES[name] ?? 'l2'].needs);
}

/** Whether the rating looks at activations on calibration data, and at gradients of a loss. Both throw as `readsOf`. */
export const readsActivations = (asked: Asked): boolean => readsOf(asked).includes('activations');
export const readsGradients = (asked: Asked): boolean => readsOf(asked).includes('gradients');

/** Atoms from the least to the most important; equal ones in file order. */
export function rank(importance: ArrayLike<number>): Int32Array {
  const order = Array.from({ length: importance.length }, (_, i) => i);
  return Int32Array.from(order.sort((a, b) => (importance[a] ?? 0) - (importance[b] ?? 0) || a - b));
}
