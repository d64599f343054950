import { int, float } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { tensorOf } from '../../ir/tensor.ts';
import { tensorType, type ValueId } from '../../ir/types.ts';
import type { Build } from '../build.ts';
import type { PassContext } from '../pass.ts';
import { inOrder, sizeOfAtoms, type Axes } from './atoms.ts';
import { isCausalCondition, isCausalMask } from './causal.ts';
import { batchKey, best, headCount, type Form } from './heads.ts';
import { ABSORBS } from './masks.ts';
import { once } from './once.ts';
import type { OperandBuilder } from './operands.ts';
import type { Plan } from './plan.ts';
import type { Size, SizeBuilder } from './sizes.ts';

/** Keys and values that groups of heads share, each once. */
export interface Grouped {
  readonly key: Form;
  readonly value: Form;
  readonly heads: number;
}

type Known = Pick<Plan, 'query' | 'heads' | 'masking' | 'scores'>;

/**
 * Keys and values before they are repeated, where GroupQueryAttention does the same: it is causal by itself, takes heads
 * of a multiple of 8 wide, and here has no cache, so that all sequences are as long as the queries.
 */
export function groupedOf(
  context: PassContext,
  plan: Known,
  keys: readonly Form[],
  values: readonly Form[],
): Grouped | null {
  if (context.backend === 'portable' || !isCausal(context, plan)) return null;
  const width = sizeOfAtoms(plan.scores.product.left.axes.flat().filter((atom) => atom.root === 'width'));
  if (typeof width !== 'number' || width % 8 !== 0) return null;
  const shared = (form: Form): boolean => form.to === 'flat' && isShared(form, plan);
  const [key, value] = [best(keys.filter(shared)), best(values.filter(shared))];
  const heads = key && headCount(key);
  return key && value && heads !== null && heads === headCount(value) ? { key, value, heads } : null;
}

/** Head h of the queries takes head ⌊h / n⌋ of these: what repeats is the inner factor of the heads. */
function isShared(form: Form, { query, heads }: Known): boolean {
  const { repeated } = form.view;
  const own = headCount(form);
  const times = sizeOfAtoms(repeated);
  const roots = [...new Set(query.heads.map((atom) => atom.root))];
  if (repeated.length === 0 || own === null || typeof times !== 'number' || batchKey(form) !== batchKey(query))
    return false;
  return own * times === heads && inOrder([...form.heads, ...repeated], roots);
}

/** The one mask keeps what is up to the diagonal of queries by keys, and nothing else. */
function isCausal(context: PassContext, { masking, scores }: Known): boolean {
  const [step, ...more] = masking.steps;
  const { position, axes } = scores.product;
  const [queries, keys] = [sizeOfAtoms(position), sizeOfAtoms(axes.at(-1) ?? [])];
  if (!step || more.length > 0 || queries === null || queries !== keys) return false;
  if (step.kind === 'add')
    return !step.negative && isSquare(step.mask) && isCausalMask(context, step.mask.tensor, ABSORBS);
  return (
    step.kind === 'where' && step.keeps && isSquare(step.condition) && isCausalCondition(context, step.condition.tensor)
  );
}

/** Over queries and keys alone. */
const isSquare = ({ cover, axes }: { readonly cover: readonly string[]; readonly axes: Axes }): boolean =>
  cover.slice(-2).every((each) => each === 'full') &&
  cover.slice(0, -2).every((each, i) => each === 'one' || (axes[i] ?? []).length === 0);

export interface GroupedParts {
  readonly build: Build;
  readonly operands: OperandBuilder;
  readonly sizes: SizeBuilder;
  readonly batch: Size;
  readonly queries: Size;
}

/** GroupQueryAttention of queries that are made already. */
export function emitGrouped(parts: GroupedParts, plan: Plan, grouped: Grouped, query: ValueId): Node {
  const { build, operands } = parts;
  const key = operands.operand(grouped.key, 'key', plan.width);
  const value = operands.operand(grouped.value, 'value', plan.width);
  const inputs = [query, key, value, null, null, lastOf(parts, plan), totalOf(parts, plan)];
  const attributes = [
    ['num_heads', int(plan.heads)] as const,
    ['kv_num_heads', int(grouped.heads)] as const,
    ['scale', float(plan.scale)] as const,
  ];
  build.opset('com.microsoft', 1);
  return build.node('GroupQueryAttention', inputs, { domain: 'com.microsoft', attributes });
}

const placeKey = (plan: Plan, size: Size, of: ReturnType<typeof sizeOfAtoms>): string =>
  typeof size === 'number' ? String(size) : of === null ? `at ${plan.anchor.id}` : of.toString();

/** Length of all sequences, `[1]`, int32. */
function totalOf({ build, sizes, queries }: GroupedParts, plan: Plan): ValueId {
  const key = placeKey(plan, queries, sizeOfAtoms(plan.scores.product.position));
  return once(build, `total ${key}`, () =>
    typeof queries === 'number'
      ? build.constant('total', tensorOf('int32', [1], Int32Array.of(queries)))
      : int32(build, sizes.vector([[queries]]), 'total'),
  );
}

/** Index of the last key of each sequence, `[batch]`, int32. */
function lastOf(parts: GroupedParts, plan: Plan): ValueId {
  const { build, sizes, batch, queries } = parts;
  const key = [
    placeKey(plan, queries, sizeOfAtoms(plan.scores.product.position)),
    placeKey(plan, batch, sizeOfAtoms(plan.query.batch)),
  ];
  return once(build, `last ${key.join(' of ')}`, () => {
    const last = build.node('Sub', [sizes.vector([[queries]]), sizes.constant([1])], { label: 'last' });
    const one = int32(build, build.output(last, 'last', tensorType('int64', [1])), 'last');
    const node = build.node('Expand', [one, sizes.vector([[batch]])], { label: 'lasts' });
    return build.output(node, 'lasts', tensorType('int32', null));
  });
}

const INT32 = 6;

const int32 = (build: Build, value: ValueId, name: string): ValueId =>
  build.output(
    build.node('Cast', [value], { attributes: [['to', int(INT32)]], label: name }),
    `${name}-int32`,
    tensorType('int32', [1]),
  );
