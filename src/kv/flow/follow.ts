import type { Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { symbolsOf } from '../../ops/dim.ts';
import { sameAtoms, sizeOfAtoms, type Atom, type Axes } from '../../rewrite/attention/atoms.ts';
import { isCausalCondition, isCausalMask } from '../../rewrite/attention/causal.ts';
import { planOf, type Plan } from '../../rewrite/attention/plan.ts';
import { label, outputsOf } from '../../rewrite/graphs.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { cutOf } from './cut.ts';
import { textInputs } from './inputs.ts';
import { isLength, isStructure, lengthAxes, PLACE_RULES, wholeAxis } from './places.ts';
import type { Flow, Stuck, Uncached, WrittenAttention } from './types.ts';

/**
 * What is added to a score that is hidden, at most: exp(−10⁴) is 0 in any float, so that such a score has no weight unless
 * another one is nearly as far below 0, which no attention works with.
 */
export const HIDES = -1e4;
const CONSTANT: Flow = { kind: 'constant' };

/** Follows a decoder without a cache from its ids on; where a position may see a later one, it says so. */
export function followDecoder(context: PassContext): Uncached | Stuck {
  const inputs = textInputs(context);
  if (inputs === null)
    return { nodes: [], reason: 'no input is whole numbers of [batch, positions], as token ids are' };
  if ('reason' in inputs) return inputs;
  const follower = new Follower(context, inputs.length);
  follower.begin(inputs.ids, { kind: 'tokens', place: wholeAxis(1, inputs.length) });
  if (inputs.positions !== null)
    follower.begin(inputs.positions, { kind: 'tokens', place: wholeAxis(1, inputs.length) });
  if (inputs.mask !== null) follower.begin(inputs.mask, { kind: 'length' });
  const stuck = follower.run();
  if (stuck) return stuck;
  if (follower.attentions.length === 0)
    return { nodes: [], reason: 'no attention is written out in it that text flows through' };
  return { ...inputs, flows: follower.flows, attentions: follower.attentions, scored: follower.scored };
}

class Follower {
  readonly flows = new Map<ValueId, Flow>();
  readonly attentions: WrittenAttention[] = [];
  readonly scored = new Set<NodeId>();
  private readonly context: PassContext;
  private readonly length: string;
  /** By node of a product or softmax: what it is part of. */
  private readonly plans = new Map<NodeId, Plan>();
  /** Why a softmax begins no attention. */
  private readonly misses = new Map<NodeId, string>();

  constructor(context: PassContext, length: string) {
    this.context = context;
    this.length = length;
    for (const id of context.model.graph.nodes) {
      const node = context.model.getNode(id);
      if (node.opType !== 'Softmax' || node.domain !== '') continue;
      const plan = planOf(context, node, HIDES);
      if (typeof plan === 'string') this.misses.set(id, plan);
      else if (plan !== null) for (const each of innerOf(plan)) this.plans.set(each.id, plan);
    }
  }

  begin(value: ValueId, flow: Flow): void {
    this.flows.set(value, flow);
  }

  run(): Stuck | null {
    for (const id of this.context.model.graph.nodes) {
      const stuck = this.visit(this.context.model.getNode(id));
      if (stuck) return stuck;
    }
    return null;
  }

  private of(value: ValueId | null): Flow | null {
    return value === null ? null : (this.flows.get(value) ?? CONSTANT);
  }

  private visit(node: Node): Stuck | null {
    const flows = node.inputs.map((input) => this.of(input));
    const plan = this.plans.get(node.id);
    const followsText = flows.some((flow) => flow?.kind === 'tokens' || flow?.kind === 'last');
    // Scores and weights lie over queries and keys: they are looked at as a whole, when the last of it comes.
    if (plan) return node === plan.weighted.node && followsText ? this.attend(plan) : null;
    if (node.opType === 'Shape' || node.opType === 'Size') {
      if (flows[0]?.kind === 'tokens' || flows[0]?.kind === 'length') this.give(node, { kind: 'length' });
      return null;
    }
    if (!followsText) {
      if (flows.some((flow) => flow?.kind === 'length')) this.give(node, { kind: 'length' });
      return null;
    }
    return this.step(node, flows);
  }

  private step(node: Node, flows: readonly (Flow | null)[]): Stuck | null {
    const stuck = (reason: string): Stuck => ({
      nodes: [node.id],
      reason: `${label(this.context.model, node)} ${reason}`,
    });
    const carried = flows.filter((flow, index) => !isStructure(node, index) && flow !== null);
    if (flows.some((flow, index) => isStructure(node, index) && (flow?.kind === 'tokens' || flow?.kind === 'last')))
      return stuck('takes its shape from what the text holds');
    if (carried.every((flow) => flow?.kind !== 'tokens')) {
      this.give(node, { kind: 'last' });
      return null;
    }
    if (carried.some((flow) => flow?.kind === 'last')) return stuck('joins the last position to others');
    const rule = PLACE_RULES[node.domain === '' ? node.opType : `${node.domain}.${node.opType}`];
    if (!rule) return stuck('may mix positions: it is not known to keep them apart');
    const place = rule({ context: this.context, node, flows, length: this.length });
    if (place === 'last') this.give(node, { kind: 'last' });
    else if (typeof place === 'string') return stuck(this.whyProduct(node) ?? place);
    else this.give(node, { kind: 'tokens', place });
    return null;
  }

  /** A product of queries and keys whose softmax was not understood: what was said of that one. */
  private whyProduct(node: Node): string | null {
    if (!/^(MatMul|Einsum)$/.test(node.opType)) return null;
    const [first] = this.misses.values();
    return first === undefined ? null : `belongs to no attention that is understood: ${first}`;
  }

  private give(node: Node, flow: Flow): void {
    for (const output of outputsOf(node)) this.flows.set(output, flow);
  }

  /** Queries, keys and values are where they should be, and no query sees a later key. */
  private attend(plan: Plan): Stuck | null {
    const { model } = this.context;
    const stuck = (reason: string): Stuck => ({
      nodes: [plan.softmax.id],
      reason: `the attention at ${label(model, plan.softmax)} ${reason}`,
    });
    const { product } = plan.scores;
    const keys = product.axes.at(-1) ?? [];
    if (!isLength(sizeOfAtoms(product.position), this.length) || !isLength(sizeOfAtoms(keys), this.length))
      return stuck('is not proven to have as many queries and keys as there are positions');
    const sides = [
      [product.left.value, product.left.axes, product.position],
      [product.right.value, product.right.axes, keys],
      [plan.weighted.right.value, plan.weighted.right.axes, keys],
    ] as const;
    for (const [value, axes, atoms] of sides) {
      const flow = this.of(value);
      if (flow?.kind !== 'tokens' || flow.place.axis !== placeIn(axes, atoms))
        return stuck(`does not find the positions of ${model.getValue(value).name} where it looks for them`);
    }
    for (const each of plan.scores.stages) {
      const mask = each.kind === 'add' ? each.mask : each.kind === 'where' ? each.condition : null;
      if (mask === null) continue;
      if (/^(tokens|last)$/.test(this.of(mask)?.kind ?? ''))
        return stuck('has a mask that follows what the text holds');
      const follows = (dim: string): boolean => symbolsOf(dim).has(this.length);
      if (!lengthAxes(this.context, mask, this.length, follows)) return stuck('has a mask of unknown shape');
    }
    if (!isCausal(this.context, plan)) return stuck('is not proven to hide later positions');
    const key = this.cut(plan, 'key');
    const value = this.cut(plan, 'value');
    if (typeof key === 'string') return stuck(`cannot be cut: ${key}`);
    if (typeof value === 'string') return stuck(`cannot be cut: ${value}`);
    for (const { node } of plan.scores.stages) this.scored.add(node.id);
    this.attentions.push({ plan, layer: this.attentions.length, key, value });
    const axis = placeIn(plan.weighted.axes, plan.weighted.position);
    this.give(plan.weighted.node, { kind: 'tokens', place: wholeAxis(axis, this.length) });
    return null;
  }

  private cut(plan: Plan, side: 'key' | 'value'): ReturnType<typeof cutOf> {
    const { product } = plan.scores;
    const { node, right } = side === 'key' ? product : plan.weighted;
    const [batch = null] = product.axes[0]?.map(({ root }) => root) ?? [];
    const keys = product.axes.at(-1)?.[0]?.root ?? '';
    return cutOf(this.context, node.graph, right, { product: node, batch, keys });
  }
}

const innerOf = ({ scores, softmax, tail, weighted }: Plan): readonly Node[] => [
  scores.product.node,
  ...scores.stages.map(({ node }) => node),
  softmax,
  ...tail,
  weighted.node,
];

const placeIn = (axes: Axes, atoms: readonly Atom[]): number =>
  atoms.length === 0 ? -1 : axes.findIndex((each) => sameAtoms(each, atoms));

/** One of the masks keeps what is up to the diagonal alone; others may hide more. */
const isCausal = (context: PassContext, { masking }: Plan): boolean =>
  masking.steps.some((step) => {
    if (step.kind === 'add') return !step.negative && isCausalMask(context, step.mask.tensor, HIDES);
    return step.kind === 'where' && step.keeps && isCausalCondition(context, step.condition.tensor);
  });
