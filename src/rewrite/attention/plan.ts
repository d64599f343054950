import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { isWhole } from '../../ops/registry.ts';
import { dtypeOf, shapeOf } from '../known.ts';
import type { PassContext } from '../pass.ts';
import { atomsOf, sizeOfAtoms, type Atom, type Axes } from './atoms.ts';
import { scoreBound } from './bounds.ts';
import { choose } from './choose.ts';
import { groupedOf, type Grouped } from './grouped.ts';
import { formsOf, type Form, type Roles } from './heads.ts';
import { maskingOf, type Masking } from './masks.ts';
import { mergesOf, type Merge } from './merge.ts';
import { ownLength, pastOf, type Past } from './past.ts';
import { weightedOf, WIDTH, type Product } from './products.ts';
import { isLastAxis, scoresOf, typeReason, type Scores } from './scores.ts';
import { hasProduct, tailOf, tailReason, type Tail } from './tail.ts';
import { viewsOf, type View } from './views.ts';

/** One attention, found and proven. */
export interface Plan {
  readonly softmax: Node;
  /** The node whose result the fused operator gives. */
  readonly anchor: Node;
  readonly scores: Scores;
  readonly weighted: Product;
  readonly query: Form;
  readonly key: Form;
  readonly value: Form;
  /** Keys and values in front of which earlier ones stand. */
  readonly past: Past | null;
  /** Keys and values before they are repeated for groups of heads. */
  readonly grouped: Grouped | null;
  readonly heads: number;
  /** Width of a query head and of a value head. */
  readonly width: number;
  readonly valueWidth: number;
  /** Includes what was done to queries and keys beforehand. */
  readonly scale: number;
  readonly masking: Masking;
  readonly merge: Merge;
  /** NaN in a row without any kept score is turned into 0. */
  readonly zeroes: boolean;
  /** Nodes between the softmax and the product with the values. */
  readonly tail: readonly Node[];
  /** Nodes between the operands and the result; they are removed. */
  readonly inner: readonly Node[];
}

/**
 * Softmax → product: an attention, or nearly. Null: the softmax is of another kind.
 *
 * @param hides as `maskingOf` has it
 */
export function planOf(context: PassContext, softmax: Node, hides = -Infinity): Plan | string | null {
  const [input = null] = softmax.inputs;
  if (input === null || !isWhole(softmax)) return null;
  const tail = tailOf(context, softmax);
  if (!tail) return tailReason(context, softmax);
  const shape = shapeOf(context, input);
  if (!shape) return `the shape of the scores is not known`;
  if (shape.length < 3) return null;
  if (!isLastAxis(context, softmax, getInt(softmax, 'axis', null)))
    return 'the softmax does not run along the last axis';
  const axes = shape.map((dim, i) => atomsOf(`a${i}`, dim));
  const scores = scoresOf(context, softmax.graph, input, axes);
  if (typeof scores === 'string') return hasProduct(context, softmax) ? scores : null;
  const weighted = weightedOf(context, tail.product, axes, tail.probabilities);
  if (typeof weighted === 'string') return weighted;
  return assemble(context, softmax, { scores, weighted, tail }, hides);
}

interface Parts {
  readonly scores: Scores;
  readonly weighted: Product;
  readonly tail: Tail;
}

function assemble(
  context: PassContext,
  softmax: Node,
  { scores, weighted, tail }: Parts,
  hides: number,
): Plan | string {
  const { product } = scores;
  const typed = typeReason(context, product.left.value) ?? typeReason(context, weighted.right.value);
  if (typed !== null) return typed;
  const rolesOf = (position: string): Roles | string => roles(product, position);
  const queries = rolesOf(rootOf(product.position));
  const keys = rolesOf(rootOf(product.axes.at(-1) ?? []));
  if (typeof queries === 'string') return queries;
  if (typeof keys === 'string') return keys;
  const { graph } = softmax;
  const read = (view: View, as: Roles): readonly Form[] =>
    viewsOf(context, graph, view).flatMap((each) => formsOf(each, as));
  const valueViews = viewsOf(context, graph, weighted.right);
  const plainValues = valueViews.filter((view) => view.scale === 1).flatMap((view) => formsOf(view, keys));
  const length = sizeOfAtoms(product.position);
  const past = pastOf(context, graph, product.right, weighted.right, keys).filter(
    (each) => length !== null && ownLength(each.key, keys) === length && ownLength(each.value, keys) === length,
  );
  const keyForms = read(product.right, keys);
  const chosen = choose({
    queries: read(product.left, queries),
    keys: keyForms,
    values: plainValues,
    merges: mergesOf(context, weighted, queries),
    past,
  });
  if (typeof chosen === 'string') return chosen;
  const dtype = dtypeOf(context, product.left.value) ?? 'undefined';
  const { query, key, value } = chosen;
  const scaled = query.view.scale * key.view.scale;
  const bound = (): number | null => {
    const most = scoreBound(context, graph, query, key, chosen.past);
    return most === null ? null : most * Math.abs(scaled);
  };
  const masking = maskingOf(context, scores, dtype, bound, hides);
  if (typeof masking === 'string') return masking;
  const width = sizeOfAtoms(widthOf(product.left.axes));
  const valueWidth = sizeOfAtoms(widthOf(weighted.right.axes));
  if (typeof width !== 'number' || typeof valueWidth !== 'number') return 'the width of a head is not known';
  const inner = [
    product.node,
    ...scores.stages.map((stage) => stage.node),
    softmax,
    ...tail.nodes,
    weighted.node,
    ...chosen.merge.nodes,
  ];
  return {
    softmax,
    anchor: chosen.merge.nodes.at(-1) ?? weighted.node,
    scores,
    weighted,
    ...chosen,
    grouped: groupedOf(context, { query, heads: chosen.heads, masking, scores }, keyForms, plainValues),
    value,
    width,
    valueWidth,
    scale: masking.scale * scaled,
    masking,
    zeroes: tail.zeroes,
    tail: tail.nodes,
    inner,
  };
}

const widthOf = (axes: Axes): readonly Atom[] => axes.flat().filter((atom) => atom.root === WIDTH);
const rootOf = (atoms: readonly Atom[]): string => atoms[0]?.root ?? 'none';

/** The roots of queries or keys must lie in one axis. */
function roles(product: Product, position: string): Roles | string {
  const keys = rootOf(product.axes.at(-1) ?? []);
  const queries = rootOf(product.position);
  const all = product.axes.flat().map((atom) => atom.root);
  const outer = [...new Set(all)].filter((root) => root !== keys && root !== queries).sort();
  const mixed = [product.position, product.axes.at(-1) ?? []].some((atoms) =>
    atoms.some((atom) => atom.root !== rootOf(atoms)),
  );
  const owned = product.axes.filter((atoms) => atoms.some((atom) => atom.root === queries || atom.root === keys));
  if (mixed || owned.length > 2) return 'queries and keys are not told from batch and heads';
  return { outer, position, width: WIDTH };
}
