import { describe, expect, it } from 'vitest';
import type { Json } from '../../base/json.ts';
import { getInts, getString } from '../../ir/attribute.ts';
import { buildModel } from '../../testing/build.ts';
import { edited, refused } from '../../testing/edits.ts';
import { setAttribute } from './set-attribute.ts';

const model = () =>
  buildModel({}, (g) => {
    const x = g.input('x', [1, 3, 8, 8]);
    const w = g.weight('w', [4, 3, 3, 3]);
    const attributes = { pads: [1, 1, 1, 1], strides: [1, 1], group: 1 };
    const c = g.op('Conv', [x, w], attributes, { name: 'conv' });
    g.output(g.op('LeakyRelu', [c], { alpha: 0.5 }, { name: 'leaky' }), 'y', { shape: [1, 4, 8, 8] });
    g.output(g.op('Add', [c, x2(g)], {}, { name: 'sum' }), 'z');
  });

const x2 = (g: Parameters<Parameters<typeof buildModel>[1]>[0]) => g.input('x2', [1, 4, 8, 8]);
const set = (node: string, attribute: string, value: Json, type = 'auto') => ({ node, attribute, value, type });

describe('set-attribute', () => {
  it('sets a value of the attribute that is there, and says what becomes of the result', async () => {
    const { model: after, site } = await edited(model(), setAttribute, set('leaky', 'alpha', 0.25));
    const node = [...after.nodes.values()].find((each) => each.name === 'leaky')!;
    expect(node.attributes.get('alpha')).toEqual({ type: 'float', value: 0.25 });
    expect(site).toMatchObject({ title: 'Set alpha of LeakyRelu 1 to 0.25' });
    expect(site.what).toMatch(/keeps its shape/);
  });

  it('declares the shapes that follow', async () => {
    const alone = buildModel({}, (g) => {
      const c = g.op(
        'Conv',
        [g.input('x', [1, 3, 8, 8]), g.weight('w', [4, 3, 3, 3])],
        { pads: [1, 1, 1, 1] },
        { name: 'conv' },
      );
      g.output(c, 'y', { shape: [1, 4, 8, 8] });
    });
    const { model: after, site } = await edited(alone, setAttribute, set('conv', 'pads', [0, 0, 0, 0]));
    expect(after.getValue(after.graph.outputs[0]!).type).toMatchObject({ shape: [1, 4, 6, 6] });
    expect(site.what).toMatch(/becomes 1×4×6×6, from 1×4×8×8/);
  });

  it('adds one that only its operator knows, and takes one away', async () => {
    const added = await edited(model(), setAttribute, set('conv', 'auto_pad', 'NOTSET'));
    const conv = [...added.model.nodes.values()].find((each) => each.name === 'conv')!;
    expect(getString(conv, 'auto_pad', '')).toBe('NOTSET');
    const { model: after } = await edited(model(), setAttribute, set('conv', 'strides', null));
    expect(
      getInts(
        [...after.nodes.values()].find((each) => each.name === 'conv')!,
        'strides',
        null,
      ),
    ).toBeNull();
  });

  it('takes the type from the person where nothing else knows it', async () => {
    expect((await refused(model(), setAttribute, set('conv', 'colour', 1))).reason).toMatch(/not known to have/);
    const { model: after } = await edited(model(), setAttribute, set('conv', 'colour', 1, 'int'));
    expect([...after.nodes.values()].find((each) => each.name === 'conv')!.attributes.get('colour')).toEqual({
      type: 'int',
      value: 1n,
    });
  });

  it('refuses a graph that does not hold together, at the node that does not fit', async () => {
    const strides = await refused(model(), setAttribute, set('conv', 'strides', [2, 2]));
    expect(strides).toMatchObject({ at: ['Add'] });
    expect(strides.reason).toMatch(/do not broadcast/);
    expect(await refused(model(), setAttribute, set('conv', 'group', 3))).toMatchObject({ at: ['Conv'] });
  });

  it('refuses where a result had a shape and would have none', async () => {
    const turned = buildModel({}, (g) => {
      const x = g.input('x', [2, 3, 4]);
      g.output(g.op('Concat', [x, x], { axis: 1 }, { name: 'joined' }), 'y');
    });
    const { reason, at } = await refused(turned, setAttribute, set('joined', 'axis', 7));
    expect(reason).toMatch(/Concat 1 (has no result of a known shape|does not fit)/);
    expect(at).toEqual(['Concat']);
  });

  it('does not take for lost what only the file declared', async () => {
    const opaque = buildModel({ domains: { custom: 1 } }, (g) => {
      const m = g.op(
        'Mystery',
        [g.input('x', [1, 4])],
        { level: 1 },
        { domain: 'custom', name: 'mystery', outputs: ['m'] },
      );
      g.model.getValue(m).type = { kind: 'tensor', dtype: 'float32', shape: [1, 4] };
      g.output(g.op('Neg', [m]), 'y', { shape: [1, 4] });
    });
    const { model: after } = await edited(opaque, setAttribute, set('mystery', 'level', 2));
    const types = [...after.values.values()].filter(({ name }) => name !== 'x').map(({ name, type }) => [name, type]);
    expect(types).toEqual([
      ['m', null],
      ['y', { kind: 'tensor', dtype: 'float32', shape: null }],
    ]);
  });

  it.each([
    [set('conv', 'strides', 'two'), /of type ints; "two" is not/],
    [set('conv', 'strides', [1.5, 1]), /of type ints/],
    [set('leaky', 'alpha', 1, 'int'), /of type float, not int/],
    [set('conv', 'strides', [1, 1]), /this value already/],
    [set('leaky', 'beta', null), /no attribute "beta" to take away/],
    [set('gone', 'alpha', 1), /no node "gone"/],
  ])('refuses %j', async (options, reason) => {
    expect((await refused(model(), setAttribute, options)).reason).toMatch(reason);
  });
});
