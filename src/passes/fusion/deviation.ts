import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { constantOf } from '../../rewrite/match.ts';
import { otherOperand, type Walk } from '../../rewrite/walk.ts';
import { exponentOf } from './reductions.ts';

/** √(v + ε), or 1/√(v + ε). */
export interface Root {
  readonly node: Node;
  readonly inverted: boolean;
  /** v. */
  readonly of: ValueId;
  readonly epsilon: number;
  /** Addition and root. */
  readonly nodes: readonly Node[];
}

const outputOf = (node: Node): ValueId => node.outputs[0]!;

/** Sqrt, or Pow with an exponent of ½ or −½, of v or of v plus a constant number. */
export function rootOf(walk: Walk, node: Node): Root | null {
  const exponent = node.opType === 'Sqrt' ? 0.5 : node.opType === 'Pow' ? exponentOf(walk, node) : null;
  const [input = null] = node.inputs;
  if (input === null || node.domain !== '' || (exponent !== 0.5 && exponent !== -0.5)) return null;
  const inverted = exponent < 0;
  const add = walk.producer(input, 'Add');
  for (const of of add?.inputs ?? []) {
    const epsilon = add && of !== null ? walk.scalar(otherOperand(add, of)) : null;
    if (add && of !== null && epsilon !== null && epsilon >= 0)
      return { node, inverted, of, epsilon, nodes: [add, node] };
  }
  return { node, inverted, of: input, epsilon: 0, nodes: [node] };
}

/** What a normalization divides, as far as it is known: each gives the nodes that stand between, or null. */
export interface Parts {
  /** x − μ, or x where no mean is taken off. */
  readonly numerator: (value: ValueId) => readonly Node[] | null;
  /** x and μ apart; absent where no mean is taken off. */
  readonly source?: (value: ValueId) => readonly Node[] | null;
  readonly mean?: (value: ValueId) => readonly Node[] | null;
}

/** numerator ÷ √(v + ε) · scale + shift, as far as it was found. */
export interface Quotient {
  readonly last: Node;
  readonly scale: ValueId | null;
  readonly shift: ValueId | null;
  readonly nodes: readonly Node[];
}

/** Follows a root to the quotient: Div, Reciprocal and Mul, or the scale multiplied into the reciprocal first. */
export function quotientOf(walk: Walk, root: Root, parts: Parts): Quotient | null {
  const inverse = inverseOf(walk, root, parts);
  if (inverse === null || 'last' in inverse) return inverse;
  return multiplied(walk, inverse, parts) ?? scaledFirst(walk, inverse, parts);
}

/** 1/√(v + ε), perhaps times a scale. */
interface Inverse {
  readonly value: ValueId;
  readonly scale: ValueId | null;
  readonly nodes: readonly Node[];
}

function inverseOf(walk: Walk, root: Root, parts: Parts): Inverse | Quotient | null {
  const value = outputOf(root.node);
  if (root.inverted) return { value, scale: null, nodes: root.nodes };
  const reader = walk.reader(value);
  if (!reader || reader.domain !== '') return null;
  const nodes = [...root.nodes, reader];
  if (reader.opType === 'Reciprocal') return { value: outputOf(reader), scale: null, nodes };
  const [above = null, below] = reader.inputs;
  if (reader.opType !== 'Div' || above === null || below !== value || above === value) return null;
  const between = parts.numerator(above);
  if (between) return { last: reader, scale: null, shift: null, nodes: [...root.nodes, ...between, reader] };
  if (!constantOf(walk.context, above)) return null;
  return { value: outputOf(reader), scale: walk.scalar(above) === 1 ? null : above, nodes };
}

/** numerator · inverse */
function multiplied(walk: Walk, inverse: Inverse, parts: Parts): Quotient | null {
  const reader = walk.reader(inverse.value);
  const other = reader && isMul(reader) ? otherOperand(reader, inverse.value) : null;
  const between = other === null ? null : parts.numerator(other);
  if (!reader || !between) return other === null && reader === null ? apart(walk, inverse, parts) : null;
  return { last: reader, scale: inverse.scale, shift: null, nodes: [...inverse.nodes, ...between, reader] };
}

/** numerator · (inverse · scale) */
function scaledFirst(walk: Walk, inverse: Inverse, parts: Parts): Quotient | null {
  const reader = walk.reader(inverse.value);
  const scale = reader && isMul(reader) ? otherOperand(reader, inverse.value) : null;
  if (!reader || scale === null || scale === inverse.value || inverse.scale !== null) return null;
  return multiplied(walk, { value: outputOf(reader), scale, nodes: [...inverse.nodes, reader] }, parts);
}

const isMul = (node: Node): boolean => node.opType === 'Mul' && node.domain === '';

/** x·s + (β − μ·s) = (x − μ)·s + β, as TensorFlow writes it. */
function apart(walk: Walk, { value, scale, nodes }: Inverse, { source, mean }: Parts): Quotient | null {
  const readers = walk.readers(value);
  if (!source || !mean || readers?.length !== 2 || !readers.every(isMul)) return null;
  for (const [product, offset] of [readers, [...readers].reverse()]) {
    if (!product || !offset) continue;
    const first = otherOperand(product, value);
    const second = otherOperand(offset, value);
    const direct = first === null ? null : source(first);
    const negated = walk.producer(second, 'Neg');
    const centre = negated ? (negated.inputs[0] ?? null) : second;
    const shifted = centre === null ? null : mean(centre);
    if (!direct || !shifted) continue;
    const found = joined(walk, product, offset, negated !== null);
    if (!found) continue;
    const between = [...direct, ...shifted, ...(negated ? [negated] : []), product, offset];
    return { ...found, scale, nodes: [...nodes, ...between, ...found.nodes] };
  }
  return null;
}

/** The sum of x·s and −μ·s, perhaps with β − μ·s first. `negated`: the minus is taken already. */
function joined(walk: Walk, product: Node, offset: Node, negated: boolean): Quotient | null {
  const direct = outputOf(product);
  const taken = outputOf(offset);
  const reader = walk.reader(taken);
  if (!reader || reader.domain !== '') return null;
  if (reader.inputs.includes(direct)) {
    const fits = negated ? reader.opType === 'Add' : reader.opType === 'Sub' && reader.inputs[0] === direct;
    return fits ? { last: reader, scale: null, shift: null, nodes: [reader] } : null;
  }
  const shift = reader.opType === 'Sub' && reader.inputs[1] === taken && !negated ? (reader.inputs[0] ?? null) : null;
  if (shift === null && (reader.opType !== 'Neg' || negated)) return null;
  const sum = walk.reader(outputOf(reader));
  if (sum?.opType !== 'Add' || sum.domain !== '' || otherOperand(sum, outputOf(reader)) !== direct) return null;
  return { last: sum, scale: null, shift, nodes: [reader, sum] };
}
