import type { Analysis } from '../../analysis/analyze.ts';
import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';

/** Input that holds the weight [out, in ÷ groups, …kernel], by operator. */
const WEIGHTS: Readonly<Record<string, number>> = {
  Conv: 1,
  FusedConv: 1,
  NhwcConv: 1,
  ConvInteger: 1,
  QLinearConv: 3,
};

export interface NodeKind {
  /** `1×1 expand`, `3×3 depthwise`; '' where no rule gives one. */
  readonly kind: string;
  readonly depthwise: boolean;
}
const PLAIN: NodeKind = { kind: '', depthwise: false };

/**
 * What kind of convolution a node is, by its weight and groups alone: depthwise where each group reads one channel;
 * a 1×1 that makes more channels than it reads expands, one that makes fewer projects (Sandler et al., MobileNetV2).
 */
export function kindOf(node: Node, analysis: Analysis): NodeKind {
  const place = WEIGHTS[node.opType];
  const id = place === undefined ? null : (node.inputs[place] ?? null);
  const shape = id === null ? null : analysis.shape(id);
  if (!shape || shape.length < 3) return PLAIN;
  const [out, into, ...kernel] = shape;
  const size = kernel.map((dim) => dim ?? '?').join('×');
  const groups = getInt(node, 'group', 1);
  if (groups > 1)
    return into === 1 ? { kind: `${size} depthwise`, depthwise: true } : { ...PLAIN, kind: `${size} grouped` };
  const pointwise = kernel.every((dim) => dim === 1) && typeof out === 'number' && typeof into === 'number';
  if (!pointwise || out === into) return { ...PLAIN, kind: size };
  return { ...PLAIN, kind: `${size} ${out > into ? 'expand' : 'project'}` };
}
