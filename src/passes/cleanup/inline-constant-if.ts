import { getGraph } from '../../ir/attribute.ts';
import { dissolveGraph } from '../../ir/dissolve.ts';
import type { Graph, Model, Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { isWhole } from '../../ops/registry.ts';
import { Build, bypassRefusal, removeUpwards, reroute } from '../../rewrite/build.ts';
import { bodyNodes, label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { inputOf } from './ends.ts';
import { knownSizes } from './known-sizes.ts';

const RULE = 'branch';

/** The attribute that holds the branch which always runs; null: which one does is only known when the model runs. */
function takenBranch(context: PassContext, choice: Node): 'then_branch' | 'else_branch' | null {
  const condition = inputOf(choice);
  const tensor = constantOf(context, condition) ?? knownSizes(context).tensor(condition);
  if (tensor?.size !== 1 || tensor.dtype !== 'bool') return null;
  return tensor.read()[0] ? 'then_branch' : 'else_branch';
}

function branchOf({ model }: PassContext, choice: Node, taken: string): Graph | null {
  const id = getGraph(choice, taken);
  return id === null ? null : model.getGraph(id);
}

/** In a branch that never runs: it goes with that branch. */
function isDropped(context: PassContext, node: Node): boolean {
  const { model } = context;
  for (
    let { owner } = model.getGraph(node.graph);
    owner;
    owner = model.getGraph(model.getNode(owner.node).graph).owner
  ) {
    const holder = model.getNode(owner.node);
    const taken = isChoice(holder) ? takenBranch(context, holder) : null;
    if (taken !== null && taken !== owner.attribute) return true;
  }
  return false;
}

const isChoice = (node: Node): boolean => node.opType === 'If' && node.domain === '' && isWhole(node);

/** Identity takes sequences since opset 14 and optional values since 16. */
function canCopy({ model, analysis }: PassContext, value: ValueId): boolean {
  const kind = analysis.type(value)?.kind ?? 'optional';
  return kind === 'tensor' || model.opset() >= (kind === 'sequence' ? 14 : 16);
}

/** A name that stays is given by a node of the branch, once; what else it is has to be copied. */
function needsCopy(model: Model, branch: Graph, output: ValueId, index: number): boolean {
  const inner = branch.outputs[index];
  if (inner === undefined || !model.isGraphOutput(output)) return false;
  const { graph, producer } = model.getValue(inner);
  return graph !== branch.id || producer === null || branch.outputs.indexOf(inner) !== index;
}

/** The missing precondition, as a clause; null: all hold. */
function refusal(context: PassContext, choice: Node, branch: Graph): string | null {
  if (branch.inputs.length > 0) return 'its branch has inputs';
  if (branch.outputs.length < choice.outputs.length) return 'its branch gives fewer results than it does';
  for (const [index, output] of choice.outputs.entries()) {
    if (output === null || !needsCopy(context.model, branch, output, index) || canCopy(context, output)) continue;
    return `${context.model.getValue(output).name} is no tensor and cannot be copied in opset ${context.model.opset()}`;
  }
  return null;
}

function find(context: PassContext): Findings {
  const { model } = context;
  const sites: Site[] = [];
  const refusals: Refusal[] = [];
  for (const choice of bodyNodes(model)) {
    const taken = isChoice(choice) ? takenBranch(context, choice) : null;
    const branch = taken && branchOf(context, choice, taken);
    if (!branch || isDropped(context, choice)) continue;
    const nodes = [choice.id];
    const reason = refusal(context, choice, branch);
    if (reason !== null) refusals.push({ rule: RULE, nodes, reason: sentence(reason) });
    else {
      const holds = taken === 'then_branch' ? 'always holds' : 'never holds';
      const what = `Puts the branch of ${label(model, choice)} in its place: its condition ${holds}.`;
      sites.push({ key: siteKey(model, RULE, choice, nodes), rule: RULE, anchor: choice.id, nodes, what });
    }
  }
  return { sites, refusals };
}

function apply(context: PassContext, site: Site): boolean {
  const { model } = context;
  const choice = model.nodes.get(site.anchor);
  const taken = choice && isChoice(choice) ? takenBranch(context, choice) : null;
  const branch = choice && taken && branchOf(context, choice, taken);
  if (!choice || !branch || refusal(context, choice, branch) !== null) return false;
  const results = dissolveGraph(model, choice, branch);
  // A result that took over the name of an output is known by that from then on.
  const named = new Map<ValueId, ValueId>();
  [...choice.outputs].forEach((output, index) => {
    const result = results[index];
    if (output === null || result === undefined || !model.isUsed(output)) return;
    const value = named.get(result) ?? result;
    if (bypassRefusal(model, output, value) !== null) {
      const build = new Build(context, RULE, choice);
      build.take(output, build.node('Identity', [value]));
      return;
    }
    if (model.isGraphOutput(output)) named.set(result, output);
    reroute(model, choice, output, value);
  });
  removeUpwards(model, choice);
  return true;
}

/** An If whose condition never changes becomes the branch that it takes. */
export const inlineConstantIf: Pass = {
  id: 'inline-constant-if',
  group: 'cleanup',
  title: 'Inline constant branches',
  why: 'A choice that is always the same hides what it chooses from every other pass, and keeps what it never runs.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  looksFor: { chains: ['If'], operators: ['If'] },
  find,
  apply,
};
