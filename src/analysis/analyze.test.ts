import { describe, expect, it } from 'vitest';
import { int } from '../ir/attribute.ts';
import type { Model } from '../ir/model.ts';
import { tensorOf } from '../ir/tensor.ts';
import { tensorType, type Dim, type ValueId } from '../ir/types.ts';
import { buildModel } from '../testing/build.ts';
import { analyze, type Analysis } from './analyze.ts';

const named = (model: Model, name: string): ValueId => {
  for (const value of model.values.values()) if (value.name === name) return value.id;
  throw new Error(`no value ${name}`);
};
const shapeOf = (analysis: Analysis, name: string): readonly Dim[] | null =>
  analysis.shape(named(analysis.model, name));
const intsOf = (analysis: Analysis, name: string): readonly Dim[] | null => analysis.ints(named(analysis.model, name));

describe('shape inference', () => {
  it('follows a symbol through Shape, Gather, Unsqueeze, Concat and Reshape', () => {
    const model = buildModel({ opset: 13 }, (g) => {
      const x = g.input('x', ['batch', 3, 'H', 'W']);
      const batch = g.op('Gather', [g.op('Shape', [x]), g.int64s('zero', [0], [])], {}, { outputs: ['size'] });
      const head = g.op('Unsqueeze', [batch, g.int64s('axis', [0])]);
      const target = g.op('Concat', [head, g.int64s('rest', [-1, 3])], { axis: 0 }, { outputs: ['target'] });
      g.output(g.op('Reshape', [x, target], {}, { outputs: ['y'] }));
    });
    const analysis = analyze(model);
    expect(intsOf(analysis, 'size')).toEqual(['batch']);
    expect(intsOf(analysis, 'target')).toEqual(['batch', -1, 3]);
    expect(shapeOf(analysis, 'y')).toEqual(['batch', 'H*W', 3]);
    expect(analysis.symbols).toEqual(['H', 'W', 'batch']);
    expect(shapeOf(analyze(model, { bind: { H: 4, W: 5 } }), 'y')).toEqual(['batch', 20, 3]);
  });

  it('computes with sizes exactly: 2·H halves to H, a strided convolution rounds down', () => {
    const model = buildModel({ opset: 13 }, (g) => {
      const x = g.input('x', [1, 3, 'H', 'W']);
      const doubled = g.op('Resize', [x, null, g.floats('scales', [4], [1, 1, 2, 2])], {}, { outputs: ['doubled'] });
      const w = g.weight('w', [8, 3, 3, 3]);
      g.output(g.op('Conv', [doubled, w], { strides: [2, 2], pads: [1, 1, 1, 1] }, { outputs: ['halved'] }));
      g.output(g.op('Conv', [x, w], { strides: [2, 2] }, { outputs: ['strided'] }));
      g.output(
        g.op('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' }, { outputs: ['same'] }),
      );
    });
    const analysis = analyze(model);
    expect(shapeOf(analysis, 'doubled')).toEqual([1, 3, '2*H', '2*W']);
    expect(shapeOf(analysis, 'halved')).toEqual([1, 8, 'H', 'W']);
    expect(shapeOf(analysis, 'strided')).toEqual([1, 8, 'floor((H + 1)/2) - 1', 'floor((W + 1)/2) - 1']);
    expect(shapeOf(analysis, 'same')).toEqual([1, 3, 'floor((H + 1)/2)', 'floor((W + 1)/2)']);
  });

  it('stops at an operator that it does not know, and goes on behind it with what is declared', () => {
    const model = buildModel({ opset: 13 }, (g) => {
      const x = g.input('x', [2, 4]);
      const open = g.op('Mystery', [x], {}, { domain: 'com.example', outputs: ['open'] });
      g.output(g.op('Relu', [open], {}, { outputs: ['after'] }));
      const told = g.op('Mystery', [x], {}, { domain: 'com.example', outputs: ['told'] });
      g.model.getValue(told).type = tensorType('float32', ['n', 4]);
      g.output(g.op('Relu', [told], {}, { outputs: ['behind'] }));
    });
    const analysis = analyze(model);
    expect(analysis.type(named(model, 'after'))).toBeNull();
    expect(shapeOf(analysis, 'behind')).toEqual(['n', 4]);
    expect(analysis.symbols).toEqual(['n']);
  });

  it('believes what it infers over what is declared, and says so', () => {
    const model = buildModel({ opset: 13 }, (g) => {
      const y = g.op('Flatten', [g.input('x', [2, 3, 4])], {}, { outputs: ['y'] });
      g.output(y, 'y', { shape: [2, 99] });
    });
    const analysis = analyze(model);
    expect(shapeOf(analysis, 'y')).toEqual([2, 12]);
    expect(analysis.warnings).toEqual([
      expect.objectContaining({ message: 'y is declared as [2, 99] but works out as [2, 12].' }),
    ]);
  });

  it('never changes the model', () => {
    const model = buildModel({ opset: 13 }, (g) => {
      g.output(g.op('Relu', [g.input('x', ['1 + n', 3])], {}, { outputs: ['y'] }));
    });
    analyze(model);
    expect(model.getValue(named(model, 'x')).type).toEqual(tensorType('float32', ['1 + n', 3]));
    expect(model.getValue(named(model, 'y')).type).toBeNull();
  });

  it('gives unnamed input sizes symbols of their own', () => {
    const model = buildModel({ opset: 13 }, (g) => {
      const a = g.input('a', [null, 4]);
      const b = g.input('b', [null, 4]);
      g.output(g.op('Concat', [a, a], { axis: 0 }, { outputs: ['aa'] }));
      g.output(g.op('Add', [a, b], {}, { outputs: ['sum'] }));
    });
    const analysis = analyze(model);
    expect(shapeOf(analysis, 'aa')).toEqual(['2*?a.0', 4]);
    expect(shapeOf(analysis, 'sum')).toEqual([null, 4]);
    expect(analysis.sameShape(named(model, 'a'), named(model, 'b'))).toBe(false);
  });

  it('takes an initializer that is an input as a default, not as a constant', () => {
    const model = buildModel({ opset: 13, irVersion: 8 }, (g) => {
      const x = g.input('x', [2, 6]);
      const target = g.int64s('target', [3, 4]);
      g.graph.inputs.push(target);
      g.output(g.op('Reshape', [x, target], {}, { outputs: ['y'] }));
    });
    const analysis = analyze(model);
    expect(analysis.constant(named(model, 'target'))).toBeNull();
    expect(shapeOf(analysis, 'y')).toEqual([null, null]);
    expect(analysis.assumedType(named(model, 'y'))).toEqual(tensorType('float32', [3, 4]));
  });

  it('takes a constant table that symbols cut as long enough, and says so', () => {
    const model = buildModel({ opset: 13 }, (g) => {
      const ids = g.input('ids', ['batch', 'seq'], 'int64');
      const end = g.op('Shape', [ids]);
      const seq = g.op('Slice', [end, g.int64s('one', [1]), g.int64s('two', [2])]);
      const zero = g.int64s('zero', [0]);
      g.output(g.op('Slice', [g.weight('table', [128, 8]), zero, seq, zero], {}, { outputs: ['rows'] }));
      g.output(g.op('Slice', [g.input('data', [128, 8]), zero, seq, zero], {}, { outputs: ['cut'] }));
    });
    const analysis = analyze(model);
    expect(shapeOf(analysis, 'rows')).toEqual(['seq', 8]);
    expect(analysis.assumptions.map((each) => each.message)).toEqual(['seq ≤ 128, the length of a constant table']);
    expect(shapeOf(analysis, 'cut')).toEqual(['min(128, seq)', 8]);
  });
});

const evaluate = (build: Parameters<typeof buildModel>[1], name: string): readonly Dim[] | null =>
  intsOf(analyze(buildModel({ opset: 18 }, build)), name);

describe('shape arithmetic', () => {
  it('truncates integer division, keeps signs of Mod, and compares what can be compared', () => {
    const results = analyze(
      buildModel({ opset: 18 }, (g) => {
        const x = g.input('x', ['n', 4]);
        const shape = g.op('Shape', [x]);
        g.output(g.op('Div', [g.int64s('a', [-7, 7]), g.int64s('b', [2])], {}, { outputs: ['quotients'] }));
        g.output(g.op('Mod', [g.int64s('c', [-7, 7]), g.int64s('d', [3])], {}, { outputs: ['rests'] }));
        const negative = g.op('Equal', [shape, g.int64s('minus', [-1])]);
        g.output(g.op('Where', [negative, g.int64s('ones', [1, 1]), shape], {}, { outputs: ['chosen'] }));
        g.output(g.op('ReduceProd', [shape], { keepdims: 0 }, { outputs: ['size'] }));
      }),
    );
    expect(intsOf(results, 'quotients')).toEqual([-3, 3]);
    expect(intsOf(results, 'rests')).toEqual([2, 1]);
    expect(intsOf(results, 'chosen')).toEqual(['n', 4]);
    expect(intsOf(results, 'size')).toEqual(['4*n']);
  });

  it('goes through floating point and back where nothing is rounded', () => {
    const scaled = evaluate((g) => {
      const shape = g.op('Slice', [
        g.op('Shape', [g.input('x', [1, 3, 'H', 6])]),
        g.int64s('s', [2]),
        g.int64s('e', [4]),
      ]);
      const real = g.op('Cast', [shape], { to: 1 });
      const doubled = g.op('Floor', [g.op('Mul', [real, g.floats('two', [1], 2)])]);
      g.output(g.op('Cast', [doubled], { to: 7 }, { outputs: ['y'] }));
    }, 'y');
    expect(scaled).toEqual(['2*H', 12]);
  });

  it('does not compute with INT64_MAX as if it were a size', () => {
    const model = buildModel({ opset: 18 }, (g) => {
      const end = g.tensor('end', tensorOf('int64', [1], BigInt64Array.of(2n ** 63n - 1n)));
      g.output(g.op('Identity', [end], {}, { outputs: ['copy'] }));
      g.output(g.op('Add', [end, end], {}, { outputs: ['sum'] }));
      g.output(g.op('Slice', [g.input('x', [5, 'n']), g.int64s('start', [1]), end], {}, { outputs: ['y'] }));
    });
    const analysis = analyze(model);
    expect(intsOf(analysis, 'end')).toEqual([Number.MAX_SAFE_INTEGER]);
    expect(intsOf(analysis, 'copy')).toBeNull();
    expect(intsOf(analysis, 'sum')).toEqual([null]);
    expect(shapeOf(analysis, 'y')).toEqual([4, 'n']);
  });
});

describe('subgraphs and functions', () => {
  it('joins what the branches of an If have in common', () => {
    const model = buildModel({ opset: 16 }, (g) => {
      const x = g.input('x', ['n', 4]);
      const condition = g.input('condition', [], 'bool');
      g.output(
        g.op(
          'If',
          [condition],
          {
            then_branch: (inner) => inner.output(inner.op('Relu', [x], {}, { outputs: ['yes'] })),
            else_branch: (inner) => inner.output(inner.op('Concat', [x, x], { axis: 1 }, { outputs: ['no'] })),
          },
          { outputs: ['y'] },
        ),
      );
    });
    const analysis = analyze(model);
    expect(shapeOf(analysis, 'yes')).toEqual(['n', 4]);
    expect(shapeOf(analysis, 'no')).toEqual(['n', 8]);
    expect(shapeOf(analysis, 'y')).toEqual(['n', null]);
  });

  it('takes the branch that a known condition takes', () => {
    const model = buildModel({ opset: 16 }, (g) => {
      const x = g.input('x', ['n', 4]);
      const rank = g.op('Size', [g.op('Shape', [x])]);
      const condition = g.op('Equal', [rank, g.int64s('two', [2], [])]);
      g.output(
        g.op(
          'If',
          [condition],
          {
            then_branch: (inner) => inner.output(inner.op('Relu', [x])),
            else_branch: (inner) => inner.output(inner.op('Flatten', [x])),
          },
          { outputs: ['y'] },
        ),
      );
    });
    expect(shapeOf(analyze(model), 'y')).toEqual(['n', 4]);
  });

  it('drops what changes from round to round of a Loop, and stacks what a round scans out', () => {
    const model = buildModel({ opset: 16 }, (g) => {
      const x = g.input('x', [1, 4]);
      const trips = g.int64s('trips', [5], []);
      g.node(
        'Loop',
        [trips, null, x],
        {
          body: (inner) => {
            inner.input('iteration', [], 'int64');
            const condition = inner.input('going', [], 'bool');
            const carried = inner.input('carried', null);
            inner.output(inner.op('Identity', [condition]));
            inner.output(inner.op('Concat', [carried, x], { axis: 0 }));
            inner.output(inner.op('ReduceSum', [x], { keepdims: 0 }));
          },
        },
        { outputs: ['grown', 'sums'] },
      ).outputs.forEach((id) => id !== null && g.output(id));
    });
    const analysis = analyze(model);
    expect(shapeOf(analysis, 'grown')).toEqual([null, 4]);
    expect(shapeOf(analysis, 'sums')).toEqual([5]);
  });

  it('scans along the axis that it is told', () => {
    const model = buildModel({ opset: 16 }, (g) => {
      g.node(
        'Scan',
        [g.input('state', ['n', 2]), g.input('steps', ['n', 'time', 2])],
        {
          num_scan_inputs: 1,
          scan_input_axes: [1],
          scan_output_axes: [1],
          body: (inner) => {
            const state = inner.input('s', null);
            const step = inner.input('e', null);
            const next = inner.op('Add', [state, step]);
            inner.output(next);
            inner.output(inner.op('Identity', [next]));
          },
        },
        { outputs: ['last', 'all'] },
      ).outputs.forEach((id) => id !== null && g.output(id));
    });
    const analysis = analyze(model);
    expect(shapeOf(analysis, 'last')).toEqual(['n', 2]);
    expect(shapeOf(analysis, 'all')).toEqual(['n', 'time', 2]);
  });

  it('infers through the model’s own functions, attributes included', () => {
    const model = buildModel({ opset: 16, domains: { local: 1 } }, (g) => {
      const call = (x: ValueId, axis: number, output: string) =>
        g.output(g.op('Twice', [x], { axis: int(axis) }, { domain: 'local', outputs: [output] }));
      const x = g.input('x', [2, 'n']);
      call(x, 0, 'down');
      call(x, 1, 'across');
    });
    const body = model.addGraph('Twice', null, { function: true });
    const x = model.addValue(body, 'fx');
    body.inputs.push(x.id);
    const node = model.addNode(body, { opType: 'Concat', inputs: [x.id, x.id], outputs: ['fy'] });
    node.attributes.set('axis', { type: 'reference', name: 'axis', of: 'int' });
    body.outputs.push(named(model, 'fy'));
    model.functions.push({
      name: 'Twice',
      domain: 'local',
      overload: '',
      graph: body.id,
      attributes: ['axis'],
      defaults: new Map(),
      opsetImports: new Map([['', 16]]),
      extras: {},
    });
    const analysis = analyze(model);
    expect(shapeOf(analysis, 'down')).toEqual([4, 'n']);
    expect(shapeOf(analysis, 'across')).toEqual([2, '2*n']);
    // Two calls disagree about the body's inner values.
    expect(shapeOf(analysis, 'fy')).toBeNull();
  });
});

describe('bad models', () => {
  it('says what does not fit and goes on', () => {
    const model = buildModel({ opset: 13 }, (g) => {
      const x = g.input('x', [1, 3, 8, 8]);
      g.output(g.op('Conv', [x, g.weight('w', [4, 5, 3, 3])], {}, { outputs: ['channels'] }));
      g.output(g.op('Add', [x, g.floats('b', [7], 0)], {}, { outputs: ['broadcast'] }));
      g.output(g.op('MatMul', [x, g.weight('m', [9, 2])], {}, { outputs: ['inner'] }));
      g.output(g.op('Softmax', [x], { axis: 'one' }, { outputs: ['softmax'] }));
      g.output(g.op('Transpose', [x], { perm: 'abc' }, { outputs: ['attribute'] }));
      g.output(g.op('Conv', [x, g.weight('big', [4, 3, 9, 9])], {}, { outputs: ['small'] }));
    });
    const analysis = analyze(model);
    const messages = analysis.warnings.map((each) => each.message);
    expect(messages).toContain('3 input channels against weights for 5');
    expect(messages).toContain('shapes [1, 3, 8, 8] and [7] do not broadcast');
    expect(messages).toContain('inner dimensions 8 and 9 differ');
    expect(messages.some((message) => message.includes('Attribute perm'))).toBe(true);
    expect(analysis.type(named(model, 'attribute'))).toBeNull();
    expect(shapeOf(analysis, 'broadcast')).toEqual([1, 3, 8, null]);
    expect(shapeOf(analysis, 'small')).toEqual([1, 4, null, null]);
  });

  it('reads nodes that stand in the wrong order', () => {
    const model = buildModel({ opset: 13 }, (g) => {
      const x = g.input('x', [2, 3]);
      const a = g.op('Relu', [x], {}, { outputs: ['a'] });
      g.output(g.op('Transpose', [a], {}, { outputs: ['y'] }));
    });
    const reversed = [...model.graph.nodes].reverse();
    model.graph.nodes.clear();
    for (const id of reversed) model.graph.nodes.add(id);
    const analysis = analyze(model);
    expect(shapeOf(analysis, 'y')).toEqual([3, 2]);
    expect(analysis.order.map((node) => node.opType)).toEqual(['Relu', 'Transpose']);
  });
});
