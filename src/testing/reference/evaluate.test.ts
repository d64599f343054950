import { describe, expect, it } from 'vitest';
import { buildModel } from '../build.ts';
import { evaluate } from './evaluate.ts';
import { erf, roundHalfEven } from './functions.ts';
import { refTensor } from './tensor.ts';

const x = refTensor('float32', [2], [0.1, -0.2]);

describe('evaluate', () => {
  it('computes in float64 what is typed float32', () => {
    const model = buildModel({}, (g) => {
      const input = g.input('x', [2]);
      g.output(g.op('Sub', [g.op('Add', [input, g.floats('one', [], 1)]), g.floats('one', [], 1)]), 'y');
    });
    const [first] = evaluate(model, { x }).get('y')!.data;
    expect(first).toBe(0.1 + 1 - 1);
    expect(first).not.toBe(Math.fround(Math.fround(0.1 + 1) - 1));
  });

  it('gives the values that are asked for, and runs only what they follow from', () => {
    const model = buildModel({}, (g) => {
      const input = g.input('x', [2]);
      const middle = g.op('Neg', [input], {}, { outputs: ['middle'] });
      g.output(g.op('Unknown', [middle]), 'y');
    });
    expect([...evaluate(model, { x }, ['middle']).get('middle')!.data]).toEqual([-0.1, 0.2]);
    expect(() => evaluate(model, { x }, ['nothing'])).toThrow('value nothing');
  });

  it('names an operator that it does not know', () => {
    const model = buildModel({}, (g) => g.output(g.op('Mystery', [g.input('x', [2])], {}, { domain: 'some.where' })));
    expect(() => evaluate(model, { x })).toThrow('does not know some.where.Mystery');
  });

  it('takes what is fed for a constant in its place', () => {
    const model = buildModel({}, (g) => g.output(g.op('Mul', [g.input('x', [2]), g.floats('w', [], 3)]), 'y'));
    expect(evaluate(model, { x, w: refTensor('float32', [], [10]) }).get('y')!.data[0]).toBe(1);
  });

  it('refuses arithmetic of two types, as the runtime does', () => {
    const model = buildModel({}, (g) => g.output(g.op('Add', [g.input('x', [2]), g.int64s('n', [1])])));
    expect(() => evaluate(model, { x })).toThrow('Add add of float32 and int64');
  });

  it('knows erf to the last digits, and rounds halves to even', () => {
    expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 15);
    expect(erf(-3)).toBeCloseTo(-0.9999779095030014, 15);
    expect([erf(0), erf(7), erf(-Infinity), erf(NaN)]).toEqual([0, 1, -1, NaN]);
    expect([-1.5, -0.5, 0.5, 1.5, 2.5, 2.4].map(roundHalfEven)).toEqual([-2, 0, 0, 2, 2, 2]);
  });
});
