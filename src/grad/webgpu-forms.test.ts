import { describe, expect, it } from 'vitest';
import type { ValueId } from '../ir/types.ts';
import { float } from '../ir/attribute.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { evaluate } from '../testing/reference/evaluate.ts';
import { gaussian } from '../testing/training-step.ts';
import { Emit } from './emit.ts';
import { useWebgpuForms, useWebgpuVersions } from './webgpu-forms.ts';

const SHAPE = [2, 3, 4, 6];
const feeds = { a: gaussian(SHAPE, 1), b: gaussian([3, 1, 6], 2), c: gaussian([1, 3, 4, 1], 3) };

const CASES: Readonly<Record<string, (g: GraphBuilder, a: ValueId, b: ValueId, c: ValueId) => ValueId>> = {
  'Sum of three': (g, a, b, c) => g.op('Sum', [a, b, c]),
  'Sum of one': (g, a) => g.op('Sum', [a]),
  'Mean of three': (g, a, b, c) => g.op('Mean', [b, a, c]),
  Celu: (g, a) => g.op('Celu', [a]),
  'Celu with alpha': (g, a) => g.op('Celu', [a], { alpha: float(2.5) }),
  Selu: (g, a) => g.op('Selu', [a]),
  'Selu with alpha and gamma': (g, a) => g.op('Selu', [a], { alpha: float(1.5), gamma: float(0.8) }),
  Softsign: (g, a) => g.op('Softsign', [a]),
  SpaceToDepth: (g, a) => g.op('SpaceToDepth', [a], { blocksize: 2 }),
};

describe('what WebGPU has no kernel for is written out', () => {
  it.each(Object.entries(CASES))('%s, with the same result', (_, build) => {
    const model = buildModel({ opset: 18 }, (g) => {
      const [a, b, c] = [g.input('a', SHAPE), g.input('b', [3, 1, 6]), g.input('c', [1, 3, 4, 1])];
      g.output(g.op('Tanh', [build(g, a, b, c)]), 'y');
    });
    const before = evaluate(model, feeds).get('y')!;
    const [first] = [...model.graph.nodes].map((id) => model.getNode(id).opType);
    useWebgpuForms(new Emit(model, 'webgpu'));
    verifyModel(model);
    expect([...model.graph.nodes].map((id) => model.getNode(id).opType)).not.toContain(first);
    const after = evaluate(model, feeds).get('y')!;
    expect(after.shape).toEqual(before.shape);
    after.data.forEach((each, i) => expect(each).toBeCloseTo(before.data[i]!, 7));
  });
});

describe('a model of a later operator set than WebGPU has kernels for', () => {
  const pooled = (after: (g: GraphBuilder, x: ValueId) => ValueId) =>
    buildModel({ opset: 24, irVersion: 10 }, (g) => {
      const x = g.op('MaxPool', [g.input('a', SHAPE)], { kernel_shape: [2, 2] });
      g.output(after(g, x), 'y');
    });

  it('is taken back where its operators mean the same there', () => {
    const model = pooled((g, x) => g.op('Elu', [x]));
    const before = evaluate(model, feeds).get('y')!;
    useWebgpuVersions(model);
    verifyModel(model);
    expect(model.opset()).toBe(21);
    expect(evaluate(model, feeds).get('y')).toEqual(before);
  });

  it.each([
    ['an operator is newer', (g: GraphBuilder, x: ValueId) => g.op('Swish', [x])],
    ['it has what was added later', (g: GraphBuilder, x: ValueId) => g.op('Cast', [x], { to: 1, round_mode: 'up' })],
  ])('stays as it is where %s', (_, after) => {
    const model = pooled(after);
    useWebgpuVersions(model);
    expect(model.opset()).toBe(24);
  });

  it('stays as it is where it is older', () => {
    const model = buildModel({ opset: 18 }, (g) => g.output(g.op('Relu', [g.input('a', SHAPE)]), 'y'));
    useWebgpuVersions(model);
    expect(model.opset()).toBe(18);
  });
});
