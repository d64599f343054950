import { describe, expect, test } from 'vitest';
import { tensorFromBytes } from '../ir/tensor.ts';
import { writeModel } from '../onnx/write.ts';
import { buildModel } from '../testing/build.ts';
import { factsOf, readFacts } from './facts.ts';

const condition = tensorFromBytes('bool', [], Uint8Array.of(1));

describe('what a graph says about its inputs and outputs', () => {
  test('an index input is bounded by the shortest table it reaches, through casts and reshapes', () => {
    const model = buildModel({}, (g) => {
      const ids = g.input('ids', ['N', 'S'], 'int32');
      const wide = g.op('Cast', [ids], { to: 7 });
      const words = g.op('Gather', [g.weight('words', [30, 4]), wide]);
      const kinds = g.op('Gather', [g.weight('kinds', [4, 12]), g.op('Reshape', [wide, g.int64s('s', [-1])])], {
        axis: 1,
      });
      g.input('free', ['N'], 'int64');
      g.output(words, 'words_out', { shape: null });
      g.output(kinds, 'kinds_out', { shape: null });
    });
    expect(factsOf(model).limits).toEqual({ ids: 12 });
  });

  test('an output follows the inputs unless only their shape or constants make it', () => {
    const model = buildModel({}, (g) => {
      const x = g.input('x', ['N', 4]);
      g.output(g.op('Relu', [x]), 'computed', { shape: ['N', 4] });
      g.output(g.op('Shape', [x]), 'shape', { dtype: 'int64', shape: [2] });
      g.output(g.op('Neg', [g.floats('anchors', [2], 1)]), 'constant', { shape: [2] });
    });
    const { followsInputs } = factsOf(model);
    expect(['computed', 'shape', 'constant'].map(followsInputs)).toEqual([true, false, false]);
  });

  test('a value captured by a subgraph makes the node’s outputs follow', () => {
    const model = buildModel({}, (g) => {
      const x = g.input('x', [4]);
      const branch = (inner: typeof g) => inner.output(inner.op('Neg', [x]), undefined, { shape: [4] });
      const chosen = g.op('If', [g.tensor('yes', condition)], { then_branch: branch, else_branch: branch });
      g.output(chosen, 'y', { shape: [4] });
    });
    expect(factsOf(model).followsInputs('y')).toBe(true);
  });

  test('float16 anywhere inside is seen; nothing is known of what cannot be read', () => {
    const half = buildModel({}, (g) => {
      const low = g.op('Cast', [g.input('x', [4])], { to: 10 });
      g.output(g.op('Cast', [low], { to: 1 }), 'y', { shape: [4] });
    });
    expect(readFacts(writeModel(half)).halfPrecision).toBe(true);
    const unknown = readFacts(Uint8Array.of(1, 2, 3));
    expect(unknown.halfPrecision).toBe(false);
    expect(unknown.followsInputs('anything')).toBe(true);
  });
});
