import { defined } from '../../base/assert.ts';
import type { Node } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import { Build, sweep } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import {
  channelsOf,
  convAttributes,
  convParts,
  macsPerPlace,
  stackBiases,
  stackWeights,
  type ConvParts,
} from './conv-parts.ts';
import { resultOf } from './fold-affine.ts';
import { neighbours } from './neighbours.ts';
import { divide } from './split.ts';

const RULE = 'same-input';

/**
 * Convolutions that are alike in this walk alike: a kernel that stands in the middle of a larger one reads the same places
 * with zeros around them, if it has as many pads less as the larger one reaches further (2p − d·(k − 1) is the same).
 */
function walkOf({ weight, kernel, strides, dilations, pads }: ConvParts): string {
  const reach = pads.map((pad, i) => {
    const axis = i % kernel.length;
    return 2 * pad - (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1);
  });
  const parity = kernel.map((size) => size % 2);
  return [weight.dtype, weight.shape[1], kernel.length, ...strides, ...dilations, ...reach, ...parity].join();
}

const largestKernel = (parts: readonly ConvParts[]): number[] =>
  defined(parts[0], 'a convolution').kernel.map((_, axis) => Math.max(...parts.map((each) => each.kernel[axis] ?? 1)));

/** How many times the multiply-accumulates grow when all kernels become as large as the largest. */
function growthOf(parts: readonly ConvParts[]): number {
  const kernel = largestKernel(parts).reduce((product, size) => product * size, 1);
  const after = parts.reduce((sum, each) => sum + channelsOf(each) * (each.weight.shape[1] ?? 0) * kernel, 0);
  const before = parts.reduce((sum, each) => sum + macsPerPlace(each), 0);
  return before === 0 ? 1 : after / before;
}

function toParts(context: PassContext, node: Node): ConvParts | string {
  const parts = convParts(context, node);
  if (typeof parts === 'string') return parts;
  return parts.group === 1 ? parts : `it is grouped (${parts.group} groups)`;
}

interface Groups {
  readonly merged: ConvParts[][];
  readonly refusals: Refusal[];
}

const refusal = (nodes: readonly Node[], reason: string): Refusal => ({
  rule: RULE,
  nodes: nodes.map(({ id }) => id),
  reason: sentence(reason),
});

function groupsOf(context: PassContext, nodes: readonly Node[]): Groups {
  const refusals: Refusal[] = [];
  const byWalk = new Map<string, ConvParts[]>();
  for (const node of nodes) {
    const parts = toParts(context, node);
    if (typeof parts === 'string') refusals.push(refusal([node], parts));
    else byWalk.set(walkOf(parts), [...(byWalk.get(walkOf(parts)) ?? []), parts]);
  }
  const merged: ConvParts[][] = [];
  for (const group of byWalk.values()) {
    const [alone, ...others] = group;
    if (alone && others.length === 0) {
      if (byWalk.size > 1) {
        refusals.push(refusal([alone.node], 'its neighbours with the same input walk over it in another way'));
      }
    } else merged.push(...withinGrowth(context, group, refusals));
  }
  return { merged, refusals };
}

/** The whole group if it does not grow too much, else those of one kernel. */
function withinGrowth(context: PassContext, group: ConvParts[], refusals: Refusal[]): ConvParts[][] {
  const growth = growthOf(group);
  const most = Number(context.options['growth']);
  if (growth <= most) return [group];
  const byKernel = new Map<string, ConvParts[]>();
  for (const each of group) byKernel.set(each.kernel.join(), [...(byKernel.get(each.kernel.join()) ?? []), each]);
  const nodes = group.map(({ node }) => node);
  const reason = `with kernels as large as the largest they would take ${growth.toFixed(1)} times their multiply-accumulates, more than ${most}`;
  refusals.push(refusal(nodes, reason));
  return [...byKernel.values()].filter((each) => each.length > 1);
}

function toSite({ model }: PassContext, group: readonly ConvParts[]): Site {
  const nodes = group.map(({ node }) => node);
  const first = defined(nodes[0], 'a convolution');
  const ids = nodes.map(({ id }) => id);
  const growth = growthOf(group);
  const cost =
    growth > 1 ? ` Smaller kernels get zeros around them: ${growth.toFixed(1)} times the multiply-accumulates.` : '';
  return {
    key: siteKey(model, RULE, first, ids),
    rule: RULE,
    anchor: first.id,
    nodes: ids,
    what: `Merges ${nodes.map((node) => label(model, node)).join(', ')} into one convolution of ${group.map(channelsOf).join(' + ')} channels and splits it.${cost}`,
  };
}

function find(context: PassContext): Findings {
  const found = neighbours(context.model, ['Conv']).map((nodes) => groupsOf(context, nodes));
  return {
    sites: found.flatMap(({ merged }) => merged.map((group) => toSite(context, group))),
    refusals: found.flatMap(({ refusals }) => refusals),
  };
}

/** [W₁; W₂; …]∗x = [W₁∗x; W₂∗x; …] along the channels. */
function apply(context: PassContext, site: Site): boolean {
  const { model } = context;
  if (site.nodes.some((id) => !model.nodes.has(id))) return false;
  const group = partsOf(context, site.nodes);
  const [first] = group ?? [];
  if (!group || !first) return false;
  const build = new Build(context, RULE, first.node);
  const kernel = largestKernel(group);
  const pads = first.pads.map((pad, i) => {
    const axis = i % kernel.length;
    return pad + ((first.dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - (first.kernel[axis] ?? 1))) / 2;
  });
  const weights = group.map(({ weight }) => weight);
  const bias = stackBiases(group);
  const inputs = [
    first.x,
    build.constant('weight', stackWeights(weights, kernel)),
    ...(bias ? [build.constant('bias', bias)] : []),
  ];
  const wide = build.node('Conv', inputs, { attributes: convAttributes({ ...first, kernel, pads }) });
  divide(
    build,
    wide,
    group.map(({ node }) => resultOf(node)),
    group.map(channelsOf),
  );
  sweep(model, site.nodes);
  return true;
}

/** The convolutions of a site, if they still belong together. */
function partsOf(context: PassContext, nodes: readonly NodeId[]): ConvParts[] | null {
  const found = nodes.map((id) => toParts(context, context.model.getNode(id)));
  const parts = found.filter((each) => typeof each !== 'string');
  const alike = new Set(parts.map((each) => `${each.x} ${walkOf(each)}`)).size === 1;
  return alike && parts.length === found.length ? parts : null;
}

/** Convolutions that read the same value become one convolution and a Split. */
export const mergeParallelConvs: Pass = {
  id: 'merge-parallel-convs',
  group: 'fusion',
  title: 'Merge parallel convolutions',
  why: 'One convolution with many channels reads its input once and can use a device better; measure it, for the Split copies.',
  options: {
    growth: {
      type: 'number',
      default: 2,
      min: 1,
      max: 25,
      step: 0.1,
      label: 'How much more work a smaller kernel may cost when it is padded to a larger one',
      unit: '×',
    },
  },
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: { chains: ['Conv beside another with the same input'], operators: ['Conv'] },
  find,
  apply,
};
