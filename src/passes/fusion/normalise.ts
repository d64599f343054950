import { float, int } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { sizeOf, type ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf, rankOf, shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { found as foundNodes, type Found as FoundPlace } from '../../rewrite/search.ts';
import type { Walk } from '../../rewrite/walk.ts';
import { isFoldable } from '../../rewrite/weights.ts';
import { affineInput, castNode, castTo, filled, fitsAxes, MOST_ELEMENTS, tailsOf, type Tail } from './affine.ts';
import type { Quotient, Root } from './deviation.ts';
import { planOf, sourceOf, type Plan } from './norm-types.ts';
import { trailing } from './reductions.ts';

/** A normalization as it was found, before its shapes and types are looked at. */
export interface Found {
  readonly rule: string;
  readonly root: Root;
  readonly quotient: Quotient;
  readonly x: ValueId;
  readonly axes: readonly number[] | null;
  /** All that it computes with, up to the quotient; the root first. */
  readonly nodes: readonly Node[];
  /** Whether a shift may follow the scale. */
  readonly shifts: boolean;
}

/** The operator that takes its place. */
export interface Form {
  readonly opType: string;
  /** It takes an input of one type and a scale of another, whose type its result has. */
  readonly mixed: boolean;
}

const outputOf = (node: Node): ValueId => node.outputs[0]!;

/** The sizes of the last axes, or what is missing to know them. */
function sizesOf({ context }: Walk, { x, axes }: Found): readonly number[] | string {
  const shape = shapeOf(context, x);
  if (!shape || !axes) return 'the axes that it normalises over are not known';
  const count = trailing(axes, shape.length);
  if (count === null) return 'the axes that it normalises over are not the last ones';
  const sizes = shape.slice(-count).filter((dim) => typeof dim === 'number');
  return sizes.length === count ? sizes : 'the sizes of the axes that it normalises over are not known';
}

/** One fused node for each tail, or why there is none. */
export function normalised(walk: Walk, found: Found, form: Form | string): FoundPlace {
  const { context, model } = walk;
  const { quotient, rule, nodes } = found;
  const planned = plansOf(walk, found, form);
  if (typeof planned === 'string') {
    return foundNodes({ rule, nodes, ends: [quotient.last], reason: planned, what: '', apply: () => {} });
  }
  const { form: known, plans, dims } = planned;
  const all = new Set([
    ...nodes,
    ...plans.flatMap(({ tail, absorbed }) => [...tail.nodes, ...(absorbed ? [absorbed] : [])]),
  ]);
  const [first = quotient.last, ...others] = plans.map(({ tail }) => tail.end);
  const axes = dims.length === 1 ? 'last axis' : `last ${dims.length} axes`;
  return foundNodes({
    rule,
    nodes: [...all],
    ends: [first, ...others],
    reason: null,
    what: `Computes ${label(model, first)} and the ${all.size - 1} nodes before it as ${known.opType} over the ${axes}.`,
    apply: (build) =>
      plans.forEach((plan, i) => emit(build, context, known, found, plan, dims, i === 0 ? '' : `${i + 1}`)),
  });
}

interface Planned {
  readonly form: Form;
  readonly plans: readonly Plan[];
  readonly dims: readonly number[];
}

function plansOf(walk: Walk, found: Found, form: Form | string): Planned | string {
  const { quotient, x } = found;
  const dims = sizesOf(walk, found);
  if (typeof dims === 'string') return dims;
  const tails = tailsOf(walk, quotient.last, quotient, dims, found.shifts);
  if (typeof tails === 'string') return tails;
  const reason = affineReason(walk.context, found, dims, tails);
  if (reason !== null) return reason;
  if (typeof form === 'string') return form;
  const inside = new Set([...found.nodes, ...tails.flatMap((tail) => tail.nodes)]);
  const plans = plansFrom(walk, found, form, tails, sourceOf(walk, x, inside));
  if (typeof plans === 'string') return plans;
  if (plans.every((plan) => plan.absorbed !== null)) return { form, plans, dims };
  const outside = plansFrom(walk, found, form, tails, { x, cast: null, narrow: null });
  return typeof outside === 'string' ? outside : { form, plans: outside, dims };
}

function plansFrom(
  walk: Walk,
  { quotient }: Found,
  form: Form,
  tails: readonly Tail[],
  source: ReturnType<typeof sourceOf>,
) {
  const bare: Tail = { cast: null, scale: quotient.scale, shift: quotient.shift, end: quotient.last, nodes: [] };
  const type = dtypeOf(walk.context, outputOf(quotient.last));
  if (!isFoldable(type)) return `it is computed in ${type ?? 'an unknown type'}`;
  const plans: Plan[] = [];
  for (const tail of tails) {
    const plan = planOf(walk, tail, source, bare, type, form.mixed);
    if (typeof plan === 'string') return plan;
    plans.push(plan);
  }
  return plans;
}

/** Scale and shift that stand inside the quotient; ones that have to be made; and whether anything broadcasts x up. */
function affineReason(
  context: PassContext,
  found: Found,
  dims: readonly number[],
  tails: readonly Tail[],
): string | null {
  for (const [name, value] of [
    ['scale', found.quotient.scale],
    ['shift', found.quotient.shift],
  ] as const) {
    if (value !== null && !fitsAxes(context, value, dims)) {
      return `its ${name} has not the shape of the normalised axes, [${dims.join(', ')}]`;
    }
  }
  if (tails.some((tail) => tail.scale === null) && sizeOf(dims) > MOST_ELEMENTS) {
    return `it has no scale, and one of ${sizeOf(dims)} ones would have to be made`;
  }
  const rank = rankOf(context, found.x);
  const same = tails.every((tail) => rankOf(context, outputOf(tail.end)) === rank);
  return same ? null : 'its result is not proven to have the shape of its input';
}

function emit(
  build: Build,
  context: PassContext,
  { opType }: Form,
  { root, shifts }: Found,
  { tail, input, from, inner, to }: Plan,
  dims: readonly number[],
  suffix: string,
): void {
  const named = (name: string): string => `${name}${suffix}`;
  const affine = (value: ValueId, name: string): ValueId =>
    affineInput(build, context, value, dims, inner, named(name));
  const x = dtypeOf(context, input) === from ? input : castTo(build, input, from, named('input'));
  const scale = tail.scale === null ? filled(build, dims, inner, 1, named('scale')) : affine(tail.scale, 'scale');
  const inputs = tail.shift !== null && shifts ? [x, scale, affine(tail.shift, 'shift')] : [x, scale];
  const attributes = [['axis', int(-dims.length)] as const, ['epsilon', float(root.epsilon)] as const];
  const node = build.node(opType, inputs, { attributes, ...(suffix === '' ? {} : { label: suffix }) });
  const end = outputOf(tail.end);
  if (inner === to) build.take(end, node);
  else build.take(end, castNode(build, build.output(node, named('normalised'), null), to, named('result-cast')));
}
