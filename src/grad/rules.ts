import { ELEMENTWISE_RULES } from './rules/elementwise.ts';
import type { VjpRule } from './vjp.ts';

/** The gradient of every operator that has one, by `Conv` or `com.microsoft.FusedConv`. What is not here is a barrier. */
export const VJP_RULES: ReadonlyMap<string, VjpRule> = new Map(
  [ELEMENTWISE_RULES].flatMap((table) => Object.entries(table)),
);

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
