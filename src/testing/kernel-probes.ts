import { normal, seeded } from '../base/random.ts';
import { float } from '../ir/attribute.ts';
import { numberToFloat16 } from '../ir/float.ts';
import { floats, tensorOf } from '../ir/tensor.ts';
import { sizeOf } from '../ir/types.ts';
import { fnv1a } from '../rewrite/hash.ts';
import type { Model } from '../ir/model.ts';
import type { DataType, ValueId } from '../ir/types.ts';
import { DATA_TYPES } from '../ir/types.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from './build.ts';

/** Element types that kernels are probed with. */
export type ProbedType = 'float32' | 'float16';

type Attributes = Readonly<Record<string, AttributeInit>>;

/**
 * One kernel of the runtime, alone in a model, and the same arithmetic in plain ai.onnx operators. Both read float32
 * inputs of the same names and give float32 outputs `y0`, `y1`, …
 */
export interface KernelProbe {
  /** Operator, then what is special: `com.microsoft.FusedConv`, `com.microsoft.FusedConv Z`. */
  readonly key: string;
  /** Version of ai.onnx. */
  readonly opset: number;
  /** The kernel, as the probed model holds it. */
  readonly fused: (p: ProbeBuilder) => readonly ValueId[];
  readonly plain: (p: ProbeBuilder) => readonly ValueId[];
}

/** Builds in one element type: what comes in is cast, what goes out is cast back. */
export class ProbeBuilder {
  readonly g: GraphBuilder;
  readonly dtype: ProbedType;

  constructor(g: GraphBuilder, dtype: ProbedType) {
    this.g = g;
    this.dtype = dtype;
  }

  input(name: string, shape: readonly number[]): ValueId {
    return this.cast(this.g.input(name, shape), this.dtype);
  }
  /** The same numbers under the same name, whatever is built before it. */
  weight(name: string, shape: readonly number[], { scale = 0.5, offset = 0 } = {}): ValueId {
    const random = normal(seeded(Number.parseInt(fnv1a(name), 16)));
    const data = Float32Array.from({ length: sizeOf(shape) }, () => random() * scale + offset);
    if (this.dtype === 'float32') return this.g.tensor(name, floats(shape, data));
    return this.g.tensor(name, tensorOf('float16', shape, Uint16Array.from(data, numberToFloat16)));
  }
  /** A constant of one element. */
  scalar(value: number): ValueId {
    return this.weight('c', [], { scale: 0, offset: value });
  }
  op(type: string, inputs: readonly (ValueId | null)[], attributes: Attributes = {}): ValueId {
    return this.g.op(type, inputs, attributes);
  }
  /** An operator of com.microsoft, with as many outputs as are asked for (null: left out). */
  ms(type: string, inputs: readonly (ValueId | null)[], attributes: Attributes = {}): ValueId {
    return this.g.op(type, inputs, attributes, { domain: 'com.microsoft' });
  }
  msMany(
    type: string,
    inputs: readonly (ValueId | null)[],
    attributes: Attributes,
    places: readonly boolean[],
  ): ValueId[] {
    const outputs = places.map((wanted, i) => (wanted ? `${type}_${i}` : null));
    return this.g
      .node(type, inputs, attributes, { domain: 'com.microsoft', outputs })
      .outputs.filter((each) => each !== null);
  }
  cast(value: ValueId, to: DataType): ValueId {
    return to === 'float32' && this.dtype === 'float32'
      ? value
      : this.g.op('Cast', [value], { to: DATA_TYPES.indexOf(to) });
  }
}

/** The model of one side of a probe. */
export function probeModel({ opset, ...probe }: KernelProbe, side: 'fused' | 'plain', dtype: ProbedType): Model {
  return buildModel({ opset, domains: { 'com.microsoft': 1 }, irVersion: 10 }, (g) => {
    const p = new ProbeBuilder(g, side === 'plain' ? 'float32' : dtype);
    probe[side](p).forEach((value, i) => g.output(p.cast(value, 'float32'), `y${i}`, { shape: null }));
  });
}

const X = [1, 6, 8];
const x = (p: ProbeBuilder): ValueId => p.input('x', X);

/** y = f(x), elementwise. */
const unary = (
  key: string,
  opset: number,
  fused: (p: ProbeBuilder, x: ValueId) => ValueId,
  plain: (p: ProbeBuilder, x: ValueId) => ValueId,
): KernelProbe => ({ key, opset, fused: (p) => [fused(p, x(p))], plain: (p) => [plain(p, x(p))] });

const erfGelu = (p: ProbeBuilder, v: ValueId): ValueId =>
  p.op('Mul', [
    p.op('Mul', [v, p.scalar(0.5)]),
    p.op('Add', [p.op('Erf', [p.op('Div', [v, p.scalar(Math.SQRT2)])]), p.scalar(1)]),
  ]);
const tanhGelu = (p: ProbeBuilder, v: ValueId): ValueId => {
  const cubed = p.op('Mul', [p.op('Mul', [v, v]), v]);
  const inner = p.op('Mul', [
    p.op('Add', [v, p.op('Mul', [cubed, p.scalar(0.044715)])]),
    p.scalar(Math.sqrt(2 / Math.PI)),
  ]);
  return p.op('Mul', [p.op('Mul', [v, p.scalar(0.5)]), p.op('Add', [p.op('Tanh', [inner]), p.scalar(1)])]);
};
const quickGelu =
  (alpha: number) =>
  (p: ProbeBuilder, v: ValueId): ValueId =>
    p.op('Mul', [v, p.op('Sigmoid', [p.op('Mul', [v, p.scalar(alpha)])])]);
const hardSwish = (p: ProbeBuilder, v: ValueId): ValueId =>
  p.op('Mul', [v, p.op('HardSigmoid', [v], { alpha: float(1 / 6), beta: float(0.5) })]);

const conv = (p: ProbeBuilder): ValueId[] => [
  p.input('x', [1, 3, 6, 6]),
  p.weight('w', [4, 3, 3, 3]),
  p.weight('b', [4]),
];
const ACTIVATIONS: readonly (readonly [string, Attributes, readonly number[]])[] = [
  ['Relu', {}, []],
  ['Sigmoid', {}, []],
  ['Tanh', {}, []],
  ['LeakyRelu', { alpha: float(0.2) }, [0.2]],
  ['Clip', {}, [-0.5, 0.7]],
  ['HardSigmoid', { alpha: float(0.3), beta: float(0.6) }, [0.3, 0.6]],
  ['HardSwish', {}, []],
];
const activate = (
  p: ProbeBuilder,
  type: string,
  attributes: Attributes,
  limits: readonly number[],
  v: ValueId,
): ValueId =>
  type === 'Clip' ? p.op('Clip', [v, ...limits.map((each) => p.scalar(each))]) : p.op(type, [v], attributes);
const parameters = (values: readonly number[]): Attributes =>
  values.length > 0 ? { activation_params: { type: 'floats', value: values } } : {};

const fusedConv: readonly KernelProbe[] = ACTIVATIONS.flatMap(([type, attributes, limits]) => [
  {
    key: `com.microsoft.FusedConv ${type}`,
    opset: 17,
    fused: (p) => [p.ms('FusedConv', conv(p), { activation: type, ...parameters(limits) })],
    plain: (p) => [activate(p, type, attributes, limits, p.op('Conv', conv(p)))],
  },
]);

const residual = (p: ProbeBuilder): ValueId => p.input('z', [1, 4, 4, 4]);
const FUSED_GEMM: readonly (readonly [string, Attributes, Attributes])[] = [
  ['Relu', {}, {}],
  ['Sigmoid', {}, {}],
  ['Tanh', {}, {}],
  ['LeakyRelu', { alpha: float(0.2) }, { activation_alpha: float(0.2) }],
  [
    'HardSigmoid',
    { alpha: float(0.3), beta: float(0.6) },
    { activation_alpha: float(0.3), activation_beta: float(0.6) },
  ],
  ['Elu', { alpha: float(0.7) }, { activation_alpha: float(0.7) }],
  ['Softplus', {}, {}],
];
const gemm = (p: ProbeBuilder): ValueId[] => [p.input('x', [3, 5]), p.weight('w', [5, 4]), p.weight('b', [4])];
const fusedGemm: readonly KernelProbe[] = FUSED_GEMM.map(([type, plain, fused]) => ({
  key: `com.microsoft.FusedGemm ${type}`,
  opset: 17,
  fused: (p) => [p.ms('FusedGemm', gemm(p), { activation: type, ...fused })],
  plain: (p) => [p.op(type, [p.op('Gemm', gemm(p))], plain)],
}));

const H = 8;
const gamma = (p: ProbeBuilder): ValueId => p.weight('gamma', [H], { scale: 0.2, offset: 1 });
const beta = (p: ProbeBuilder): ValueId => p.weight('beta', [H]);
const EPSILON = 1e-5;
const layerNorm = (p: ProbeBuilder, v: ValueId): ValueId => {
  const d = p.op('Sub', [v, p.op('ReduceMean', [v], { axes: [-1] })]);
  const variance = p.op('ReduceMean', [p.op('Mul', [d, d])], { axes: [-1] });
  return p.op('Add', [p.op('Mul', [p.op('Div', [d, root(p, variance)]), gamma(p)]), beta(p)]);
};
const root = (p: ProbeBuilder, v: ValueId): ValueId => p.op('Sqrt', [p.op('Add', [v, p.scalar(EPSILON)])]);
const rmsNorm = (p: ProbeBuilder, v: ValueId): ValueId =>
  p.op('Mul', [p.op('Div', [v, root(p, p.op('ReduceMean', [p.op('Mul', [v, v])], { axes: [-1] }))]), gamma(p)]);
const newRmsNorm = (p: ProbeBuilder, v: ValueId): ValueId => {
  const mean = p.op('ReduceMean', [p.op('Mul', [v, v]), p.g.int64s('axes', [-1])]);
  return p.op('Mul', [p.op('Div', [v, root(p, mean)]), gamma(p)]);
};
const skip = (p: ProbeBuilder): ValueId => p.input('skip', X);
const skipBias = (p: ProbeBuilder): ValueId => p.weight('bias', [H]);
const skipSum = (p: ProbeBuilder): ValueId => p.op('Add', [p.op('Add', [x(p), skip(p)]), skipBias(p)]);

const norms: readonly KernelProbe[] = [
  {
    key: 'LayerNormalization',
    opset: 17,
    fused: (p) => [p.op('LayerNormalization', [x(p), gamma(p), beta(p)], { axis: -1, epsilon: float(EPSILON) })],
    plain: (p) => [layerNorm(p, x(p))],
  },
  {
    key: 'LayerNormalization below version 17',
    opset: 12,
    fused: (p) => [p.op('LayerNormalization', [x(p), gamma(p), beta(p)], { axis: -1, epsilon: float(EPSILON) })],
    plain: (p) => [layerNorm(p, x(p))],
  },
  {
    key: 'SimplifiedLayerNormalization',
    opset: 17,
    fused: (p) => [p.op('SimplifiedLayerNormalization', [x(p), gamma(p)], { axis: -1, epsilon: float(EPSILON) })],
    plain: (p) => [rmsNorm(p, x(p))],
  },
  {
    key: 'RMSNormalization',
    opset: 23,
    fused: (p) => [p.op('RMSNormalization', [x(p), gamma(p)], { axis: -1, epsilon: float(EPSILON) })],
    plain: (p) => [newRmsNorm(p, x(p))],
  },
  {
    key: 'com.microsoft.SkipLayerNormalization',
    opset: 17,
    fused: (p) =>
      p.msMany('SkipLayerNormalization', [x(p), skip(p), gamma(p), beta(p), skipBias(p)], { epsilon: float(EPSILON) }, [
        true,
        false,
        false,
        true,
      ]),
    plain: (p) => {
      const sum = skipSum(p);
      return [layerNorm(p, sum), sum];
    },
  },
  {
    key: 'com.microsoft.SkipSimplifiedLayerNormalization',
    opset: 17,
    fused: (p) =>
      p.msMany(
        'SkipSimplifiedLayerNormalization',
        [x(p), skip(p), gamma(p), skipBias(p)],
        { epsilon: float(EPSILON) },
        [true, false, false, true],
      ),
    plain: (p) => {
      const sum = skipSum(p);
      return [rmsNorm(p, sum), sum];
    },
  },
  {
    key: 'GroupNormalization',
    opset: 21,
    fused: (p) => [
      p.op('GroupNormalization', [p.input('x', [1, 4, 5]), p.weight('s', [4]), p.weight('t', [4])], {
        num_groups: 2,
        epsilon: float(EPSILON),
      }),
    ],
    plain: (p) => {
      const grouped = p.op('Reshape', [p.input('x', [1, 4, 5]), p.g.int64s('grouped', [1, 2, -1])]);
      const ones = p.weight('one', [2], { scale: 0, offset: 1 });
      const zeros = p.weight('zero', [2], { scale: 0 });
      const normed = p.op('InstanceNormalization', [grouped, ones, zeros], { epsilon: float(EPSILON) });
      const back = p.op('Reshape', [normed, p.g.int64s('back', [1, 4, 5])]);
      const column = (name: string): ValueId => p.op('Reshape', [p.weight(name, [4]), p.g.int64s('column', [4, 1])]);
      const scale = column('s');
      return [p.op('Add', [p.op('Mul', [back, scale]), column('t')])];
    },
  },
];

/** [1, S, heads · D] → [1, heads, S, D]. */
const heads = (p: ProbeBuilder, v: ValueId, count: number): ValueId =>
  p.op('Transpose', [p.op('Reshape', [v, p.g.int64s('split', [0, 0, count, -1])])], { perm: [0, 2, 1, 3] });
const merged = (p: ProbeBuilder, v: ValueId): ValueId =>
  p.op('Reshape', [p.op('Transpose', [v], { perm: [0, 2, 1, 3] }), p.g.int64s('merge', [0, 0, -1])]);
const attend = (p: ProbeBuilder, [q, k, v]: readonly ValueId[], bias: ValueId | null): ValueId => {
  const scores = p.op('Mul', [p.op('MatMul', [q!, p.op('Transpose', [k!], { perm: [0, 1, 3, 2] })]), p.scalar(0.5)]);
  const biased = bias === null ? scores : p.op('Add', [scores, bias]);
  return merged(p, p.op('MatMul', [p.op('Softmax', [biased], { axis: -1 }), v!]));
};
const qkv = (p: ProbeBuilder, width = H): ValueId[] => [
  p.input('q', [1, 6, width]),
  p.input('k', [1, 6, H]),
  p.input('v', [1, 6, H]),
];
const attention: readonly KernelProbe[] = [
  {
    key: 'com.microsoft.MultiHeadAttention',
    opset: 17,
    fused: (p) => [p.ms('MultiHeadAttention', qkv(p), { num_heads: 2, scale: float(0.5) })],
    plain: (p) => [
      attend(
        p,
        qkv(p).map((each) => heads(p, each, 2)),
        null,
      ),
    ],
  },
  {
    key: 'com.microsoft.MultiHeadAttention attention_bias',
    opset: 17,
    fused: (p) => [
      p.ms('MultiHeadAttention', [...qkv(p), null, null, p.input('bias', [1, 2, 6, 6])], {
        num_heads: 2,
        scale: float(0.5),
      }),
    ],
    plain: (p) => [
      attend(
        p,
        qkv(p).map((each) => heads(p, each, 2)),
        p.input('bias', [1, 2, 6, 6]),
      ),
    ],
  },
  {
    key: 'com.microsoft.MultiHeadAttention past',
    opset: 17,
    fused: (p) => {
      const past = ['past_k', 'past_v'].map((name) => p.input(name, [1, 2, 3, 4]));
      const inputs = [...qkv(p), null, null, null, ...past];
      return p.msMany('MultiHeadAttention', inputs, { num_heads: 2, scale: float(0.5) }, [true, true, true]);
    },
    plain: (p) => {
      const [q, k, v] = qkv(p).map((each) => heads(p, each, 2));
      const [pk, pv] = ['past_k', 'past_v'].map((name) => p.input(name, [1, 2, 3, 4]));
      const keys = p.op('Concat', [pk!, k!], { axis: 2 });
      const values = p.op('Concat', [pv!, v!], { axis: 2 });
      return [attend(p, [q!, keys, values], null), keys, values];
    },
  },
  {
    key: 'com.microsoft.Attention',
    opset: 17,
    fused: (p) => [
      p.ms('Attention', [x(p), p.weight('w', [H, 3 * H]), p.weight('b', [3 * H])], { num_heads: 2, scale: float(0.5) }),
    ],
    plain: (p) => {
      const wide = p.op('Add', [p.op('MatMul', [x(p), p.weight('w', [H, 3 * H])]), p.weight('b', [3 * H])]);
      const split = p.g.node(
        'Split',
        [wide, p.g.int64s('sizes', [H, H, H])],
        { axis: -1 },
        { outputs: ['a', 'b', 'c'] },
      );
      return [
        attend(
          p,
          split.outputs.map((each) => heads(p, each!, 2)),
          null,
        ),
      ];
    },
  },
  {
    key: 'Attention',
    opset: 23,
    fused: (p) => [p.op('Attention', qkv(p), { q_num_heads: 2, kv_num_heads: 2, scale: float(0.5) })],
    plain: (p) => [
      attend(
        p,
        qkv(p).map((each) => heads(p, each, 2)),
        null,
      ),
    ],
  },
  {
    key: 'com.microsoft.GroupQueryAttention',
    opset: 17,
    fused: (p) => {
      const past = ['past_k', 'past_v'].map((name) =>
        p.op('Slice', [p.input(name, [1, 1, 6, H]), ...['s', 'e', 'a'].map((n, i) => p.g.int64s(n, [[0, 0, 2][i]!]))]),
      );
      const lengths = p.g.tensor('seqlens_k', tensorOf('int32', [1], Int32Array.of(5)));
      const total = p.g.tensor('total', tensorOf('int32', [], Int32Array.of(6)));
      const inputs = [...qkv(p, 2 * H), ...past, lengths, total];
      const attributes = { num_heads: 2, kv_num_heads: 1, scale: float(0.5) };
      return p.msMany('GroupQueryAttention', inputs, attributes, [true, true, true]).slice(0, 1);
    },
    plain: (p) => {
      const [q, k, v] = qkv(p, 2 * H).map((each, i) => heads(p, each, i === 0 ? 2 : 1));
      for (const name of ['past_k', 'past_v']) p.input(name, [1, 1, 6, H]);
      const causal = Array.from({ length: 36 }, (_, i) => (i % 6 > Math.floor(i / 6) ? -1e9 : 0));
      return [attend(p, [q!, k!, v!], p.g.floats('causal', [6, 6], causal))];
    },
  },
];

/** Rotation of halves: [1, heads, S, D] by tables [S, D/2]. */
const rotary = (p: ProbeBuilder): ValueId => {
  const v = p.input('x', [1, 2, 6, 4]);
  const [cos, sin] = ['cos', 'sin'].map((name) => p.weight(name, [6, 2]));
  const wide = (table: ValueId): ValueId => p.op('Concat', [table, table], { axis: -1 });
  const halves = p.g.node('Split', [v, p.g.int64s('sizes', [2, 2])], { axis: -1 }, { outputs: ['a', 'b'] }).outputs;
  const turned = p.op('Concat', [p.op('Neg', [halves[1]!]), halves[0]!], { axis: -1 });
  return p.op('Add', [p.op('Mul', [v, wide(cos!)]), p.op('Mul', [turned, wide(sin!)])]);
};
const positions = Array.from({ length: 6 }, (_, i) => i);
const rotaries: readonly KernelProbe[] = [
  {
    key: 'com.microsoft.RotaryEmbedding',
    opset: 17,
    fused: (p) => [
      p.ms('RotaryEmbedding', [
        p.input('x', [1, 2, 6, 4]),
        p.g.int64s('at', positions, [1, 6]),
        p.weight('cos', [6, 2]),
        p.weight('sin', [6, 2]),
      ]),
    ],
    plain: (p) => [rotary(p)],
  },
  {
    key: 'RotaryEmbedding',
    opset: 23,
    fused: (p) => {
      const v = p.input('x', [1, 2, 6, 4]);
      return [
        p.op('RotaryEmbedding', [
          v,
          p.weight('cos', [6, 2]),
          p.weight('sin', [6, 2]),
          p.g.int64s('at', positions, [1, 6]),
        ]),
      ];
    },
    plain: (p) => [rotary(p)],
  },
];

const products: readonly KernelProbe[] = [
  {
    key: 'com.microsoft.FusedMatMul',
    opset: 17,
    fused: (p) => [
      p.ms('FusedMatMul', [p.input('x', [2, 5, 3]), p.input('w', [2, 4, 5])], {
        transA: 1,
        transB: 1,
        alpha: float(0.3),
      }),
    ],
    plain: (p) => {
      const [a, b] = [p.input('x', [2, 5, 3]), p.input('w', [2, 4, 5])].map((v) =>
        p.op('Transpose', [v], { perm: [0, 2, 1] }),
      );
      return [p.op('Mul', [p.op('MatMul', [a!, b!]), p.scalar(0.3)])];
    },
  },
  {
    key: 'com.microsoft.FusedMatMul batch',
    opset: 17,
    fused: (p) => [p.ms('FusedMatMul', [p.input('x', [3, 2, 5]), p.input('w', [2, 5, 4])], { transBatchA: 1 })],
    plain: (p) => [
      p.op('MatMul', [p.op('Transpose', [p.input('x', [3, 2, 5])], { perm: [1, 0, 2] }), p.input('w', [2, 5, 4])]),
    ],
  },
  ...fusedGemm,
];

const convolutions: readonly KernelProbe[] = [
  ...fusedConv,
  {
    key: 'com.microsoft.FusedConv Z',
    opset: 17,
    fused: (p) => [p.ms('FusedConv', [...conv(p), residual(p)], { activation: 'Relu' })],
    plain: (p) => [p.op('Relu', [p.op('Add', [p.op('Conv', conv(p)), residual(p)])])],
  },
];

const activations: readonly KernelProbe[] = [
  unary('Gelu', 20, (p, v) => p.op('Gelu', [v]), erfGelu),
  unary('Gelu tanh', 20, (p, v) => p.op('Gelu', [v], { approximate: 'tanh' }), tanhGelu),
  unary('com.microsoft.Gelu', 17, (p, v) => p.ms('Gelu', [v]), erfGelu),
  unary(
    'com.microsoft.BiasGelu',
    17,
    (p, v) => p.ms('BiasGelu', [v, p.weight('b', [H])]),
    (p, v) => erfGelu(p, p.op('Add', [v, p.weight('b', [H])])),
  ),
  unary('com.microsoft.FastGelu', 17, (p, v) => p.ms('FastGelu', [v]), tanhGelu),
  unary(
    'com.microsoft.FastGelu bias',
    17,
    (p, v) => p.ms('FastGelu', [v, p.weight('b', [H])]),
    (p, v) => tanhGelu(p, p.op('Add', [v, p.weight('b', [H])])),
  ),
  unary('com.microsoft.QuickGelu', 17, (p, v) => p.ms('QuickGelu', [v], { alpha: float(1.702) }), quickGelu(1.702)),
  unary('Swish', 24, (p, v) => p.op('Swish', [v]), quickGelu(1)),
  unary('HardSwish', 14, (p, v) => p.op('HardSwish', [v]), hardSwish),
];

const rearranging: readonly KernelProbe[] = ['SpaceToDepth', 'DepthToSpace'].map((key) => ({
  key,
  opset: 13,
  fused: (p) => [p.op(key, [p.input('x', [1, 4, 4, 4])], { blocksize: 2 })],
  plain: (p) => {
    const [split, perm] =
      key === 'SpaceToDepth'
        ? [
            [1, 4, 2, 2, 2, 2],
            [0, 3, 5, 1, 2, 4],
          ]
        : [
            [1, 2, 2, 1, 4, 4],
            [0, 3, 4, 1, 5, 2],
          ];
    const parts = p.op('Reshape', [p.input('x', [1, 4, 4, 4]), p.g.int64s('split', split)]);
    const back = p.g.int64s('join', key === 'SpaceToDepth' ? [1, 16, 2, 2] : [1, 1, 8, 8]);
    return [p.op('Reshape', [p.op('Transpose', [parts], { perm }), back])];
  },
}));

/** Every kernel that a fused graph may ask for. */
export const KERNEL_PROBES: readonly KernelProbe[] = [
  ...convolutions,
  ...products,
  ...activations,
  ...norms,
  ...attention,
  ...rotaries,
  ...rearranging,
];
