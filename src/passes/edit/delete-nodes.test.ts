import { describe, expect, it } from 'vitest';
import { buildModel } from '../../testing/build.ts';
import { edited, namesOf, opsOf, refused } from '../../testing/edits.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { deleteNodes } from './delete-nodes.ts';

/** x → Relu → [Conv 4→8, Conv 8→4] + skip → Neg → y */
const residual = () =>
  buildModel({}, (g) => {
    const x = g.input('x', [1, 4, 6, 6]);
    const r = g.op('Relu', [x], {}, { name: 'relu' });
    const wide = g.op('Conv', [r, g.weight('w1', [8, 4, 1, 1])], {}, { name: 'expand' });
    const back = g.op('Conv', [wide, g.weight('w2', [4, 8, 1, 1])], {}, { name: 'project' });
    const sum = g.op('Add', [r, back], {}, { name: 'sum' });
    g.output(g.op('Neg', [sum], {}, { name: 'neg' }), 'y');
  });

describe('delete-nodes', () => {
  it('lets readers have the input where type and shape are the same', async () => {
    const { model: after, site } = await edited(residual(), deleteNodes, { nodes: ['relu'] });
    expect(opsOf(after)).toEqual(['Conv', 'Conv', 'Add', 'Neg']);
    expect(site.preserves).toBeUndefined();
    expect(site.title).toBe('Delete Relu 1');
  });

  it('keeps the name of an output whose node goes', async () => {
    const { model: after } = await edited(residual(), deleteNodes, { nodes: ['neg'] });
    expect(namesOf(after, 'outputs')).toEqual(['y']);
    expect(opsOf(after).at(-1)).toBe('Add');
  });

  it('bridges a whole block by its entry, constants and all', async () => {
    const { model: after, site } = await edited(residual(), deleteNodes, { nodes: ['expand', 'project', 'sum'] });
    expect(opsOf(after)).toEqual(['Relu', 'Neg']);
    expect(after.graph.initializers.size).toBe(0);
    expect(site.title).toBe('Delete 3 nodes');
  });

  it('refuses where no input fits, and names the readers', async () => {
    const { reason, at } = await refused(residual(), deleteNodes, { nodes: ['expand'] });
    expect(reason).toMatch(/needed by Conv 2, and no input has its type and shape/);
    expect(at).toEqual(['Conv', 'Conv']);
  });

  it('asks which one where several fit', async () => {
    expect((await refused(residual(), deleteNodes, { nodes: ['sum'] })).reason).toMatch(/Choose which one/);
    const through = 'relu_out';
    const { model: after, site } = await edited(residual(), deleteNodes, { nodes: ['sum'], through });
    expect(site.what).toMatch(/readers get "relu_out"/);
    expect(opsOf(after)).toEqual(['Relu', 'Conv', 'Conv', 'Neg']);
  });

  it('is bit-exact where the node provably changes nothing', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [1, 4]);
      const same = g.op('Identity', [g.op('Relu', [x])], {}, { name: 'same' });
      g.output(g.op('Neg', [same]), 'y');
    });
    const { model: after, site } = await edited(before, deleteNodes, { nodes: ['same'] });
    expect(site.preserves).toBe('bits');
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('removes a dead branch without a bridge', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [1, 4]);
      g.op('Exp', [g.op('Flatten', [x], {}, { name: 'a' })], {}, { name: 'b' });
      g.output(g.op('Neg', [x]), 'y');
    });
    const { model: after, site } = await edited(before, deleteNodes, { nodes: ['a', 'b'] });
    expect(opsOf(after)).toEqual(['Neg']);
    expect(site.preserves).toBe('bits');
  });

  it('counts what subgraphs capture as a reader, and gives them the input', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [1, 4]);
      const r = g.op('Relu', [x], {}, { name: 'relu' });
      const branch = (opType: string) => (inner: typeof g) =>
        inner.output(inner.op(opType, [r]), opType, { shape: [1, 4] });
      const flag = g.input('flag', [], 'bool');
      g.output(g.op('If', [flag], { then_branch: branch('Neg'), else_branch: branch('Abs') }), 'y');
    });
    const { model: after } = await edited(before, deleteNodes, { nodes: ['relu'] });
    const inner = [...after.nodes.values()].filter(({ opType }) => opType === 'Neg' || opType === 'Abs');
    expect(inner.map((node) => after.getValue(node.inputs[0]!).name)).toEqual(['x', 'x']);
  });

  it('takes what lies inside a chosen node along, chosen too or not', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [1, 4]);
      const branch = (opType: string) => (inner: typeof g) =>
        inner.output(inner.op(opType, [x], {}, { name: opType }), `${opType}_out`, { shape: [1, 4] });
      const flag = g.input('flag', [], 'bool');
      const chosen = { then_branch: branch('Neg'), else_branch: branch('Abs') };
      g.output(g.op('Exp', [g.op('If', [flag], chosen, { name: 'choice' })]), 'y');
    });
    const { model: after } = await edited(before, deleteNodes, { nodes: ['choice', 'Neg'] });
    expect([...after.nodes.values()].map(({ opType }) => opType)).toEqual(['Exp']);
    expect(after.graphs.size).toBe(1);
  });

  it('leaves a shared constant to its other readers', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [1, 4]);
      const w = g.weight('w', [1, 4]);
      g.output(g.op('Mul', [g.op('Add', [x, w], {}, { name: 'add' }), w]), 'y');
    });
    const { model: after } = await edited(before, deleteNodes, { nodes: ['add'] });
    expect(after.graph.initializers.size).toBe(1);
  });

  it('refuses a name that several nodes share, and one between an input and an output', async () => {
    const twice = residual();
    for (const node of twice.nodes.values()) if (node.opType === 'Conv') node.name = 'conv';
    expect((await refused(twice, deleteNodes, { nodes: ['conv'] })).reason).toMatch(/2 nodes answer to "conv"/);
    const alone = buildModel({}, (g) => g.output(g.op('Relu', [g.input('x', [4])], {}, { name: 'relu' }), 'y'));
    expect((await refused(alone, deleteNodes, { nodes: ['relu'] })).reason).toMatch(/graph input or a constant/);
  });
});
