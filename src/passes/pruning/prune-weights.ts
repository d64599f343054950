import type { Analysis } from '../../analysis/analyze.ts';
import { defined } from '../../base/assert.ts';
import { CodedError } from '../../base/error.ts';
import { formatInteger } from '../../base/format.ts';
import type { Json } from '../../base/json.ts';
import type { Model } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { decodeMask, encodeMask, maskTensor, stays, type Mask } from '../../prune/sparsity/mask.ts';
import { activationNorms, multiplicands } from '../../prune/sparsity/multiplicands.ts';
import { sparsityOptions } from '../../prune/sparsity/options.ts';
import { isMet, sparsityTasks, type SparsityTask } from '../../prune/sparsity/plan.ts';
import type { SparsityOptions, Weight } from '../../prune/sparsity/types.ts';
import { metReason, whatOf, wholeReason } from '../../prune/sparsity/words.ts';
import { findWeights, type FoundWeights } from '../../prune/sparsity/weights.ts';
import { observedKey, type Observed } from '../../rewrite/facts.ts';
import { parseSiteKey, structuralHash } from '../../rewrite/hash.ts';
import { NO_NODE, type Findings, type Pass, type PassContext, type Refusal, type Site } from '../../rewrite/pass.ts';

const RULE = 'zero';

/**
 * Sets weights to zero. A site is one weight tensor; its decision is the mask of what stays, so that a replay ranks
 * nothing. The tensor keeps its shape, and ONNX Runtime Web multiplies by its zeros: only the compressed file shrinks.
 */
export const pruneWeights: Pass = {
  id: 'prune-weights',
  group: 'pruning',
  title: 'Prune weights',
  why: 'Sets the least important weights to zero: the file compresses better, while the runtime takes as long as before.',
  options: {
    sparsity: { type: 'number', default: 0.5, min: 0, max: 1, step: 0.01, label: 'Share of zeros' },
    scope: {
      type: 'choice',
      default: 'layer',
      choices: [
        { value: 'output', label: 'Every output by itself' },
        { value: 'layer', label: 'Every tensor by itself' },
        { value: 'global', label: 'All tensors together' },
      ],
      label: 'Scope',
    },
    importance: {
      type: 'choice',
      default: 'magnitude',
      choices: [
        { value: 'magnitude', label: 'Magnitude |w|' },
        { value: 'lamp', label: 'LAMP' },
        { value: 'wanda', label: 'Weights × activations (Wanda)' },
        { value: 'random', label: 'Random (baseline)' },
      ],
      label: 'Importance',
    },
    pattern: {
      type: 'choice',
      default: 'unstructured',
      choices: [
        { value: 'unstructured', label: 'Any weight' },
        { value: '2:4', label: '2 of 4 inputs stay' },
        { value: '4:8', label: '4 of 8 inputs stay' },
        { value: 'n:m', label: 'N of M inputs stay' },
        { value: 'block', label: 'Blocks of weights' },
      ],
      label: 'Pattern',
    },
    nm: { type: 'text', default: '1:4', label: 'N:M', hint: '1:4: one of four stays' },
    block: { type: 'text', default: '4x1', label: 'Block size', hint: '4x1: outputs x inputs' },
    blockNorm: {
      type: 'choice',
      default: 'l2',
      choices: [
        { value: 'l2', label: 'L2 norm' },
        { value: 'l1', label: 'L1 norm' },
      ],
      label: 'Rank blocks by',
    },
    embeddings: { type: 'boolean', default: false, label: 'Embeddings too' },
    sparsities: { type: 'json', default: {}, label: 'Share set to zero, by tensor' },
    protected: { type: 'json', default: [], label: 'Tensors that stay whole' },
    seed: { type: 'number', default: 0, min: 0, max: 2 ** 31 - 1, step: 1, label: 'Random seed' },
  },
  preserves: 'approximation',
  needs: ['weights', 'activations'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  observes,
  find,
  apply,
};

/** Wanda looks at what weights are multiplied with; a replay looks at nothing. */
function observes(context: PassContext): ReturnType<NonNullable<Pass['observes']>> {
  const options = sparsityOptions(context.options);
  if (options.importance !== 'wanda' || context.decided.size > 0) return { stats: [], moments: [] };
  const stats = new Map<string, Observed>();
  for (const weight of weightsOf(context, options).weights) {
    const readers = multiplicands(context.model, context.analysis, weight);
    if (typeof readers === 'string') continue;
    for (const { observed } of readers) stats.set(observedKey(observed), observed);
  }
  return { stats: [...stats.values()], moments: [] };
}

function find(context: PassContext): Findings {
  const options = sparsityOptions(context.options);
  const { weights, kept } = weightsOf(context, options);
  const decided = decidedSites(context, weights);
  if (decided) return { sites: decided, refusals: [] };
  requireKnown(weights, options);
  const refusals: Refusal[] = kept.map(({ nodes, reason }) => ({ rule: RULE, nodes, reason: `${reason}.` }));
  const open: Weight[] = [];
  for (const weight of weights) {
    const reason = wholeReason(weight, options) ?? unseenReason(context, weight, options);
    if (reason === null) open.push(weight);
    else refusals.push({ rule: RULE, nodes: weight.nodes, reason });
  }
  const sites: Site[] = [];
  for (const task of sparsityTasks(open, options, (weight) => normsOf(context, weight))) {
    const met = isMet(task, options);
    for (const [at, weight] of task.weights.entries()) {
      if (!met) sites.push(siteOf(context.model, task, at, weight, options));
      else refusals.push({ rule: RULE, nodes: weight.nodes, reason: metReason(task, weight) });
    }
  }
  return { sites, refusals };
}

/** Those that a recipe decided: nothing is ranked. Null: it decided none, or a name has changed since. */
function decidedSites({ model, decided }: PassContext, weights: readonly Weight[]): readonly Site[] | null {
  const known = weights.flatMap((weight): Site[] => {
    const key = zeroSiteKey(model, weight);
    const decision = decided.get(key);
    if (decision === undefined) return [];
    const { name, nodes, tensor } = weight;
    const what = `Sets the decided ones of ${formatInteger(tensor.size)} weights of ${name} to zero.`;
    const site = { key, rule: RULE, anchor: nodes[0] ?? NO_NODE, nodes, what };
    return [
      {
        ...site,
        /** Zeros that training left are recorded, and nothing changes. */
        get preserves() {
          return onlyZeros(tensor, decodeMask(name, tensor.size, decision)) ? 'bits' : 'approximation';
        },
      },
    ];
  });
  return decided.size > 0 && known.length === decided.size ? known : null;
}

function onlyZeros(tensor: Tensor, mask: Mask): boolean {
  const numbers = tensor.numbers();
  for (let i = 0; i < mask.elements; i++) if (numbers[i] !== 0 && !stays(mask, i)) return false;
  return true;
}

/** Why the criterion cannot rate a weight. */
function unseenReason(
  { model, analysis }: PassContext,
  weight: Weight,
  { importance }: SparsityOptions,
): string | null {
  if (importance !== 'wanda') return null;
  const readers = multiplicands(model, analysis, weight);
  return typeof readers === 'string' ? `${readers}.` : null;
}

function normsOf({ model, analysis, facts }: PassContext, weight: Weight): Float64Array | null {
  const readers = multiplicands(model, analysis, weight);
  if (typeof readers === 'string' || facts.activations === null) return null;
  return activationNorms(weight, readers, facts.activations);
}

const found = new WeakMap<Analysis, Map<boolean, FoundWeights>>();

/** Worked out once for each analysis, with and without embeddings: applying a site takes no weight away. */
function weightsOf({ model, analysis }: PassContext, { embeddings }: SparsityOptions): FoundWeights {
  const known = found.get(analysis) ?? new Map<boolean, FoundWeights>();
  found.set(analysis, known);
  const weights = known.get(embeddings) ?? findWeights(model, { embeddings });
  known.set(embeddings, weights);
  return weights;
}

/** The key of the site that a weight is. */
export const zeroSiteKey = (model: Model, { name, nodes }: Weight): string =>
  `${RULE}:${name}:${structuralHash(model, nodes)}`;

/** The mask reads the weights, so it is made only when it is asked for: a replay brings its own. */
function siteOf(model: Model, task: SparsityTask, at: number, weight: Weight, options: SparsityOptions): Site {
  return {
    key: zeroSiteKey(model, weight),
    rule: RULE,
    anchor: weight.nodes[0] ?? NO_NODE,
    nodes: weight.nodes,
    what: whatOf(task, weight, options),
    get decision() {
      return encodeMask(defined(task.masks()[at], `the mask of ${weight.name}`));
    },
  };
}

/** Shares and protections must name weights that exist. */
function requireKnown(weights: readonly Weight[], options: SparsityOptions): void {
  const names = new Set(weights.map(({ name }) => name));
  const unknown = [...Object.keys(options.sparsities), ...options.protected].filter((name) => !names.has(name));
  if (unknown.length > 0) {
    throw new CodedError('bad-request', `There is no weight ${unknown.join(', ')} that can be pruned in this model.`, {
      unknown,
    });
  }
}

function apply(context: PassContext, site: Site, decision: Json | undefined): boolean {
  const { name } = parseSiteKey(site.key);
  const { weights } = weightsOf(context, sparsityOptions(context.options));
  const weight = weights.find((each) => each.name === name);
  if (!weight) throw new CodedError('replay-failed', `There is no weight ${name} in this model.`, { weight: name });
  const { tensor, value } = weight;
  replace(context.model, value, maskTensor(tensor, decodeMask(name, tensor.size, decision)));
  return true;
}

/** An initializer, or what a Constant node holds. */
function replace(model: Model, value: Weight['value'], tensor: Tensor): void {
  const { producer } = model.getValue(value);
  if (producer) model.getNode(producer.node).attributes.set('value', { type: 'tensor', value: tensor });
  else model.setInitializer(value, tensor);
}
