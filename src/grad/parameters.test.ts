import { describe, expect, it } from 'vitest';
import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { parametersOf } from './parameters.ts';

const roles = (build: (g: GraphBuilder) => void) =>
  Object.fromEntries(
    parametersOf(buildModel({ opset: 18 }, build)).map(({ name, role, trains }) => [name, [role, trains]]),
  );

describe('what training moves', () => {
  it('is weights, biases, scales and tables of embeddings by the slots of operators, never running statistics', () => {
    expect(
      roles((g) => {
        const x = g.input('x', [1, 3, 8, 8]);
        const conv = g.op('Conv', [x, g.weight('w', [4, 3, 3, 3]), g.weight('b', [4])]);
        const norm = ['scale', 'bias', 'mean', 'variance'].map((name) => g.weight(name, [4]));
        g.output(g.op('BatchNormalization', [conv, ...norm]), 'y');
        const tokens = g.input('tokens', [1, 5], 'int64');
        g.output(g.op('Gather', [g.weight('table', [10, 4]), tokens]), 'z');
      }),
    ).toEqual({
      w: ['weight', true],
      b: ['bias', true],
      scale: ['scale', true],
      bias: ['bias', true],
      mean: ['statistics', false],
      variance: ['statistics', false],
      table: ['embedding', true],
    });
  });

  it('is told through what only moves elements', () => {
    expect(
      roles((g) => {
        const turned = g.op('Transpose', [g.weight('w', [6, 4])], { perm: [1, 0] });
        g.output(g.op('MatMul', [g.input('x', [2, 4]), turned]), 'y');
      }),
    ).toEqual({ w: ['weight', true] });
  });

  it('is a bias or a scale along one axis and learnt positions in a sum, but no mask, no table of factors, no number', () => {
    expect(
      roles((g) => {
        const x = g.input('x', [2, 5, 4]);
        const shifted = g.op('Add', [x, g.weight('shift', [4])]);
        const scaled = g.op('Mul', [shifted, g.weight('gain', [4])]);
        const placed = g.op('Add', [scaled, g.weight('positions', [5, 4])]);
        const turned = g.op('Mul', [placed, g.weight('cosines', [5, 4])]);
        const masked = g.op('Add', [turned, g.floats('mask', [5, 4], -Infinity)]);
        g.output(g.op('Mul', [masked, g.floats('half', [], 0.5)]), 'y');
      }),
    ).toEqual({
      shift: ['bias', true],
      gain: ['scale', true],
      positions: ['embedding', true],
      cosines: ['table', false],
      mask: ['constant', false],
      half: ['constant', false],
    });
  });

  it('comes in the order of the nodes that read it', () => {
    const model = buildModel({ opset: 18 }, (g) => {
      const [second, first] = [g.weight('second', [4, 4]), g.weight('first', [4, 4])];
      g.output(g.op('MatMul', [g.op('MatMul', [g.input('x', [2, 4]), first]), second]), 'y');
    });
    expect(parametersOf(model).map(({ name }) => name)).toEqual(['first', 'second']);
  });
});

const rolesOf = (model: Model): Record<string, string> =>
  Object.fromEntries(parametersOf(model).map(({ name, role }) => [name, role]));

/** cos(2·f) where f is made of whole numbers and a constant, in one way or another. */
function turned(g: GraphBuilder, angles: (positions: ValueId) => ValueId): void {
  const positions = g.op('Cast', [g.input('ids', ['seq', 1], 'int64')], { to: 1 });
  const f = angles(positions);
  g.output(g.op('Cos', [g.op('Concat', [f, f], { axis: -1 })]), 'cos');
}

describe('frequencies of rotary positions', () => {
  it('are no weights, however they are multiplied with positions', () => {
    const product = buildModel({}, (g) => turned(g, (x) => g.op('Mul', [x, g.weight('freq', [4])])));
    const matrix = buildModel({}, (g) => turned(g, (x) => g.op('MatMul', [x, g.weight('freq', [1, 4])])));
    for (const model of [product, matrix]) {
      expect(rolesOf(model)).toEqual({ freq: 'table' });
      expect(parametersOf(model)[0]).toMatchObject({ trains: false, reason: expect.stringContaining('rotary') });
    }
  });

  it('are weights before a sine of what is no position: such networks learn them', () => {
    const model = buildModel({}, (g) => {
      const x = g.input('x', [1, 3]);
      g.output(g.op('Sin', [g.op('MatMul', [x, g.weight('w', [3, 4])])]), 'y');
    });
    expect(rolesOf(model)).toEqual({ w: 'weight' });
  });

  it('are weights where they are used for more than an angle', () => {
    const model = buildModel({}, (g) => {
      const x = g.op('Cast', [g.input('ids', [1, 3], 'int64')], { to: 1 });
      const y = g.op('MatMul', [x, g.weight('w', [3, 4])]);
      g.output(g.op('Add', [y, g.op('Sin', [y])]), 'y');
    });
    expect(rolesOf(model)).toEqual({ w: 'weight' });
  });
});
