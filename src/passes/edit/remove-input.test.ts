import { describe, expect, it } from 'vitest';
import { buildModel } from '../../testing/build.ts';
import { edited, namesOf, refused } from '../../testing/edits.ts';
import { removeInput } from './remove-input.ts';

const model = () =>
  buildModel({}, (g) => {
    const x = g.input('x', ['N', 4]);
    const scale = g.input('scale', [4]);
    const axis = g.input('axis', [1], 'int64');
    const flag = g.input('flag', [], 'bool');
    g.input('unused', [1]);
    const inside = (opType: string) => (inner: typeof g) =>
      inner.output(inner.op(opType, [scale]), opType, { shape: [4] });
    const s = g.op('If', [flag], { then_branch: inside('Neg'), else_branch: inside('Abs') });
    g.output(g.op('Unsqueeze', [g.op('Mul', [x, s]), axis]), 'y');
  });

const constantOf = async (input: string, value: number | readonly number[] | boolean) => {
  const { model: after } = await edited(model(), removeInput, { input, value });
  const id = [...after.graph.initializers.keys()].find((each) => after.getValue(each).name === input)!;
  expect(namesOf(after, 'inputs')).not.toContain(input);
  return [...after.graph.initializers.get(id)!.read()].map(Number);
};

describe('remove-input', () => {
  it('takes an input that nothing reads', async () => {
    const { model: after, site } = await edited(model(), removeInput, { input: 'unused' });
    expect(namesOf(after, 'inputs')).toEqual(['x', 'scale', 'axis', 'flag']);
    expect(site.title).toBe('Remove input unused');
  });

  it('puts a constant in its place: one number fills it, a list is taken as it is', async () => {
    expect(await constantOf('scale', 2.5)).toEqual([2.5, 2.5, 2.5, 2.5]);
    expect(await constantOf('scale', [1, 2, 3, 4])).toEqual([1, 2, 3, 4]);
    expect(await constantOf('axis', 0)).toEqual([0]);
    expect(await constantOf('flag', true)).toEqual([1]);
  });

  it('names the readers where no value is given, those inside subgraphs too', async () => {
    const { reason, at } = await refused(model(), removeInput, { input: 'scale' });
    expect(reason).toMatch(/read by .*Give a constant value/);
    expect(at).toEqual(['Neg', 'Abs']);
  });

  it.each([
    ['x', 1, /size of "x" is free. Set its shape first/],
    ['scale', [1, 2], /4 elements; 2 were given/],
    ['axis', 0.5, /whole numbers/],
    ['scale', 'wide', /must be a number/],
    ['gone', 1, /no input "gone"/],
  ])('refuses %s = %j', async (input, value, reason) => {
    expect((await refused(model(), removeInput, { input, value })).reason).toMatch(reason);
  });
});
