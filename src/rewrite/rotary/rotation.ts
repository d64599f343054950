import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { rankOf, shapeOf } from '../known.ts';
import type { PassContext } from '../pass.ts';
import { atomsOf } from '../attention/atoms.ts';
import { scalarOf } from '../attention/scalars.ts';
import { viewOf, viewsOf } from '../attention/views.ts';

/**
 * Which elements of the last axis turn together. `half`: i and i + D/2 (Llama, NeoX); `pair`: 2i and 2i + 1 (GPT-J,
 * RoFormer: Su et al., arXiv:2104.09864).
 */
export type Mode = 'half' | 'pair';

/** y = x·cos + turned(x)·sin, where turned((a, b)) = (−b, a). */
export interface Rotation {
  readonly x: ValueId;
  readonly cos: ValueId;
  readonly sin: ValueId;
  readonly mode: Mode;
  /** The tables have one element for each of x's last axis (`full`), or for each pair (`half`). */
  readonly table: 'full' | 'half';
  /** The node that gives y. */
  readonly last: Node;
}

/** One half of x: part 0 holds the a, part 1 the b. */
interface Piece {
  readonly x: ValueId;
  readonly part: number;
  readonly mode: Mode;
}

/** Every way to read the node as the end of a rotation. */
export function* rotationsAt(context: PassContext, last: Node): Generator<Rotation> {
  if (last.domain !== '') return;
  if (last.opType === 'Add') yield* turnedSums(context, last);
  const joined = joinOf(context, last);
  if (joined) yield* pairSums(context, last, joined);
}

const producerOf = (context: PassContext, value: ValueId | null | undefined, opType: string): Node | null => {
  const producer = value === null || value === undefined ? null : context.model.getValue(value).producer;
  const node = producer && context.model.getNode(producer.node);
  return node?.opType === opType && node.domain === '' ? node : null;
};

/** The two operands of a node, both ways round. */
function* operands(node: Node | null): Generator<readonly [ValueId, ValueId]> {
  const [a = null, b = null] = node?.inputs ?? [];
  if (a === null || b === null) return;
  yield [a, b];
  if (a !== b) yield [b, a];
}

/** x·cos + turned(x)·sin */
function* turnedSums(context: PassContext, sum: Node): Generator<Rotation> {
  for (const [plain, turned] of operands(sum)) {
    const [first, second] = [producerOf(context, plain, 'Mul'), producerOf(context, turned, 'Mul')];
    if (!first || !second || first.graph !== sum.graph || second.graph !== sum.graph) continue;
    for (const [r, sin] of operands(second)) {
      const found = turnedOf(context, r);
      if (found.length === 0) continue;
      for (const [x, cos] of operands(first)) {
        const piece = found.find((each) => each.x === x);
        if (piece) yield { x, cos, sin, mode: piece.mode, table: 'full', last: sum };
      }
    }
  }
}

/** What (−b, a) was made of. */
function turnedOf(context: PassContext, value: ValueId): readonly Piece[] {
  const { producer } = context.model.getValue(value);
  const joined = producer && joinOf(context, context.model.getNode(producer.node));
  if (!joined) return [];
  const negated = negatedOf(context, joined.a);
  if (negated === null) return [];
  const firsts = piecesOf(context, joined.b, joined.mode).filter((piece) => piece.part === 0);
  const seconds = piecesOf(context, negated, joined.mode).filter((piece) => piece.part === 1);
  return firsts.filter((piece) => seconds.some((each) => each.x === piece.x));
}

/** −x, or x·(−1). */
function negatedOf(context: PassContext, value: ValueId): ValueId | null {
  const neg = producerOf(context, value, 'Neg');
  if (neg) return neg.inputs[0] ?? null;
  for (const [x, c] of operands(producerOf(context, value, 'Mul'))) if (scalarOf(context, c) === -1) return x;
  return null;
}

interface Join {
  readonly a: ValueId;
  readonly b: ValueId;
  readonly mode: Mode;
}

/** (a, b) side by side: Concat for halves; for pairs, a new last axis of two that a Reshape takes away. */
function joinOf(context: PassContext, node: Node): Join | null {
  const concat = node.opType === 'Concat' ? node : producerOf(context, node.inputs[0], 'Concat');
  const [a = null, b = null, ...more] = concat?.inputs ?? [];
  const output = concat?.outputs[0] ?? null;
  const result = node.outputs[0] ?? null;
  if (!concat || a === null || b === null || output === null || result === null || more.length > 0) return null;
  const rank = rankOf(context, output);
  const axis = getInt(concat, 'axis', 0);
  if (rank === null || (axis !== -1 && axis !== rank - 1)) return null;
  if (node === concat) return { a, b, mode: 'half' };
  if (node.domain !== '' || !/^(Reshape|Flatten)$/.test(node.opType) || rankOf(context, result) !== rank - 1)
    return null;
  const [first, second] = [a, b].map((each) => withoutLast(context, each));
  const shape = shapeOf(context, result);
  const before = shapeOf(context, output);
  const merges = shape?.slice(0, -1).every((dim, i) => dim !== null && dim === before?.[i]);
  return first && second && merges ? { a: first, b: second, mode: 'pair' } : null;
}

/** What a new last axis was given to. */
function withoutLast(context: PassContext, value: ValueId): ValueId | null {
  const node = producerOf(context, value, 'Unsqueeze') ?? producerOf(context, value, 'Reshape');
  const input = node?.inputs[0] ?? null;
  const [shape, before] = [shapeOf(context, value), input === null ? null : shapeOf(context, input)];
  if (!shape || !before || shape.length !== before.length + 1 || shape.at(-1) !== 1) return null;
  return before.every((dim, i) => dim !== null && dim === shape[i]) ? input : null;
}

/** Every value that this is one half of, along its last axis. */
function piecesOf(context: PassContext, value: ValueId, mode: Mode): readonly Piece[] {
  const shape = shapeOf(context, value);
  if (!shape) return [];
  const axes = shape.map((dim, i) => atomsOf(i === shape.length - 1 ? 'width' : `a${i}`, dim));
  const { graph } = context.model.getValue(value);
  const pieces: Piece[] = [];
  for (const view of viewsOf(context, graph, viewOf(value, axes))) {
    const last = view.axes.at(-1) ?? [];
    const at = mode === 'half' ? 0 : last.length - 1;
    const taken = last[at];
    const rest = last.filter((_, i) => i !== at);
    const fits = taken?.fixed !== undefined && taken.size === 2 && rest.every((atom) => atom.root === 'width');
    const others = view.axes.slice(0, -1);
    const same =
      others.length === shape.length - 1 && others.every((atoms, i) => atoms.every((atom) => atom.root === `a${i}`));
    if (fits && same && view.scale === 1 && view.repeated.length === 0)
      pieces.push({ x: view.value, part: taken.fixed ?? 0, mode });
  }
  return pieces;
}

/** (a·cos − b·sin, b·cos + a·sin) */
function* pairSums(context: PassContext, last: Node, { a, b, mode }: Join): Generator<Rotation> {
  const difference = producerOf(context, a, 'Sub');
  const sum = producerOf(context, b, 'Add');
  const [left, right] = [difference?.inputs[0], difference?.inputs[1]];
  if (!difference || !sum || difference.graph !== last.graph) return;
  for (const [p, cos] of operands(producerOf(context, left, 'Mul'))) {
    for (const [q, sin] of operands(producerOf(context, right, 'Mul'))) {
      if (!isCross(context, sum, { p, q, cos, sin })) continue;
      const firsts = piecesOf(context, p, mode).filter((piece) => piece.part === 0);
      const seconds = piecesOf(context, q, mode).filter((piece) => piece.part === 1);
      const whole = firsts.find((piece) => seconds.some((each) => each.x === piece.x));
      if (whole) yield { x: whole.x, cos, sin, mode, table: 'half', last };
    }
  }
}

/** q·cos + p·sin */
function isCross(
  context: PassContext,
  sum: Node,
  { p, q, cos, sin }: { p: ValueId; q: ValueId; cos: ValueId; sin: ValueId },
): boolean {
  const has = (value: ValueId, x: ValueId, y: ValueId): boolean =>
    [...operands(producerOf(context, value, 'Mul'))].some(([left, right]) => left === x && right === y);
  return [...operands(sum)].some(([first, second]) => has(first, q, cos) && has(second, p, sin));
}
