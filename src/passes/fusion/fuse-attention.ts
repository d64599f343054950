import type { Model, Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { Build, sweep } from '../../rewrite/build.ts';
import { bodyNodes, label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { placeOf } from '../../rewrite/attention/bias.ts';
import { emit, gridOf, removedBy, shapesReason, sidesOf } from '../../rewrite/attention/emit.ts';
import { packedOf, type Packed } from '../../rewrite/attention/packed.ts';
import { planOf, type Plan } from '../../rewrite/attention/plan.ts';
import { dependsOn, readersReason, shapesOf, withSources } from '../../rewrite/attention/readers.ts';

const RULE = 'attention';

/** A plan that can be carried out, with all nodes that go. */
interface Found {
  readonly plan: Plan;
  /** Set: the operator does the projections too. */
  readonly packed: Packed | null;
  readonly nodes: readonly NodeId[];
}

/** Null: no attention. */
function lookAt(context: PassContext, softmax: Node): Found | string | null {
  const plan = planOf(context, softmax);
  if (plan === null || typeof plan === 'string') return plan;
  const reason = backendReason(context, plan) ?? layerReason(plan) ?? innerReason(context, plan);
  if (reason !== null) return reason;
  const packed = packedOf(context, plan);
  const nodes = packed && goneWith(context, plan, packed);
  // Projections that someone else reads would be done twice.
  if (nodes && projectionNodes(context.model, packed).every((id) => nodes.includes(id))) return { plan, packed, nodes };
  return { plan, packed: null, nodes: goneWith(context, plan, null) };
}

function backendReason(context: PassContext, plan: Plan): string | null {
  const opset = context.model.opset();
  if (opset < 8 && plan.masking.steps.length > 0) return 'a mask is expanded, which needs opset 8';
  if (Math.fround(plan.scale) === 0) return 'a scale of 0 means another one to the operator';
  if (context.backend !== 'portable') return null;
  if (opset < 23) return 'ai.onnx has Attention from opset 23 on';
  return plan.masking.steps.length > 0 ? 'runtimes differ in what Attention does with fully masked rows' : null;
}

function layerReason(plan: Plan): string | null {
  const grid = gridOf(plan);
  for (const step of plan.masking.steps) {
    const layer = step.kind === 'add' ? step.mask : step.kind === 'where' ? step.condition : null;
    const place = layer && placeOf(layer, grid);
    if (typeof place === 'string') return place;
  }
  return null;
}

/** What the graph still needs of what goes. */
function innerReason(context: PassContext, plan: Plan): string | null {
  const { model } = context;
  const given = new Set([plan.merge.target, ...sidesOf(plan).map((side) => side.all)]);
  const reason = readersReason(model, removedBy(plan), given) ?? shapesReason(model, plan);
  if (reason !== null || !plan.past) return reason;
  const told = new Set(shapesOf(model, removedBy(plan)).map(({ shape }) => shape.id));
  const concats = sidesOf(plan).map((side) => side.concat);
  return dependsOn(context, [...readBy(plan, null)], concats, told) ? 'the mask is computed from all keys' : null;
}

/** What the fused operator reads, before it is brought into form. */
function readBy(plan: Plan, packed: Packed | null): ReadonlySet<ValueId> {
  const { key, value } = plan.grouped ?? plan;
  const operands = [plan.query, key, value].map((form) => form.view.value);
  const read = new Set<ValueId>(packed ? [packed.x] : operands);
  for (const step of plan.grouped ? [] : plan.masking.steps) {
    if (step.kind === 'add') read.add(step.mask.tensor);
    if (step.kind === 'where') read.add(step.condition.tensor);
  }
  for (const side of sidesOf(plan)) read.add(side.earlier.view.value);
  return read;
}

/** What goes, what led to that alone, and Shape nodes that looked at it. */
function goneWith({ model }: PassContext, plan: Plan, packed: Packed | null): readonly NodeId[] {
  const gone = removedBy(plan);
  const told = shapesOf(model, gone).filter(({ of }) => of !== plan.merge.target);
  return withSources(model, [...gone, ...told.map(({ shape }) => shape)], readBy(plan, packed));
}

const projectionNodes = (model: Model, { query, key, value }: Packed): readonly NodeId[] =>
  [query, key, value].flatMap(({ linear }) => model.getValue(linear.result).producer?.node ?? []);

function toSite(context: PassContext, { plan, packed, nodes }: Found): Site {
  const { model } = context;
  const masked = plan.grouped ? ', causal by itself' : plan.masking.steps.length > 0 ? ', its mask as a bias' : '';
  const cached = plan.past ? ', with the cache' : '';
  return {
    key: siteKey(model, RULE, plan.anchor, nodes),
    rule: RULE,
    anchor: plan.anchor.id,
    nodes: [plan.anchor.id, ...nodes.filter((id) => id !== plan.anchor.id)],
    what: `Computes the ${plan.heads} heads around ${label(model, plan.softmax)} ${packed ? 'and their projections ' : ''}by one operator${masked}${cached}.`,
  };
}

function find(context: PassContext): Findings {
  const sites: Site[] = [];
  const refusals: Refusal[] = [];
  const taken = new Set<NodeId>();
  for (const softmax of bodyNodes(context.model)) {
    if (softmax.opType !== 'Softmax' || softmax.domain !== '') continue;
    const found = lookAt(context, softmax);
    if (found === null) continue;
    if (typeof found === 'string') {
      refusals.push({ rule: RULE, nodes: [softmax.id], reason: sentence(found) });
      continue;
    }
    if (found.nodes.some((id) => taken.has(id))) continue;
    for (const id of found.nodes) taken.add(id);
    sites.push(toSite(context, found));
  }
  return { sites, refusals };
}

function apply(context: PassContext, site: Site): boolean {
  const { model } = context;
  if (site.nodes.some((id) => !model.nodes.has(id))) return false;
  const softmax = site.nodes
    .map((id) => model.getNode(id))
    .find((node) => node.opType === 'Softmax' && node.domain === '');
  const found = softmax ? lookAt(context, softmax) : null;
  if (found === null || typeof found === 'string' || found.plan.anchor.id !== site.anchor) return false;
  const gone = new Set(found.nodes);
  emit(context, new Build(context, RULE, found.plan.anchor), found.plan, found.packed, gone);
  sweep(model, found.nodes);
  return true;
}

/** Scaled dot-product attention over heads becomes one operator of ONNX Runtime. */
export const fuseAttention: Pass = {
  id: 'fuse-attention',
  group: 'fusion',
  title: 'Fuse attention',
  why: 'Scores, mask, softmax and heads stay in one kernel instead of a dozen passes over memory.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: {
    chains: ['MatMul or Einsum → Softmax → MatMul or Einsum, over heads'],
    operators: ['MatMul', 'Einsum', 'Softmax', 'Where', 'Add', 'Mul', 'Div', 'Reshape', 'Transpose'],
  },
  find,
  apply,
};
