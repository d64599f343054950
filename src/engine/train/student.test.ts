import { describe, expect, it } from 'vitest';
import { buildModel } from '../../testing/build.ts';
import { stripesModel } from '../../testing/train-data.ts';
import { untrained } from './student.ts';

const numbers = (model = stripesModel(16)) =>
  new Map([...model.graph.initializers].map(([id, tensor]) => [model.getValue(id).name, Array.from(tensor.numbers())]));

describe('a student with nothing learnt', () => {
  it('has weights of the right size, biases of 0, scales of 1 and the statistics of nothing', () => {
    const fresh = numbers(untrained(stripesModel(16), 4));
    const deviation = (each: readonly number[]): number =>
      Math.sqrt(each.reduce((sum, w) => sum + w * w, 0) / each.length);
    expect(deviation(fresh.get('dense.w')!)).toBeCloseTo(0.05 * Math.sqrt(2 / 256), 3);
    expect(deviation(fresh.get('conv.w')!)).toBeGreaterThan(0.3);
    expect(new Set(fresh.get('dense.b'))).toEqual(new Set([0]));
    expect(new Set(fresh.get('norm.scale'))).toEqual(new Set([1]));
    expect([new Set(fresh.get('norm.mean')), new Set(fresh.get('norm.variance'))]).toEqual([
      new Set([0]),
      new Set([1]),
    ]);
    expect(fresh.get('shape')).toEqual(numbers().get('shape'));
  });

  it.each([
    ['rows alone are taken of it', false, 1],
    ['scores are made of it too', true, 0.02],
  ])('has a table of words whose deviation fits: %s', (_, tied, deviation) => {
    const model = buildModel({}, (g) => {
      const table = g.weight('words', [200, 50]);
      const rows = g.op('Gather', [table, g.input('ids', [1, 4], 'int64')]);
      g.output(tied ? g.op('MatMul', [rows, g.op('Transpose', [table], { perm: [1, 0] })]) : rows, 'y');
    });
    const drawn = numbers(untrained(model, 4)).get('words')!;
    const found = Math.sqrt(drawn.reduce((sum, w) => sum + w * w, 0) / drawn.length);
    expect(found / deviation).toBeGreaterThan(0.97);
    expect(found / deviation).toBeLessThan(1.03);
  });

  it('is the same for the same seed, and another for another', () => {
    expect(numbers(untrained(stripesModel(), 1))).toEqual(numbers(untrained(stripesModel(), 1)));
    expect(numbers(untrained(stripesModel(), 1))).not.toEqual(numbers(untrained(stripesModel(), 2)));
  });
});
