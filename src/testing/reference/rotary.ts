import type { Call, RefOp, RefTable } from './call.ts';
import { transposed } from './shape.ts';
import { reader, refTensor, reshaped, tabulate, type RefTensor } from './tensor.ts';

/** [B, S, heads·d] → [B, heads, S, d]. */
export function toHeads(x: RefTensor, heads: number): RefTensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return transposed(reshaped(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** [B, heads, S, d] → [B, S, heads·d]. */
export function fromHeads(x: RefTensor): RefTensor {
  const [batch, heads, length, width] = x.shape as [number, number, number, number];
  return reshaped(transposed(x, [0, 2, 1, 3]), [batch, length, heads * width]);
}

/** Cosines and sines of a position, by pair. */
type Angles = (batch: number, place: number, pair: number) => readonly [cos: number, sin: number];

/**
 * Turns pairs of the first `width` elements of each head (Su et al., RoFormer, 2021): element p with p + width/2, or 2p
 * with 2p + 1.
 *
 * @param x [B, heads, S, d]
 */
export function rotate(x: RefTensor, width: number, interleaved: boolean, angles: Angles): RefTensor {
  const read = reader(x);
  const half = width / 2;
  return tabulate(x.dtype, x.shape, (index, at) => {
    const [batch, head, place, i] = index as [number, number, number, number];
    if (i >= width) return x.data[at]!;
    const pair = interleaved ? Math.floor(i / 2) : i % half;
    const first = interleaved ? i % 2 === 0 : i < half;
    const step = interleaved ? 1 : half;
    const other = read([batch, head, place, first ? i + step : i - step]);
    const [cos, sin] = angles(batch, place, pair);
    return x.data[at]! * cos + (first ? -other : other) * sin;
  });
}

/** Angles out of caches [positions, pairs]. */
export function cachedAngles(
  cos: RefTensor,
  sin: RefTensor,
  positionOf: (batch: number, place: number) => number,
): Angles {
  const width = cos.shape[1]!;
  return (batch, place, pair) => {
    const at = positionOf(batch, place) * width + pair;
    return [cos.data[at]!, sin.data[at]!];
  };
}

/** Applies `turn` to heads, whichever way they are laid out. */
function overHeads(x: RefTensor, heads: number, turn: (x: RefTensor) => RefTensor): RefTensor {
  return x.shape.length === 4 ? turn(x) : fromHeads(turn(toHeads(x, heads)));
}

/** X, caches [positions, pairs] with position_ids [B, S], or caches [B, S, pairs]. */
const onnxRotary: RefOp = (c) => {
  const [cos, sin, ids] = [c.input(1), c.input(2), c.optional(3)];
  return overHeads(c.input(0), c.int('num_heads', 0), (x) => {
    const length = x.shape[2]!;
    const position = (batch: number, place: number): number => {
      const at = batch * length + place;
      return ids ? ids.data[at]! : at;
    };
    const pairs = cos.shape.at(-1)!;
    const flat = (cache: RefTensor): RefTensor => reshaped(cache, [cache.data.length / pairs, pairs]);
    const width = c.int('rotary_embedding_dim', 0) || x.shape[3]!;
    return rotate(x, width, c.int('interleaved', 0) === 1, cachedAngles(flat(cos), flat(sin), position));
  });
};

/** Position ids are [B, S], or the one position of the first place. */
export const positionsOf =
  (ids: RefTensor, length: number) =>
  (batch: number, place: number): number =>
    ids.data.length === 1 ? ids.data[0]! + place : ids.data[batch * length + place]!;

const contribRotary: RefOp = (c: Call) => {
  const [x, ids, cos, sin] = [c.input(0), c.input(1), c.input(2), c.input(3)];
  const pairs = cos.shape[1]!;
  const heads = c.int('num_heads', 0) || x.shape.at(-1)! / (2 * pairs);
  const turned = overHeads(x, heads, (each) => {
    const width = c.int('rotary_embedding_dim', 0) || each.shape[3]!;
    const positions = positionsOf(ids, each.shape[2]!);
    return rotate(each, width, c.int('interleaved', 0) === 1, cachedAngles(cos, sin, positions));
  });
  const scale = c.float('scale', 1);
  return refTensor(
    x.dtype,
    turned.shape,
    turned.data.map((each) => each * scale),
  );
};

export const ROTARY: RefTable = {
  RotaryEmbedding: onnxRotary,
  'com.microsoft.RotaryEmbedding': contribRotary,
};
