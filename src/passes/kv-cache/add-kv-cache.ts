import { followDecoder } from '../../kv/flow/follow.ts';
import { textInputs } from '../../kv/flow/inputs.ts';
import type { Stuck, Uncached } from '../../kv/flow/types.ts';
import { cutsOf, emitCache, pastName, presentName, readsOf } from '../../kv/grow/cache.ts';
import { growing, textAxes } from '../../kv/grow/grown.ts';
import { Sizes } from '../../kv/grow/resized.ts';
import { siteKey } from '../../rewrite/hash.ts';
import type { Findings, Pass, PassContext, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { withoutUnread } from './unread.ts';

const RULE = 'kv-cache';

/** Null: nothing here is a text. */
function lookAt(context: PassContext): Uncached | Stuck | null {
  const { model } = context;
  const isAttention = [...model.graph.nodes].some((id) => model.getNode(id).opType === 'Softmax');
  if (!isAttention || textInputs(context) === null) return null;
  if (model.opset() < 10)
    return { nodes: [], reason: 'rows of tables are cut by Slice with inputs, which needs opset 10' };
  const of = followDecoder(context);
  return 'reason' in of ? of : (longer(context, of) ?? of);
}

/** What cannot be made for a longer text than what is new of it. */
function longer(context: PassContext, of: Uncached): Stuck | null {
  const sizes = new Sizes(context, growing(of));
  const names = new Set([...context.model.values.values()].map(({ name }) => name));
  for (const { layer, side } of cutsOf(of)) {
    const taken = [pastName(layer, side), presentName(layer, side)].find((name) => names.has(name));
    if (taken !== undefined) return { nodes: [], reason: `the graph has a value ${taken} already` };
  }
  for (const { node, value } of readsOf(context, of)) {
    const reason =
      sizes.reason(value) ??
      (textAxes(context, of, value) ? null : `the shape of ${context.model.getValue(value).name} is not known`);
    if (reason !== null) return { nodes: [node.id], reason };
  }
  for (const { plan, key, value } of of.attentions) {
    const masks = plan.scores.stages.map(({ node }) => node);
    for (const node of [...masks, ...key.path.slice(0, -1), ...value.path.slice(0, -1)]) {
      for (const input of node.inputs) {
        const reason = input === null ? null : sizes.reason(input);
        if (reason !== null) return { nodes: [node.id], reason };
      }
    }
  }
  return null;
}

function toSite({ model }: PassContext, of: Uncached): Site {
  const [first] = of.attentions;
  const anchor = first!.plan.softmax;
  const nodes = of.attentions.flatMap(({ plan, key, value }) => [
    plan.softmax.id,
    ...key.path.map(({ id }) => id),
    ...value.path.map(({ id }) => id),
  ]);
  const { heads, width } = first!.key;
  return {
    key: siteKey(model, RULE, anchor, nodes),
    rule: RULE,
    anchor: anchor.id,
    nodes: [anchor.id, ...new Set(nodes.filter((id) => id !== anchor.id))],
    what: `Keeps keys and values of ${of.attentions.length} layers, ${heads} heads of ${width} each: a run takes new tokens alone.`,
  };
}

function find(context: PassContext): Findings {
  const of = lookAt(context);
  if (of === null) return { sites: [], refusals: [] };
  if ('reason' in of) return { sites: [], refusals: [{ rule: RULE, nodes: of.nodes, reason: sentence(of.reason) }] };
  return { sites: [toSite(context, of)], refusals: [] };
}

function apply(context: PassContext): boolean {
  const of = lookAt(context);
  if (of === null || 'reason' in of) return false;
  withoutUnread(context.model, () => emitCache(context, of));
  return true;
}

/** A decoder that is given the whole text each time keeps keys and values of what it has seen. */
export const addKvCache: Pass = {
  id: 'add-kv-cache',
  group: 'kv-cache',
  title: 'Add a KV cache',
  why: 'A token costs the same however long the text is before it: what was computed of earlier ones is kept.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  changesInterface: true,
  looksFor: {
    chains: ['ids → … → MatMul → Softmax → MatMul, causal, without a cache'],
    operators: ['MatMul', 'Einsum', 'Softmax'],
  },
  find,
  apply: (context) => apply(context),
};
