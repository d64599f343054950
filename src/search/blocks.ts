import type { Analysis } from '../analysis/analyze.ts';
import { getInt } from '../ir/attribute.ts';
import type { Model } from '../ir/model.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import { placeOf } from '../prune/names.ts';
import type { PruneGroupView } from '../prune/types.ts';

/** The middle of an inverted residual block (Sandler et al. 2018). */
export interface InvertedResidual {
  /** As a person calls the block: `features.3`. */
  readonly name: string;
  /** How many times wider the middle is than what enters the block. */
  readonly ratio: number;
  readonly depthwise: readonly NodeId[];
}

/**
 * The inverted residual block whose middle a group is: a pointwise convolution, depthwise ones, a pointwise convolution,
 * with or without a gate from a pooled copy between them (squeeze-and-excite, Howard et al. 2019, MobileNetV3). Null: the
 * group is none.
 */
export function invertedResidual(
  model: Model,
  analysis: Analysis,
  { isHeads, members, channels }: PruneGroupView,
): InvertedResidual | null {
  if (isHeads || channels < 2) return null;
  const convolutions = [...new Set(members.map(({ node }) => node))].flatMap((id) => {
    const node = model.getNode(id);
    if (node.opType !== 'Conv' && node.opType !== 'FusedConv') return [];
    const shape = analysis.shape(node.inputs[1] as ValueId) ?? [];
    const places = node.outputs[0] ? analysis.shape(node.outputs[0])?.slice(2) : undefined;
    return [{ node, shape, isPooled: places?.every((size) => size === 1) === true, group: getInt(node, 'group', 1) }];
  });
  const depthwise = convolutions.filter(({ group }) => group === channels);
  const others = convolutions.filter(({ group }) => group !== channels);
  // A gate is worked out from one place for each channel; so may the block be, at the end of a small network.
  const plain = others.length === 2 ? others : others.filter(({ isPooled }) => !isPooled);
  const isPointwise = plain.every(({ shape }) => shape.length > 2 && shape.slice(2).every((size) => size === 1));
  if (depthwise.length === 0 || plain.length !== 2 || !isPointwise) return null;
  const entering = plain.find(({ shape }) => shape[0] === channels)?.shape[1];
  if (typeof entering !== 'number' || entering <= 0) return null;
  const inside = new Set([...plain, ...depthwise]);
  return {
    name: placeOf(
      model,
      convolutions.filter((each) => inside.has(each)).map(({ node }) => node),
    ),
    ratio: channels / entering,
    depthwise: depthwise.map(({ node }) => node.id),
  };
}
