import { describe, expect, it } from 'vitest';
import { buildModel } from '../../testing/build.ts';
import { edited, namesOf, refused } from '../../testing/edits.ts';
import { addOutput } from './add-output.ts';

const model = () =>
  buildModel({ domains: { custom: 1 } }, (g) => {
    const x = g.input('x', ['N', 4]);
    const r = g.op('Relu', [x], {}, { outputs: ['r'] });
    g.op('Mystery', [r], {}, { domain: 'custom', outputs: ['m'] });
    g.output(g.op('Add', [r, g.weight('w', [4])]), 'y');
    const flag = g.input('flag', [], 'bool');
    const branch = (inner: typeof g) => inner.output(inner.op('Neg', [r]), 'inside', { shape: ['N', 4] });
    const other = (inner: typeof g) => inner.output(inner.op('Abs', [r]), 'beside', { shape: ['N', 4] });
    g.output(g.op('If', [flag], { then_branch: branch, else_branch: other }), 'z');
  });

describe('add-output', () => {
  it('declares an intermediate value as an output, with its inferred type', async () => {
    const { model: after, site } = await edited(model(), addOutput, { value: 'r' });
    expect(namesOf(after, 'outputs')).toEqual(['y', 'z', 'r']);
    expect(after.getValue(after.graph.outputs[2]!).type).toEqual({ kind: 'tensor', dtype: 'float32', shape: ['N', 4] });
    expect(site.title).toBe('Make r an output');
  });

  it.each([
    ['y', /is an output already/],
    ['x', /computed by no node/],
    ['w', /computed by no node/],
    ['inside', /inside a subgraph/],
    ['m', /type of "m" is not known/],
    ['gone', /no value "gone"/],
  ])('refuses %s', async (value, reason) => {
    expect((await refused(model(), addOutput, { value })).reason).toMatch(reason);
  });
});
