import { describe, expect, it } from 'vitest';
import { normal, seeded } from '../base/random.ts';
import { tensorOf } from '../ir/tensor.ts';
import { tensorType, type ValueId } from '../ir/types.ts';
import { writeModel } from '../onnx/write.ts';
import { isTensor } from '../ops/shapes.ts';
import type { Feeds } from '../runtime/types.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../testing/build.ts';
import { testRuntime } from '../testing/equivalent.ts';
import { sizeOf, staticShape } from '../ir/types.ts';
import { defined } from '../base/assert.ts';
import { analyze } from './analyze.ts';

/** A node under test: its inputs as a function of the builder, its attributes, how many outputs. */
interface Case {
  readonly op: string;
  readonly title?: string;
  readonly domain?: string;
  readonly opset?: number;
  readonly inputs: (g: GraphBuilder) => (ValueId | null)[];
  readonly attributes?: Readonly<Record<string, AttributeInit>>;
  /** Outputs that are asked for; false: left out. */
  readonly outputs?: readonly boolean[];
}

let counter = 0;
const x = (g: GraphBuilder, ...shape: number[]): ValueId => g.input(`x${counter++}`, shape);
const w = (g: GraphBuilder, ...shape: number[]): ValueId => g.weight(`w${counter++}`, shape);
const ints32 = (g: GraphBuilder, shape: readonly number[], data: readonly number[]): ValueId =>
  g.tensor(`i${counter++}`, tensorOf('int32', shape, Int32Array.from(data)));

const CASES: readonly Case[] = [
  {
    op: 'FusedConv',
    inputs: (g) => [x(g, 1, 4, 7, 7), w(g, 6, 2, 3, 3)],
    attributes: { group: 2, strides: [2, 2], pads: [1, 1, 1, 1], activation: 'Relu' },
  },
  {
    op: 'FusedConv',
    title: 'with residual',
    inputs: (g) => [x(g, 1, 4, 6, 6), w(g, 4, 4, 1, 1), w(g, 4), x(g, 1, 4, 6, 6)],
    attributes: { activation: 'Relu' },
  },
  { op: 'FusedGemm', inputs: (g) => [x(g, 3, 5), w(g, 7, 5), w(g, 7)], attributes: { transB: 1, activation: 'Relu' } },
  { op: 'FusedMatMul', inputs: (g) => [x(g, 2, 3, 5), x(g, 2, 4, 5)], attributes: { transB: 1, alpha: 0.5 } },
  {
    op: 'FusedMatMul',
    title: 'with moved batch',
    inputs: (g) => [x(g, 3, 2, 5), x(g, 2, 5, 4)],
    attributes: { transBatchA: 1 },
  },
  { op: 'Gelu', inputs: (g) => [x(g, 2, 3)] },
  { op: 'QuickGelu', inputs: (g) => [x(g, 2, 3)] },
  { op: 'FastGelu', inputs: (g) => [x(g, 2, 3), w(g, 3)] },
  { op: 'BiasGelu', inputs: (g) => [x(g, 2, 3), w(g, 3)] },
  {
    op: 'SkipLayerNormalization',
    inputs: (g) => [x(g, 2, 3, 4), x(g, 2, 3, 4), w(g, 4), w(g, 4), w(g, 4)],
    outputs: [true, false, false, true],
  },
  {
    op: 'SkipSimplifiedLayerNormalization',
    inputs: (g) => [x(g, 2, 3, 4), x(g, 2, 3, 4), w(g, 4)],
    outputs: [true, false, false, true],
  },
  { op: 'SimplifiedLayerNormalization', domain: '', inputs: (g) => [x(g, 2, 3, 4), w(g, 4)] },
  {
    op: 'LayerNormalization',
    domain: '',
    inputs: (g) => [x(g, 2, 3, 4), w(g, 3, 4), w(g, 3, 4)],
    attributes: { axis: 1 },
    outputs: [true, true, true],
  },
  { op: 'RMSNormalization', domain: '', opset: 23, inputs: (g) => [x(g, 2, 3, 4), w(g, 4)] },
  { op: 'Attention', inputs: (g) => [x(g, 2, 5, 8), w(g, 8, 24), w(g, 24)], attributes: { num_heads: 2 } },
  {
    op: 'Attention',
    title: 'with past',
    inputs: (g) => [x(g, 2, 5, 8), w(g, 8, 24), w(g, 24), null, x(g, 2, 2, 2, 3, 4)],
    attributes: { num_heads: 2, unidirectional: 1 },
    outputs: [true, true],
  },
  {
    op: 'MultiHeadAttention',
    inputs: (g) => [x(g, 2, 5, 8), x(g, 2, 6, 8), x(g, 2, 6, 12)],
    attributes: { num_heads: 2 },
  },
  {
    op: 'MultiHeadAttention',
    title: 'with heads split and past',
    inputs: (g) => [x(g, 2, 5, 8), x(g, 2, 5, 8), x(g, 2, 5, 8), null, null, null, x(g, 2, 2, 3, 4), x(g, 2, 2, 3, 4)],
    attributes: { num_heads: 2 },
    outputs: [true, true, true],
  },
  {
    op: 'GroupQueryAttention',
    inputs: (g) => [
      x(g, 1, 5, 64),
      x(g, 1, 5, 16),
      x(g, 1, 5, 16),
      null,
      null,
      ints32(g, [1], [4]),
      ints32(g, [], [5]),
    ],
    attributes: { num_heads: 8, kv_num_heads: 2 },
    outputs: [true, true, true],
  },
  {
    op: 'GroupQueryAttention',
    title: 'with past',
    inputs: (g) => [
      x(g, 1, 1, 64),
      x(g, 1, 1, 16),
      x(g, 1, 1, 16),
      x(g, 1, 2, 5, 8),
      x(g, 1, 2, 5, 8),
      ints32(g, [1], [5]),
      ints32(g, [], [6]),
    ],
    attributes: { num_heads: 8, kv_num_heads: 2 },
    outputs: [true, true, true],
  },
  {
    op: 'RotaryEmbedding',
    inputs: (g) => [x(g, 1, 3, 16), g.int64s('position', [0, 1, 2], [1, 3]), w(g, 8, 4), w(g, 8, 4)],
    attributes: { num_heads: 2 },
  },
  {
    op: 'Attention',
    title: 'of ai.onnx',
    domain: '',
    opset: 23,
    inputs: (g) => [x(g, 2, 5, 8), x(g, 2, 6, 4), x(g, 2, 6, 6)],
    attributes: { q_num_heads: 4, kv_num_heads: 2 },
  },
  {
    op: 'Attention',
    title: 'of ai.onnx with past',
    domain: '',
    opset: 23,
    inputs: (g) => [x(g, 2, 4, 5, 2), x(g, 2, 4, 6, 2), x(g, 2, 4, 6, 3), null, x(g, 2, 4, 3, 2), x(g, 2, 4, 3, 3)],
    outputs: [true, true, true],
  },
  {
    op: 'MatMulNBits',
    inputs: (g) => [x(g, 2, 3, 32), g.tensor('packed', tensorOf('uint8', [6, 1, 16], new Uint8Array(96))), w(g, 6)],
    attributes: { K: 32, N: 6, bits: 4, block_size: 32 },
  },
  {
    op: 'EmbedLayerNormalization',
    inputs: (g) => [
      ints32(g, [2, 3], [0, 1, 2, 2, 1, 0]),
      ints32(g, [2, 3], [0, 0, 0, 0, 0, 0]),
      w(g, 5, 4),
      w(g, 6, 4),
      w(g, 2, 4),
      w(g, 4),
      w(g, 4),
    ],
    outputs: [true, true],
  },
  {
    op: 'DynamicQuantizeMatMul',
    inputs: (g) => [
      x(g, 2, 4),
      g.tensor('b', tensorOf('uint8', [4, 3], new Uint8Array(12))),
      g.floats('scale', [], 0.1),
    ],
  },
  { op: 'QLinearAdd', inputs: (g) => quantizedPair(g) },
  { op: 'ConvInteger', domain: '', inputs: (g) => [bytes(g, 1, 2, 5, 5), bytes(g, 3, 2, 3, 3)] },
  { op: 'MatMulInteger', domain: '', inputs: (g) => [bytes(g, 2, 3), bytes(g, 3, 4)] },
  {
    op: 'GRU',
    domain: '',
    inputs: (g) => [x(g, 4, 2, 3), w(g, 2, 15, 3), w(g, 2, 15, 5)],
    attributes: { hidden_size: 5, direction: 'bidirectional' },
    outputs: [true, true],
  },
];

function bytes(g: GraphBuilder, ...shape: number[]): ValueId {
  return g.tensor(`q${counter++}`, tensorOf('uint8', shape, new Uint8Array(sizeOf(shape))));
}
function quantizedPair(g: GraphBuilder): ValueId[] {
  const operand = (...shape: number[]): ValueId[] => [bytes(g, ...shape), g.floats(`s${counter++}`, [], 0.1), bytes(g)];
  return [...operand(2, 3), ...operand(3), ...operand().slice(1)];
}

/** Runs the one-node model; what the runtime says of each output. */
async function observe({ op, domain = 'com.microsoft', opset = 18, inputs, attributes = {}, outputs = [true] }: Case) {
  const names = outputs.map((asked, i) => (asked ? `y${i}` : null));
  const model = buildModel({ opset, irVersion: 9, domains: { 'com.microsoft': 1 } }, (g) => {
    const node = g.node(op, inputs(g), attributes, { domain, outputs: names });
    for (const id of node.outputs) if (id !== null) g.graph.outputs.push(id);
  });
  const analysis = analyze(model);
  const inferred = new Map(model.graph.outputs.map((id) => [model.getValue(id).name, analysis.type(id)]));
  for (const id of model.graph.outputs) {
    const type = analysis.type(id);
    model.getValue(id).type = tensorType(isTensor(type) ? type.dtype : 'float32', null);
  }
  const random = normal(seeded(3));
  const feeds: Feeds = Object.fromEntries(
    model.graph.inputs.map((id) => {
      const shape = defined(staticShape(analysis.shape(id)), 'a shape');
      return [
        model.getValue(id).name,
        { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, random) },
      ] as const;
    }),
  );
  const session = await testRuntime().createSession(writeModel(model), {
    backend: 'wasm',
    level: 'disabled',
    threads: 1,
  });
  try {
    return { inferred, actual: await session.run(feeds), work: analysis.cost(defined(analysis.order[0], 'the node')) };
  } finally {
    await session.release();
  }
}

describe('fused and quantised operators', () => {
  it.each(CASES.map((each) => [`${each.op} ${each.title ?? ''}`.trim(), each] as const))(
    '%s: results have the types that the runtime gives them',
    async (_, each) => {
      const { inferred, actual, work } = await observe(each);
      expect(Object.keys(actual).length).toBe(inferred.size);
      for (const [name, tensor] of Object.entries(actual)) {
        expect(inferred.get(name), name).toEqual(tensorType(tensor.dtype, [...tensor.shape]));
      }
      expect(work.macs).not.toBeNull();
      expect(work.elementwise).not.toBeNull();
    },
  );
});
