import { getInt } from '../ir/attribute.ts';
import type { Node } from '../ir/model.ts';
import { opKey } from '../ops/registry.ts';
import type { PictureKind } from './detail-types.ts';

/** Where the output channels of a weight lie; `window`: what follows the first two axes is a kernel. */
interface WeightRole {
  /** Slot of the weight among the inputs. */
  readonly input: number;
  readonly axis: (node: Node, rank: number) => number;
  readonly window?: true;
}

const first = (): number => 0;
const last = (_: Node, rank: number): number => rank - 1;
const gemm = (node: Node): number => (getInt(node, 'transB', 0) === 0 ? 1 : 0);

/** Weights by operator (ONNX operator specification; ONNX Runtime's contrib operators). */
const ROLES: Readonly<Record<string, WeightRole>> = {
  Conv: { input: 1, axis: first, window: true },
  ConvInteger: { input: 1, axis: first, window: true },
  QLinearConv: { input: 3, axis: first, window: true },
  DeformConv: { input: 1, axis: first, window: true },
  ConvTranspose: { input: 1, axis: () => 1, window: true },
  'com.microsoft.FusedConv': { input: 1, axis: first, window: true },
  Gemm: { input: 1, axis: gemm },
  'com.microsoft.FusedGemm': { input: 1, axis: gemm },
  MatMul: { input: 1, axis: last },
  'com.microsoft.FusedMatMul': { input: 1, axis: (node, rank) => rank - (getInt(node, 'transB', 0) === 0 ? 1 : 2) },
  MatMulInteger: { input: 1, axis: last },
  QLinearMatMul: { input: 3, axis: last },
};

/** Axis of the output channels of input `index`; null: it is no weight, or too flat to have one. */
export function channelAxisOf(node: Node, index: number, rank: number): number | null {
  const role = ROLES[opKey(node)];
  if (role?.input !== index || rank < 2) return null;
  return role.axis(node, rank);
}

/** How a constant at input `index` is best drawn; axes of size 1 do not count. Null: it has but one element, or none. */
export function pictureOf(node: Node | null, index: number, shape: readonly number[]): PictureKind | null {
  const wide = shape.filter((size) => size !== 1).length;
  if (wide === 0 || shape.includes(0)) return null;
  const role = node ? ROLES[opKey(node)] : undefined;
  const kernel = role?.window && role.input === index && shape.slice(2).some((size) => size > 1);
  if (kernel) return 'kernels';
  return wide === 1 ? 'line' : 'matrix';
}
