import type { Json } from '../../base/json.ts';
import { moved, referenceOf, standsStill, type Reference } from '../../prune/norm/reference.ts';
import {
  decodeStatistics,
  encodeStatistics,
  setStatistics,
  statisticsOf,
  type Statistics,
} from '../../prune/norm/statistics.ts';
import type { Answer, ChannelSpread, Inquiry, Investigation } from '../../rewrite/facts.ts';
import { label } from '../../rewrite/graphs.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { dataReason, elementsReason, normOf, normsOf, RULE, type Norm } from './batch-norm-sites.ts';
import { decidedOf } from './decided.ts';
import { nodesByLevel } from './levels.ts';

const MOST_FLOAT16 = 65504;

/**
 * Sets the mean and variance of batch normalizations anew from calibration data, from the first layer to the last: each is
 * measured with those before it already set, which is what running in training mode over all of the data at once amounts
 * to (Li et al. 2016, Revisiting Batch Normalization For Practical Domain Adaptation; for pruned models Li et al. 2020,
 * EagleEye, "adaptive batch normalization"). The variance is that of a population, as training mode has it (ONNX,
 * BatchNormalization). By default what the original held is moved as the same data moved since, so that data unlike those
 * of the training do no harm. All sites are measured, also those that are then switched off. A decision is what is to be
 * held, so that a replay runs nothing.
 */
export const reestimateBatchNorm: Pass = {
  id: 'reestimate-batch-norm',
  group: 'pruning',
  title: 'Re-estimate batch norm',
  why: 'After channels or weights went, mean and variance no longer fit what comes: they are taken anew from your data.',
  options: {
    basis: {
      type: 'choice',
      default: 'original',
      choices: [
        { value: 'original', label: 'Moved as the data moved since the original' },
        { value: 'data', label: 'Those of the data alone' },
      ],
      label: 'Mean and variance',
    },
  },
  preserves: 'approximation',
  needs: ['activations'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: { chains: ['BatchNormalization'], operators: ['BatchNormalization'] },
  investigate,
  find,
  apply,
};

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
        : (dataReason(context, found) ?? sameReason(context) ?? (typeof measured === 'string' ? measured : null));
    if (typeof found !== 'string' && reason === null) sites.push(siteOf(context, found, measured));
    else refusals.push({ rule: RULE, nodes: [node.id], reason: reason ?? '' });
  }
  return { sites, refusals };
}

const isMoved = ({ options, facts }: PassContext): boolean =>
  options['basis'] === 'original' && facts.original !== null;

const UNMOVED = 'It gets what it got in the original. In the options, the data alone can be its measure.';
const sameReason = (context: PassContext): string | null =>
  isMoved(context) && context.facts.original?.model === context.model ? UNMOVED : null;

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
  const references = isMoved(context) ? yield* referenced(context, [...norms.values()]) : null;
  for (const [done, nodes] of rounds.entries()) {
    const level = [...nodes].flatMap((id) => norms.get(id) ?? []);
    const observed = level.map(({ x }) => ({ value: x, dim: 1 }));
    const { spreads } = yield { kind: 'spreads', draft, analysis, observed, done, total: rounds.length };
    for (const [i, norm] of level.entries()) {
      const measured = decide(norm, spreads[i], references?.get(norm.key));
      found.set(norm.key, typeof measured === 'string' ? measured : encodeStatistics(measured, spreads[i]?.count ?? 0));
      if (typeof measured !== 'string') setStatistics(draft, draft.getNode(norm.node.id), norm.statistics, measured);
    }
  }
  return found;
}

/** What each batch norm was in the original, and what the same data gave it there. By site key. */
function* referenced({ model, facts }: PassContext, norms: readonly Norm[]): Generator<Inquiry, References, Answer> {
  const { original } = facts;
  const known = norms.flatMap((norm) => {
    const reference = referenceOf(model, norm.node, norm.channels, original);
    return reference ? [[norm.key, reference] as const] : [];
  });
  if (!original || known.length === 0) return new Map();
  const observed = known.map(([, { x }]) => ({ value: x, dim: 1 }));
  const { model: draft, analysis } = original;
  const { spreads } = yield { kind: 'spreads', draft, analysis, observed, done: 0, total: 1 };
  return new Map(
    known.flatMap(([key, reference], i) => (spreads[i] ? [[key, { reference, spread: spreads[i] }] as const] : [])),
  );
}

type References = ReadonlyMap<string, { readonly reference: Reference; readonly spread: ChannelSpread }>;

function decide(
  { statistics, channels }: Norm,
  spread: ChannelSpread | undefined,
  before: { readonly reference: Reference; readonly spread: ChannelSpread } | undefined,
): Statistics | string {
  if (!spread || spread.mean.length !== channels) return elementsReason(0) ?? '';
  const few = elementsReason(spread.count);
  if (few !== null) return few;
  if (before && standsStill(before.reference, before.spread, spread)) return UNMOVED;
  const wanted = before ? moved(before.reference, before.spread, spread) : spread;
  const measured = statisticsOf(wanted, statistics[1].numbers());
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
