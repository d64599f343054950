import { getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { rankOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { affineStep, producerIn, Trail } from './scalar-algebra.ts';

/**
 * How a product reads an operand [b…, M, K]. `trans`: the last two axes are swapped; `transBatch`: what should be the
 * last axis but one stands first, [M, b…, K] (com.microsoft.FusedMatMul).
 */
export interface Layout {
  readonly trans: boolean;
  readonly transBatch: boolean;
}

/** The axes of the stored operand, in the order of [b…, M, K]. */
function axesOf({ trans, transBatch }: Layout, rank: number): number[] {
  const batch = Array.from({ length: rank - 2 }, (_, i) => i + (transBatch ? 1 : 0));
  const [rows, columns] = transBatch ? [0, rank - 1] : [rank - 2, rank - 1];
  return [...batch, ...(trans ? [columns, rows] : [rows, columns])];
}

const LAYOUTS: readonly Layout[] = [
  { trans: false, transBatch: false },
  { trans: true, transBatch: false },
  { trans: false, transBatch: true },
  { trans: true, transBatch: true },
];

/** For matrices the batch is empty, and the first of two equal layouts is as good. */
const layoutOf = (axes: readonly number[]): Layout | null =>
  LAYOUTS.find((layout) => axesOf(layout, axes.length).join() === axes.join()) ?? null;

/** What a product may take over from the nodes before it. */
export interface Abilities {
  readonly scale: boolean;
  readonly transBatch: boolean;
}

/** An operand as it is before transposes and scalar factors that the product takes over. */
export interface Operand {
  readonly value: ValueId;
  readonly layout: Layout;
  readonly scale: number;
  /** A Cast to be repeated on `value`: it stood behind a Transpose. */
  readonly cast: Node | null;
  /** Nodes on the way, the nearest first; those that others read stay for them. */
  readonly walked: readonly Node[];
}

const MOST_STEPS = 8;

/** The axes that a Transpose reads, in order; null: their number is not known. */
function permOf(context: PassContext, transpose: Node): readonly number[] | null {
  const perm = getInts(transpose, 'perm', null);
  if (perm) return perm;
  const rank = transpose.inputs[0] ? rankOf(context, transpose.inputs[0]) : null;
  return rank === null ? null : Array.from({ length: rank }, (_, i) => rank - 1 - i);
}

function throughTranspose(context: PassContext, at: Operand, node: Node, can: Abilities): Operand | null {
  const input = node.inputs[0] ?? null;
  const perm = node.opType === 'Transpose' ? permOf(context, node) : null;
  if (!perm || perm.length < 2 || input === null) return null;
  const layout = layoutOf(axesOf(at.layout, perm.length).map((axis) => perm[axis] ?? -1));
  if (!layout || (layout.transBatch && !can.transBatch)) return null;
  return { ...at, value: input, layout, walked: [...at.walked, node] };
}

/** (s·A)·B = s·(A·B), for a number whose rank does not add axes to A. */
function throughScale(context: PassContext, at: Operand, node: Node, can: Abilities): Operand | null {
  if (!can.scale || at.cast !== null || !['Mul', 'Div'].includes(node.opType)) return null;
  for (const input of node.inputs) {
    const trail = new Trail(context, node.graph);
    const step = input === null ? null : affineStep(trail, node, input);
    if (input === null || !step || !isFactor(step.slope)) continue;
    if (trail.rank > (rankOf(context, input) ?? 0)) continue;
    return { ...at, value: input, scale: at.scale * step.slope, walked: [...at.walked, node] };
  }
  return null;
}

/** Neither 0, with which a kernel may skip what is not finite, nor out of float32. */
export const isFactor = (value: number): boolean => value !== 0 && Number.isFinite(Math.fround(value));

/** Cast(Aᵀ) = Cast(A)ᵀ, where nothing else reads the Cast. */
function throughCast(context: PassContext, at: Operand, cast: Node, reader: Node, can: Abilities): Operand | null {
  const [input, output] = [cast.inputs[0] ?? null, cast.outputs[0] ?? null];
  if (cast.opType !== 'Cast' || at.cast !== null || input === null || output === null) return null;
  const inside = new Set([reader.id, ...at.walked.map((node) => node.id)]);
  const { model } = context;
  if (model.isGraphOutput(output) || model.getValue(output).uses.some((use) => !inside.has(use.node))) return null;
  const before = producerIn(model, cast.graph, input);
  return before && throughTranspose(context, { ...at, cast, walked: [...at.walked, cast] }, before, can);
}

/** Follows an operand of `reader` back over what the product can do itself. */
export function followOperand(
  context: PassContext,
  reader: Node,
  start: { readonly value: ValueId; readonly layout: Layout },
  can: Abilities,
): Operand {
  let at: Operand = { ...start, scale: 1, cast: null, walked: [] };
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const node = producerIn(context.model, reader.graph, at.value);
    if (!node) break;
    const next =
      throughTranspose(context, at, node, can) ??
      throughScale(context, at, node, can) ??
      throughCast(context, at, node, reader, can);
    if (!next) break;
    at = next;
  }
  return at;
}

/** The operand for a new node, cast where a Cast was passed on the way. */
export function inputOf(build: Build, { value, cast }: Operand, name: string): ValueId {
  if (!cast) return value;
  return build.output(build.node('Cast', [value], { attributes: cast.attributes, label: name }), name, null);
}
