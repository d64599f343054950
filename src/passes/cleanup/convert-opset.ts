import type { Model, Node } from '../../ir/model.ts';
import { label } from '../../rewrite/graphs.ts';
import { fnv1a, siteKey } from '../../rewrite/hash.ts';
import { NO_NODE, type Findings, type Pass, type PassContext, type Refusal, type Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { planConversion, type Plan } from './opset/plan.ts';
import { irVersionFor, NEWEST, OLDEST } from './opset/versions.ts';
import { writeChange } from './opset/write.ts';

const RULE = 'convert-opset';
const DEFAULT_TARGET = 21;

const targetOf = ({ options }: PassContext): number => Number(options['target'] ?? DEFAULT_TARGET);

const refusal = (reason: string, node: Node | null = null): Refusal => ({
  rule: RULE,
  nodes: node ? [node.id] : [],
  reason: sentence(reason),
});

/** One site, for a graph has one version of its operators: all of its nodes are converted, or none. */
function find(context: PassContext): Findings {
  const { model } = context;
  const [version, target] = [model.opset(), targetOf(context)];
  if (version === 0 || version === target) return { sites: [], refusals: [] };
  const reason = rangeReason(version, target);
  if (reason !== null) return { sites: [], refusals: [refusal(reason)] };
  const plan = planConversion(context, target);
  if (plan.failure === null) return { sites: [toSite(model, target, plan)], refusals: [] };
  const { node, reason: clause } = plan.failure;
  const place = node ? `${label(model, node)}: ` : '';
  const failed = refusal(`${place}${clause}`, node);
  return {
    sites: [],
    refusals: [{ ...failed, reason: `The model stays at operator set ${version}. ${failed.reason}` }],
  };
}

function rangeReason(version: number, target: number): string | null {
  if (!Number.isInteger(target)) return `operator sets have whole numbers, ${target} is none`;
  return version > target
    ? `the model is of operator set ${version} already: nothing is taken back to ${target}`
    : null;
}

function toSite(model: Model, target: number, plan: Plan): Site {
  const changed = plan.changes.map(({ node }) => node);
  const anchor = changed[0] ?? firstNode(model);
  const nodes = changed.length > 0 ? changed.map(({ id }) => id) : anchor ? [anchor.id] : [];
  return {
    key: anchor ? siteKey(model, RULE, anchor, nodes) : `${RULE}::${fnv1a('')}`,
    rule: RULE,
    anchor: anchor?.id ?? NO_NODE,
    nodes,
    what: `Takes the model from operator set ${model.opset()} to ${target}: ${rewritten(model, changed)}.${reordered(model, plan)}`,
    // The rewrite is exact; the runtime is not the same for every version.
    ...(plan.reordered.length > 0 ? { preserves: 'order' as const } : {}),
  };
}

function firstNode(model: Model): Node | null {
  const [first] = model.graph.nodes;
  return first === undefined ? null : model.getNode(first);
}

/** `12 of 140 nodes are rewritten (Clip, Slice) and compute what they did`. */
function rewritten(model: Model, changed: readonly Node[]): string {
  if (changed.length === 0) return 'no node has to be rewritten for it';
  const types = [...new Set(changed.map(({ opType }) => opType))].sort().join(', ');
  return `${changed.length} of ${model.nodes.size} nodes are written in its terms (${types}) and compute what they did`;
}

function reordered(model: Model, { reordered: [first, ...others] }: Plan): string {
  if (!first) return '';
  const also = others.length > 0 ? ` and ${others.length} more` : '';
  return ` ONNX Runtime sums ${label(model, first)}${also} in another order in that version.`;
}

function apply(context: PassContext): boolean {
  const { model } = context;
  const target = targetOf(context);
  if (model.opset() >= target) return false;
  const plan = planConversion(context, target);
  if (plan.failure !== null) return false;
  for (const change of plan.changes) writeChange(context, RULE, change);
  model.opsetImports.set('', target);
  model.irVersion = Math.max(model.irVersion, irVersionFor(target));
  for (const def of plan.functions) {
    const opsetImports = new Map(def.opsetImports).set('', target);
    model.functions.splice(model.functions.indexOf(def), 1, { ...def, opsetImports });
  }
  return true;
}

/** The model in a newer version of the operators of ai.onnx. */
export const convertOpset: Pass = {
  id: 'convert-opset',
  group: 'cleanup',
  title: 'Convert operator set',
  why: 'A newer operator set has operators that older ones spell out, and other tools ask for it.',
  options: {
    target: { type: 'number', default: DEFAULT_TARGET, min: OLDEST, max: NEWEST, step: 1, label: 'Operator set' },
  },
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  find,
  apply,
};
