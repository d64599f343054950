import { DATA_TYPES, type DataType, type GraphId, type NodeId, type ValueId } from '../../ir/types.ts';
import { getInt } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { rankOf, sameShape } from '../../rewrite/known.ts';

/** A constant of one element. */
export interface Scalar {
  readonly value: number;
  readonly rank: number;
}

export function scalarOf(context: PassContext, value: ValueId | null | undefined): Scalar | null {
  const tensor = value === null || value === undefined ? null : constantOf(context, value);
  if (!tensor || tensor.size !== 1 || !/^(b?float(16|32|64)?|u?int(8|16|32|64))$/.test(tensor.dtype)) return null;
  const number = tensor.numbers()[0];
  return number === undefined ? null : { value: number, rank: tensor.shape.length };
}

/** Whether `value` is `wanted` up to a relative error. */
export const near = (value: number, wanted: number, tolerance: number): boolean =>
  Math.abs(value - wanted) <= tolerance * Math.abs(wanted);

/** The node that gives a value, if it stands in the given graph: one outside runs under another condition. */
export function producerIn(model: Model, graph: GraphId, value: ValueId): Node | null {
  const producer = model.getValue(value).producer;
  const node = producer?.index === 0 ? model.getNode(producer.node) : null;
  return node?.graph === graph && node.domain === '' ? node : null;
}

/** The only reader of a value that is no output, if it is an ai.onnx operator of the given graph. */
export function soleReader(model: Model, graph: GraphId, value: ValueId): Node | null {
  const { uses } = model.getValue(value);
  const [use] = uses;
  if (!use || uses.some((each) => each.node !== use.node) || model.isGraphOutput(value)) return null;
  const node = model.getNode(use.node);
  return node.graph === graph && node.domain === '' ? node : null;
}

/** What was walked over on the way. */
export class Trail {
  readonly context: PassContext;
  readonly graph: GraphId;
  readonly nodes: Node[] = [];
  /** The highest rank among the constants. */
  rank = 0;

  constructor(context: PassContext, graph: GraphId) {
    this.context = context;
    this.graph = graph;
  }

  add(node: Node): void {
    if (!this.nodes.includes(node)) this.nodes.push(node);
  }

  scalar(value: ValueId | null | undefined): number | null {
    const found = scalarOf(this.context, value);
    if (found) this.rank = Math.max(this.rank, found.rank);
    return found?.value ?? null;
  }

  fork(): Trail {
    const copy = new Trail(this.context, this.graph);
    copy.nodes.push(...this.nodes);
    copy.rank = this.rank;
    return copy;
  }
}

/** Formulas longer than this are not looked through. */
const MOST_NODES = 16;
const MOST_DEGREES = 4;

/** Coefficients by degree; null: no polynomial of `x`, or one of a higher degree than any formula here has. */
type Polynomial = readonly number[] | null;

const sum = (a: Polynomial, b: Polynomial, sign = 1): Polynomial =>
  a && b && Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + sign * (b[i] ?? 0));

function product(a: Polynomial, b: Polynomial): Polynomial {
  if (!a || !b || a.length + b.length - 1 > MOST_DEGREES) return null;
  const result = Array<number>(a.length + b.length - 1).fill(0);
  a.forEach((left, i) => b.forEach((right, j) => (result[i + j]! += left * right)));
  return result;
}

/** Only by a number. */
const quotient = (a: Polynomial, b: Polynomial): Polynomial =>
  b?.length === 1 && b[0] !== 0 ? product(a, [1 / b[0]!]) : null;

/** Only to a whole number. */
function power(a: Polynomial, b: Polynomial): Polynomial {
  const exponent = b?.length === 1 ? b[0] : null;
  if (exponent === 2) return product(a, a);
  return exponent === 3 ? product(a, product(a, a)) : null;
}

/**
 * A value as a polynomial of another one. Casts are looked through: whether they lose anything is for `keepsWidth` to
 * say.
 */
export function polynomialOf(trail: Trail, value: ValueId, x: ValueId): Polynomial {
  if (value === x) return [0, 1];
  const number = trail.scalar(value);
  if (number !== null) return [number];
  const node = producerIn(trail.context.model, trail.graph, value);
  if (!node || trail.nodes.length >= MOST_NODES) return null;
  trail.add(node);
  const operand = (index: number): Polynomial => {
    const input = node.inputs[index] ?? null;
    return input === null ? null : polynomialOf(trail, input, x);
  };
  switch (node.opType) {
    case 'Cast':
      return operand(0);
    case 'Neg':
      return product(operand(0), [-1]);
    case 'Add':
      return sum(operand(0), operand(1));
    case 'Sum':
      return node.inputs.length === 2 ? sum(operand(0), operand(1)) : null;
    case 'Sub':
      return sum(operand(0), operand(1), -1);
    case 'Mul':
      return product(operand(0), operand(1));
    case 'Div':
      return quotient(operand(0), operand(1));
    case 'Pow':
      return power(operand(0), operand(1));
    default:
      return null;
  }
}

/** A step `y = slope·x + shift` with numbers; null: the node is another. */
export function affineStep(trail: Trail, node: Node, from: ValueId): { slope: number; shift: number } | null {
  if (node.opType === 'Cast') return { slope: 1, shift: 0 };
  if (node.opType === 'Neg') return { slope: -1, shift: 0 };
  const at = node.inputs.indexOf(from);
  if (node.inputs.length !== 2 || at < 0) return null;
  const other = trail.scalar(node.inputs[1 - at]);
  if (other === null) return null;
  switch (node.opType) {
    case 'Add':
    case 'Sum':
      return { slope: 1, shift: other };
    case 'Sub':
      return at === 0 ? { slope: 1, shift: -other } : { slope: -1, shift: other };
    case 'Mul':
      return { slope: other, shift: 0 };
    case 'Div':
      return at === 0 && other !== 0 ? { slope: 1 / other, shift: 0 } : null;
    default:
      return null;
  }
}

/** The operand of a product with a number, or of a Cast, and the number. */
export function peel(trail: Trail, value: ValueId): { value: ValueId; factor: number } | null {
  const node = producerIn(trail.context.model, trail.graph, value);
  if (!node || !['Mul', 'Div', 'Cast', 'Neg'].includes(node.opType)) return null;
  for (const input of node.opType === 'Mul' ? node.inputs : node.inputs.slice(0, 1)) {
    const step = input === null ? null : affineStep(trail, node, input);
    if (input === null || !step) continue;
    trail.add(node);
    return { value: input, factor: step.slope };
  }
  return null;
}

const WIDTH: Partial<Record<DataType, number>> = { float16: 1, float32: 2, float64: 3 };

/** Whether every Cast among the nodes goes to a type that holds all numbers of `dtype`. */
export function keepsWidth(nodes: readonly Node[], dtype: DataType): boolean {
  const least = WIDTH[dtype] ?? 0;
  return nodes.every(
    (node) => node.opType !== 'Cast' || (WIDTH[DATA_TYPES[getInt(node, 'to', 0)] ?? 'undefined'] ?? 0) >= least,
  );
}

/** Whether numbers of this rank leave the shape of `x` alone: those of a higher rank add axes to the result. */
export const keepsRank = (context: PassContext, rank: number, x: ValueId, result: ValueId): boolean =>
  rank === 0 || rank <= (rankOf(context, x) ?? 0) || sameShape(context, x, result);

/**
 * Of the nodes that lead into a formula, those that nothing else reads: the others stay for their readers. `inside`:
 * nodes that go in any case.
 */
export function exclusive(model: Model, leading: readonly Node[], inside: readonly NodeId[]): NodeId[] {
  const gone = new Set(inside);
  const isGone = (node: Node): boolean =>
    node.outputs.every(
      (output) =>
        output === null ||
        (!model.isGraphOutput(output) && model.getValue(output).uses.every((use) => gone.has(use.node))),
    );
  let waiting = leading.filter((node) => !gone.has(node.id));
  for (let before = -1; before !== waiting.length;) {
    before = waiting.length;
    for (const node of waiting) if (isGone(node)) gone.add(node.id);
    waiting = waiting.filter((node) => !gone.has(node.id));
  }
  return [...new Set(leading.map((node) => node.id))].filter((id) => gone.has(id) && !inside.includes(id));
}
