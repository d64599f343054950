import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { float } from '../ir/attribute.ts';
import { floats, tensorOf } from '../ir/tensor.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../testing/build.ts';
import { cutModel, expectOracle, randomKept } from '../testing/prune-oracle.ts';
import { findGroups } from './groups.ts';

const conv = (g: GraphBuilder, x: ValueId, cin: number, cout: number, attributes = {}): ValueId =>
  g.op('Conv', [x, g.weight('w', [cout, cin, 1, 1])], attributes, { name: `conv${cin}_${cout}` });

/** conv 3→12, then `middle` over [1, 12, 4, 4], then conv 12→2 to the output. */
function sandwich(middle: (g: GraphBuilder, x: ValueId) => ValueId, options: BuildOptions = {}, back = 12): Model {
  return buildModel({ opset: 17, seed: 3, ...options }, (g) => {
    const x = conv(g, g.input('x', [1, 3, 4, 4]), 3, 12);
    g.output(conv(g, middle(g, x), back, 2), 'y', { shape: null });
  });
}

const groupsOf = (model: Model) => findGroups(model, analyze(model));

type Middle = (g: GraphBuilder, x: ValueId) => ValueId;

/** By what the row shows: the middle, the atoms of the one group, and options. */
const CUT: Readonly<Record<string, readonly [Middle, number, BuildOptions?]>> = {
  'PRelu: its slope is sliced': [(g, x) => g.op('PRelu', [x, g.weight('slope', [12, 1, 1])]), 12],
  'Clip: limits are scalars': [(g, x) => g.op('Clip', [x, g.floats('low', [], [0]), g.floats('high', [], [6])]), 12],
  'Where: all three operands are tied': [
    (g, x) => g.op('Where', [g.op('Greater', [x, g.floats('zero', [1], 0)]), x, g.weight('other', [12, 1, 1])]),
    12,
  ],
  'Cast, Dropout, Identity pass': [
    (g, x) => g.op('Identity', [g.op('Cast', [g.op('Dropout', [g.op('Cast', [x], { to: 11 })])], { to: 1 })]),
    12,
  ],
  'GroupNormalization cuts whole groups (scale per group, opset 18)': [
    (g, x) => g.op('GroupNormalization', [x, g.weight('s', [4]), g.weight('b', [4])], { num_groups: 4 }),
    4,
    { opset: 18 },
  ],
  'GroupNormalization cuts whole groups (scale per channel, opset 21)': [
    (g, x) => g.op('GroupNormalization', [x, g.weight('s', [12]), g.weight('b', [12])], { num_groups: 4 }),
    4,
    { opset: 21 },
  ],
  'group normalisation spelt with InstanceNormalization cuts whole groups': [
    (g, x) => {
      const folded = g.op('Reshape', [x, g.int64s('s', [0, 3, -1])]);
      const normed = g.op('InstanceNormalization', [folded, g.floats('one', [3], 1), g.floats('zero', [3], 0)]);
      return g.op('Reshape', [normed, g.int64s('t', [1, 12, 4, 4])]);
    },
    3,
  ],
  'Softmax over space passes channels': [(g, x) => g.op('Softmax', [x], { axis: -1 }), 12],
  'MeanVarianceNormalization normalises each channel by itself': [(g, x) => g.op('MeanVarianceNormalization', [x]), 12],
  'ReduceMean over space keeps channels': [(g, x) => g.op('ReduceMean', [x], { axes: [2, 3] }), 12],
  'ReduceMax without keepdims moves them': [
    (g, x) => g.op('Unsqueeze', [g.op('ReduceMax', [x], { axes: [2, 3], keepdims: 0 }), g.int64s('a', [2, 3])]),
    12,
  ],
  'Squeeze and Unsqueeze move the axis': [
    (g, x) => {
      const squeezed = g.op('Squeeze', [x, g.int64s('a', [0])]);
      return g.op('Unsqueeze', [squeezed, g.int64s('b', [0])]);
    },
    12,
  ],
  'Resize by scales': [
    (g, x) => g.op('Resize', [x, null, g.floats('scales', [4], [1, 1, 2, 2])], { mode: 'nearest' }),
    12,
  ],
  'Resize to sizes, which are rewritten': [
    (g, x) => g.op('Resize', [x, null, null, g.int64s('sizes', [1, 12, 8, 8])], { mode: 'nearest' }),
    12,
  ],
  'Upsample (opset 9)': [
    (g, x) => g.op('Upsample', [x, g.floats('scales', [4], [1, 1, 2, 2])], { mode: 'nearest' }),
    12,
    { opset: 9 },
  ],
  'Expand of pooled channels over space': [
    (g, x) => g.op('Expand', [g.op('GlobalMaxPool', [x]), g.int64s('s', [1, 12, 4, 4])]),
    12,
  ],
  'Tile over space': [(g, x) => g.op('Tile', [x, g.int64s('r', [1, 1, 2, 1])]), 12],
  'Pad of space': [(g, x) => g.op('Pad', [x, g.int64s('p', [0, 0, 1, 1, 0, 0, 1, 1])]), 12],
  'LpNormalization over space': [(g, x) => g.op('LpNormalization', [x], { axis: 3 }), 12],
  'QuantizeLinear and DequantizeLinear per channel': [
    (g, x) => {
      const scale = g.weight('scale', [12], { scale: 0.001, offset: 0.05 });
      return g.op('DequantizeLinear', [g.op('QuantizeLinear', [x, scale], { axis: 1 }), scale], { axis: 1 });
    },
    12,
  ],
  'grouped Conv takes the same channels from every group': [
    (g, x) => g.op('Conv', [x, g.weight('w', [12, 4, 1, 1])], { group: 3 }),
    4,
  ],
  'grouped ConvTranspose takes the same channels from every group': [
    (g, x) => g.op('ConvTranspose', [x, g.weight('w', [12, 4, 1, 1]), g.weight('b', [12])], { group: 3 }),
    4,
  ],
  'depthwise ConvTranspose: in ≡ out': [
    (g, x) => g.op('ConvTranspose', [x, g.weight('w', [12, 1, 1, 1]), g.weight('b', [12])], { group: 12 }),
    12,
  ],
  'SpaceToDepth and DepthToSpace': [
    (g, x) => g.op('DepthToSpace', [g.op('SpaceToDepth', [x], { blocksize: 2 })], { blocksize: 2 }),
    12,
  ],
  'Slice and Split by attributes (opset 9)': [
    (g, x) => {
      const parts = g.node('Split', [x], { axis: 1, split: [6, 6] }, { outputs: ['l', 'r'] }).outputs;
      const left = g.op('Slice', [parts[0] as ValueId], { axes: [1], starts: [0], ends: [6] });
      return g.op('Concat', [left, parts[1] as ValueId], { axis: 1 });
    },
    6,
    { opset: 9 },
  ],
  'FusedConv with an activation and a residual': [
    (g, x) =>
      g.op(
        'FusedConv',
        [x, g.weight('w', [12, 12, 1, 1]), g.weight('b', [12]), x],
        { activation: 'Relu' },
        {
          domain: 'com.microsoft',
        },
      ),
    12,
    { domains: { 'com.microsoft': 1 } },
  ],
  'LayerNormalization over space': [
    (g, x) => g.op('LayerNormalization', [x, g.weight('s', [4]), g.weight('b', [4])], { axis: -1 }),
    12,
  ],
  GridSample: [(g, x) => g.op('GridSample', [x, g.weight('grid', [1, 2, 2, 2])]), 12],
};

describe('what is cut', () => {
  it.each(Object.entries(CUT))('%s', async (_, [middle, atoms, options]) => {
    const { graph, change } = await expectOracle(sandwich(middle, options), { seed: 2 });
    const made = graph.groups.filter(({ anchor }) => graph.space.model.getNode(anchor).name === 'conv3_12');
    expect(
      made.map((group) => group.atoms.length),
      JSON.stringify(graph.frozen),
    ).toContain(atoms);
    expect(made.reduce((sum, group) => sum + group.channels, 0)).toBe(12);
    expect(change).toBeGreaterThan(1e-4);
  });
});

/** By what stands in the way: the middle, and the words of the reason. */
const FROZEN: Readonly<Record<string, readonly [Middle, RegExp, BuildOptions?]>> = {
  'an unknown operator': [
    (g, x) => g.op('Wobble', [x], {}, { domain: 'example', name: 'w1', outputs: ['wobbled'] }),
    /Wobble w1: is an operator without an axis rule/,
    { domains: { example: 1 } },
  ],
  'Softmax over the channels': [(g, x) => g.op('Softmax', [x], { axis: 1 }), /Softmax .*sums over this axis/],
  'Softmax from the channels on (opset 11)': [(g, x) => g.op('Softmax', [x]), /sums over/, { opset: 11 }],
  'a norm over the channels': [
    (g, x) => {
      const rows = g.op('Transpose', [x], { perm: [0, 2, 3, 1] });
      const normed = g.op('LayerNormalization', [rows, g.weight('s', [12])]);
      return g.op('Transpose', [normed], { perm: [0, 3, 1, 2] });
    },
    /LayerNormalization .*statistics would change/,
  ],
  'LRN, which mixes neighbours': [(g, x) => g.op('LRN', [x], { size: 3 }), /LRN .*statistics/],
  'a mean over the channels': [
    (g, x) => g.op('Mul', [x, g.op('ReduceMean', [x], { axes: [1] })]),
    /ReduceMean .*reduces over this axis/,
  ],
  'padding of the channels': [
    (g, x) =>
      g.op('Slice', [
        g.op('Pad', [x, g.int64s('p', [0, 1, 0, 0, 0, 0, 0, 0])]),
        g.int64s('a', [1]),
        g.int64s('b', [13]),
        g.int64s('c', [1]),
      ]),
    /Pad .*pads this axis/,
  ],
  'every other channel': [
    (g, x) => {
      const steps = [g.int64s('a', [0]), g.int64s('b', [12]), g.int64s('c', [1]), g.int64s('d', [2])];
      const half = g.op('Slice', [x, ...steps]);
      return g.op('Concat', [half, half], { axis: 1 });
    },
    /Slice .*slices this axis/,
  ],
  'arithmetic with their number': [
    (g, x) => {
      const size = g.op('Gather', [g.op('Shape', [x]), g.int64s('one', [1])], { axis: 0 });
      const scale = g.op('Cast', [size], { to: 1 }, { name: 'count' });
      return g.op('Div', [x, scale]);
    },
    /Cast count: computes with the size of this axis/,
  ],
  'a reshape to a computed shape': [
    (g, x) => {
      const doubled = g.op('Mul', [g.int64s('half', [6]), g.int64s('two', [2])], {}, { name: 'twice' });
      const shape = g.op('Concat', [g.int64s('b', [1]), doubled, g.int64s('s', [4, 4])], { axis: 0 });
      return g.op('Reshape', [x, shape], {}, { name: 'shaped' });
    },
    /Reshape shaped: its size is computed in a way that cannot be followed/,
  ],
  'a subgraph that captures them': [
    (g, x) => {
      const branch = (inner: GraphBuilder): void => inner.output(inner.op('Relu', [x]), 'branch');
      const flag = g.input('flag', [], 'bool');
      return g.op('If', [flag], { then_branch: branch, else_branch: branch });
    },
    /is used by a subgraph|without an axis rule/,
  ],
  'weights computed while it runs': [
    (g, x) => {
      const w = g.op('Reshape', [g.op('GlobalAveragePool', [x]), g.int64s('s', [12, 1, 1, 1])]);
      return g.op('Conv', [x, w], { group: 12 });
    },
    /Conv .*its weights are computed while it runs/,
  ],
  'pool indices': [
    (g, x) => {
      const pool = g.node('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] }, { outputs: ['p', 'i'] });
      const [pooled, indices] = pool.outputs as ValueId[];
      return g.op('MaxUnpool', [pooled!, indices!], { kernel_shape: [2, 2], strides: [2, 2] });
    },
    /MaxPool .*indices into the whole tensor|without an axis rule/,
  ],
  'one scale for all elements': [
    (g, x) => {
      const [q, s, z] = g.node('DynamicQuantizeLinear', [x], {}, { outputs: ['q', 's', 'z'] }).outputs as ValueId[];
      return g.op('DequantizeLinear', [q!, s!, z!]);
    },
    /DynamicQuantizeLinear .*scale from all elements/,
  ],
};

describe('what is frozen, with the place and the reason', () => {
  it.each(Object.entries(FROZEN))('%s', (_, [middle, reason, options]) => {
    const { frozen, groups, space } = groupsOf(sandwich(middle, options));
    expect(groups).toEqual([]);
    const first = frozen.find((each) => space.model.getNode(each.node).name === 'conv3_12');
    expect(first?.reason).toMatch(reason);
  });

  it('graph outputs: all producers of an output stay', () => {
    const model = buildModel({}, (g) => g.output(conv(g, g.input('x', [1, 3, 4, 4]), 3, 8), 'y'));
    expect(groupsOf(model).frozen.map((each) => each.reason)).toEqual(['y is a graph output.']);
  });

  it('overridable weights: the reason names the cure', () => {
    const model = buildModel({}, (g) => {
      const w = g.weight('w', [8, 3, 1, 1]);
      g.graph.inputs.push(w);
      g.output(conv(g, g.op('Conv', [g.input('x', [1, 3, 4, 4]), w]), 8, 2), 'y');
    });
    expect(groupsOf(model).frozen[0]?.reason).toMatch(/freeze-initializers/);
  });

  it('partly: Concat with the input cuts only what a layer makes', async () => {
    const model = buildModel({ opset: 17, seed: 1 }, (g) => {
      const x = g.input('x', [1, 3, 4, 4]);
      const joined = g.op('Concat', [x, conv(g, x, 3, 8)], { axis: 1 });
      g.output(conv(g, joined, 11, 2), 'y');
    });
    const { graph } = await expectOracle(model);
    expect(graph.groups.map((group) => group.channels)).toEqual([8]);
  });
});

describe('weights', () => {
  it('one weight used by two layers of different groups is cloned', async () => {
    const model = buildModel({ opset: 17, seed: 1 }, (g) => {
      const shared = g.weight('shared', [8, 8, 1, 1]);
      const a = conv(g, g.input('x', [1, 3, 4, 4]), 3, 8);
      const c = g.op('Conv', [g.op('Relu', [g.op('Conv', [a, shared])]), shared]);
      g.output(conv(g, c, 8, 2), 'y');
    });
    const { graph, cut } = await expectOracle(model);
    expect(graph.groups.length).toBe(3);
    expect([...cut.graph.initializers].filter(([value]) => cut.getValue(value).name.startsWith('shared')).length).toBe(
      2,
    );
  });

  it('one weight used twice in the same way stays one', async () => {
    const model = buildModel({ opset: 17, seed: 1 }, (g) => {
      const slope = g.weight('slope', [8, 1, 1]);
      const a = g.op('PRelu', [conv(g, g.input('x', [1, 3, 4, 4]), 3, 8), slope]);
      g.output(conv(g, g.op('PRelu', [a, slope]), 8, 2), 'y');
    });
    const { cut } = await expectOracle(model);
    expect(cut.graph.initializers.size).toBe(3);
  });

  it('a shared shape constant is cloned where only one reader must change', async () => {
    const model = buildModel({ opset: 17, seed: 1 }, (g) => {
      const shape = g.int64s('shape', [1, 12, 16]);
      const x = g.input('x', [1, 12, 4, 4]);
      const a = g.op('Reshape', [conv(g, x, 12, 12), shape]);
      const back = g.op('Reshape', [a, g.int64s('back', [1, 12, 4, 4])]);
      g.output(conv(g, back, 12, 2), 'y');
      g.output(g.op('Reshape', [x, shape]), 'z');
    });
    const { graph } = await expectOracle(model);
    expect(graph.groups.length).toBe(1);
  });

  it('weights filled by ConstantOfShape are cut through their shape', () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const filled = (shape: number[]): ValueId => g.op('ConstantOfShape', [g.int64s('s', shape)]);
      const x = g.op('Conv', [g.input('x', [1, 3, 4, 4]), filled([8, 3, 1, 1])]);
      g.output(g.op('Conv', [x, filled([2, 8, 1, 1])]), 'y');
    });
    const graph = groupsOf(model);
    const cut = cutModel(model, graph, randomKept(graph, 0.5, 1));
    const shapes = [...cut.graph.initializers.values()].map((tensor) => Array.from(tensor.numbers()));
    expect(shapes).toEqual([
      [4, 3, 1, 1],
      [2, 4, 1, 1],
    ]);
  });

  it('Constant nodes are sliced in place', async () => {
    const model = sandwich((g, x) => {
      const value = floats(
        [12, 1, 1],
        Float32Array.from({ length: 12 }, (_, i) => i - 6),
      );
      return g.op('Add', [x, g.op('Constant', [], { value })]);
    });
    const { cut } = await expectOracle(model);
    expect([...cut.nodes.values()].filter((node) => node.opType === 'Constant').length).toBe(1);
  });

  it('half-precision weights are cut', () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const x = g.input('x', [1, 3, 4, 4], 'float16');
      const w = (shape: number[]): ValueId => g.weight('w', shape, { dtype: 'float16' });
      g.output(g.op('Conv', [g.op('Conv', [x, w([8, 3, 1, 1])]), w([2, 8, 1, 1])]), 'y');
    });
    const graph = groupsOf(model);
    const cut = cutModel(model, graph, [new Set([1, 6])]);
    const [first, second] = [...cut.graph.initializers.values()];
    const original = [...model.graph.initializers.values()][0]!.read();
    expect([first!.shape, second!.shape]).toEqual([
      [2, 3, 1, 1],
      [2, 2, 1, 1],
    ]);
    expect(Array.from(first!.read(), Number)).toEqual([3, 4, 5, 18, 19, 20].map((i) => Number(original[i])));
  });
});

describe('other dense layers', () => {
  it('Gemm chains: transA, transB and bias forms', async () => {
    const model = buildModel({ opset: 17, seed: 2 }, (g) => {
      const x = g.input('x', [3, 2]);
      const a = g.op('Relu', [g.op('Gemm', [x, g.weight('w', [3, 8]), g.weight('b', [8])], { transA: 1 })]);
      const b = g.op('Gemm', [a, g.weight('w', [10, 8]), g.weight('b', [1, 10])], { transB: 1, alpha: float(0.5) });
      g.output(g.op('MatMul', [g.op('Tanh', [b]), g.weight('w', [10, 4])]), 'y');
    });
    const { graph } = await expectOracle(model);
    expect(graph.groups.map((group) => group.channels)).toEqual([8, 10]);
  });

  it('the hidden layer of a transformer block is cut; its stream, under a norm, is not', async () => {
    const model = buildModel({ opset: 17, seed: 2 }, (g) => {
      const x = g.input('x', [1, 5, 8]);
      const stream = g.op('Add', [x, g.op('MatMul', [x, g.weight('p', [8, 8])])]);
      const normed = g.op('LayerNormalization', [stream, g.weight('s', [8]), g.weight('b', [8])]);
      const hidden = g.op('Relu', [
        g.op('Add', [g.op('MatMul', [normed, g.weight('up', [8, 16])]), g.weight('b', [16])]),
      ]);
      g.output(g.op('Add', [stream, g.op('MatMul', [hidden, g.weight('down', [16, 8])])]), 'y');
    });
    const { graph } = await expectOracle(model);
    expect(graph.groups.map((group) => group.channels)).toEqual([16]);
  });
});

describe('channels that are never cut', () => {
  const frozenOf = (build: (g: GraphBuilder, x: ValueId) => ValueId, shape: readonly number[]): string[] => {
    const model = buildModel({ opset: 17 }, (g) => g.output(build(g, g.input('x', shape)), 'y'));
    const { groups, frozen } = groupsOf(model);
    expect(groups).toEqual([]);
    return frozen.map(({ reason }) => reason);
  };

  it('are told of a recurrent layer', () => {
    const layer = (g: GraphBuilder, x: ValueId): ValueId =>
      g.op('GRU', [x, g.weight('w', [1, 12, 3]), g.weight('r', [1, 12, 4])], { hidden_size: 4 });
    expect(frozenOf(layer, [5, 2, 3])).toEqual([
      expect.stringMatching(/is recurrent: gates and states share its width/),
    ]);
  });

  it('are told of a product of quantized integers', () => {
    const layer = (g: GraphBuilder, x: ValueId): ValueId => {
      const weight = g.tensor('w', tensorOf('uint8', [4, 6], new Uint8Array(24).fill(3)));
      return g.op('MatMulInteger', [g.op('Cast', [x], { to: 2 }), weight]);
    };
    expect(frozenOf(layer, [2, 4])).toEqual([expect.stringMatching(/prune before quantizing/)]);
  });

  it('are told of inner graphs that hold weights', () => {
    const layer = (g: GraphBuilder, x: ValueId): ValueId => {
      const body = (inner: GraphBuilder): void => inner.output(inner.op('MatMul', [x, inner.weight('w', [4, 4])]));
      return g.op('If', [g.input('c', [], 'bool')], { then_branch: body, else_branch: body });
    };
    expect(frozenOf(layer, [2, 4])).toEqual(['Channels inside its inner graphs are not followed.']);
  });
});
