import { describe, expect, it } from 'vitest';
import { float } from '../ir/attribute.ts';
import { FAMILIES, type GraphView } from '../ir/view.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { analyze } from './analyze.ts';
import { keyAttributes } from './key-attributes.ts';
import { makeGraphView } from './view.ts';

/** Details of the last node. */
function detail(build: (g: GraphBuilder) => void): string | undefined {
  const model = buildModel({ domains: { 'com.microsoft': 1 } }, build);
  const analysis = analyze(model);
  return analysis.order.map((node) => keyAttributes(node, analysis)).at(-1);
}

const conv = (weight: readonly number[], attributes: Readonly<Record<string, number | readonly number[]>>) =>
  detail((g) => {
    const channels = (weight[1] ?? 1) * Number(attributes['group'] ?? 1);
    g.output(g.op('Conv', [g.input('x', [1, channels, 20, 20]), g.floats('w', weight, 0)], attributes));
  });
const x = (g: GraphBuilder) => g.input('x', [2, 1280, 4]);

describe('key attributes', () => {
  it('name kernel, stride, dilation, groups and channels of a convolution', () => {
    expect(conv([192, 1, 3, 3], { group: 192, strides: [2, 2] })).toBe('3×3 s2 g192');
    expect(conv([192, 32, 1, 1], {})).toBe('1×1 · 32→192');
    expect(conv([8, 4, 3, 3], { dilations: [2, 2], strides: [2, 1] })).toBe('3×3 s2×1 d2 · 4→8');
  });

  it('name what matters of other operators', () => {
    expect(
      detail((g) => g.output(g.op('Gemm', [g.input('x', [1, 1280]), g.floats('w', [1000, 1280], 0)], { transB: 1 }))),
    ).toBe('1280→1000');
    expect(detail((g) => g.output(g.op('Clip', [x(g), g.floats('a', [], 0), g.floats('b', [], 6)])))).toBe('0 … 6');
    expect(detail((g) => g.output(g.op('Clip', [x(g), null, g.floats('b', [], 6)])))).toBe('−∞ … 6');
    expect(detail((g) => g.output(g.op('Transpose', [x(g)], { perm: [0, 2, 1] })))).toBe('0 2 1');
    expect(
      detail((g) => g.output(g.op('MaxPool', [g.input('x', [1, 2, 8, 8])], { kernel_shape: [3, 3], strides: [2, 2] }))),
    ).toBe('3×3 s2');
    expect(detail((g) => g.output(g.op('LeakyRelu', [x(g)], { alpha: float(0.1) })))).toBe('α 0.1');
    expect(detail((g) => g.output(g.op('Mystery', [x(g)], {}, { domain: 'com.example' })))).toBe('');
  });

  it('never take more than 24 characters', () => {
    const text = detail((g) => {
      g.output(
        g.op('Conv', [g.input('x', [1, 100000, 9, 9, 9]), g.input('w', [200000, 100000, 3, 3, 3])], {
          strides: [2, 1, 2],
          dilations: [2, 1, 2],
        }),
      );
    });
    expect(text).toBe('3×3×3 s2×1×2 d2×1×2');
    const equation = detail((g) =>
      g.output(g.op('Einsum', [g.input('a', [1]), g.input('b', [1])], { equation: 'abcdefghijklm,nopqrstuvwxyz->an' })),
    );
    expect(equation).toBe('abcdefghijklm,nopqrstuv…');
  });
});

/** Wire names, by index. */
const names = (view: GraphView, wires: Int32Array): (string | undefined)[] =>
  Array.from(wires, (wire) => view.wireNames[wire]);

describe('the view of a graph', () => {
  const model = buildModel({ domains: { 'com.example': 1 } }, (g) => {
    const x = g.input('x', ['batch', 3, 8, 8]);
    const flag = g.input('flag', [], 'bool');
    const w = g.floats('w', [4, 3, 3, 3], 0);
    const a = g.op('Conv', [x, w], {}, { name: 'first', outputs: ['a'] });
    const b = g.op('Relu', [a], {}, { outputs: ['b'] });
    const c = g.op('Conv', [b, g.op('Constant', [], { value_floats: [1] })], {}, { outputs: ['c'] });
    g.op('Mystery', [c], {}, { domain: 'com.example', outputs: ['m'] });
    const chosen = g.op(
      'If',
      [flag],
      {
        then_branch: (inner) => inner.output(inner.op('Relu', [a])),
        else_branch: (inner) => inner.output(inner.op('Tanh', [a])),
      },
      { outputs: ['chosen'] },
    );
    g.output(g.op('Add', [b, b], {}, { outputs: ['sum'] }));
    g.output(chosen);
  });
  const view = makeGraphView(model, analyze(model), 7);
  const row = (name: string): number => view.nodeNames.indexOf(name);
  const wire = (name: string): number => view.wireNames.indexOf(name);
  const usersOf = (name: string): (string | undefined)[] =>
    Array.from(
      view.useRows.slice(view.useStarts[wire(name)], view.useStarts[wire(name) + 1]),
      (each) => view.nodeNames[each],
    );

  it('has a row per node, in running order, numbered within its operator', () => {
    expect(view.revision).toBe(7);
    expect(view.nodeIds.length).toBe(9);
    expect(view.holders.filter((holder) => holder < 0)).toHaveLength(7);
    expect(view.opTypes).toContain('com.example.Mystery');
    expect(view.nodeOrdinals[row('first')]).toBe(1);
    expect(view.nodeOrdinals[row('conv')]).toBe(2);
    const family = (name: string) => FAMILIES[view.opFamilies[view.nodeOps[row(name)] ?? 0] ?? 0];
    expect([family('first'), family('mystery'), family('constant'), family('if')]).toEqual([
      'conv',
      'unknown',
      'const',
      'control',
    ]);
  });

  it('connects wires to what makes and reads them, through subgraphs too', () => {
    expect(view.wireSources[wire('x')]).toBe(-1);
    expect(view.wireSources[wire('w')]).toBe(-2);
    expect(view.wireSources[wire('a')]).toBe(row('first'));
    expect(usersOf('a')).toEqual(['relu', 'relu_2', 'tanh']);
    expect(new Set(usersOf('b'))).toEqual(new Set(['add', 'conv']));
    expect(usersOf('m')).toEqual([]);
    expect(names(view, view.inputs)).toEqual(['x', 'flag']);
    expect(names(view, view.outputs)).toEqual(['sum', 'chosen']);
    expect(view.useStarts.length).toBe(view.wireIds.length + 1);
  });

  it('shows shapes without the batch, weights whole, and what is unknown as such', () => {
    expect(view.wireShapes[wire('a')]).toBe('4×6×6');
    expect(view.wireShapes[wire('w')]).toBe('4×3×3×3');
    expect(view.wireShapes[wire('flag')]).toBe('scalar');
    expect(view.wireShapes[wire('m')]).toBe('');
  });

  it('tells element types, and the batch that a shape leaves out', () => {
    const dtype = (name: string) => view.dtypes[view.wireDtypes[wire(name)]!];
    expect(['a', 'flag', 'm'].map(dtype)).toEqual(['float32', 'bool', 'undefined']);
    const batch = (name: string) => view.batches[view.wireBatches[wire(name)]!];
    expect(['x', 'a', 'w', 'flag', 'm'].map(batch)).toEqual(['batch', 'batch', '', '', '']);
  });

  it('carries costs, unknown ones as NaN', () => {
    expect(view.macs[row('first')]).toBe(4 * 36 * 27);
    expect(view.parameters[row('first')]).toBe(108);
    expect(view.macs[row('mystery')]).toBeNaN();
    expect(Array.from(view.made)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(view.ancestorStarts.length).toBe(10);
  });

  it('puts the nodes of subgraphs before their holder, in groups of their own, numbered behind the main graph', () => {
    const holder = row('if');
    const inside = [row('relu_2'), row('tanh')];
    expect(inside.map((each) => view.holders[each])).toEqual([holder, holder]);
    expect(Math.max(...inside)).toBeLessThan(holder);
    expect(view.groups.names).toEqual(['then_branch', 'else_branch']);
    expect(inside.map((each) => view.groups.ofRow[each])).toEqual([0, 1]);
    expect(Array.from(view.groups.holders)).toEqual([holder, holder]);
    expect(usersOf(view.wireNames[view.wireSources.indexOf(inside[0]!)]!)).toEqual(['if']);
    expect(view.nodeOrdinals[row('relu')]).toBe(1);
    expect(view.nodeOrdinals[row('relu_2')]).toBe(2);
  });

  it('leads the state of a loop from outside to what reads it, and the number of the iteration nowhere', () => {
    const loop = buildModel({}, (g) => {
      const start = g.op('Relu', [g.input('start', [4])], {}, { outputs: ['before'] });
      const [count, go] = [g.input('count', [], 'int64'), g.input('go', [], 'bool')];
      const body = (inner: GraphBuilder): void => {
        const iteration = inner.input('iteration', [], 'int64');
        const again = inner.input('again', [], 'bool');
        const state = inner.input('state', [4]);
        const step = inner.op('Cast', [iteration], { to: 1 }, { name: 'cast' });
        inner.output(again);
        inner.output(inner.op('Add', [state, step], {}, { name: 'add', outputs: ['next'] }));
      };
      g.output(g.op('Loop', [count, go, start], { body }, { name: 'loop', outputs: ['last'] }));
    });
    const inside = makeGraphView(loop, analyze(loop), 1);
    const users = (name: string): (string | undefined)[] => {
      const at = inside.wireNames.indexOf(name);
      const rows = inside.useRows.slice(inside.useStarts[at], inside.useStarts[at + 1]);
      return Array.from(rows, (each) => inside.nodeNames[each]);
    };
    expect(users('before')).toEqual(['add']);
    expect(users('next')).toEqual(['loop']);
    expect(users('go')).toEqual(['loop']);
    expect(inside.wireNames).not.toContain('iteration');
  });
});
