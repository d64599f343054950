import type { Node } from '../ir/model.ts';
import type { AxisRule } from './relation.ts';
import { attentionRules } from './rules/attention.ts';
import { convRules } from './rules/conv.ts';
import { denseRules } from './rules/dense.ts';
import { elementwiseRules } from './rules/elementwise.ts';
import { gatherRules } from './rules/gather.ts';
import { normRules } from './rules/norm.ts';
import { poolRules } from './rules/pool.ts';
import { resizeRules } from './rules/resize.ts';
import { shapeRules } from './rules/shape.ts';
import { stuckRules } from './rules/stuck.ts';
import { windowRules } from './rules/windows.ts';

/** The axis-rules table, by operator; the domain is carried unless it is ai.onnx. */
const RULES: ReadonlyMap<string, AxisRule> = new Map(
  Object.entries({
    ...attentionRules,
    ...convRules,
    ...denseRules,
    ...elementwiseRules,
    ...normRules,
    ...poolRules,
    ...shapeRules,
    ...windowRules,
    ...gatherRules,
    ...resizeRules,
    ...stuckRules,
  }),
);

/** Null: the operator is not in the table, and everything that it touches is frozen. */
export function axisRule(node: Node): AxisRule | null {
  return RULES.get(node.domain === '' ? node.opType : `${node.domain}.${node.opType}`) ?? null;
}
