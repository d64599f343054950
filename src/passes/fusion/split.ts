import { defined } from '../../base/assert.ts';
import { getInt, int, ints } from '../../ir/attribute.ts';
import type { Attribute, Model, Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import type { GraphId, ValueId } from '../../ir/types.ts';
import { sweep, type Build } from '../../rewrite/build.ts';

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

/** The Concat of exactly these values in this order along `axis`, if nothing else reads them. */
function rejoining(model: Model, graph: GraphId, values: readonly ValueId[], axis: number): Node | null {
  const reader = model.getValue(defined(values[0], 'a value')).uses[0];
  const node = reader ? model.getNode(reader.node) : null;
  if (node?.opType !== 'Concat' || node.graph !== graph || node.domain !== '' || getInt(node, 'axis', 1) !== axis)
    return null;
  const alone = values.every((value) => model.getValue(value).uses.length === 1 && !model.isGraphOutput(value));
  return alone && node.inputs.join() === values.join() ? node : null;
}

/** The results of `wide` along the channels, each of its size; where a Concat only puts them together again, `wide` itself. */
export function divide(build: Build, wide: Node, results: readonly ValueId[], sizes: readonly number[]): void {
  const concat = rejoining(build.model, build.graph.id, results, 1);
  if (concat) {
    build.take(defined(concat.outputs[0], 'the result of Concat'), wide);
    sweep(build.model, [concat.id]);
    return;
  }
  const split = splitNode(build, build.output(wide, 'wide', null), 1, sizes);
  results.forEach((result, i) => build.take(result, split, i));
}
