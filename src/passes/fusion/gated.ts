import { defined } from '../../base/assert.ts';
import type { Node } from '../../ir/model.ts';
import type { DataType, NodeId, ValueId } from '../../ir/types.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import {
  affineStep,
  exclusive,
  keepsRank,
  keepsWidth,
  peel,
  polynomialOf,
  soleReader,
  Trail,
} from './scalar-algebra.ts';

/** The kernels that ONNX Runtime Web has for gated activations. */
const KERNELS: ReadonlySet<DataType | null> = new Set(['float32', 'float16'] as const);

/** y = x·(slope·f(u) + shift), where f is the seed and u a polynomial of x; however it is written. */
export interface Gated {
  readonly x: ValueId;
  readonly dtype: DataType | null;
  /** The node that gives y. */
  readonly anchor: Node;
  /** Nodes that go, the anchor first. */
  readonly nodes: readonly NodeId[];
  readonly slope: number;
  readonly shift: number;
  /** Coefficients of u, by degree. */
  readonly argument: readonly number[];
  /** What stands in the way of any replacement by one operator of x, as a clause. */
  readonly reason: string | null;
}

/** Steps that a chain of scalar operators may take on either side of the gate. */
const MOST_STEPS = 4;

/** Where the chain behind the seed has come to: `value` = slope·f + shift. */
interface Chain {
  readonly trail: Trail;
  readonly value: ValueId;
  readonly slope: number;
  readonly shift: number;
}

const result = (node: Node): ValueId => defined(node.outputs[0], `the result of ${node.opType}`);

/** From the seed on over scalar operators, to the product with something else: the gate. */
function toGate(context: PassContext, seed: Node): { chain: Chain; gate: Node; other: ValueId } | null {
  const trail = new Trail(context, seed.graph);
  let chain: Chain = { trail, value: result(seed), slope: 1, shift: 0 };
  for (let steps = 0; steps <= MOST_STEPS; steps++) {
    const reader = soleReader(context.model, seed.graph, chain.value);
    if (!reader) return gateBeforeReaders(context, seed, chain);
    const next = step(chain, reader);
    if (next) chain = next;
    else if (reader.opType !== 'Mul') return null;
    else return gateAt(chain, reader);
  }
  return null;
}

/** A value that others read too may still be a gate's operand: a near miss, which names them. */
function gateBeforeReaders(context: PassContext, seed: Node, chain: Chain): ReturnType<typeof toGate> {
  for (const use of context.model.getValue(chain.value).uses.slice(0, MOST_STEPS)) {
    const reader = context.model.getNode(use.node);
    if (reader.opType === 'Mul' && reader.domain === '' && reader.graph === seed.graph) return gateAt(chain, reader);
  }
  return null;
}

function gateAt(chain: Chain, gate: Node): ReturnType<typeof toGate> {
  const other = gate.inputs[1 - gate.inputs.indexOf(chain.value)] ?? null;
  return other === null || other === chain.value ? null : { chain, gate, other };
}

function step({ trail, value, slope, shift }: Chain, node: Node): Chain | null {
  const taken = trail.fork();
  const affine = affineStep(taken, node, value);
  if (!affine) return null;
  taken.add(node);
  const next = { slope: slope * affine.slope, shift: shift * affine.slope + affine.shift };
  return { trail: taken, value: result(node), ...next };
}

/** The operand of the gate and what it is a multiple of: where x may be. */
function* operands(trail: Trail, other: ValueId): Generator<{ x: ValueId; factor: number; trail: Trail }> {
  let at = { x: other, factor: 1, trail };
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    yield at;
    const deeper = at.trail.fork();
    const peeled = peel(deeper, at.x);
    if (!peeled) return;
    at = { x: peeled.value, factor: at.factor * peeled.factor, trail: deeper };
  }
}

/**
 * Every way to see the surroundings of a seed f(u) as a gated activation: by where x is, and by how many scalar factors
 * behind the gate belong to it. `inner`: nodes between the seed and u; `innerRank`: the highest among their constants.
 */
export function gatesOf(
  context: PassContext,
  seed: Node,
  u: ValueId,
  inner: readonly Node[] = [],
  innerRank = 0,
): Gated[] {
  const found = toGate(context, seed);
  if (!found) return [];
  const ways: Gated[] = [];
  for (const { x, factor, trail: before } of operands(new Trail(context, seed.graph), found.other)) {
    const trail = before.fork();
    const argument = polynomialOf(trail, u, x);
    if (!argument || argument.length < 2) continue;
    const rank = Math.max(trail.rank, found.chain.trail.rank, innerRank);
    for (const end of ends(context, found.chain, found.gate, factor)) {
      const behind = [...[...end.trail.nodes].reverse(), seed, ...inner];
      ways.push(
        toGated(context, { x, argument, end, behind, before: trail.nodes, rank: Math.max(rank, end.trail.rank) }),
      );
    }
  }
  return ways;
}

/** The gate, and the scalar products behind it. */
function* ends(context: PassContext, before: Chain, gate: Node, factor: number): Generator<Chain> {
  const trail = before.trail.fork();
  trail.add(gate);
  let at: Chain = { trail, value: result(gate), slope: before.slope * factor, shift: before.shift * factor };
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    yield at;
    const reader = soleReader(context.model, gate.graph, at.value);
    const next = reader && ['Mul', 'Div', 'Cast'].includes(reader.opType) ? step(at, reader) : null;
    if (!next) return;
    at = next;
  }
}

interface Way {
  readonly x: ValueId;
  readonly argument: readonly number[];
  readonly end: Chain;
  /** Nodes from the anchor back to the seed. */
  readonly behind: readonly Node[];
  /** Nodes between x and the seed or the gate. */
  readonly before: readonly Node[];
  readonly rank: number;
}

function toGated(context: PassContext, { x, argument, end, behind, before, rank }: Way): Gated {
  const ids = [...new Set(behind.map((node) => node.id))];
  const dtype = dtypeOf(context, x);
  return {
    x,
    dtype,
    anchor: defined(behind[0], 'the last node'),
    nodes: [...ids, ...exclusive(context.model, before, ids)],
    slope: end.slope,
    shift: end.shift,
    argument,
    reason: refusal(context, { x, dtype, y: end.value, nodes: [...behind, ...before], rank }),
  };
}

interface Fused {
  readonly x: ValueId;
  readonly dtype: DataType | null;
  readonly y: ValueId;
  readonly nodes: readonly Node[];
  readonly rank: number;
}

function refusal(context: PassContext, { x, dtype, y, nodes, rank }: Fused): string | null {
  if (dtype === null || !KERNELS.has(dtype)) {
    return `the fused kernels take float32 and float16, and this is ${dtype ?? 'of unknown type'}`;
  }
  if (dtypeOf(context, y) !== dtype) return 'its result is of another type than its input';
  if (!keepsWidth(nodes, dtype)) return 'a Cast on the way rounds to a narrower type';
  return keepsRank(context, rank, x, y) ? null : `a constant of rank ${rank} may add axes to the result`;
}

/** The value that a seed of one input is taken of. */
export const argumentOf = (seed: Node): ValueId => defined(seed.inputs[0], `the input of ${seed.opType}`);

/** The same with a positive slope, for an odd f: −f(u) = f(−u). JAX writes 1 − erf(−x/√2). */
export const withPositiveSlope = (gated: Gated): Gated =>
  gated.slope >= 0
    ? gated
    : { ...gated, slope: -gated.slope, argument: gated.argument.map((coefficient) => -coefficient) };
