import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { label } from '../graphs.ts';
import { dtypeOf } from '../known.ts';
import type { PassContext } from '../pass.ts';
import { scalarOf } from './scalars.ts';

/** Softmax → (Where(IsNaN)) → product with the values. */
export interface Tail {
  readonly product: Node;
  readonly probabilities: ValueId;
  readonly nodes: readonly Node[];
  readonly zeroes: boolean;
}

const MOST_TAIL = 4;

export function tailOf(context: PassContext, softmax: Node): Tail | null {
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
  if (zero === null || scalarOf(context, zero) !== 0) return null;
  return [isNaN, where];
}

/** What keeps a softmax from being the weights of a product further on; null: there is none. */
export function tailReason(context: PassContext, softmax: Node): string | null {
  if (!hasProduct(context, softmax)) return null;
  let node = softmax;
  let odd: Node | null = null;
  for (let i = 0; i < MOST_TAIL; i++) {
    const output = node.outputs[0] ?? null;
    const [next, ...others] = output === null ? [] : readersOf(context, output);
    if (!next) return null;
    const product = [next, ...others].find((each) => /^(MatMul|Einsum)$/.test(each.opType));
    if (product && others.length > 0)
      return `the result of ${label(context.model, node)} is read by ${others.length + 1} nodes`;
    if (product)
      return `${label(context.model, odd ?? node)} stands between the softmax and the product with the values`;
    if (!isPlain(context, next)) odd ??= next;
    node = next;
  }
  return null;
}

/** Whether anything before the softmax multiplies matrices: only then is its failure worth a word. */
export function hasProduct(context: PassContext, softmax: Node): boolean {
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
