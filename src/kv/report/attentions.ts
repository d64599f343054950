import { getInt, getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { DataType, Dim, ValueId } from '../../ir/types.ts';
import { HIDES } from '../flow/follow.ts';
import { planOf, type Plan } from '../../rewrite/attention/plan.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf, shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';

/** An attention as it stands in a graph; null: not told. */
export interface SeenAttention {
  readonly node: Node;
  /** `com.microsoft.MultiHeadAttention`; null: it is written out, and understood. */
  readonly operator: string | null;
  readonly plan: Plan | null;
  readonly heads: number | null;
  /** Heads that have keys and values of their own. */
  readonly kvHeads: number | null;
  readonly width: number | null;
  readonly valueWidth: number | null;
  readonly dtype: DataType | null;
}

type Sizes = Pick<SeenAttention, 'heads' | 'kvHeads' | 'width' | 'valueWidth'>;
type Reader = (context: PassContext, node: Node) => Sizes;

const number = (dim: Dim | undefined): number | null => (typeof dim === 'number' ? dim : null);
const dimAt = (context: PassContext, value: ValueId | null | undefined, axis: number): number | null =>
  value === null || value === undefined ? null : number(shapeOf(context, value)?.at(axis));

/** Of `[batch, positions, heads·width]`, or of `[batch, heads, positions, width]`. */
function widthOf(context: PassContext, value: ValueId | null | undefined, heads: number | null): number | null {
  if (value === null || value === undefined || heads === null) return null;
  const [rank, last] = [shapeOf(context, value)?.length, dimAt(context, value, -1)];
  return last === null ? null : rank === 4 ? last : rank === 3 ? last / heads : null;
}

const counted = (node: Node, name: string): number | null => getInt(node, name, null);

/** Keys may be packed with queries and values; an attention over what is kept takes them as `[batch, heads, positions, width]`. */
const multiHead: Reader = (context, node) => {
  const heads = counted(node, 'num_heads');
  const [query, key, value] = node.inputs;
  const isPacked = query !== undefined && query !== null && shapeOf(context, query)?.length === 5;
  const width = isPacked ? dimAt(context, query, -1) : widthOf(context, query, heads);
  return { heads, kvHeads: heads, width, valueWidth: widthOf(context, value ?? key, heads) ?? width };
};

const grouped: Reader = (context, node) => {
  const [heads, kvHeads] = [counted(node, 'num_heads'), counted(node, 'kv_num_heads')];
  const [query, key] = node.inputs;
  const isPacked = key === null || key === undefined;
  const width = widthOf(context, query, isPacked && heads && kvHeads ? heads + 2 * kvHeads : heads);
  return { heads, kvHeads, width, valueWidth: width };
};

/** x `[batch, positions, hidden]`, weights `[hidden, queries + keys + values]`, each a third unless it says otherwise. */
const packed: Reader = (context, node) => {
  const heads = counted(node, 'num_heads');
  const [own, , values] = getInts(node, 'qkv_hidden_sizes', null) ?? [];
  if (heads !== null && own !== undefined && values !== undefined)
    return { heads, kvHeads: heads, width: own / heads, valueWidth: values / heads };
  const columns = dimAt(context, node.inputs[1], -1);
  const width = heads === null || columns === null ? null : columns / 3 / heads;
  return { heads, kvHeads: heads, width, valueWidth: width };
};

const standard: Reader = (context, node) => {
  const [query, key, value] = node.inputs;
  const isSplit = query !== null && query !== undefined && shapeOf(context, query)?.length === 4;
  const heads = isSplit ? dimAt(context, query, 1) : counted(node, 'q_num_heads');
  const kvHeads = isSplit ? dimAt(context, key, 1) : counted(node, 'kv_num_heads');
  const width = widthOf(context, query, heads);
  return { heads, kvHeads, width, valueWidth: widthOf(context, value, kvHeads) };
};

/** Operators that are an attention each. */
const FUSED: Readonly<Record<string, Reader>> = {
  'com.microsoft.MultiHeadAttention': multiHead,
  'com.microsoft.DecoderMaskedMultiHeadAttention': multiHead,
  'com.microsoft.GroupQueryAttention': grouped,
  'com.microsoft.Attention': packed,
  Attention: standard,
};

const nameOf = ({ domain, opType }: Node): string => (domain === '' ? opType : `${domain}.${opType}`);

export const isFusedAttention = (node: Node): boolean => Object.hasOwn(FUSED, nameOf(node));

export interface Attentions {
  /** In running order. */
  readonly found: readonly SeenAttention[];
  /** Why a softmax that looks like one is not among them. */
  readonly misses: readonly string[];
}

/** Attention as operators or written out. */
export function attentionsOf(context: PassContext): Attentions {
  const found: SeenAttention[] = [];
  const misses: string[] = [];
  for (const id of context.model.graph.nodes) {
    const node = context.model.getNode(id);
    const reader = FUSED[nameOf(node)];
    const first = node.inputs[0] ?? null;
    if (reader && first !== null) {
      const sizes = reader(context, node);
      found.push({ node, operator: nameOf(node), plan: null, dtype: dtypeOf(context, first), ...sizes });
    } else if (node.opType === 'Softmax' && node.domain === '') {
      const plan = planOf(context, node, HIDES);
      if (typeof plan === 'string') misses.push(`${label(context.model, node)}: ${plan}`);
      else if (plan !== null) found.push(written(context, node, plan));
    }
  }
  return { found, misses };
}

function written(context: PassContext, node: Node, plan: Plan): SeenAttention {
  const { heads, grouped: shared, width, valueWidth, scores } = plan;
  const dtype = dtypeOf(context, scores.product.right.value);
  return { node, operator: null, plan, heads, kvHeads: shared?.heads ?? heads, width, valueWidth, dtype };
}
