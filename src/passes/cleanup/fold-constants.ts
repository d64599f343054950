import type { Model, Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { removeUpwards } from '../../rewrite/build.ts';
import { cone, localValue, planConstants, type ConstantPlan, type FoldLimits } from '../../rewrite/constant-plan.ts';
import { label, outputsOf } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';

const RULE = 'fold';

const MIB = 2 ** 20;
const limitsOf = ({ options }: PassContext): FoldLimits => ({
  value: Number(options['value']) * MIB,
  total: Number(options['total']) * MIB,
});

const usedOutputs = (model: Model, node: Node): ValueId[] => outputsOf(node).filter((output) => model.isUsed(output));

const valueOf = (context: PassContext, output: ValueId): Tensor | null =>
  localValue(context, output) ?? context.facts.constants.get(output) ?? null;

function requests(context: PassContext): ValueId[] {
  const { frontier } = planConstants(context, limitsOf(context));
  return frontier
    .flatMap((node) => usedOutputs(context.model, node))
    .filter((output) => localValue(context, output) === null);
}

function toSite(context: PassContext, anchor: Node, plan: ConstantPlan): Site {
  const nodes = cone(context.model, anchor, plan.computable);
  const others = nodes.length === 1 ? '' : ` and the ${nodes.length - 1} before it`;
  return {
    key: siteKey(context.model, RULE, anchor, nodes),
    rule: RULE,
    anchor: anchor.id,
    nodes,
    what:
      anchor.opType === 'Constant' && nodes.length === 1
        ? `Makes ${label(context.model, anchor)} an initializer.`
        : `Replaces ${label(context.model, anchor)}${others} by the constant that it always gives.`,
  };
}

function find(context: PassContext): Findings {
  const plan = planConstants(context, limitsOf(context));
  const sites: Site[] = [];
  const refusals: Refusal[] = [...plan.refused].map(([id, reason]) => ({
    rule: RULE,
    nodes: [id],
    reason: sentence(reason),
  }));
  for (const node of plan.frontier) {
    if (usedOutputs(context.model, node).every((output) => valueOf(context, output) !== null)) {
      sites.push(toSite(context, node, plan));
    } else {
      refusals.push({ rule: RULE, nodes: [node.id], reason: 'The runtime has not computed its value.' });
    }
  }
  return { sites, refusals };
}

function apply(context: PassContext, site: Site): boolean {
  const { model } = context;
  const anchor = model.nodes.get(site.anchor);
  if (!anchor) return false;
  const outputs = usedOutputs(model, anchor);
  const tensors = outputs.map((output) => valueOf(context, output));
  if (tensors.includes(null)) return false;
  outputs.forEach((output, i) => {
    const tensor = tensors[i];
    if (!tensor) return;
    model.detachOutput(output);
    model.setInitializer(output, tensor);
  });
  removeUpwards(model, anchor);
  return true;
}

/**
 * What depends on constants only is computed once. Integers, copies and splats are known from shape inference; the
 * rest is run on the runtime itself, so that the result is the one that the model would have computed.
 */
export const foldConstants: Pass = {
  id: 'fold-constants',
  group: 'cleanup',
  title: 'Fold constants',
  why: 'Computing at every run what never changes costs time, and hides weights from the other passes.',
  options: {
    value: { type: 'number', default: 32, min: 0, max: 1024, label: 'Largest constant', unit: 'MiB' },
    total: { type: 'number', default: 256, min: 0, max: 1800, label: 'All constants together', unit: 'MiB' },
  },
  preserves: 'bits',
  needs: ['constants'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  requests,
  find,
  apply,
};
