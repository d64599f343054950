import { describe, expect, it } from 'vitest';
import { CodedError } from '../../base/error.ts';
import type { Model } from '../../ir/model.ts';
import { floats, Tensor, tensorOf } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { findWeights } from './weights.ts';

const MS = { domain: 'com.microsoft' };

function found(make: (g: GraphBuilder) => ValueId, options = { embeddings: false }): ReturnType<typeof findWeights> {
  return findWeights(modelOf(make), options);
}

const modelOf = (make: (g: GraphBuilder) => ValueId): Model =>
  buildModel({ opset: 17, domains: { 'com.microsoft': 1 } }, (g) => g.output(make(g), 'y'));

const reasons = (make: (g: GraphBuilder) => ValueId): string[] => found(make).kept.map(({ reason }) => reason);

describe('the layout of a weight', () => {
  it.each<[string, (g: GraphBuilder) => ValueId, readonly [number, number, number, string]]>([
    [
      'Conv',
      (g) => g.op('Conv', [g.input('x', [1, 4, 8, 8]), g.weight('w', [6, 4, 3, 3])]),
      [1, 6, 36, 'output-major'],
    ],
    [
      'a grouped FusedConv',
      (g) => g.op('FusedConv', [g.input('x', [1, 4, 8, 8]), g.weight('w', [6, 2, 3, 3])], { group: 2 }, MS),
      [2, 3, 18, 'output-major'],
    ],
    [
      'ConvTranspose',
      (g) => g.op('ConvTranspose', [g.input('x', [1, 4, 8, 8]), g.weight('w', [4, 3, 2, 2])], { group: 2 }),
      [2, 12, 2, 'reduction-major'],
    ],
    ['MatMul', (g) => g.op('MatMul', [g.input('x', [2, 5]), g.weight('w', [5, 7])]), [1, 7, 5, 'reduction-major']],
    [
      'a batch of MatMuls',
      (g) => g.op('MatMul', [g.input('x', [3, 2, 5]), g.weight('w', [3, 5, 7])]),
      [3, 7, 5, 'reduction-major'],
    ],
    [
      'MatMul from the left',
      (g) => g.op('MatMul', [g.weight('w', [5, 7]), g.input('x', [7, 2])]),
      [1, 5, 7, 'output-major'],
    ],
    ['Gemm', (g) => g.op('Gemm', [g.input('x', [2, 5]), g.weight('w', [5, 7])]), [1, 7, 5, 'reduction-major']],
    [
      'Gemm with transB',
      (g) => g.op('Gemm', [g.input('x', [2, 5]), g.weight('w', [7, 5])], { transB: 1 }),
      [1, 7, 5, 'output-major'],
    ],
    [
      'Gemm with transA from the left',
      (g) => g.op('Gemm', [g.weight('w', [5, 7]), g.input('x', [5, 2])], { transA: 1 }),
      [1, 7, 5, 'reduction-major'],
    ],
    [
      'FusedMatMul with transB',
      (g) => g.op('FusedMatMul', [g.input('x', [2, 5]), g.weight('w', [7, 5])], { transB: 1 }, MS),
      [1, 7, 5, 'output-major'],
    ],
    [
      'a Constant node',
      (g) =>
        g.op('MatMul', [g.input('x', [2, 2]), g.op('Constant', [], { value: floats([2, 3], [1, 2, 3, 4, 5, 6]) })]),
      [1, 3, 2, 'reduction-major'],
    ],
  ])('of %s', (_, make, [matrices, outputs, reduction, order]) => {
    const { weights, kept } = found(make);
    expect(kept).toEqual([]);
    expect(weights.map(({ layout }) => layout)).toEqual([{ matrices, outputs, reduction, order }]);
  });
});

describe('a weight that several nodes read', () => {
  it('is found once, with all of them', () => {
    const { weights } = found((g) => {
      const w = g.weight('w', [4, 4]);
      return g.op('MatMul', [g.op('MatMul', [g.input('x', [2, 4]), w]), w]);
    });
    expect(weights).toMatchObject([{ name: 'w', ambiguous: false, nodes: [expect.any(Number), expect.any(Number)] }]);
  });

  it('is ambiguous where they sum along different axes', () => {
    const { weights } = found((g) => {
      const w = g.weight('w', [4, 4]);
      return g.op('Gemm', [g.op('MatMul', [g.input('x', [2, 4]), w]), w], { transB: 1 });
    });
    expect(weights).toMatchObject([{ name: 'w', ambiguous: true }]);
  });
});

describe('embeddings', () => {
  const tied = (g: GraphBuilder): ValueId => {
    const table = g.weight('table', [10, 4]);
    const rows = g.op('Gather', [table, g.input('ids', [3], 'int64')]);
    return g.op('Gemm', [rows, table], { transB: 1 });
  };

  it('stay, with what is tied to them, unless they are asked for', () => {
    expect(found(tied)).toMatchObject({
      weights: [],
      kept: [{ reason: 'table is also read by Gather gather, not as a weight' }],
    });
    expect(found(tied, { embeddings: true })).toMatchObject({
      weights: [{ name: 'table', ambiguous: false }],
      kept: [],
    });
  });
});

describe('a near miss has its reason', () => {
  const x = (g: GraphBuilder): ValueId => g.input('x', [2, 4]);
  it.each<[string, (g: GraphBuilder) => ValueId, string]>([
    [
      'a graph input with a default',
      (g) => {
        const w = g.weight('w', [4, 4]);
        g.graph.inputs.push(w);
        return g.op('MatMul', [x(g), w]);
      },
      'w is a graph input with a default: “Freeze initializers” makes it a constant',
    ],
    [
      'a fed weight',
      (g) => g.op('MatMul', [x(g), g.input('w', [4, 4])]),
      'Both operands are computed at run time from the inputs',
    ],
    [
      'a fed kernel',
      (g) => g.op('Conv', [g.input('i', [1, 2, 4, 4]), g.input('w', [2, 2, 1, 1])]),
      'Its weight is computed at run time from the inputs',
    ],
    [
      'a transposed constant',
      (g) => g.op('MatMul', [x(g), g.op('Transpose', [g.weight('w', [4, 4])], {}, { name: 't' })]),
      't_out is computed at run time by Transpose t: “Fold constants” makes it a constant',
    ],
    [
      'a dequantized weight',
      (g) => {
        const stored = g.tensor('q', tensorOf('int8', [4, 4], new Int8Array(16)));
        return g.op('MatMul', [x(g), g.op('DequantizeLinear', [stored, g.floats('s', [], 0.5)], {}, { name: 'd' })]);
      },
      'd_out is dequantized from integers: prune before quantizing',
    ],
    [
      'a weight that is added too',
      (g) => {
        const w = g.weight('w', [4, 4]);
        return g.op('Add', [g.op('MatMul', [g.input('i', [4, 4]), w]), w], {}, { name: 'sum' });
      },
      'w is also read by Add sum, not as a weight',
    ],
    [
      'a vector',
      (g) => g.op('MatMul', [x(g), g.weight('w', [4, 1])]),
      'w has no two axes that are longer than 1: [4, 1]',
    ],
    [
      'NaN',
      (g) => g.op('MatMul', [x(g), g.floats('w', [4, 2], [1, NaN, 1, 1, Infinity, 1, 1, 1])]),
      'w holds 2 elements that are NaN or infinite: they cannot be ranked',
    ],
    [
      'an integer product',
      (g) =>
        g.op('MatMulInteger', [
          g.input('i', [2, 4], 'uint8'),
          g.tensor('w', tensorOf('int8', [4, 4], new Int8Array(16))),
        ]),
      'Its weight is quantized to integers: prune before quantizing',
    ],
    [
      'another float type',
      (g) =>
        g.op('MatMul', [
          g.input('i', [2, 4], 'bfloat16'),
          g.tensor('w', tensorOf('bfloat16', [4, 4], new Uint16Array(16))),
        ]),
      'w is of type bfloat16, which is not pruned',
    ],
  ])('%s', (_, make, reason) => {
    expect(reasons(make)).toEqual([reason]);
    expect(found(make).weights).toEqual([]);
  });

  it('a data file that is not there', () => {
    const source = {
      kind: 'external' as const,
      bytes(): Uint8Array {
        throw new CodedError('external-data', 'weights.bin is missing.');
      },
    };
    const missing = (g: GraphBuilder): ValueId =>
      g.op('MatMul', [x(g), g.tensor('w', new Tensor('float32', [4, 4], source))]);
    expect(reasons(missing)).toEqual(['w lies in a data file that is missing']);
  });

  it('a graph output', () => {
    const model = modelOf((g) => {
      const w = g.weight('w', [4, 4]);
      g.output(w);
      return g.op('MatMul', [x(g), w]);
    });
    expect(findWeights(model, { embeddings: false }).kept).toMatchObject([{ reason: 'w is a graph output' }]);
  });
});
