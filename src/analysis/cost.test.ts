import { describe, expect, it } from 'vitest';
import { defined } from '../base/assert.ts';
import type { Model } from '../ir/model.ts';
import { tensorOf } from '../ir/tensor.ts';
import type { ValueId } from '../ir/types.ts';
import { readModel } from '../onnx/read.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { analyze, type NodeCost } from './analyze.ts';
import { summarize } from './summary.ts';

/** Cost of the last node of a model. */
function costOf(build: (g: GraphBuilder) => void, domains: Readonly<Record<string, number>> = {}): NodeCost {
  const model = buildModel({ opset: 17, domains }, build);
  const analysis = analyze(model);
  return analysis.cost(defined(analysis.order.at(-1), 'a node'));
}
const MS = { 'com.microsoft': 1 };

describe('costs of one node', () => {
  it('counts a convolution as N·Cout·∏Out·(Cin/g)·∏K', () => {
    const cost = costOf((g) => {
      const x = g.input('x', [2, 8, 10, 12]);
      g.output(g.op('Conv', [x, g.weight('w', [6, 4, 3, 5]), g.weight('b', [6])], { group: 2 }));
    });
    expect(cost.macs).toBe(2 * 6 * (8 * 8) * 4 * 15);
    expect(cost.elementwise).toBe(0);
    expect(cost.parameters).toBe(6 * 4 * 15 + 6);
    expect(cost.weightBytes).toBe(4 * (6 * 4 * 15 + 6));
    expect(cost.activationBytes).toBe(4 * 2 * 6 * 64);
    expect(cost.movedBytes).toBe(4 * (2 * 8 * 120 + 2 * 6 * 64 + 6 * 4 * 15 + 6));
  });

  it('counts a transposed convolution as N·Cin·∏In·(Cout/g)·∏K', () => {
    const cost = costOf((g) => {
      g.output(g.op('ConvTranspose', [g.input('x', [1, 4, 5, 5]), g.weight('w', [4, 3, 2, 2])], { strides: [2, 2] }));
    });
    expect(cost.macs).toBe(4 * 25 * 3 * 4);
  });

  it('counts Gemm and MatMul as batch·M·N·K, transposed or not', () => {
    const gemm = costOf((g) => {
      g.output(g.op('Gemm', [g.input('x', [7, 3]), g.weight('w', [5, 7])], { transA: 1, transB: 1 }));
    });
    expect(gemm.macs).toBe(3 * 5 * 7);
    const matmul = costOf((g) => {
      g.output(g.op('MatMul', [g.input('a', [2, 6, 3, 4]), g.input('b', [6, 4, 5])]));
    });
    expect(matmul.macs).toBe(2 * 6 * 3 * 5 * 4);
    const vector = costOf((g) => {
      g.output(g.op('MatMul', [g.input('a', [4]), g.input('b', [4, 5])]));
    });
    expect(vector.macs).toBe(4 * 5);
    const einsum = costOf((g) => {
      g.output(g.op('Einsum', [g.input('a', [2, 3, 4]), g.input('b', [2, 4, 5])], { equation: 'bij,bjk->bik' }));
    });
    expect(einsum.macs).toBe(2 * 3 * 4 * 5);
  });

  it('counts attention as 2·B·H·Sq·Sk·d, the projection of the packed form besides', () => {
    const separate = costOf((g) => {
      const [q, k, v] = [g.input('q', [2, 6, 32]), g.input('k', [2, 10, 32]), g.input('v', [2, 10, 32])];
      g.output(g.op('MultiHeadAttention', [q, k, v], { num_heads: 4 }, { domain: 'com.microsoft' }));
    }, MS);
    expect(separate.macs).toBe(2 * 2 * 4 * 6 * 10 * 8);
    const packed = costOf((g) => {
      const x = g.input('x', [2, 6, 32]);
      g.output(
        g.op(
          'Attention',
          [x, g.weight('w', [32, 96]), g.weight('b', [96])],
          { num_heads: 4 },
          { domain: 'com.microsoft' },
        ),
      );
    }, MS);
    expect(packed.macs).toBe(2 * 6 * 32 * 96 + 2 * 2 * 4 * 6 * 6 * 8);
    const grouped = costOf((g) => {
      const [q, k, v] = [g.input('q', [1, 5, 64]), g.input('k', [1, 5, 16]), g.input('v', [1, 5, 16])];
      const lengths = [
        g.tensor('last', tensorOf('int32', [1], Int32Array.of(4))),
        g.tensor('total', tensorOf('int32', [], Int32Array.of(5))),
      ];
      g.output(
        g.op(
          'GroupQueryAttention',
          [q, k, v, null, null, ...lengths],
          { num_heads: 8, kv_num_heads: 2 },
          { domain: 'com.microsoft' },
        ),
      );
    }, MS);
    expect(grouped.macs).toBe(2 * 8 * 5 * 5 * 8);
  });

  it('counts recurrent layers by gates', () => {
    const lstm = costOf((g) => {
      const x = g.input('x', [7, 2, 5]);
      g.output(
        g.op('LSTM', [x, g.weight('w', [2, 12, 5]), g.weight('r', [2, 12, 3])], {
          hidden_size: 3,
          direction: 'bidirectional',
        }),
      );
    });
    expect(lstm.macs).toBe(7 * 2 * 2 * 4 * 3 * (5 + 3));
  });

  it('counts elementwise work apart, fused activations and residuals included', () => {
    const relu = costOf((g) => g.output(g.op('Relu', [g.input('x', [2, 3])])));
    expect(relu).toMatchObject({ macs: 0, elementwise: 6, movedBytes: 48 });
    const fused = costOf((g) => {
      const x = g.input('x', [1, 4, 6, 6]);
      g.output(
        g.op(
          'FusedConv',
          [x, g.weight('w', [4, 4, 1, 1]), null, x],
          { activation: 'Relu' },
          { domain: 'com.microsoft' },
        ),
      );
    }, MS);
    expect(fused).toMatchObject({ macs: 4 * 4 * 36, elementwise: 2 * 4 * 36 });
    const pool = costOf((g) => g.output(g.op('MaxPool', [g.input('x', [1, 2, 8, 8])], { kernel_shape: [3, 3] })));
    expect(pool.elementwise).toBe(2 * 36 * 9);
  });

  it('lets views move nothing', () => {
    const cost = costOf((g) => g.output(g.op('Flatten', [g.input('x', [2, 3, 4])])));
    expect(cost).toMatchObject({ macs: 0, elementwise: 0, movedBytes: 0, activationBytes: 96 });
  });

  it('is unknown, never 0, for what it does not know', () => {
    const mystery = costOf((g) => g.output(g.op('Mystery', [g.input('x', [2, 3])], {}, { domain: 'com.example' })));
    expect(mystery).toMatchObject({ macs: null, elementwise: null, movedBytes: null, activationBytes: null });
  });

  it('takes open symbols as 1, and the dearer branch of an If', () => {
    const symbolic = costOf((g) => {
      g.output(g.op('MatMul', [g.input('a', ['batch', 4, 8]), g.weight('w', [8, 2])]));
    });
    expect(symbolic.macs).toBe(4 * 8 * 2);
    const branches = costOf((g) => {
      const x = g.input('x', [4, 8]);
      const small = g.weight('small', [8, 2]);
      const large = g.weight('large', [8, 4]);
      g.output(
        g.op('If', [g.input('c', [], 'bool')], {
          then_branch: (inner) => inner.output(inner.op('MatMul', [x, small])),
          else_branch: (inner) => inner.output(inner.op('MatMul', [x, large])),
        }),
      );
    });
    expect(branches).toMatchObject({ macs: 4 * 8 * 4, parameters: 16 + 32 });
  });

  it('multiplies the body of a Loop by its rounds', () => {
    const loop = costOf((g) => {
      const x = g.input('x', [4, 8]);
      const w = g.weight('w', [8, 8]);
      g.output(
        g.op('Loop', [g.int64s('trips', [3], []), null, x], {
          body: (inner) => {
            inner.input('i', [], 'int64');
            const going = inner.input('going', [], 'bool');
            const carried = inner.input('carried', null);
            inner.output(inner.op('Identity', [going]));
            inner.output(inner.op('MatMul', [carried, w]));
          },
        }),
      );
    });
    expect(loop.macs).toBe(3 * 4 * 8 * 8);
  });
});

/** ResNet-18 (He et al., 2015) as torchvision has it, batch norm folded into the convolutions. */
function resnet18(): Model {
  return buildModel({ opset: 17 }, (g) => {
    let channels = 3;
    const conv = (x: ValueId, out: number, kernel: number, stride: number, from = channels): ValueId => {
      const pad = (kernel - 1) / 2;
      const weights = g.floats('w', [out, from, kernel, kernel], 0.01);
      return g.op('Conv', [x, weights], { strides: [stride, stride], pads: [pad, pad, pad, pad] });
    };
    const block = (x: ValueId, out: number, stride: number): ValueId => {
      const first = g.op('Relu', [conv(x, out, 3, stride)]);
      const second = conv(first, out, 3, 1, out);
      const skip = stride === 1 && out === channels ? x : conv(x, out, 1, stride);
      channels = out;
      return g.op('Relu', [g.op('Add', [second, skip])]);
    };
    let x = g.op('Relu', [conv(g.input('x', [1, 3, 224, 224]), 64, 7, 2)]);
    x = g.op('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
    channels = 64;
    for (const [out, stride] of [
      [64, 1],
      [128, 2],
      [256, 2],
      [512, 2],
    ] as const) {
      x = block(block(x, out, stride), out, 1);
    }
    const features = g.op('Flatten', [g.op('GlobalAveragePool', [x])]);
    g.output(g.op('Gemm', [features, g.floats('fc', [512, 1000], 0.01), g.floats('bias', [1000], 0)]));
  });
}

const gmacs = (path: string): number => {
  const { model } = readModel(sharedFile(`real/models/${path}`));
  return (summarize(model, analyze(model), 0).macs ?? NaN) / 1e9;
};

describe('totals', () => {
  it('gives ResNet-18 its 1.8141 GMACs', () => {
    const model = resnet18();
    const summary = summarize(model, analyze(model), 0);
    expect((summary.macs ?? NaN) / 1e9).toBeCloseTo(1.8141, 4);
    // 11.690 M with batch norm, which adds two per channel to the 11.680 M here.
    expect(summary.parameters / 1e6).toBeCloseTo(11.68, 2);
  });

  it.skipIf(!haveShared())('gives ResNet-50 4.1 and MobileNetV2 0.3 GMACs, as the literature has them', () => {
    expect(gmacs('light/light_resnet50.onnx')).toBeCloseTo(4.1, 1);
    expect(gmacs('mobilenetv2/mobilenet_v2_fp32.onnx')).toBeCloseTo(0.3, 2);
    expect(gmacs('mobilenetv2/mobilenet_v2_int8_dynamic.onnx')).toBeCloseTo(0.3, 2);
    expect(gmacs('light/light_densenet121.onnx')).toBeCloseTo(2.83, 1);
  });
});
