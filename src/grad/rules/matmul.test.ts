import { describe, expect, it } from 'vitest';
import type { AttributeInit, GraphBuilder } from '../../testing/build.ts';
import { float } from '../../ir/attribute.ts';
import { checkGradients, expectRefusal } from '../../testing/gradient-check.ts';
import { EINSUM_RULES } from './einsum.ts';
import { MATMUL_RULES } from './matmul.ts';

type Shapes = readonly (readonly number[])[];
const operator =
  (opType: string, shapes: Shapes, attributes: Readonly<Record<string, AttributeInit>> = {}) =>
  (g: GraphBuilder): void => {
    const inputs = shapes.map((shape, i) => g.input('abc'[i] ?? '', shape));
    g.output(g.op(opType, inputs, attributes), 'y');
  };

const PRODUCTS: readonly Shapes[] = [
  [
    [3, 4],
    [4, 5],
  ],
  [
    [2, 3, 4],
    [4, 5],
  ],
  [
    [2, 3, 3, 4],
    [4, 5],
  ],
  [
    [2, 3, 4],
    [2, 4, 5],
  ],
  [
    [2, 1, 3, 4],
    [3, 4, 2],
  ],
  [
    [3, 4],
    [2, 4, 5],
  ],
  [[4], [4, 5]],
  [[3, 4], [4]],
  [[4], [4]],
  [[2, 3, 4], [4]],
  [[4], [2, 4, 3]],
];

const GEMMS: readonly (readonly [Shapes, Readonly<Record<string, AttributeInit>>])[] = [
  [[[3, 4], [4, 5], [5]], {}],
  [
    [
      [3, 4],
      [5, 4],
      [3, 5],
    ],
    { transB: 1 },
  ],
  [
    [
      [4, 3],
      [4, 5],
      [3, 1],
    ],
    { transA: 1 },
  ],
  [[[4, 3], [5, 4], [1]], { transA: 1, transB: 1 }],
  [
    [
      [3, 4],
      [5, 4],
    ],
    { transB: 1, alpha: 0.5 },
  ],
  [[[4, 3], [4, 5], []], { transA: 1, alpha: float(2), beta: -0.5 }],
  [
    [
      [4, 3],
      [5, 4],
      [3, 5],
    ],
    { transA: 1, transB: 1, alpha: 0.3, beta: 0.7 },
  ],
];

const EINSUMS: readonly (readonly [equation: string, shapes: Shapes])[] = [
  [
    'ij,jk->ik',
    [
      [2, 3],
      [3, 4],
    ],
  ],
  [
    'bhqd,bhkd->bhqk',
    [
      [2, 2, 3, 4],
      [2, 2, 5, 4],
    ],
  ],
  [
    'bij,bjk',
    [
      [2, 3, 4],
      [2, 4, 2],
    ],
  ],
  ['ij->j', [[3, 4]]],
  ['ij->', [[3, 4]]],
  ['ij->ji', [[3, 4]]],
  ['i,j->ij', [[3], [4]]],
  [
    '...ij,...jk->...ik',
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
  ],
  [
    '...ij,jk->...ik',
    [
      [2, 2, 3, 4],
      [4, 5],
    ],
  ],
  [
    'abc,cd,be->aed',
    [
      [2, 3, 4],
      [4, 2],
      [3, 2],
    ],
  ],
  ['ij,j->i', [[3, 4], [4]]],
];

const inWords = (shapes: Shapes): string => shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ');

describe('the gradient of a product', () => {
  it.each(PRODUCTS.map((shapes) => [inWords(shapes), shapes] as const))('MatMul agrees: %s', async (_, shapes) => {
    await checkGradients(operator('MatMul', shapes));
  });

  it.each(GEMMS.map(([shapes, attributes]) => [inWords(shapes), shapes, attributes] as const))(
    'Gemm agrees: %s %o',
    async (_, shapes, attributes) => {
      await checkGradients(operator('Gemm', shapes, attributes));
    },
  );

  it.each(EINSUMS)('Einsum agrees: %s', async (equation, shapes) => {
    await checkGradients(operator('Einsum', shapes, { equation }));
  });

  it('is refused for a diagonal', () => expectRefusal(operator('Einsum', [[3, 3]], { equation: 'ii->i' }), /diagonal/));

  it('has a test for every operator', () => {
    expect(Object.keys({ ...MATMUL_RULES, ...EINSUM_RULES })).toEqual(['MatMul', 'Gemm', 'Einsum']);
  });
});
