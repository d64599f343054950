import { CONV_RULES } from './rules/conv.ts';
import { EINSUM_RULES } from './rules/einsum.ts';
import { ELEMENTWISE_RULES } from './rules/elementwise.ts';
import { GATHER_RULES } from './rules/gather.ts';
import { MATMUL_RULES } from './rules/matmul.ts';
import { NORM_RULES } from './rules/norm.ts';
import { POOL_RULES } from './rules/pool.ts';
import { REDUCE_RULES } from './rules/reduce.ts';
import { RESIZE_RULES } from './rules/resize.ts';
import { SHAPE_RULES } from './rules/shape.ts';
import { SOFTMAX_RULES } from './rules/softmax.ts';
import type { VjpRule, VjpTable } from './vjp.ts';

const TABLES: readonly VjpTable[] = [
  CONV_RULES,
  EINSUM_RULES,
  ELEMENTWISE_RULES,
  GATHER_RULES,
  MATMUL_RULES,
  NORM_RULES,
  POOL_RULES,
  REDUCE_RULES,
  RESIZE_RULES,
  SHAPE_RULES,
  SOFTMAX_RULES,
];

/** The gradient of every operator that has one, by `Conv` or `com.microsoft.FusedConv`. What is not here is a barrier. */
export const VJP_RULES: ReadonlyMap<string, VjpRule> = new Map(TABLES.flatMap((table) => Object.entries(table)));

/** Steps: their gradient is 0 wherever there is one, so nothing flows back and nothing is refused. */
export const ZERO_GRADIENT: ReadonlySet<string> = new Set([
  'ArgMax',
  'ArgMin',
  'Ceil',
  'ConstantOfShape',
  'Equal',
  'EyeLike',
  'Floor',
  'Greater',
  'GreaterOrEqual',
  'IsInf',
  'IsNaN',
  'Less',
  'LessOrEqual',
  'NonZero',
  'OneHot',
  'Round',
  'Shape',
  'Sign',
  'Size',
]);
