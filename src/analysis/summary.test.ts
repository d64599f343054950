import { describe, expect, it } from 'vitest';
import { tensorType } from '../ir/types.ts';
import { buildModel } from '../testing/build.ts';
import { analyze } from './analyze.ts';
import { liveBytes, peakActivationBytes } from './memory.ts';
import { summarize } from './summary.ts';
import type { GraphBuilder } from '../testing/build.ts';

const peak = (build: (g: GraphBuilder) => void): number | null => peakActivationBytes(analyze(buildModel({}, build)));

describe('the memory timeline', () => {
  it('tells what is alive at every node, and peaks where the peak is', () => {
    const model = buildModel({}, (g) => {
      const x = g.input('x', [1, 100]);
      const a = g.op('MatMul', [x, g.weight('w', [100, 10])]);
      g.output(g.op('MatMul', [g.op('Relu', [a]), g.weight('v', [10, 1])]));
    });
    const analysis = analyze(model);
    // x and a; a, overwritten by its Relu; that and the result.
    expect(Array.from(liveBytes(analysis) ?? [])).toEqual([4 * 110, 4 * 10, 4 * 11]);
    expect(Math.max(...(liveBytes(analysis) ?? []))).toBe(peakActivationBytes(analysis));
  });

  it('is not known where a shape is not', () => {
    const model = buildModel({}, (g) => {
      g.output(g.op('Mystery', [g.input('x', [1, 100])], {}, { domain: 'some.where' }));
    });
    expect(liveBytes(analyze(model))).toBeNull();
  });
});

describe('peak activation memory', () => {
  it('is the largest sum of what is alive at once', () => {
    // x [100] → a [10] → b [10]: x and a are alive together, then a is overwritten by b.
    const bytes = peak((g) => {
      const x = g.input('x', [1, 100]);
      const a = g.op('MatMul', [x, g.weight('w', [100, 10])]);
      g.output(g.op('Relu', [a]));
    });
    expect(bytes).toBe(4 * 110);
  });

  it('keeps a value alive for a late reader', () => {
    // x is read again at the end: x, the first product and the second are alive together.
    const bytes = peak((g) => {
      const x = g.input('x', [1, 100]);
      const square = g.weight('w', [100, 100]);
      const a = g.op('MatMul', [g.op('MatMul', [x, square]), square]);
      g.output(g.op('Add', [a, x]));
    });
    expect(bytes).toBe(4 * 300);
  });

  it('lets views share the bytes of their source, and keeps the source alive for them', () => {
    const bytes = peak((g) => {
      const x = g.input('x', [10, 10]);
      const flat = g.op('Reshape', [x, g.int64s('s', [1, 100])]);
      const y = g.op('MatMul', [flat, g.weight('w', [100, 5])]);
      g.output(g.op('Add', [g.op('ReduceSum', [flat]), y]));
    });
    // x (through its view) + y + the sum.
    expect(bytes).toBe(4 * (100 + 5 + 1));
  });

  it('does not overwrite a value that is an output or is read later', () => {
    const bytes = peak((g) => {
      const x = g.input('x', [100]);
      const a = g.op('Relu', [x]);
      g.output(a);
      g.output(g.op('Sigmoid', [a]));
    });
    expect(bytes).toBe(4 * 200);
  });

  it('adds what the dearest branch of an If needs, and keeps what it captures', () => {
    const bytes = peak((g) => {
      const x = g.input('x', [100]);
      const y = g.op('If', [g.input('c', [], 'bool')], {
        then_branch: (inner) => inner.output(inner.op('Relu', [x])),
        else_branch: (inner) => inner.output(inner.op('Concat', [x, x], { axis: 0 })),
      });
      g.model.getValue(y).type = tensorType('float32', [200]);
      g.output(y);
    });
    // The condition, x, the result (declared 200), and the 200 inside the dearer branch.
    expect(bytes).toBe(1 + 4 * (100 + 200 + 200));
  });

  it('is unknown where a size is', () => {
    expect(peak((g) => g.output(g.op('Mystery', [g.input('x', [2])], {}, { domain: 'com.example' })))).toBeNull();
  });
});

describe('the summary', () => {
  it('counts parameters once however many nodes and names share them', () => {
    const model = buildModel({}, (g) => {
      const w = g.weight('w', [4, 4]);
      const x = g.input('x', [1, 4]);
      const again = g.tensor('again', g.graph.initializers.get(w) ?? raise());
      const constant = g.op('Constant', [], { value_ints: [1, 4] });
      g.output(g.op('Reshape', [g.op('MatMul', [g.op('MatMul', [x, w]), again]), constant]));
    });
    expect(summarize(model, analyze(model), 0).parameters).toBe(16 + 2);
  });

  it('says what it assumed, what it does not know, and which operators there are', () => {
    const model = buildModel({ opset: 18, domains: { 'com.example': 1 } }, (g) => {
      const x = g.input('x', ['batch', null, 4]);
      g.output(g.op('Relu', [x]), 'y');
      g.output(g.op('Mystery', [x], {}, { domain: 'com.example' }), 'z');
    });
    expect(summarize(model, analyze(model), 1234)).toMatchObject({
      nodes: 2,
      bytes: 1234,
      macs: null,
      opset: 18,
      ops: { Relu: 1, 'com.example.Mystery': 1 },
      inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', '?', 4] }],
      outputs: [
        { name: 'y', dtype: 'float32', shape: ['batch', '?', 4] },
        { name: 'z', dtype: 'unknown', shape: null },
      ],
      unknownShapes: 1,
      assumed: { batch: 1, 'x.1': 1 },
    });
  });
});

function raise(): never {
  throw new Error('no tensor');
}
