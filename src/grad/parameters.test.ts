import { describe, expect, it } from 'vitest';
import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { parametersOf } from './parameters.ts';

const roles = (model: Model): Record<string, string> =>
  Object.fromEntries(parametersOf(model).map(({ name, role }) => [name, role]));

/** cos(2·f) where f is made of whole numbers and a constant, in one way or another. */
function turned(g: GraphBuilder, angles: (positions: ValueId) => ValueId): void {
  const positions = g.op('Cast', [g.input('ids', ['seq', 1], 'int64')], { to: 1 });
  const f = angles(positions);
  g.output(g.op('Cos', [g.op('Concat', [f, f], { axis: -1 })]), 'cos');
}

describe('parameters', () => {
  it('do not hold frequencies of rotary positions, however they are multiplied with positions', () => {
    const product = buildModel({}, (g) => turned(g, (x) => g.op('Mul', [x, g.weight('freq', [4])])));
    const matrix = buildModel({}, (g) => turned(g, (x) => g.op('MatMul', [x, g.weight('freq', [1, 4])])));
    for (const model of [product, matrix]) {
      expect(roles(model)).toEqual({ freq: 'table' });
      expect(parametersOf(model)[0]).toMatchObject({ trains: false, reason: expect.stringContaining('rotary') });
    }
  });

  it('hold weights before a sine of what is no position: such networks learn their frequencies', () => {
    const model = buildModel({}, (g) => {
      const x = g.input('x', [1, 3]);
      g.output(g.op('Sin', [g.op('MatMul', [x, g.weight('w', [3, 4])])]), 'y');
    });
    expect(roles(model)).toEqual({ w: 'weight' });
  });

  it('hold weights that positions are multiplied with and that are used for more than their angle', () => {
    const model = buildModel({}, (g) => {
      const x = g.op('Cast', [g.input('ids', [1, 3], 'int64')], { to: 1 });
      const y = g.op('MatMul', [x, g.weight('w', [3, 4])]);
      g.output(g.op('Add', [y, g.op('Sin', [y])]), 'y');
    });
    expect(roles(model)).toEqual({ w: 'weight' });
  });
});
