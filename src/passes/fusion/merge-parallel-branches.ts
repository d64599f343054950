import { defined } from '../../base/assert.ts';
import type { Node } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import { isWhole } from '../../ops/registry.ts';
import { Build, sweep } from '../../rewrite/build.ts';
import { bodyNodes, label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { branchesBehind, branchesOver, type ConvBranches } from './conv-branches.ts';
import { neighbours } from './neighbours.ts';
import { productsBehind, productsOver, type ProductBranches } from './product-branches.ts';

type Branches = (ConvBranches | ProductBranches) & { readonly rule: string };

/** The nodes that give way, the last ones first. */
const nodesOf = ({ heads, steps }: Branches): NodeId[] =>
  [...steps.flatMap(({ nodes }) => nodes).reverse(), ...heads].map(({ id }) => id);

/** Branches that begin at a Split. */
function behind(context: PassContext, split: Node): Branches | null {
  const convs = branchesBehind(context, split);
  if (convs) return { ...convs, rule: 'split-convs' };
  const products = productsBehind(context, split);
  return products && { ...products, rule: 'split-products' };
}

/** All that could be merged; clauses for groups of convolutions that differ in what follows. */
function allBranches(context: PassContext): { found: Branches[]; refusals: Refusal[] } {
  const { model } = context;
  const found: Branches[] = [];
  const refusals: Refusal[] = [];
  for (const nodes of neighbours(model, ['Conv'])) {
    for (const each of branchesOver(context, nodes)) {
      if (typeof each !== 'string') found.push({ ...each, rule: 'convs' });
      else refusals.push({ rule: 'convs', nodes: nodes.map(({ id }) => id), reason: sentence(each) });
    }
  }
  for (const nodes of neighbours(model, ['MatMul', 'Gemm'])) {
    found.push(...productsOver(context, nodes).map((each) => ({ ...each, rule: 'products' })));
  }
  for (const node of bodyNodes(model)) {
    const each = node.opType === 'Split' && node.domain === '' && isWhole(node) ? behind(context, node) : null;
    if (each) found.push(each);
  }
  return { found, refusals };
}

function toSite({ model }: PassContext, branches: Branches): Site {
  const { heads, steps, rule } = branches;
  const first = defined(heads[0], 'a branch');
  const nodes = nodesOf(branches);
  const count = defined(steps[0], 'a step').results.length;
  const types = steps.map((step) => step.nodes[0]?.opType ?? '').join(', ');
  return {
    key: siteKey(model, rule, first, nodes),
    rule,
    anchor: first.id,
    nodes,
    what: `Computes ${count} branches from ${label(model, first)} on together (${types}): they are alike but for their weights.`,
  };
}

/** Sites share no node: the first one in the graph's order is offered. */
function find(context: PassContext): Findings {
  const { found, refusals } = allBranches(context);
  const taken = new Set<NodeId>();
  const sites: Site[] = [];
  for (const each of found) {
    const nodes = nodesOf(each);
    if (nodes.some((id) => taken.has(id))) continue;
    for (const id of nodes) taken.add(id);
    sites.push(toSite(context, each));
  }
  return { sites, refusals };
}

/** The branches of a site, if they are still there. */
function branchesAt(context: PassContext, site: Site): Branches | null {
  const { model } = context;
  const heads = site.nodes.slice(-1).map((id) => model.getNode(id));
  const anchor = model.getNode(site.anchor);
  if (anchor.opType === 'Split') return behind(context, anchor);
  const last = defined(heads[0], 'a branch');
  const siblings = site.nodes
    .map((id) => model.getNode(id))
    .filter((node) => node.opType === last.opType && node.inputs[0] === last.inputs[0]);
  const found = site.rule === 'convs' ? branchesOver(context, siblings) : productsOver(context, siblings);
  const only = found.find((each) => typeof each !== 'string');
  return only ? { ...only, rule: site.rule } : null;
}

/** [f(W₁∗x); f(W₂∗x)] = f([W₁; W₂]∗x) along the channels, and the same along a new axis for products. */
function apply(context: PassContext, site: Site): boolean {
  const { model } = context;
  if (site.nodes.some((id) => !model.nodes.has(id))) return false;
  const branches = branchesAt(context, site);
  if (!branches || nodesOf(branches).join() !== site.nodes.join()) return false;
  branches.write(new Build(context, site.rule, model.getNode(site.anchor)));
  sweep(model, site.nodes);
  return true;
}

/** Branches over one value whose operators match one by one are computed together: grouped or batched. */
export const mergeParallelBranches: Pass = {
  id: 'merge-parallel-branches',
  group: 'fusion',
  title: 'Merge parallel branches',
  why: 'One grouped convolution or one batched product in place of several narrow ones; the work is the same, so measure it.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: {
    chains: [
      'Conv beside another with the same input, each followed by the same operators',
      'Split → Conv',
      'MatMul or Gemm beside another, each followed by the same operators and a further product',
    ],
    operators: ['Conv', 'Split', 'MatMul', 'Gemm'],
  },
  find,
  apply,
};
