import { describe, expect, it } from 'vitest';
import { writeModel } from '../../onnx/write.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel } from '../../testing/build.ts';
import { edited, namesOf, refused } from '../../testing/edits.ts';
import { sitesOf } from '../../testing/passes.ts';
import { rename } from './rename.ts';

/** x → Relu → Add(w) → y, and an If whose branches capture the Relu's result. */
const model = () =>
  buildModel({}, (g) => {
    const x = g.input('x', [1, 4]);
    const r = g.op('Relu', [x], {}, { name: 'relu', outputs: ['r'] });
    g.output(g.op('Add', [r, g.weight('w', [4])], {}, { name: 'add' }), 'y');
    const flag = g.input('flag', [], 'bool');
    const branch = (opType: string) => (inner: typeof g) =>
      inner.output(inner.op(opType, [r], {}, { name: `inner_${opType}` }), `${opType}_result`, { shape: [1, 4] });
    g.output(g.op('If', [flag], { then_branch: branch('Neg'), else_branch: branch('Abs') }), 'z');
  });

describe('rename', () => {
  it('renames an input for every reader', async () => {
    const before = model();
    const { model: after, site } = await edited(before, rename, { from: 'x', to: 'image' });
    expect(namesOf(after, 'inputs')).toEqual(['image', 'flag']);
    expect(namesOf(before, 'inputs')).toEqual(['x', 'flag']);
    expect(site.title).toBe('Rename input x to image');
  });

  it('renames an output, a constant and a value in between', async () => {
    const output = await edited(model(), rename, { from: 'y', to: 'scores' });
    expect(namesOf(output.model, 'outputs')).toEqual(['scores', 'z']);
    expect(output.site.title).toBe('Rename output y to scores');
    expect((await edited(model(), rename, { from: 'w', to: 'bias' })).site.title).toBe('Rename constant w to bias');
    expect((await edited(model(), rename, { from: 'r', to: 'hidden' })).site.title).toBe('Rename value r to hidden');
  });

  it('follows a value into the subgraphs that capture it, through a written file', async () => {
    const { model: after } = await edited(model(), rename, { from: 'r', to: 'hidden' });
    const { model: read } = readModel(writeModel(after));
    const inner = [...read.nodes.values()].filter((node) => node.name.startsWith('inner_'));
    expect(inner).toHaveLength(2);
    for (const node of inner) expect(read.getValue(node.inputs[0]!).name).toBe('hidden');
  });

  it('renames a node, found by its name or by its result', async () => {
    for (const from of ['relu', 'r']) {
      const { model: after, site } = await edited(model(), rename, { kind: 'node', from, to: 'stem' });
      expect([...after.nodes.values()].map((node) => node.name)).toContain('stem');
      expect(site.title).toBe('Rename Relu 1 to stem');
    }
  });

  it('keeps names unique, in subgraphs too', async () => {
    expect((await refused(model(), rename, { from: 'x', to: 'y' })).reason).toMatch(/output "y" is there already/);
    expect(await refused(model(), rename, { from: 'x', to: 'Neg_result' })).toMatchObject({ at: ['Neg'] });
    const node = { kind: 'node', from: 'relu', to: 'add' };
    expect(await refused(model(), rename, node)).toMatchObject({ at: ['Add'] });
  });

  it('refuses names that are none, are the same, or are not there', async () => {
    expect((await refused(model(), rename, { from: 'x', to: 'a\nb' })).reason).toMatch(/control characters/);
    expect((await refused(model(), rename, { from: 'x', to: 'x' })).reason).toMatch(/already/);
    expect((await refused(model(), rename, { from: 'gone', to: 'b' })).reason).toMatch(/no value "gone"/);
  });

  it('leaves values alone that unread training info may name', async () => {
    const before = model();
    before.trainingInfo = [new Uint8Array([1])];
    expect((await refused(before, rename, { from: 'x', to: 'image' })).reason).toMatch(/training info/);
    await edited(before, rename, { kind: 'node', from: 'relu', to: 'stem' });
  });

  it('takes quantization annotations along', async () => {
    const before = model();
    before.graph.quantizationAnnotations = [{ tensor: 'r', parameters: [['SCALE_TENSOR', 'w']] }];
    const once = await edited(before, rename, { from: 'r', to: 'hidden' });
    const { model: after } = await edited(once.model, rename, { from: 'w', to: 'scale' });
    expect(after.graph.quantizationAnnotations).toEqual([
      { tensor: 'hidden', parameters: [['SCALE_TENSOR', 'scale']] },
    ]);
  });

  it('asks for names where none are given', async () => {
    const { sites, refusals } = await sitesOf(model(), rename);
    expect(sites).toEqual([]);
    expect(refusals[0]?.reason).toMatch(/^Give /);
  });
});
