import { expect } from 'vitest';
import { silentJob } from '../base/job.ts';
import { seeded } from '../base/random.ts';
import type { Model } from '../ir/model.ts';
import { viewAs } from '../ir/tensor.ts';
import { verifyModel } from '../ir/verify-model.ts';
import type { ValueId } from '../ir/types.ts';
import { POSITION_OFFSET } from '../kv/policy.ts';
import { writeModel } from '../onnx/write.ts';
import type { HostTensor } from '../runtime/types.ts';
import { buildModel, type GraphBuilder } from './build.ts';
import { testRuntime } from './equivalent.ts';

/** How the decoders of tests are written: the ways of exporters, small. */
export interface DecoderStyle {
  readonly positions?: 'learned' | 'rotary-halves' | 'rotary-table' | 'alibi' | 'none';
  /** `trilu`: a triangle made for each length; `table`: cut from a larger one; `compare`: positions with positions. */
  readonly mask?: 'trilu' | 'table' | 'compare';
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly layers?: number;
  /** `gemm`: `[batch·positions, width]` by Gemm, as GPT-2's Conv1D is exported. */
  readonly products?: 'matmul' | 'gemm';
  /** Scores that are hidden are replaced by −10000, as GPT-2 does it, not added to. */
  readonly replaces?: boolean;
  /** An input `attention_mask`, added to the scores. */
  readonly padding?: boolean;
  readonly opset?: number;
  /** For texts of this length: which positions each one sees. Positions are counted among those. */
  readonly unrolled?: { readonly length: number; readonly kept: (at: number) => readonly number[] };
  /** A position sees so many, itself among them. */
  readonly window?: number;
  /** Rows of tables. */
  readonly most?: number;
}

export const WIDTH = 16;
export const VOCABULARY = 32;
const END = 2 ** 31;

interface Parts {
  readonly batch: ValueId;
  readonly length: ValueId;
  /** Adds what masks and places do. */
  readonly score: (scores: ValueId) => ValueId;
  readonly rotate: (x: ValueId) => ValueId;
  /** Rotates by such positions, and adds what such distances do to scores. */
  readonly rotateAt: (x: ValueId, positions: readonly number[]) => ValueId;
  readonly bias: (scores: ValueId, distances: readonly number[]) => ValueId;
}

const unsqueeze = (g: GraphBuilder, x: ValueId, axes: readonly number[]): ValueId =>
  g.op('Unsqueeze', [x, g.int64s('axes', axes)]);
const slice = (g: GraphBuilder, x: ValueId, from: ValueId, to: ValueId, axis: number): ValueId =>
  g.op('Slice', [x, from, to, g.int64s('axis', [axis])]);
/** From the first on. */
const upTo = (g: GraphBuilder, x: ValueId, to: ValueId, axis: number): ValueId =>
  slice(g, x, g.int64s('from', [0]), to, axis);
const between = (g: GraphBuilder, x: ValueId, from: number, to: number, axis: number): ValueId =>
  slice(g, x, g.int64s('from', [from]), g.int64s('to', [to]), axis);

/** A decoder with ids `[batch, sequence]` and logits `[batch, sequence, VOCABULARY]`, of seeded weights. */
export function decoderModel(style: DecoderStyle = {}): Model {
  const { heads = 2, layers = 2, opset = 17 } = style;
  return buildModel({ opset, seed: 5 }, (g) => {
    const ids = g.input('input_ids', ['batch', 'sequence'], 'int64');
    const padding = style.padding ? g.input('attention_mask', ['batch', 'sequence'], 'int64') : null;
    const shape = g.op('Shape', [ids]);
    const batch = g.op('Gather', [shape, g.int64s('zero', [0])], { axis: 0 });
    const length = g.op('Gather', [shape, g.int64s('one', [1])], { axis: 0 });
    const parts = { batch, length, ...placesOf(g, style, length, padding) };
    let x = g.op('Gather', [g.weight('tokens', [VOCABULARY, WIDTH]), ids], { axis: 0 });
    if (style.positions === 'learned') {
      const rows = g.op('Range', [g.int64s('start', [0], []), g.op('Squeeze', [length]), g.int64s('step', [1], [])]);
      x = g.op('Add', [
        x,
        g.op('Gather', [g.weight('places', [style.most ?? 64, WIDTH]), unsqueeze(g, rows, [0])], { axis: 0 }),
      ]);
    }
    for (let layer = 0; layer < layers; layer++) {
      x = g.op('Add', [x, attention(g, norm(g, x), style, parts, heads)]);
      x = g.op('Add', [
        x,
        product(
          g,
          g.op('Tanh', [product(g, norm(g, x), style, parts, 2 * WIDTH, WIDTH)]),
          style,
          parts,
          WIDTH,
          2 * WIDTH,
        ),
      ]);
    }
    g.output(product(g, norm(g, x), { ...style, products: 'matmul' }, parts, VOCABULARY, WIDTH), 'logits', {
      shape: ['batch', 'sequence', VOCABULARY],
    });
  });
}

const norm = (g: GraphBuilder, x: ValueId): ValueId =>
  g.op('LayerNormalization', [
    x,
    g.weight('gamma', [WIDTH], { scale: 0.1, offset: 1 }),
    g.weight('beta', [WIDTH], { scale: 0.1 }),
  ]);

function product(g: GraphBuilder, x: ValueId, style: DecoderStyle, parts: Parts, to: number, from: number): ValueId {
  const weight = g.weight('weight', [from, to], { scale: 0.4 });
  if (style.products !== 'gemm') return g.op('MatMul', [x, weight]);
  const rows = g.op('Gemm', [
    g.op('Reshape', [x, g.int64s('rows', [-1, from])]),
    weight,
    g.weight('bias', [to], { scale: 0.1 }),
  ]);
  return g.op('Reshape', [rows, g.op('Concat', [parts.batch, parts.length, g.int64s('to', [to])], { axis: 0 })]);
}

function attention(g: GraphBuilder, x: ValueId, style: DecoderStyle, parts: Parts, heads: number): ValueId {
  const kvHeads = style.kvHeads ?? heads;
  const each = WIDTH / heads;
  const split = (count: number): ValueId => {
    const sizes = g.op('Concat', [parts.batch, parts.length, g.int64s('split', [count, each])], { axis: 0 });
    return g.op('Transpose', [g.op('Reshape', [product(g, x, style, parts, count * each, WIDTH), sizes])], {
      perm: [0, 2, 1, 3],
    });
  };
  const shared = (value: ValueId): ValueId => {
    if (kvHeads === heads) return value;
    const times = heads / kvHeads;
    const sizes = g.op(
      'Concat',
      [parts.batch, g.int64s('heads', [kvHeads, times]), parts.length, g.int64s('each', [each])],
      { axis: 0 },
    );
    const whole = g.op('Concat', [parts.batch, g.int64s('all', [heads]), parts.length, g.int64s('each', [each])], {
      axis: 0,
    });
    return g.op('Reshape', [g.op('Expand', [unsqueeze(g, value, [2]), sizes]), whole]);
  };
  const [query, own, values] = [split(heads), split(kvHeads), split(kvHeads)];
  const mixed = style.unrolled
    ? unrolled(g, style.unrolled, parts, { query, key: shared(own), value: shared(values) }, each)
    : g.op('MatMul', [
        g.op('Softmax', [parts.score(scored(g, parts.rotate(query), shared(parts.rotate(own)), each))], { axis: -1 }),
        shared(values),
      ]);
  const sizes = g.op('Concat', [parts.batch, parts.length, g.int64s('merged', [WIDTH])], { axis: 0 });
  return product(
    g,
    g.op('Reshape', [g.op('Transpose', [mixed], { perm: [0, 2, 1, 3] }), sizes]),
    style,
    parts,
    WIDTH,
    WIDTH,
  );
}

const scored = (g: GraphBuilder, query: ValueId, key: ValueId, each: number): ValueId =>
  g.op('Mul', [
    g.op('MatMul', [query, g.op('Transpose', [key], { perm: [0, 1, 3, 2] })]),
    g.floats('scale', [], each ** -0.5),
  ]);

/** Query after query, each over what is kept for it, which is counted from 0: the truth that policies are held against. */
function unrolled(
  g: GraphBuilder,
  { length, kept }: NonNullable<DecoderStyle['unrolled']>,
  parts: Parts,
  { query, key, value }: { readonly query: ValueId; readonly key: ValueId; readonly value: ValueId },
  each: number,
): ValueId {
  const rows = Array.from({ length }, (_, at) => {
    const places = kept(at);
    const pick = (x: ValueId, of: readonly number[]): ValueId =>
      g.op('Gather', [x, g.int64s('places', of)], { axis: 2 });
    const turned = (x: ValueId, of: readonly number[]): ValueId => parts.rotateAt(x, of);
    const last = turned(pick(query, [at]), [places.length - 1]);
    const all = turned(
      pick(key, places),
      places.map((_place, i) => i),
    );
    const scores = parts.bias(
      scored(g, last, all, each),
      places.map((_place, i) => i - (places.length - 1)),
    );
    return g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), pick(value, places)]);
  });
  return g.op('Concat', rows, { axis: 2 });
}

/** Masks, rotations and biases, of the length of the text. */
function placesOf(
  g: GraphBuilder,
  style: DecoderStyle,
  length: ValueId,
  padding: ValueId | null,
): Omit<Parts, 'batch' | 'length'> {
  const { heads = 2, most = 64, positions = 'rotary-halves', mask = 'compare' } = style;
  const each = WIDTH / heads;
  const range = g.op('Range', [g.int64s('start', [0], []), g.op('Squeeze', [length]), g.int64s('step', [1], [])]);
  const [columns, rows] = [unsqueeze(g, range, [0]), unsqueeze(g, range, [1])];
  const seen = (): ValueId => {
    const near = (): ValueId =>
      g.op('Greater', [columns, g.op('Sub', [rows, g.int64s('window', [style.window ?? 0], [])])]);
    if (style.window !== undefined) return g.op('And', [g.op('LessOrEqual', [columns, rows]), near()]);
    if (mask === 'compare') return g.op('LessOrEqual', [columns, rows]);
    if (mask === 'table') {
      const table = Array.from({ length: most * most }, (_, i) => (i % most <= Math.floor(i / most) ? 1 : 0));
      const square = upTo(g, upTo(g, g.floats('triangle', [most, most], table), length, 0), length, 1);
      return g.op('Cast', [square], { to: 9 });
    }
    const ones = g.op('Expand', [g.floats('one', [], 1), g.op('Concat', [length, length], { axis: 0 })]);
    return g.op('Cast', [g.op('Trilu', [ones], { upper: 0 })], { to: 9 });
  };
  const hidden = g.op('Where', [seen(), g.floats('kept', [], 0), g.floats('fill', [], -3e38)]);
  const slopes = Array.from({ length: heads }, (_, head) => 2 ** -(head + 1));
  const bias = (): ValueId => {
    const apart = g.op('Cast', [g.op('Sub', [columns, rows])], { to: 1 });
    return g.op('Mul', [unsqueeze(g, apart, [0]), g.floats('slopes', [heads, 1, 1], slopes)]);
  };
  const score = (scores: ValueId): ValueId => {
    let made = style.replaces
      ? g.op('Where', [seen(), scores, g.floats('small', [], -10_000)])
      : g.op('Add', [scores, hidden]);
    if (positions === 'alibi') made = g.op('Add', [made, bias()]);
    if (padding === null) return made;
    const kept = g.op('Cast', [unsqueeze(g, padding, [1, 2])], { to: 1 });
    return g.op('Add', [
      made,
      g.op('Mul', [g.op('Sub', [g.floats('whole', [], 1), kept]), g.floats('least', [], -1e9)]),
    ]);
  };
  const biasAt = (scores: ValueId, distances: readonly number[]): ValueId => {
    if (positions !== 'alibi') return scores;
    const numbers = slopes.flatMap((slope) => distances.map((distance) => slope * distance));
    return g.op('Add', [scores, g.floats('bias', [heads, 1, distances.length], numbers)]);
  };
  if (!positions.startsWith('rotary')) return { score, rotate: (x) => x, rotateAt: (x) => x, bias: biasAt };
  const angle = (row: number, i: number): number => row * 100 ** ((-2 * (i % (each / 2))) / each);
  const computed = (): ValueId => {
    const steps = Array.from({ length: each / 2 }, (_, i) => angle(1, i));
    const angles = g.op('Mul', [g.op('Cast', [rows], { to: 1 }), g.floats('frequencies', [1, each / 2], steps)]);
    return g.op('Concat', [angles, angles], { axis: -1 });
  };
  const tableOf = (f: (x: number) => number, at: readonly number[]): ValueId =>
    g.floats(
      'table',
      [at.length, each],
      at.flatMap((row) => Array.from({ length: each }, (_, i) => f(angle(row, i)))),
    );
  const table = (f: (x: number) => number): ValueId =>
    upTo(
      g,
      tableOf(
        f,
        Array.from({ length: most }, (_, row) => row),
      ),
      length,
      0,
    );
  const [cos, sin] =
    positions === 'rotary-table'
      ? [table(Math.cos), table(Math.sin)]
      : [g.op('Cos', [computed()]), g.op('Sin', [computed()])];
  const rotateBy = (x: ValueId, by: readonly [ValueId, ValueId]): ValueId => {
    const turned = g.op('Concat', [g.op('Neg', [between(g, x, each / 2, END, 3)]), between(g, x, 0, each / 2, 3)], {
      axis: -1,
    });
    return g.op('Add', [g.op('Mul', [x, by[0]]), g.op('Mul', [turned, by[1]])]);
  };
  return {
    score,
    bias: biasAt,
    rotate: (x) => rotateBy(x, [cos, sin]),
    rotateAt: (x, at) => rotateBy(x, [tableOf(Math.cos, at), tableOf(Math.sin, at)]),
  };
}

/** Seeded ids, `[batch, length]`. */
export function someIds(batch: number, length: number, vocabulary = VOCABULARY, seed = 3): number[][] {
  const random = seeded(seed);
  return Array.from({ length: batch }, () => Array.from({ length }, () => Math.floor(random() * vocabulary)));
}

const idsTensor = (rows: readonly (readonly number[])[]): HostTensor => ({
  dtype: 'int64',
  shape: [rows.length, rows[0]?.length ?? 0],
  data: BigInt64Array.from(rows.flat(), BigInt),
});

/** What a decoder says at each position, run by run: `parts` are how many tokens each run is given. */
export async function logitsOf(
  model: Model,
  ids: readonly (readonly number[])[],
  parts: readonly number[],
  extra: (from: number, to: number) => Record<string, HostTensor> = () => ({}),
): Promise<number[][][]> {
  verifyModel(model);
  const session = await testRuntime().createSession(
    writeModel(model),
    { backend: 'wasm', level: 'disabled', threads: 1 },
    silentJob(),
  );
  const pasts = model.graph.inputs.map((id) => model.getValue(id)).filter(({ name }) => name.startsWith('past'));
  const counts = model.graph.inputs.some((id) => model.getValue(id).name === POSITION_OFFSET);
  let kept: Record<string, HostTensor> = {};
  for (const { name, type } of pasts) {
    if (type?.kind !== 'tensor') continue;
    const shape = (type.shape ?? []).map((dim) =>
      typeof dim === 'number' ? dim : dim === 'batch' || dim === 'batch_size' ? ids.length : 0,
    );
    kept[name] = { dtype: type.dtype, shape, data: viewAs(type.dtype, new Uint8Array(0)) };
  }
  const said: number[][][] = ids.map(() => []);
  let from = 0;
  try {
    for (const part of parts) {
      const rows = ids.map((row) => row.slice(from, from + part));
      const held = Object.values(kept)[0]?.shape.at(-2) ?? 0;
      const offset: HostTensor = { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(from - held)) };
      const feeds = { input_ids: idsTensor(rows), ...kept, ...(counts && { [POSITION_OFFSET]: offset }) };
      const results = await session.run({ ...feeds, ...extra(from, from + part) });
      const { shape = [], data } = results['logits']!;
      const width = shape[2] ?? 0;
      const numbers = Array.from(data as Float32Array);
      for (let b = 0; b < ids.length; b++)
        for (let i = 0; i < part; i++) said[b]!.push(numbers.slice((b * part + i) * width, (b * part + i + 1) * width));
      kept = Object.fromEntries(
        pasts.map(({ name }) => {
          const { dtype, shape: size, data: numbersOf } = results[name.replace(/^past_key_values/, 'present')]!;
          return [name, { dtype, shape: size, data: numbersOf }];
        }),
      );
      from += part;
    }
  } finally {
    await session.release();
  }
  return said;
}

/** The largest difference between two answers, relative to the largest number of the first. */
export function apart(
  a: readonly (readonly (readonly number[])[])[],
  b: readonly (readonly (readonly number[])[])[],
): number {
  const [left, right] = [a.flat(2), b.flat(2)];
  expect(right.length).toBe(left.length);
  const largest = Math.max(...left.map(Math.abs));
  return Math.max(...left.map((number, i) => Math.abs(number - (right[i] ?? NaN)))) / largest;
}
