import { CodedError } from '../../base/error.ts';
import { blockValues, influenceOf, reachOf } from '../../prune/residual/influence.ts';
import { residualBlocks, type ResidualBlock, type StuckBlock } from '../../prune/residual/blocks.ts';
import { removeWithConstants } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import type { Findings, Pass, PassContext, Site } from '../../rewrite/pass.ts';
import { decidedOf } from './decided.ts';

const RULE = 'drop-block';

/**
 * Drops residual blocks: y = x + F(x) becomes x. By default the one whose last weights are smallest; with `similarity`
 * those that change least of what passes through them, on calibration data.
 */
export const pruneBlocks: Pass = {
  id: 'prune-blocks',
  group: 'pruning',
  title: 'Drop residual blocks',
  why: 'Takes out whole blocks that change little of what passes through them: fewer layers to run, one after the other.',
  options: {
    count: { type: 'number', default: 1, min: 0, max: 1000, step: 1, label: 'Blocks dropped', unit: 'blocks' },
    measure: {
      type: 'choice',
      default: 'weights',
      choices: [
        { value: 'weights', label: 'Smallest last weights' },
        { value: 'similarity', label: 'Most similar before and after (runs data)' },
      ],
      label: 'Which go first',
    },
    blocks: { type: 'json', default: [], label: 'These, by the names of what their sums give' },
  },
  preserves: 'approximation',
  needs: ['weights', 'activations'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: { chains: ['x + F(x)'], operators: ['Add'] },
  observes({ model, analysis, options, decided }) {
    const looks = options['measure'] === 'similarity' && decided.size === 0 && namesOf(options).length === 0;
    return { stats: looks ? blockValues(analysis, residualBlocks(model, analysis).blocks) : [], moments: [] };
  },
  find,
  apply(context, site) {
    const { model, analysis } = context;
    const block = residualBlocks(model, analysis).blocks.find(({ add }) => add.id === site.anchor);
    if (!block || !model.nodes.has(site.anchor)) return false;
    model.replaceAllUses(block.y, block.x);
    removeWithConstants(model, block.add.id);
    for (const node of [...block.nodes].reverse()) removeWithConstants(model, node.id);
    return true;
  },
};

function find(context: PassContext): Findings {
  const { model, analysis, decided, options } = context;
  const { blocks, stuck } = residualBlocks(model, analysis);
  const names = namesOf(options);
  if (names.length > 0 && decided.size === 0) return named(context, blocks, stuck, names);
  const rated = blocks.map((block) => ({ block, rate: rateOf(context, block) }));
  const sites = rated.map(({ block, rate }) => siteOf(context, block, rate));
  const ranked = rated.map(({ rate }, i) => ({ rate, i })).sort((a, b) => a.rate - b.rate || a.i - b.i);
  const chosen = new Set(ranked.slice(0, Number(options['count'])).map(({ i }) => i));
  const refusals = stuck.map(({ add, reason }) => ({ rule: RULE, nodes: [add.id], reason: `${reason}.` }));
  const kept = rated.flatMap(({ block, rate }, i) =>
    chosen.has(i) ? [] : [{ rule: RULE, nodes: [block.add.id], reason: keptReason(context, rate) }],
  );
  if (decided.size > 0) return { sites: decidedOf(sites, context), refusals };
  return { sites: sites.filter((_, i) => chosen.has(i)), refusals: [...refusals, ...kept] };
}

/** Those that somebody chose; a name that is no residual sum, or one that cannot go, says so. */
function named(
  context: PassContext,
  blocks: readonly ResidualBlock[],
  stuck: readonly StuckBlock[],
  names: readonly string[],
): Findings {
  const { model } = context;
  const byName = new Map(blocks.map((block) => [model.getValue(block.y).name, block]));
  const found = names.flatMap((name) => byName.get(name) ?? []);
  const refusals = names.flatMap((name) => {
    if (byName.has(name)) return [];
    const close = stuck.find(({ add }) => add.outputs.some((y) => y !== null && model.getValue(y).name === name));
    const nodes = close ? [close.add.id] : [];
    return [{ rule: RULE, nodes, reason: `${name}: ${close?.reason ?? 'no residual sum gives this value'}.` }];
  });
  return { sites: found.map((block) => siteOf(context, block, null)), refusals };
}

function namesOf(options: PassContext['options']): readonly string[] {
  const list = options['blocks'] ?? [];
  if (Array.isArray(list) && list.every((each) => typeof each === 'string')) return list;
  throw new CodedError('bad-request', 'Option "blocks" of prune-blocks must be a list of names.', { option: 'blocks' });
}

function rateOf({ analysis, facts, options }: PassContext, block: ResidualBlock): number {
  if (options['measure'] !== 'similarity') return reachOf(analysis, block);
  return facts.activations ? (influenceOf(analysis, facts.activations, block) ?? Infinity) : Infinity;
}

const keptReason = ({ options }: PassContext, rate: number): string =>
  options['measure'] === 'similarity'
    ? `Other blocks change less of what passes through them (here 1 − cosine is ${rate.toPrecision(3)}).`
    : 'The last weights of other blocks are smaller.';

function siteOf({ model, options }: PassContext, { add, nodes }: ResidualBlock, rate: number | null): Site {
  const ids = [...nodes.map((node) => node.id), add.id];
  const measured =
    rate !== null && options['measure'] === 'similarity'
      ? `, which turns what passes by 1 − cosine = ${rate.toPrecision(3)}`
      : '';
  return {
    key: siteKey(model, RULE, add, ids),
    rule: RULE,
    anchor: add.id,
    nodes: ids,
    // That it was chosen: a replay measures nothing.
    decision: true,
    what: `Drops the ${nodes.length} nodes that ${label(model, add)} adds to its skip${measured}.`,
  };
}
