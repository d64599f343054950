import type { Json } from '../../base/json.ts';
import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { isWhole } from '../../ops/registry.ts';
import {
  decodeStatistics,
  encodeStatistics,
  setStatistics,
  statisticsOf,
  type Statistics,
} from '../../prune/norm/statistics.ts';
import { nodesOfTypes } from '../../rewrite/anchors.ts';
import type { ChannelSpread, Investigation } from '../../rewrite/facts.ts';
import { label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { trainingReason } from '../fusion/batch-norm.ts';
import { decidedOf } from './decided.ts';
import { nodesByLevel } from './levels.ts';

const RULE = 'statistics';

/** Fewer samples say little of other inputs, however many elements each has: the elements of one go together. */
const LEAST_SAMPLES = 8;
/** The variance of n independent elements is known to √(2 / (n − 1)) of itself: to an eighth from here on. */
const LEAST_ELEMENTS = 128;
const MOST_FLOAT16 = 65504;

/**
 * Sets the mean and variance of batch normalizations anew from calibration data, from the first layer to the last: each is
 * measured with those before it already set, which is what running in training mode over all of the data at once amounts
 * to (Li et al. 2016, Revisiting Batch Normalization For Practical Domain Adaptation; for pruned models Li et al. 2020,
 * EagleEye, "adaptive batch normalization"). The variance is that of a population, as training mode has it (ONNX,
 * BatchNormalization). A decision is what was measured, so that a replay runs nothing.
 */
export const reestimateBatchNorm: Pass = {
  id: 'reestimate-batch-norm',
  group: 'pruning',
  title: 'Re-estimate batch norm',
  why: 'After channels or weights went, mean and variance no longer fit what comes: they are taken anew from your data.',
  options: {},
  preserves: 'approximation',
  needs: ['activations'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: { chains: ['BatchNormalization'], operators: ['BatchNormalization'] },
  investigate,
  find,
  apply,
};

interface Norm {
  readonly node: Node;
  readonly key: string;
  readonly x: ValueId;
  readonly channels: number;
  /** Mean and variance. */
  readonly statistics: readonly [Tensor, Tensor];
}

/** Batch normalizations with what they hold, or why they are left alone. */
function normsOf(context: PassContext): { readonly node: Node; readonly found: Norm | string }[] {
  return nodesOfTypes(context, ['BatchNormalization'])
    .filter((node) => node.domain === '' && isWhole(node))
    .map((node) => ({ node, found: normOf(context, node) }));
}

function normOf(context: PassContext, node: Node): Norm | string {
  const { model, analysis } = context;
  if (node.graph !== model.graph.id) return 'It stands in a body (If, Loop, Scan): what it gets there is not observed.';
  const training = trainingReason(context, node);
  if (training !== null) return sentence(training);
  const constants = node.inputs.slice(1).map((input) => (input === null ? null : constantOf(context, input)));
  const [scale, shift, mean, variance] = constants;
  if (!scale || !shift || !mean || !variance) return 'Scale, bias, mean and variance have to be constants.';
  const x = node.inputs[0] as ValueId;
  const types = [analysis.dtype(x), mean.dtype, variance.dtype];
  const other = types.find((each) => each !== 'float32' && each !== 'float16');
  if (other !== undefined) return `Only float32 and float16 are observed, not ${other ?? 'an unknown type'}.`;
  const channels = analysis.shape(x)?.[1];
  if (channels !== mean.size) return 'How many elements each channel gets is not known: the shape of its input is not.';
  if (variance.size !== mean.size) return `It has ${mean.size} means and ${variance.size} variances.`;
  return { node, key: siteKey(model, RULE, node, [node.id]), x, channels, statistics: [mean, variance] };
}

/** Why the data will not do, as far as it is known without a run. */
function dataReason({ facts, analysis }: PassContext, { x }: Norm): string | null {
  const { samples } = facts;
  if (samples === null) return 'Calibration data are needed: made-up inputs would make it fit noise.';
  if (samples < LEAST_SAMPLES) return `${samples} samples are too few: ${LEAST_SAMPLES} or more are needed.`;
  const [batch, , ...positions] = analysis.shape(x) ?? [];
  if (typeof batch === 'number' && batch > 1) return null;
  const each = positions.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : NaN), 1);
  return elementsReason(samples * each);
}

const elementsReason = (elements: number): string | null =>
  elements < LEAST_ELEMENTS
    ? `A channel gets ${elements} elements: ${LEAST_ELEMENTS} or more are needed for its variance.`
    : null;

function find(context: PassContext): Findings {
  const { decided, facts } = context;
  const norms = normsOf(context);
  if (decided.size > 0) {
    const known = norms.flatMap(({ found }) => (typeof found === 'string' ? [] : [siteOf(context, found)]));
    return { sites: decidedOf(known, context), refusals: [] };
  }
  const sites: Site[] = [];
  const refusals: Refusal[] = [];
  for (const { node, found } of norms) {
    const measured = typeof found === 'string' ? undefined : facts.investigated?.get(found.key);
    const reason =
      typeof found === 'string'
        ? found
        : (dataReason(context, found) ?? (typeof measured === 'string' ? measured : null));
    if (typeof found !== 'string' && reason === null) sites.push(siteOf(context, found, measured));
    else refusals.push({ rule: RULE, nodes: [node.id], reason: reason ?? '' });
  }
  return { sites, refusals };
}

function siteOf({ model, facts }: PassContext, { node, key }: Norm, decision?: Json): Site {
  const from = facts.samples === null ? '' : ` from ${facts.samples} samples`;
  const what = `Sets mean and variance of ${label(model, node)} anew${from}.`;
  return { key, rule: RULE, anchor: node.id, nodes: [node.id], what, ...(decision === undefined ? {} : { decision }) };
}

/** By site key: what was decided, or why nothing could be. */
function* investigate(context: PassContext): Investigation {
  const { model, analysis, decided } = context;
  const norms = new Map(
    normsOf(context).flatMap(({ node, found }) =>
      typeof found === 'string' || dataReason(context, found) !== null ? [] : [[node.id, found] as const],
    ),
  );
  const found = new Map<string, Json>();
  if (decided.size > 0) return found;
  const draft = model.clone();
  const rounds = nodesByLevel(model, new Set(norms.keys()));
  for (const [done, nodes] of rounds.entries()) {
    const level = [...nodes].flatMap((id) => norms.get(id) ?? []);
    const observed = level.map(({ x }) => ({ value: x, dim: 1 }));
    const { spreads } = yield { kind: 'spreads', draft, analysis, observed, done, total: rounds.length };
    for (const [i, norm] of level.entries()) {
      const measured = decide(norm, spreads[i]);
      found.set(norm.key, typeof measured === 'string' ? measured : encodeStatistics(measured, spreads[i]?.count ?? 0));
      if (typeof measured !== 'string') setStatistics(draft, draft.getNode(norm.node.id), norm.statistics, measured);
    }
  }
  return found;
}

function decide({ statistics, channels }: Norm, spread: ChannelSpread | undefined): Statistics | string {
  if (!spread || spread.mean.length !== channels) return elementsReason(0) ?? '';
  const few = elementsReason(spread.count);
  if (few !== null) return few;
  const measured = statisticsOf(spread, statistics[1].numbers());
  const numbers = [...measured.mean, ...measured.variance];
  if (!numbers.every(Number.isFinite)) return 'On these data it gets numbers that are not finite.';
  const halves = statistics.some(({ dtype }) => dtype === 'float16');
  if (halves && numbers.some((each) => Math.abs(each) > MOST_FLOAT16)) {
    return `What was measured is beyond ${MOST_FLOAT16}, the most that float16 holds.`;
  }
  return measured;
}

function apply(context: PassContext, { anchor }: Site, decision: Json | undefined): boolean {
  const { model } = context;
  const norm = normOf(context, model.getNode(anchor));
  // Sites that are only counted have not been measured.
  if (decision === undefined || typeof norm === 'string') return false;
  const { node, channels, statistics } = norm;
  setStatistics(model, node, statistics, decodeStatistics(decision, channels, label(model, node)));
  return true;
}
