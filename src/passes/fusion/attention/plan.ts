import { getInt } from '../../../ir/attribute.ts';
import type { Node } from '../../../ir/model.ts';
import type { ValueId } from '../../../ir/types.ts';
import { isWhole } from '../../../ops/registry.ts';
import { dtypeOf, shapeOf } from '../../../rewrite/known.ts';
import type { PassContext } from '../../../rewrite/pass.ts';
import { atomsOf, sizeOfAtoms, type Atom, type Axes } from './atoms.ts';
import { scoreBound } from './bounds.ts';
import { groupedOf, type Grouped } from './grouped.ts';
import { batchKey, best, formsOf, headCount, price, type Form, type Roles } from './heads.ts';
import { maskingOf, type Masking } from './masks.ts';
import { mergesOf, type Merge } from './merge.ts';
import { ownLength, pastOf, type Past } from './past.ts';
import { weightedOf, WIDTH, type Product } from './products.ts';
import { isLastAxis, scoresOf, typeReason, type Scores } from './scores.ts';
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

/** Softmax → product: an attention, or nearly. Null: the softmax is of another kind. */
export function planOf(context: PassContext, softmax: Node): Plan | string | null {
  const [input = null] = softmax.inputs;
  if (input === null || !isWhole(softmax)) return null;
  const tail = tailOf(context, softmax);
  if (!tail) return null;
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
  return assemble(context, softmax, scores, weighted, tail);
}

/** Softmax → (Where(IsNaN)) → product with the values. */
interface Tail {
  readonly product: Node;
  readonly probabilities: ValueId;
  readonly nodes: readonly Node[];
  readonly zeroes: boolean;
}

const MOST_TAIL = 4;

function tailOf(context: PassContext, softmax: Node): Tail | null {
  const nodes: Node[] = [];
  let zeroes = false;
  let value = softmax.outputs[0] ?? null;
  for (let i = 0; i < MOST_TAIL && value !== null; i++) {
    const readers = readersOf(context, value);
    const next = readers.find((node) => node.opType !== 'IsNaN');
    if (!next || next.domain !== '') return null;
    if (/^(MatMul|Einsum)$/.test(next.opType)) return { product: next, probabilities: value, nodes, zeroes };
    const guard = zeroGuard(context, value, readers);
    if (guard) {
      nodes.push(...guard);
      zeroes = true;
    } else if (readers.length === 1 && isPlain(context, next)) nodes.push(next);
    else return null;
    value = nodes.at(-1)?.outputs[0] ?? null;
  }
  return null;
}

const readersOf = (context: PassContext, value: ValueId): Node[] =>
  context.model.getValue(value).uses.map((use) => context.model.getNode(use.node));

/** Nothing happens to the weights: Identity, Dropout when not training, Cast to the type that it is. */
function isPlain(context: PassContext, node: Node): boolean {
  const [input = null, , training = null] = node.inputs;
  if (node.opType === 'Identity') return true;
  if (node.opType === 'Dropout')
    return training === null && context.model.opset() >= 7 && (node.outputs[1] ?? null) === null;
  const output = node.outputs[0] ?? null;
  if (node.opType !== 'Cast' || input === null || output === null) return false;
  const dtype = dtypeOf(context, input);
  return dtype !== null && dtype === dtypeOf(context, output);
}

/** Where(IsNaN(p), 0, p) */
function zeroGuard(context: PassContext, value: ValueId, readers: readonly Node[]): readonly Node[] | null {
  const isNaN = readers.find((node) => node.opType === 'IsNaN');
  const where = readers.find((node) => node.opType === 'Where');
  if (!isNaN || !where || readers.length !== 2 || where.inputs[0] !== isNaN.outputs[0] || where.inputs[2] !== value)
    return null;
  const zero = where.inputs[1] ?? null;
  const tensor =
    zero === null
      ? null
      : (context.analysis.constant(zero) ?? context.model.getGraph(where.graph).initializers.get(zero));
  if (tensor?.size !== 1 || tensor.numbers()[0] !== 0) return null;
  return [isNaN, where];
}

/** Whether anything before the softmax multiplies matrices: only then is its failure worth a word. */
function hasProduct(context: PassContext, softmax: Node): boolean {
  let frontier = [softmax];
  for (let depth = 0; depth < 8 && frontier.length > 0; depth++) {
    const next: Node[] = [];
    for (const node of frontier) {
      for (const input of node.inputs) {
        const producer = input === null ? null : context.model.getValue(input).producer;
        if (!producer || next.length > 16) continue;
        const before = context.model.getNode(producer.node);
        if (/^(MatMul|Einsum)$/.test(before.opType)) return true;
        next.push(before);
      }
    }
    frontier = next;
  }
  return false;
}

function assemble(context: PassContext, softmax: Node, scores: Scores, weighted: Product, tail: Tail): Plan | string {
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
  const masking = maskingOf(context, scores, dtype, bound);
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

interface Choices {
  readonly queries: readonly Form[];
  readonly keys: readonly Form[];
  readonly values: readonly Form[];
  readonly merges: readonly Merge[];
  readonly past: readonly Past[];
}

type Chosen = Pick<Plan, 'query' | 'key' | 'value' | 'merge' | 'heads' | 'past'>;

/** The cheapest way in which queries, keys, values and result agree on batch and heads; more heads before fewer nodes. */
function choose(choices: Choices): Chosen | string {
  const counts = [...new Set(choices.queries.map(headCount))].filter((count) => count !== null).sort((a, b) => b - a);
  if (counts.length === 0) return 'the count of heads is not known';
  let reason = 'the result is not proven to be merged as the queries are split';
  for (const heads of counts) {
    const fits = (form: Form): boolean => headCount(form) === heads && form.view.repeated.length === 0;
    const query = best(choices.queries.filter(fits).filter((form) => form.to === 'flat'));
    if (!query) continue;
    const batch = batchKey(query);
    const same = (form: Form): boolean => fits(form) && batchKey(form) === batch;
    const merge = choices.merges
      .filter((each) => each.heads === heads && each.batch === batch)
      .reduce<Merge | null>((found, each) => (found === null || each.cost < found.cost ? each : found), null);
    const past = choices.past.find((each) => same(each.key.own) && same(each.value.own)) ?? null;
    const pair = past
      ? { key: past.key.own, value: past.value.own }
      : pairOf(choices.keys.filter(same), choices.values.filter(same));
    if (!pair) reason = 'keys and values are not proven to have the heads of the queries';
    else if (merge) return { query, ...pair, merge, heads, past };
  }
  return reason;
}

/** Keys and values must come in the same form. */
function pairOf(keys: readonly Form[], values: readonly Form[]): { key: Form; value: Form } | null {
  let found: { key: Form; value: Form; cost: number } | null = null;
  for (const to of ['flat', 'heads'] as const) {
    const key = best(keys.filter((form) => form.to === to));
    const value = best(values.filter((form) => form.to === to));
    if (!key || !value) continue;
    const cost = price(key) + price(value);
    if (!found || cost < found.cost) found = { key, value, cost };
  }
  return found;
}
