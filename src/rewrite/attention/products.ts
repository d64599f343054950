import { getString } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Shape, ValueId } from '../../ir/types.ts';
import { label } from '../graphs.ts';
import { shapeOf } from '../known.ts';
import type { PassContext } from '../pass.ts';
import { atomsOf, sizeOfAtoms, type Atom, type Axes } from './atoms.ts';
import { viewOf, type View } from './views.ts';

/** Root of the factor that queries and keys share, and of the one that values bring. */
export const WIDTH = 'width';

/** A product over heads, its operands as views. */
export interface Product {
  readonly node: Node;
  /** The operand that has the positions of the result, and the one that does not. */
  readonly left: View;
  readonly right: View;
  /** Axes of the result. */
  readonly axes: Axes;
  /** The axis of the result that counts the queries. */
  readonly position: readonly Atom[];
}

/** Queries times keys, from the axes of the scores (the last one: the keys); a clause where an axis is not proven. */
export function productOf(context: PassContext, node: Node, axes: Axes): Product | string {
  return node.opType === 'Einsum' ? einsumScores(context, node, axes) : matmulScores(context, node, axes);
}

/** Probabilities (under `axes`, the last one: the keys) times values. */
export function weightedOf(context: PassContext, node: Node, axes: Axes, probabilities: ValueId): Product | string {
  if (node.opType === 'Einsum') return einsumWeighted(context, node, axes, probabilities);
  const [left = null, right = null] = node.inputs;
  if (left !== probabilities || right === null)
    return `${label(context.model, node)} has the attention weights on the right`;
  const shape = shapeOf(context, right);
  if (!shape || shape.length < 2) return `the shape of the values ${context.model.getValue(right).name} is not known`;
  const [outer, position, keys] = [axes.slice(0, -2), axes.at(-2) ?? [], axes.at(-1) ?? []];
  const width = atomsOf(WIDTH, shape.at(-1) ?? null);
  const view = operand(context, right, shape.slice(0, -2), outer, [keys, width]);
  if (typeof view === 'string') return view;
  return { node, left: viewOf(left, axes), right: view, axes: [...outer, position, width], position };
}

function matmulScores(context: PassContext, node: Node, axes: Axes): Product | string {
  const [left = null, right = null] = node.inputs;
  const [a, b] = [left, right].map((each) => (each === null ? null : shapeOf(context, each)));
  if (left === null || right === null || !a || !b || a.length < 2 || b.length < 2) {
    return `the shapes of the operands of ${label(context.model, node)} are not known`;
  }
  const outer = axes.slice(0, -2);
  const width = atomsOf(WIDTH, a.at(-1) ?? b.at(-2) ?? null);
  const position = axes.at(-2) ?? [];
  const query = operand(context, left, a.slice(0, -2), outer, [position, width]);
  if (typeof query === 'string') return query;
  if (query.repeated.length > 0) return `the query ${context.model.getValue(left).name} is shared by several keys`;
  const key = operand(context, right, b.slice(0, -2), outer, [width, axes.at(-1) ?? []]);
  return typeof key === 'string' ? key : { node, left: query, right: key, axes, position };
}

/** An operand with its leading axes aligned to those of the result: equal, or 1 and repeated. */
function operand(
  context: PassContext,
  value: ValueId,
  lead: NonNullable<Shape>,
  outer: Axes,
  inner: Axes,
): View | string {
  const repeated: Atom[] = [];
  const missing = outer.length - lead.length;
  if (missing < 0) return `${context.model.getValue(value).name} has more axes than the scores`;
  repeated.push(...outer.slice(0, missing).flat());
  const axes: (readonly Atom[])[] = [];
  for (const [i, dim] of lead.entries()) {
    const atoms = outer[missing + i] ?? [];
    const size = sizeOfAtoms(atoms);
    if (dim !== null && dim === size) axes.push(atoms);
    else if (dim === 1) {
      repeated.push(...atoms);
      axes.push([]);
    } else
      return `axis ${i} of ${context.model.getValue(value).name} is not proven to be ${size ?? 'that of the scores'}`;
  }
  return viewOf(value, [...axes, ...inner], repeated);
}

/** `bhqd,bhkd->bhqk`: letters are axes. */
interface Letters {
  readonly inputs: readonly [string, string];
  readonly output: string;
}

function lettersOf(node: Node): Letters | null {
  const equation = getString(node, 'equation', '').replace(/\s/g, '');
  const [, a, b, output] = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation) ?? [];
  if (a === undefined || b === undefined || output === undefined || node.inputs.length !== 2) return null;
  const unique = [a, b, output].every((letters) => new Set(letters).size === letters.length);
  return unique ? { inputs: [a, b], output } : null;
}

function einsumScores(context: PassContext, node: Node, axes: Axes): Product | string {
  const letters = lettersOf(node);
  if (!letters || letters.output.length !== axes.length) return odd(context, node);
  const keys = letters.output.at(-1) ?? '';
  const k = letters.inputs.findIndex((each) => each.includes(keys));
  const [keyLetters, queryLetters] = [letters.inputs[k] ?? '', letters.inputs[1 - k] ?? ''];
  const summed = [...queryLetters].filter((each) => !letters.output.includes(each));
  const shape = shapeOf(context, node.inputs[1 - k] ?? (0 as ValueId));
  const own = [...letters.output].filter((each) => !keyLetters.includes(each));
  if (queryLetters.includes(keys) || summed.length !== 1 || own.length !== 1 || !shape) return odd(context, node);
  const width = atomsOf(WIDTH, shape[queryLetters.indexOf(summed[0] ?? '')] ?? null);
  const known = new Map([...letters.output].map((letter, i) => [letter, axes[i] ?? []] as const)).set(
    summed[0] ?? '',
    width,
  );
  const query = spelt(context, node, 1 - k, queryLetters, known);
  const key = spelt(context, node, k, keyLetters, known);
  if (typeof query === 'string') return query;
  const position = known.get(own[0] ?? '') ?? [];
  return typeof key === 'string' ? key : { node, left: query, right: key, axes, position };
}

function einsumWeighted(context: PassContext, node: Node, axes: Axes, probabilities: ValueId): Product | string {
  const letters = lettersOf(node);
  const p = node.inputs.indexOf(probabilities);
  const [own, values] = [letters?.inputs[p] ?? '', letters?.inputs[1 - p] ?? ''];
  const shape = shapeOf(context, node.inputs[1 - p] ?? (0 as ValueId));
  const keys = own.at(-1) ?? '';
  const brought = [...values].filter((each) => !own.includes(each));
  const fits =
    letters !== null && own.length === axes.length && !letters.output.includes(keys) && values.includes(keys);
  if (!fits || brought.length !== 1 || !shape || letters.output.length !== axes.length) return odd(context, node);
  const width = atomsOf(WIDTH, shape[values.indexOf(brought[0] ?? '')] ?? null);
  const known = new Map([...own].map((letter, i) => [letter, axes[i] ?? []] as const)).set(brought[0] ?? '', width);
  if ([...letters.output].some((letter) => !known.has(letter))) return odd(context, node);
  const right = spelt(context, node, 1 - p, values, known);
  if (typeof right === 'string') return right;
  const position = known.get([...own].find((each) => !values.includes(each)) ?? '') ?? [];
  const result = [...letters.output].map((each) => known.get(each) ?? []);
  return { node, left: viewOf(probabilities, axes), right, axes: result, position };
}

const odd = (context: PassContext, node: Node): string =>
  `the equation of ${label(context.model, node)} is no product over heads`;

/** An operand of Einsum by its letters; sizes are checked, for a letter may be broadcast. */
function spelt(
  context: PassContext,
  node: Node,
  index: number,
  letters: string,
  known: ReadonlyMap<string, readonly Atom[]>,
): View | string {
  const value = node.inputs[index] ?? null;
  const shape = value === null ? null : shapeOf(context, value);
  if (value === null || shape?.length !== letters.length) return odd(context, node);
  const axes = [...letters].map((letter) => known.get(letter) ?? []);
  const wrong = axes.findIndex((atoms, i) => shape[i] === null || sizeOfAtoms(atoms) !== shape[i]);
  if (wrong >= 0)
    return `axis ${wrong} of ${context.model.getValue(value).name} is not proven to be that of the scores`;
  return viewOf(value, axes);
}
