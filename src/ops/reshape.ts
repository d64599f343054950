import { getInt, getInts } from '../ir/attribute.ts';
import type { Dim, Shape } from '../ir/types.ts';
import { known, mapCoordinates, sameElements, smallShape, stridesOf, broadcastIndex } from './contents.ts';
import { exactDivDims, floorDivDims, mulDims, productDims, quotientOfProducts } from './dim.ts';
import { axesOf, broadcastShapes, numbersOf, sameAsFirst, typed, unknownDims } from './shapes.ts';
import type { EvaluateRule, InferContext, OpTable } from './types.ts';
import { free } from './work.ts';

/** Ints from an attribute of older opsets, else from an input; null: unknown; undefined: left out. */
export function intsFrom(c: InferContext, attribute: string, input: number): readonly Dim[] | null | undefined {
  const given = getInts(c.node, attribute, null);
  if (given) return given;
  return c.has(input) ? c.contents(input) : undefined;
}

/** The rank that a shape-like input [rank] asks for. */
export function rankFrom(c: InferContext, input: number): number | null {
  const length = c.shape(input)?.[0];
  return typeof length === 'number' ? length : null;
}

const unknownOfRank = (rank: number | null): Shape => (rank === null ? null : unknownDims(rank));

/** 0 copies (unless allowzero), -1 takes what is left. */
function reshapeShape(c: InferContext): Shape {
  const target = intsFrom(c, 'shape', 1);
  if (!target) return unknownOfRank(rankFrom(c, 1));
  const input = c.shape(0);
  const copies = getInt(c.node, 'allowzero', 0) === 0;
  const dims = target.map((dim, i) => (dim === 0 && copies ? (input?.[i] ?? null) : dim));
  const open = dims.indexOf(-1);
  if (open < 0) return settleUnknown(c, input, dims);
  const others = dims.filter((_, i) => i !== open);
  return dims.with(open, input ? quotientOfProducts(input, others) : null);
}

/** Without -1 a single unknown size follows from the number of elements. */
function settleUnknown(c: InferContext, input: Shape, dims: readonly Dim[]): Shape {
  const unknown = dims.filter((dim) => dim === null).length;
  if (unknown === 1 && input) {
    return dims.with(
      dims.indexOf(null),
      quotientOfProducts(
        input,
        dims.filter((dim) => dim !== null),
      ),
    );
  }
  const before = input && productDims(input);
  const after = productDims(dims);
  if (typeof before === 'number' && typeof after === 'number' && before !== after) {
    c.warn(`${before} elements cannot take the shape [${dims.join(', ')}]`);
  }
  return dims;
}

/** [d0·…·d(axis−1), d(axis)·…] */
function flattenShape(c: InferContext): Shape {
  const input = c.shape(0);
  if (input === null) return unknownDims(2);
  const given = getInt(c.node, 'axis', 1);
  const axis = given < 0 ? given + input.length : given;
  return [productDims(input.slice(0, axis)), productDims(input.slice(axis))];
}

function squeezeShape(c: InferContext): Shape {
  const input = c.shape(0);
  const given = intsFrom(c, 'axes', 1);
  if (given === undefined) {
    // Without axes, every 1 goes: a symbol may be a 1, so then the rank is open.
    return input?.every((dim) => typeof dim === 'number') ? input.filter((dim) => dim !== 1) : null;
  }
  const axes = input && given && numbersOf(given) ? axesOf(numbersOf(given) ?? [], input.length) : null;
  if (input && axes) return input.filter((_, i) => !axes.includes(i));
  const dropped = given?.length ?? rankFrom(c, 1);
  return input && dropped !== null ? unknownDims(input.length - dropped) : null;
}

function unsqueezeShape(c: InferContext): Shape {
  const input = c.shape(0);
  const given = intsFrom(c, 'axes', 1);
  const added = given?.length ?? rankFrom(c, 1);
  if (!input || added === null) return null;
  const rank = input.length + added;
  const axes = axesOf(numbersOf(given ?? null) ?? [], rank);
  if (axes?.length !== added) return unknownDims(rank);
  const rest = [...input];
  return Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : (rest.shift() ?? null)));
}

export function permutationOf(c: InferContext, rank: number): number[] {
  return getInts(c.node, 'perm', null) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
}

function transposeShape(c: InferContext): Shape {
  const input = c.shape(0);
  if (input === null) return unknownOfRank(getInts(c.node, 'perm', null)?.length ?? null);
  return permutationOf(c, input.length).map((axis) => input[axis] ?? null);
}

const transposeContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  const input = known(c, 0);
  if (!shape || !input) return [null];
  const perm = permutationOf(c, shape.length);
  const strides = stridesOf(input.shape);
  return [
    mapCoordinates(shape, (at) => {
      const index = perm.reduce((sum, axis, i) => sum + (at[i] ?? 0) * (strides[axis] ?? 0), 0);
      return input.contents[index] ?? null;
    }),
  ];
};

const expandContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  const input = known(c, 0);
  if (!shape || !input) return [null];
  const strides = stridesOf(input.shape);
  return [mapCoordinates(shape, (at) => input.contents[broadcastIndex(input.shape, strides, at)] ?? null)];
};

function expandShape(c: InferContext): Shape {
  const target = c.contents(1);
  const input = c.shape(0);
  if (target) return broadcastShapes(input, target);
  const rank = rankFrom(c, 1);
  return rank === null || input === null ? null : unknownDims(Math.max(rank, input.length));
}

function tileShape(c: InferContext): Shape {
  const input = c.shape(0);
  // Opset 1: `tiles` and `axis`, both scalars.
  if (c.has(2)) {
    const axis = numbersOf(c.contents(2))?.[0];
    const tiles = c.contents(1)?.[0] ?? null;
    return input && input.map((dim, i) => (axis === undefined ? null : i === axis ? mulDims(dim, tiles) : dim));
  }
  const repeats = c.contents(1);
  if (!input) return unknownOfRank(rankFrom(c, 1));
  return input.map((dim, i) => mulDims(dim, repeats?.[i] ?? null));
}

const tileContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  const input = known(c, 0);
  if (!shape || !input) return [null];
  const strides = stridesOf(input.shape);
  return [
    mapCoordinates(shape, (at) => {
      const index = at.reduce((sum, each, i) => sum + (each % (input.shape[i] ?? 1)) * (strides[i] ?? 0), 0);
      return input.contents[index] ?? null;
    }),
  ];
};

/** [N, C, H, W] → [N, C/b², H·b, W·b] */
function depthToSpaceShape(c: InferContext): Shape {
  const input = c.shape(0);
  if (input?.length !== 4) return null;
  const block = getInt(c.node, 'blocksize', 1);
  const [n = null, depth = null, h = null, w = null] = input;
  return [n, exactDivDims(depth, block * block), mulDims(h, block), mulDims(w, block)];
}

/** [N, C, H, W] → [N, C·b², H/b, W/b] */
function spaceToDepthShape(c: InferContext): Shape {
  const input = c.shape(0);
  if (input?.length !== 4) return null;
  const block = getInt(c.node, 'blocksize', 1);
  const [n = null, depth = null, h = null, w = null] = input;
  return [n, mulDims(depth, block * block), floorDivDims(h, block), floorDivDims(w, block)];
}

export const RESHAPE: OpTable = {
  Reshape: {
    family: 'shape',
    signature: 'data shape? → reshaped',
    since: [1, 5, 13, 14, 19, 21, 23, 24, 25],
    view: true,
    infer: (c) => [typed(c.dtype(0), reshapeShape(c))],
    evaluate: sameElements,
    work: free,
  },
  Flatten: {
    family: 'shape',
    signature: 'input → output',
    since: [1, 9, 11, 13, 21, 23, 24, 25],
    view: true,
    infer: (c) => [typed(c.dtype(0), flattenShape(c))],
    evaluate: sameElements,
    work: free,
  },
  Squeeze: {
    family: 'shape',
    signature: 'data axes? → squeezed',
    since: [1, 11, 13, 21, 23, 24, 25],
    view: true,
    infer: (c) => [typed(c.dtype(0), squeezeShape(c))],
    evaluate: sameElements,
    work: free,
  },
  Unsqueeze: {
    family: 'shape',
    signature: 'data axes? → expanded',
    since: [1, 11, 13, 21, 23, 24, 25],
    view: true,
    infer: (c) => [typed(c.dtype(0), unsqueezeShape(c))],
    evaluate: sameElements,
    work: free,
  },
  Identity: {
    family: 'shape',
    signature: 'input → output',
    since: [1, 13, 14, 16, 19, 21, 23, 24, 25],
    view: true,
    infer: sameAsFirst,
    evaluate: sameElements,
    work: free,
  },
  Transpose: {
    family: 'shape',
    signature: 'data → transposed',
    since: [1, 13, 21, 23, 24, 25],
    infer: (c) => [typed(c.dtype(0), transposeShape(c))],
    evaluate: transposeContents,
    work: free,
  },
  Expand: {
    family: 'shape',
    signature: 'input shape → output',
    since: [8, 13],
    infer: (c) => [typed(c.dtype(0), expandShape(c))],
    evaluate: expandContents,
    work: free,
  },
  Tile: {
    family: 'shape',
    signature: 'input repeats → output',
    since: [1, 6, 13],
    infer: (c) => [typed(c.dtype(0), tileShape(c))],
    evaluate: tileContents,
    work: free,
  },
  DepthToSpace: {
    family: 'shape',
    signature: 'input → output',
    since: [1, 11, 13],
    infer: (c) => [typed(c.dtype(0), depthToSpaceShape(c))],
    work: free,
  },
  SpaceToDepth: {
    family: 'shape',
    signature: 'input → output',
    since: [1, 13],
    infer: (c) => [typed(c.dtype(0), spaceToDepthShape(c))],
    work: free,
  },
  Trilu: {
    family: 'shape',
    signature: 'input k? → output',
    since: [14],
    infer: sameAsFirst,
    work: free,
  },
  ReverseSequence: {
    family: 'shape',
    signature: 'input sequence_lens → Y',
    since: [10],
    infer: sameAsFirst,
    work: free,
  },
};
