import type { ValueId } from '../../ir/types.ts';
import type { Node } from '../../ir/model.ts';
import { isWhole } from '../../ops/registry.ts';
import type { Space } from '../space.ts';
import { channelsOf, compact, type Known } from './known.ts';
import { lookAt, type ConstantRule } from './look.ts';
import { elementwiseConstants } from './rules/elementwise.ts';
import { linearConstants } from './rules/linear.ts';
import { normConstants } from './rules/norm.ts';
import { fits, shapeConstants } from './rules/shape.ts';
import { windowConstants } from './rules/windows.ts';

/** What operators make of constants. An operator that is not here gives nothing that is known. */
const RULES: ReadonlyMap<string, ConstantRule> = new Map(
  Object.entries({
    ...elementwiseConstants,
    ...linearConstants,
    ...normConstants,
    ...shapeConstants,
    ...windowConstants,
  }),
);

/** [size of the axis] the number that a channel of a value is at every position, for every input; NaN: not known. */
export type ChannelConstants = (value: ValueId, axis: number) => Float64Array | null;

/**
 * Which channels are constant, whatever the inputs: an abstract interpretation of the main graph over numbers that are
 * known or not, in float32, from filters that are zero onwards. It takes for granted that what multiplies a zero is
 * finite. Reads every weight.
 */
export function channelConstants(space: Space): ChannelConstants {
  const { analysis } = space;
  const values = new Map<ValueId, Known>();
  for (const node of analysis.order) evaluate(space, node, values);
  return (value, axis) => {
    const [found, size] = [values.get(value), analysis.shape(value)?.[axis]];
    return found && typeof size === 'number' ? channelsOf(found, axis, size) : null;
  };
}

function evaluate(space: Space, node: Node, values: Map<ValueId, Known>): void {
  const rule = RULES.get(node.domain === '' ? node.opType : `${node.domain}.${node.opType}`);
  if (!rule || !isWhole(node)) return;
  const look = lookAt(space, node, (value) => values.get(value) ?? null);
  node.outputs.forEach((output, index) => {
    if (output === null || space.analysis.dtype(output) !== 'float32') return;
    const found = rule(look, index);
    if (found && fits(found, space.analysis.shape(output))) values.set(output, compact(found));
  });
}
