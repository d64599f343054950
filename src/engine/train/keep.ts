import { analyze, type Analysis } from '../../analysis/analyze.ts';
import type { Json } from '../../base/json.ts';
import type { Model } from '../../ir/model.ts';
import { encodeDecision } from '../../prune/decision.ts';
import { membersOf } from '../../prune/names.ts';
import { channelGraph } from '../../prune/plan.ts';
import { clear, encodeMask, fullMask } from '../../prune/sparsity/mask.ts';
import { findWeights } from '../../prune/sparsity/weights.ts';
import { onlyUnreadGo, unreadAtoms } from '../../prune/unread.ts';
import { CUT_RULES, keyOf } from '../../passes/pruning/group-sites.ts';
import { passById } from '../../passes/index.ts';
import { zeroSiteKey } from '../../passes/pruning/prune-weights.ts';
import { runPass } from '../../rewrite/run.ts';
import type { ApplyRequest } from '../types.ts';
import type { SparseRequest } from './types.ts';

interface Trained {
  readonly model: Model;
  readonly analysis: Analysis;
}

/**
 * The step that records the zeros which a training left: masks of `prune-weights`, or channels of `prune-channels` and
 * heads of `prune-heads` that nothing reads any more, which go for good. Null: there are none, or they were there before.
 *
 * @param stop behind the learnt weights
 */
export function zerosStep(stop: Trained, { kind, block }: SparseRequest): ApplyRequest | null {
  if (kind === 'held') return null;
  if (typeof block === 'string') return groupsStep(stop, block);
  return weightsStep(stop.model, block);
}

/** A trained model without the channels or heads that became zero; single weights stay where they are. */
export async function withoutZeros(model: Model, sparsity: SparseRequest): Promise<Model> {
  const analysis = analyze(model);
  const step = typeof sparsity.block === 'string' ? zerosStep({ model, analysis }, sparsity) : null;
  if (!step) return model;
  const { options, decisions = {} } = step;
  const settings = { backend: 'wasm', options, decisions, analysis, copies: true } as const;
  return (await runPass(model, passById(step.pass), settings)).model;
}

function weightsStep(model: Model, { height, width }: { height: number; width: number }): ApplyRequest | null {
  const decisions: Record<string, Json> = {};
  let [zeros, all] = [0, 0];
  for (const weight of findWeights(model, { embeddings: false }).weights) {
    const { tensor } = weight;
    const mask = fullMask(tensor.size);
    const numbers = tensor.numbers();
    let own = 0;
    for (let i = 0; i < tensor.size; i++) {
      if (numbers[i] !== 0) continue;
      clear(mask, i);
      own++;
    }
    all += tensor.size;
    zeros += own;
    if (own > 0) decisions[zeroSiteKey(model, weight)] = encodeMask(mask);
  }
  if (zeros === 0) return null;
  const pattern = height * width === 1 ? {} : { pattern: 'block', block: `${height}x${width}` };
  return { pass: 'prune-weights', options: { sparsity: zeros / all, ...pattern }, off: [], decisions };
}

function groupsStep({ model, analysis }: Trained, block: 'channel' | 'head'): ApplyRequest | null {
  const pass = block === 'head' ? 'prune-heads' : 'prune-channels';
  const graph = channelGraph(model, analysis);
  const [unread, members] = [unreadAtoms(graph), membersOf(graph)];
  const decisions: Record<string, Json> = {};
  let [gone, all] = [0, 0];
  for (const group of graph.groups) {
    if (group.isHeads !== (block === 'head')) continue;
    const dead = unread[group.index];
    const kept = new Set([...group.atoms.keys()].filter((atom) => !dead?.has(atom)));
    // Where nothing is read, one stays: a value without channels is none.
    if (kept.size === 0) kept.add(0);
    all += group.atoms.length;
    gone += group.atoms.length - kept.size;
    if (kept.size === group.atoms.length) continue;
    const nodes = members[group.index]?.map(({ node }) => node) ?? [];
    decisions[keyOf(CUT_RULES[pass], model, group, nodes)] = {
      ...encodeDecision(group, kept),
      unread: onlyUnreadGo(graph, group, kept),
    };
  }
  return gone === 0 ? null : { pass, options: { ratio: gone / all }, off: [], decisions };
}
