import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import type { Model, ValueOrigin } from '../../ir/model.ts';
import { buildModel } from '../../testing/build.ts';
import { pairBySteps, type End, type Pairing } from './values.ts';

/** x → a → b → y, with a constant that is no value. */
const model: Model = buildModel({}, (g) => {
  const x = g.input('x', [1, 4]);
  const a = g.op('Abs', [x], {}, { outputs: ['a'] });
  const factor = g.op('Neg', [g.floats('c', [4], 2)], {}, { outputs: ['factor'] });
  const b = g.op('Mul', [a, factor], {}, { outputs: ['b'] });
  g.output(g.op('Neg', [b]), 'y');
});
const idOf = (name: string) => [...model.values.values()].find((value) => value.name === name)!.id;

/** The same model with what became of its values told. */
function after(origins: Readonly<Record<string, ValueOrigin>>): End {
  const copy = model.clone();
  for (const [name, origin] of Object.entries(origins)) copy.getValue(idOf(name)).origin = origin;
  return { model: copy, analysis: analyze(copy) };
}
const before: End = { model, analysis: analyze(model) };
const sliced = (name: string, kept: readonly number[]): ValueOrigin => ({
  relation: 'sliced',
  value: idOf(name),
  axis: 1,
  kept,
});

const told = ({ pairs, unpaired }: Pairing) => ({
  pairs: pairs.map(({ b, slice }) => [model.getValue(b).name, slice?.of ?? 'same', slice?.kept ?? []]),
  reasons: unpaired.map(({ b, reason }) => [model.getValue(b).name, reason]),
});

describe('values of two stops', () => {
  it('are the same by their ids until a step says otherwise', () => {
    const pairing = pairBySteps(before, after({}), false, 1);
    expect(told(pairing).pairs.map(([name]) => name)).toEqual(expect.arrayContaining(['a', 'b', 'y']));
    expect(pairing).toMatchObject({ by: 'steps', unpaired: [] });
  });

  it('that a step scaled are named, for the factors are not kept', () => {
    const { reasons } = told(pairBySteps(before, after({ b: { relation: 'scaled', value: idOf('b') } }), false, 1));
    expect(reasons).toEqual([['b', 'a step scaled "b" by factors that the recipe does not keep']]);
  });

  it('of which only some channels were kept are compared in those, whichever of the two is whole', () => {
    const cut = after({ a: sliced('a', [0, 3]) });
    expect(told(pairBySteps(before, cut, false, 1)).pairs).toContainEqual(['a', 'original', [0, 3]]);
    expect(told(pairBySteps(cut, before, true, 1)).pairs).toContainEqual(['a', 'result', [0, 3]]);
  });

  it('that were cut twice are compared in what both cuts left', () => {
    const first = after({ a: sliced('a', [0, 2, 3]) });
    const second = after({ a: sliced('a', [0, 3]) });
    expect(told(pairBySteps(first, second, false, 1)).pairs).toContainEqual(['a', 'original', [0, 2]]);
    const other = after({ a: sliced('a', [1, 3]) });
    expect(told(pairBySteps(first, other, false, 1)).reasons).toEqual([
      ['a', 'it keeps other channels of "a" than A does'],
    ]);
  });

  it('that a step made anew answer to nothing', () => {
    const { reasons } = told(pairBySteps(before, after({ b: { relation: 'new' } }), false, 1));
    expect(reasons).toEqual([['b', 'only B computes it']]);
  });
});
