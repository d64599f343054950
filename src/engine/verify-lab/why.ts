import type { Analysis } from '../../analysis/analyze.ts';
import { formatError, formatShape, plainOperator } from '../../base/format.ts';
import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { isFloat, type NodeId, type ValueId } from '../../ir/types.ts';
import { slotName } from '../../ops/registry.ts';
import { attributeSpec } from '../../ops/attributes.ts';
import { attributeText } from '../attribute-detail.ts';
import type { End } from './values.ts';

/** Constants beyond this are not read to tell what differs, bytes. */
const MOST_BYTES = 256e6;

/** What differs between two nodes that should give the same: operator, attributes, constants; null: nothing does. */
export function whatDiffers(a: End, nodeA: NodeId, b: End, nodeB: NodeId): string | null {
  const [old, now] = [a.model.getNode(nodeA), b.model.getNode(nodeB)];
  if (old.opType !== now.opType || old.domain !== now.domain) {
    return `it is ${plainOperator(now.opType)}, and ${plainOperator(old.opType)} in A`;
  }
  const found = [...attributes(a, old, b, now), ...constants(a, old, b, now)];
  return found.length > 0 ? found.join('; ') : null;
}

function attributes(a: End, old: Node, b: End, now: Node): string[] {
  const names = new Set([...old.attributes.keys(), ...now.attributes.keys()]);
  const text = ({ model }: End, node: Node, name: string): string => {
    const attribute = node.attributes.get(name);
    if (attribute) return attributeText(attribute).text;
    return String(attributeSpec(node, model.opset(node.domain), name)?.fallback ?? 'nothing');
  };
  return [...names].flatMap((name) => {
    const [was, is] = [text(a, old, name), text(b, now, name)];
    return was === is ? [] : [`its ${name} is ${is}, and ${was} in A`];
  });
}

function constants(a: End, old: Node, b: End, now: Node): string[] {
  return now.inputs.flatMap((id, slot) => {
    const [before, after] = [constantOf(a.analysis, old.inputs[slot] ?? null), constantOf(b.analysis, id)];
    if (!before || !after || before === after) return [];
    const what = constantDifference(before, after);
    return what === null ? [] : [`its ${slotName(now, 'inputs', slot)} ${what}`];
  });
}

const constantOf = (analysis: Analysis, id: ValueId | null): Tensor | null =>
  id === null ? null : analysis.constant(id);

function constantDifference(a: Tensor, b: Tensor): string | null {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) {
    return `is ${b.dtype} ${formatShape(b.shape)}, and ${a.dtype} ${formatShape(a.shape)} in A`;
  }
  if (a.dtype === 'string' || a.byteLength > MOST_BYTES) return null;
  const [x, y] = [a.numbers(), b.numbers()];
  let [count, largest] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    const [was = 0, is = 0] = [x[i], y[i]];
    if (was === is || (was !== was && is !== is)) continue;
    count += 1;
    const size = Math.abs(was - is);
    largest = Math.max(largest, Number.isNaN(size) ? Infinity : size);
  }
  const of = `${count} of ${x.length} elements`;
  return count === 0 ? null : `differs in ${of}, by ${formatError(largest)} at most`;
}

/** Name of the first constant that a node reads and that holds NaN or an infinity; null: none does. */
export function nonFiniteConstant({ model, analysis }: End, node: NodeId): string | null {
  for (const id of model.getNode(node).inputs) {
    const tensor = constantOf(analysis, id);
    if (id === null || !tensor || !isFloat(tensor.dtype) || tensor.byteLength > MOST_BYTES) continue;
    const values = tensor.numbers();
    for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return model.getValue(id).name;
  }
  return null;
}
