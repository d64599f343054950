import { int, ints } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';

/** Split has its sizes in an attribute before version 13, in an input from then on. */
export function splitNode(build: Build, value: ValueId, axis: number, sizes: readonly number[]): Node {
  const attributes: [string, Attribute][] = [['axis', int(axis)]];
  const old = build.model.opset() < 13;
  if (old) attributes.push(['split', ints(sizes)]);
  return build.node('Split', old ? [value] : [value, build.constant('sizes', int64s(sizes))], {
    attributes,
    label: 'split',
  });
}
