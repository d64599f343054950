import { describe, expect, it } from 'vitest';
import { getInt } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { split } from '../../testing/attention.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent, type Equivalence } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { fuseAttention } from './fuse-attention.ts';
import { fuseRotary } from './fuse-rotary.ts';

const ROTARY = 'com.microsoft.RotaryEmbedding';
const END = 2 ** 31;
const HEADS = { batch: 'batch', queries: 'seq', heads: 2, width: 8 };

const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

const cut = (g: GraphBuilder, x: ValueId, from: number, to: number, step = 1): ValueId =>
  g.op('Slice', [x, g.int64s('from', [from]), g.int64s('to', [to]), g.int64s('axis', [-1]), g.int64s('step', [step])]);
const unsqueeze = (g: GraphBuilder, x: ValueId, axes: number[]): ValueId =>
  g.op('Unsqueeze', [x, g.int64s('axes', axes)]);

/** x·cos + (−b, a)·sin */
function halves(g: GraphBuilder, x: ValueId, cos: ValueId, sin: ValueId, width = 8): ValueId {
  const turned = g.op('Concat', [g.op('Neg', [cut(g, x, width / 2, END)]), cut(g, x, 0, width / 2)], { axis: -1 });
  return g.op('Add', [g.op('Mul', [x, cos]), g.op('Mul', [turned, sin])]);
}

/** As GPT-J has it: pairs, put together by a new axis. */
function pairs(g: GraphBuilder, x: ValueId, cos: ValueId, sin: ValueId, shape: number[]): ValueId {
  const [a, b] = [cut(g, x, 0, END, 2), cut(g, x, 1, END, 2)];
  const both = g.op('Concat', [unsqueeze(g, g.op('Neg', [b]), [-1]), unsqueeze(g, a, [-1])], { axis: -1 });
  const turned = g.op('Reshape', [both, g.int64s('pairs', shape)]);
  return g.op('Add', [g.op('Mul', [x, cos]), g.op('Mul', [turned, sin])]);
}

/** Angles for [.., seq, width / 2] that a graph computes from positions. */
function angles(g: GraphBuilder, name: string, batch: string | number = 1): ValueId {
  const ids = g.op('Cast', [g.input(name, [batch, 'seq'], 'int64')], { to: 1 });
  return g.op('Mul', [unsqueeze(g, ids, [-1]), g.weight('freq', [4])]);
}

function doubledTables(g: GraphBuilder, batch: string | number = 1, axis = 1): [ValueId, ValueId] {
  const f = angles(g, 'position_ids', batch);
  const twice = g.op('Concat', [f, f], { axis: -1 });
  return [unsqueeze(g, g.op('Cos', [twice]), [axis]), unsqueeze(g, g.op('Sin', [twice]), [axis])];
}

const flat = (g: GraphBuilder, name = 'x'): ValueId => g.input(name, ['batch', 'seq', 16]);

async function expectFused(
  before: Model,
  ops: Record<string, number>,
  options: Partial<Equivalence> = {},
): Promise<Node> {
  const { model: after, result } = await afterPass(before, fuseRotary);
  expect(result.refusals.map((each) => each.reason)).toEqual([]);
  expect(countOps(after)).toMatchObject(ops);
  for (const gone of ['Neg', 'Sub', 'Add']) expect(countOps(after)[gone]).toBeUndefined();
  await expectEquivalent(before, after, { class: 'order', seeds: 2, ...options });
  return [...after.nodes.values()].find((node) => node.opType === 'RotaryEmbedding')!;
}

const reasons = async (before: Model, settings = {}): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseRotary, settings);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

describe('fuse-rotary', () => {
  it('rotates halves whose angles the graph computes, for all sequences alike', async () => {
    const before = model((g) => {
      const [cos, sin] = doubledTables(g);
      return halves(g, split(g, flat(g), HEADS), cos, sin);
    });
    const rotary = await expectFused(before, { [ROTARY]: 1, Reshape: 3, Transpose: 1, Slice: 2 });
    expect(getInt(rotary, 'num_heads', 0)).toBe(2);
    expect(getInt(rotary, 'interleaved', 0)).toBe(0);
  });

  it('gives each sequence its own rows', async () => {
    const before = model((g) => {
      const [cos, sin] = doubledTables(g, 'batch');
      return halves(g, split(g, flat(g), HEADS), cos, sin);
    });
    await expectFused(before, { [ROTARY]: 1, Range: 1 });
  });

  it('makes tables and positions once for queries and keys', async () => {
    const before = buildModel({}, (g) => {
      const [cos, sin] = doubledTables(g, 'batch');
      for (const name of ['q', 'k']) g.output(halves(g, split(g, flat(g, name), HEADS), cos, sin), `${name}y`);
    });
    await expectFused(before, { [ROTARY]: 2, Range: 1, Slice: 2 });
  });

  it('takes rows of a constant table by their ids', async () => {
    const before = model((g) => {
      const ids = g.input('position_ids', ['batch', 'seq'], 'int64');
      const half = Array.from({ length: 1024 * 4 }, (_, i) => Math.sin(i * 0.37));
      const table = (name: string, from: number): ValueId => {
        const rows = Array.from({ length: 1024 * 8 }, (_, i) => (half[Math.floor(i / 8) * 4 + (i % 4)] ?? 0) * from);
        return unsqueeze(g, g.op('Gather', [g.floats(name, [1024, 8], rows), ids]), [1]);
      };
      return halves(g, split(g, flat(g), HEADS), table('cos', 1), table('sin', 0.5));
    });
    await expectFused(before, { [ROTARY]: 1, Reshape: 1, Transpose: 1 });
    const { model: after } = await afterPass(before, fuseRotary);
    expect(countOps(after)['Gather']).toBeUndefined();
  });

  it('takes heads as they are, where nothing tells how they were split', async () => {
    const before = model((g) => {
      const [cos, sin] = doubledTables(g);
      return halves(g, g.input('x', ['batch', 3, 'seq', 8]), cos, sin);
    });
    const rotary = await expectFused(before, { [ROTARY]: 1, Reshape: 2 });
    expect(getInt(rotary, 'num_heads', 0)).toBe(0);
  });

  it('rotates pairs, heads behind positions', async () => {
    const before = model((g) => {
      const x = g.op('Reshape', [flat(g), g.int64s('heads', [0, 0, 2, 8])]);
      const f = angles(g, 'position_ids');
      const twice = (y: ValueId): ValueId => {
        const many = g.op('Expand', [unsqueeze(g, y, [2, 4]), g.int64s('many', [1, 1, 1, 1, 2])]);
        return g.op('Reshape', [many, g.int64s('twice', [1, -1, 1, 8])]);
      };
      return pairs(g, x, twice(g.op('Cos', [f])), twice(g.op('Sin', [f])), [0, 0, 2, 8]);
    });
    const rotary = await expectFused(before, { [ROTARY]: 1 });
    expect(getInt(rotary, 'interleaved', 0)).toBe(1);
  });

  it.each(['half', 'pair'])('reads differences and sums of products as a rotation (%s)', async (mode) => {
    const before = model((g) => {
      const x = g.op('Reshape', [flat(g), g.int64s('heads', [0, 0, 2, 8])]);
      const f = unsqueeze(g, angles(g, 'position_ids'), [2]);
      const [cos, sin] = [g.op('Cos', [f]), g.op('Sin', [f])];
      const five = g.op('Reshape', [x, g.int64s('five', [0, 0, 2, 4, 2])]);
      const part = (i: number): ValueId =>
        mode === 'half'
          ? g.node('Split', [x, g.int64s('sizes', [4, 4])], { axis: -1 }, { outputs: ['a', 'b'] }).outputs[i]!
          : g.op('Gather', [five, g.int64s('i', [i], [])], { axis: 4 });
      const [a, b] = [part(0), part(1)];
      const times = (p: ValueId, q: ValueId): ValueId => g.op('Mul', [p, q]);
      const first = g.op('Sub', [times(a, cos), times(b, sin)]);
      const second = g.op('Add', [times(a, sin), times(b, cos)]);
      if (mode === 'half') return g.op('Concat', [first, second], { axis: 3 });
      const both = g.op('Concat', [unsqueeze(g, first, [-1]), unsqueeze(g, second, [-1])], { axis: -1 });
      return g.op('Reshape', [both, g.int64s('back', [0, 0, 2, 8])]);
    });
    const rotary = await expectFused(before, { [ROTARY]: 1 });
    expect(getInt(rotary, 'interleaved', 0)).toBe(mode === 'pair' ? 1 : 0);
  });

  it('rotates the first part of each head', async () => {
    const before = model((g) => {
      const x = split(g, flat(g), { ...HEADS, heads: 1, width: 16 });
      const [cos, sin] = doubledTables(g);
      return g.op('Concat', [halves(g, cut(g, x, 0, 8), cos, sin), cut(g, x, 8, END)], { axis: -1 });
    });
    await expectFused(before, { [ROTARY]: 1, Concat: 2 });
  });

  it('gives positions first where heads stood first only before a Transpose', async () => {
    const before = model((g) => {
      const x = g.op('Transpose', [g.input('x', [2, 4, 3, 8])], { perm: [0, 2, 1, 3] });
      const [cos, sin] = ['cos', 'sin'].map((name) => {
        const half = g.input(name, [2, 3, 4]);
        return unsqueeze(g, g.op('Concat', [half, half], { axis: -1 }), [2]);
      });
      return halves(g, x, cos!, sin!);
    });
    const { model: after } = await afterPass(before, fuseRotary);
    expect(countOps(after)).toMatchObject({ [ROTARY]: 1, Transpose: 1 });
    await expectEquivalent(before, after, { class: 'order' });
  });

  it('lets attention find the heads behind it', async () => {
    const before = buildModel({}, (g) => {
      const [cos, sin] = doubledTables(g);
      const [q, k] = ['q', 'k'].map((name) => halves(g, split(g, flat(g, name), HEADS), cos, sin));
      const scores = g.op('MatMul', [q!, g.op('Transpose', [k!], { perm: [0, 1, 3, 2] })]);
      const y = g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), split(g, flat(g, 'v'), HEADS)]);
      g.output(g.op('Reshape', [g.op('Transpose', [y], { perm: [0, 2, 1, 3] }), g.int64s('merge', [0, 0, 16])]), 'y');
    });
    const { model: rotated } = await afterPass(before, fuseRotary);
    const { model: after } = await afterPass(rotated, fuseAttention);
    expect(countOps(after)).toMatchObject({ [ROTARY]: 2, 'com.microsoft.MultiHeadAttention': 1 });
    expect(countOps(after)['Transpose']).toBeUndefined();
    await expectEquivalent(before, after, { class: 'order' });
  });
});

describe('fuse-rotary: refusals', () => {
  const other = (make: (g: GraphBuilder) => [ValueId, ValueId], shape: (string | number)[] = ['batch', 2, 'seq', 8]) =>
    model((g) => halves(g, g.input('x', shape), ...make(g)));
  const angle = (g: GraphBuilder, shape: (string | number)[]): [ValueId, ValueId] => {
    const f = g.input('f', shape);
    const twice = g.op('Concat', [f, f], { axis: -1 });
    return [g.op('Cos', [twice]), g.op('Sin', [twice])];
  };

  it('leaves tables alone that are not proven to hold each number twice', async () => {
    expect(await reasons(other((g) => [g.input('cos', ['seq', 8]), g.input('sin', ['seq', 8])]))).toMatch(
      /each number twice/,
    );
    const table = other((g) => [g.weight('cos', [5, 8]), g.weight('sin', [5, 8])], ['batch', 2, 5, 8]);
    expect(await reasons(table)).toMatch(/each number twice/);
  });

  it('leaves tables alone that differ from head to head, or do not depend on the position', async () => {
    expect(await reasons(other((g) => angle(g, [2, 'seq', 4])))).toMatch(/differ from head to head/);
    expect(await reasons(other((g) => angle(g, [1, 4])))).toMatch(/do not depend on the position/);
    expect(await reasons(other((g) => angle(g, ['other', 4])))).toMatch(/not proven/);
  });

  it('leaves float16 on WASM, and other shapes', async () => {
    const half = (g: GraphBuilder): [ValueId, ValueId] => {
      const [cos, sin] = angle(g, ['seq', 4]);
      return [g.op('Cast', [cos], { to: 10 }), g.op('Cast', [sin], { to: 10 })];
    };
    const before = model((g) => halves(g, g.input('x', ['batch', 2, 'seq', 8], 'float16'), ...half(g)));
    expect(await reasons(before)).toMatch(/float16/);
    expect((await sitesOf(before, fuseRotary, { backend: 'webgpu' })).sites).toHaveLength(1);
    expect(await reasons(other((g) => angle(g, ['seq', 4]), ['seq', 8]))).toMatch(/has 2 axes/);
  });

  it('does not take a sum of other products', async () => {
    const before = model((g) => {
      const x = g.input('x', ['batch', 2, 'seq', 8]);
      const [cos, sin] = angle(g, ['seq', 4]);
      const turned = g.op('Concat', [cut(g, x, 4, END), cut(g, x, 0, 4)], { axis: -1 });
      return g.op('Add', [g.op('Mul', [x, cos]), g.op('Mul', [turned, sin])]);
    });
    expect(await sitesOf(before, fuseRotary)).toEqual({ sites: [], refusals: [] });
  });

  it('does not turn the other way', async () => {
    const before = model((g) => {
      const x = g.input('x', ['batch', 2, 'seq', 8]);
      const [cos, sin] = angle(g, ['seq', 4]);
      const turned = g.op('Concat', [cut(g, x, 4, END), g.op('Neg', [cut(g, x, 0, 4)])], { axis: -1 });
      return g.op('Add', [g.op('Mul', [x, cos]), g.op('Mul', [turned, sin])]);
    });
    expect((await sitesOf(before, fuseRotary)).sites).toEqual([]);
  });
});

describe.skipIf(!haveShared())('fuse-rotary: real models', () => {
  it('rotates the pairs of a small Llama', async () => {
    const { model: before } = readModel(sharedFile('real/models/decoder/aidreams260k_nocache.onnx'));
    const { model: after } = await afterPass(before, fuseRotary);
    expect(countOps(after)).toMatchObject({ [ROTARY]: 8 });
    await expectEquivalent(before, after, { class: 'order', seeds: 2 });
  });
});
