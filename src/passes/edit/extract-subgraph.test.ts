import { describe, expect, it } from 'vitest';
import type { Json } from '../../base/json.ts';
import { buildModel } from '../../testing/build.ts';
import { edited, namesOf, opsOf, refused } from '../../testing/edits.ts';
import { extractSubgraph } from './extract-subgraph.ts';

/** x → a → b → c → y with a side input at c, an If that captures b, and a Constant node. */
const model = () =>
  buildModel({ domains: { custom: 1 } }, (g) => {
    const x = g.input('x', ['N', 4]);
    const side = g.input('side', ['N', 4]);
    const a = g.op('Relu', [x], {}, { name: 'na', outputs: ['a'] });
    const w = g.weight('w', [4]);
    const b = g.op('Mul', [a, w], {}, { name: 'nb', outputs: ['b'] });
    const two = g.op('Constant', [], { value_float: 2.5 }, { name: 'two' });
    const c = g.op(
      'Add',
      [g.op('Mul', [b, two], {}, { name: 'nd', outputs: ['d'] }), side],
      {},
      { name: 'nc', outputs: ['c'] },
    );
    g.output(g.op('Mul', [c, w], {}, { name: 'ny' }), 'y');
    const flag = g.input('flag', [], 'bool');
    const branch = (opType: string) => (inner: typeof g) =>
      inner.output(inner.op(opType, [b, w]), opType, { shape: ['N', 4] });
    g.output(g.op('If', [flag], { then_branch: branch('Sub'), else_branch: branch('Div') }, { name: 'choice' }), 'z');
    g.output(g.op('Mystery', [a], {}, { domain: 'custom', name: 'mystery', outputs: ['m'] }), 'm');
    g.output(g.op('Neg', [g.model.graph.outputs.at(-1)!], {}, { name: 'after' }), 'n');
  });

const cut = async (options: Record<string, Json>) => {
  const { model: after, site } = await edited(model(), extractSubgraph, options);
  const constants = [...after.graph.initializers.keys()].map((id) => after.getValue(id).name);
  return {
    inputs: namesOf(after, 'inputs'),
    outputs: namesOf(after, 'outputs'),
    ops: opsOf(after),
    constants,
    after,
    site,
  };
};

describe('extract-subgraph', () => {
  it('cuts between values, with types from inference and only the constants that are needed', async () => {
    const { inputs, outputs, ops, constants, after } = await cut({ inputs: ['a'], outputs: ['d'] });
    expect({ inputs, outputs, ops, constants }).toEqual({
      inputs: ['a'],
      outputs: ['d'],
      ops: ['Mul', 'Constant', 'Mul'],
      constants: ['w'],
    });
    const types = [...after.graph.inputs, ...after.graph.outputs].map((id) => after.getValue(id).type);
    for (const type of types) expect(type).toEqual({ kind: 'tensor', dtype: 'float32', shape: ['N', 4] });
  });

  it('keeps inputs of the model that are reached beside the given ones', async () => {
    const { inputs, constants } = await cut({ inputs: ['b'], outputs: ['c'] });
    expect(inputs).toEqual(['b', 'side']);
    expect(constants).toEqual([]);
  });

  it('cuts chosen nodes out, with the constants that feed them', async () => {
    const { inputs, outputs, ops } = await cut({ nodes: ['nd', 'nc'] });
    expect(inputs.toSorted()).toEqual(['b', 'side']);
    expect(outputs).toEqual(['c']);
    expect(ops).toEqual(['Constant', 'Mul', 'Add']);
  });

  it('makes an input of what a subgraph captures, and keeps its constants', async () => {
    const { inputs, outputs, constants } = await cut({ nodes: ['choice'] });
    expect(inputs.toSorted()).toEqual(['b', 'flag']);
    expect(outputs).toEqual(['z']);
    expect(constants).toEqual(['w']);
  });

  it('counts a capture as a reader outside', async () => {
    expect((await cut({ nodes: ['nb'] })).outputs).toEqual(['b']);
    expect((await cut({ nodes: ['na', 'nb', 'nd'] })).outputs.toSorted()).toEqual(['a', 'b', 'd']);
  });

  it('refuses a border whose type is not known', async () => {
    const { reason, at } = await refused(model(), extractSubgraph, { nodes: ['after'] });
    expect(reason).toMatch(/type of "m" is not known/);
    expect(at).toEqual(['Mystery']);
  });

  it.each([
    [{ inputs: ['c'], outputs: ['b'] }, /No output depends on "c"/],
    [{ inputs: ['a'], outputs: ['a'] }, /no node between/],
    [{ inputs: ['w'], outputs: ['b'] }, /"w" is a constant/],
    [{ nodes: ['nb'], outputs: ['b'] }, /not both/],
    [{ inputs: ['gone'], outputs: ['y'] }, /no value "gone"/],
    [{ nodes: 7 }, /list of names/],
  ])('refuses %j', async (options, reason) => {
    expect((await refused(model(), extractSubgraph, options)).reason).toMatch(reason);
  });

  it('refuses the whole model', async () => {
    const all = ['na', 'nb', 'nd', 'nc', 'ny', 'choice', 'mystery', 'after', 'two'];
    expect((await refused(model(), extractSubgraph, { nodes: all })).reason).toMatch(/the whole model/);
  });
});
