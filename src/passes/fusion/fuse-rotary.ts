import type { Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { Build, sweep } from '../../rewrite/build.ts';
import { bodyNodes, label } from '../../rewrite/graphs.ts';
import { backendsWith } from '../../rewrite/kernels.ts';
import { siteKey } from '../../rewrite/hash.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { withSources } from '../../rewrite/attention/readers.ts';
import { emitRotary } from '../../rewrite/rotary/emit.ts';
import { rotaryPlan, type RotaryPlan } from '../../rewrite/rotary/plan.ts';
import { rotationsAt } from '../../rewrite/rotary/rotation.ts';

const RULE = 'rotary';

/** A plan that can be carried out; the clause of the first near miss; null: no rotation ends here. */
function lookAt(context: PassContext, node: Node): RotaryPlan | string | null {
  let reason: string | null = null;
  for (const rotation of rotationsAt(context, node)) {
    const plan = rotaryPlan(context, rotation);
    if (typeof plan !== 'string') {
      if (context.model.opset() < 11 && plan.perBatch && !plan.tables)
        return 'positions are counted with Range, which needs opset 11';
      return plan;
    }
    reason ??= plan;
  }
  return reason;
}

/** The rotation, and what led to it alone. */
function goneWith({ model }: PassContext, { rotation, form, tables }: RotaryPlan): readonly NodeId[] {
  const kept = new Set<ValueId>([form.view.value]);
  for (const each of tables ? [tables.cos.rows, tables.sin.rows] : [rotation.cos, rotation.sin]) kept.add(each);
  if (tables?.cos.ids) kept.add(tables.cos.ids);
  return withSources(model, [rotation.last], kept);
}

function toSite(context: PassContext, plan: RotaryPlan): Site {
  const { model } = context;
  const { last, mode } = plan.rotation;
  const nodes = goneWith(context, plan);
  return {
    key: siteKey(model, RULE, last, nodes),
    rule: RULE,
    anchor: last.id,
    nodes: [last.id, ...nodes.filter((id) => id !== last.id)],
    what: `Rotates the ${mode === 'half' ? 'halves' : 'pairs'} of ${plan.heads} heads before ${label(model, last)} by one operator.`,
  };
}

function find(context: PassContext): Findings {
  const sites: Site[] = [];
  const refusals: Refusal[] = [];
  for (const node of bodyNodes(context.model)) {
    const plan = lookAt(context, node);
    if (plan === null) continue;
    if (typeof plan === 'string') refusals.push({ rule: RULE, nodes: [node.id], reason: sentence(plan) });
    else sites.push(toSite(context, plan));
  }
  return { sites: apart(sites), refusals };
}

/** Sites of one round share no node. */
function apart(sites: readonly Site[]): Site[] {
  const taken = new Set<NodeId>();
  return sites.filter((site) => {
    if (site.nodes.some((id) => taken.has(id))) return false;
    for (const id of site.nodes) taken.add(id);
    return true;
  });
}

function apply(context: PassContext, site: Site): boolean {
  const { model } = context;
  const anchor = model.nodes.get(site.anchor);
  if (!anchor || site.nodes.some((id) => !model.nodes.has(id))) return false;
  const plan = lookAt(context, anchor);
  if (plan === null || typeof plan === 'string') return false;
  const gone = goneWith(context, plan);
  emitRotary(context, new Build(context, RULE, anchor), plan);
  sweep(model, gone);
  return true;
}

/** Rotary position embeddings become one operator of ONNX Runtime. */
export const fuseRotary: Pass = {
  id: 'fuse-rotary',
  group: 'fusion',
  title: 'Fuse rotary embedding',
  why: 'A rotation is one pass over memory instead of eight, and attention finds its heads behind it.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: backendsWith('com.microsoft.RotaryEmbedding'),
  repeats: false,
  looksFor: {
    chains: ['Mul and Mul (of halves or pairs, turned) → Add', 'Sub and Add of products → Concat'],
    operators: ['Mul', 'Add', 'Sub', 'Neg', 'Concat', 'Slice', 'Split'],
  },
  find,
  apply,
};
