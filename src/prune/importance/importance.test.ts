import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { observe } from '../../engine/calibration.ts';
import { nodePort } from '../../engine/node.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { analyze } from '../../analysis/analyze.ts';
import type { Model } from '../../ir/model.ts';
import { buildModel } from '../../testing/build.ts';
import { findGroups } from '../groups.ts';
import type { ImportanceId } from '../types.ts';
import { observedValues } from './activations.ts';
import { CRITERIA, type Rated } from './criteria.ts';

/** Two channels: filters [3, 4] and [1, 0], norm scales 2 and 0.5, consumer's input slices [1] and [-2]. */
function small(): Model {
  return buildModel({ opset: 17 }, (g) => {
    const x = g.op('Conv', [
      g.input('x', [1, 2, 3, 3]),
      g.floats('w', [2, 2, 1, 1], [3, 4, 1, 0]),
      g.floats('b', [2], 9),
    ]);
    const norm = [g.floats('s', [2], [2, 0.5]), g.floats('t', [2], 7), g.floats('m', [2], 7), g.floats('v', [2], 1)];
    const y = g.op('Relu', [g.op('BatchNormalization', [x, ...norm])]);
    g.output(g.op('Conv', [y, g.floats('next', [1, 2, 1, 1], [1, -2])]), 'y');
  });
}
const graph = (model: Model) => findGroups(model, analyze(model));
const rated = (importance: ImportanceId, model: Model, patch: Partial<Rated> = {}): number[][] =>
  CRITERIA[importance]
    .rate({ graph: graph(model), seed: 0, activations: null, gradients: null, scores: {}, formula: '', ...patch })
    .map((each) => Array.from(each));

it('l2 and l1 sum over every member, relative to its mean: filters, norm scale, consumers; not biases and statistics', () => {
  const relative = (...members: readonly (readonly [number, number])[]): [number, number] => {
    const at = (i: 0 | 1): number => members.reduce((sum, pair) => sum + pair[i] / ((pair[0] + pair[1]) / 2), 0);
    return [at(0), at(1)];
  };
  const squares = relative([9 + 16, 1], [4, 0.25], [1, 4]).map(Math.sqrt);
  rated('l2', small())[0]?.forEach((each, i) => expect(each).toBeCloseTo(squares[i] ?? NaN, 12));
  const sums = relative([3 + 4, 1], [2, 0.5], [1, 2]);
  rated('l1', small())[0]?.forEach((each, i) => expect(each).toBeCloseTo(sums[i] ?? NaN, 12));
});

it('l2 stays where a layer gives its scale to the next', () => {
  const scaled = (by: number): Model =>
    buildModel({ opset: 17 }, (g) => {
      const x = g.op('Conv', [g.input('x', [1, 1, 2, 2]), g.floats('w', [2, 1, 1, 1], [3 * by, 4 * by])]);
      g.output(g.op('Conv', [g.op('Relu', [x]), g.floats('next', [1, 2, 1, 1], [6 / by, 2 / by])]), 'y');
    });
  const [one, thousand] = [rated('l2', scaled(1))[0], rated('l2', scaled(1000))[0]];
  one?.forEach((each, i) => expect(thousand?.[i]).toBeCloseTo(each, 6));
});

it('random depends on the seed alone', () => {
  const [a, b, c] = [1, 1, 2].map((seed) => rated('random', small(), { seed }));
  expect(a).toEqual(b);
  expect(a).not.toEqual(c);
});

it('sums a channel that is laid out as a block over the whole block', () => {
  const model = buildModel({ opset: 17 }, (g) => {
    const x = g.op('Conv', [g.input('x', [1, 1, 1, 2]), g.floats('w', [2, 1, 1, 1], 0)]);
    const w = g.floats('dense', [4, 1], [1, 2, 3, 4]);
    g.output(g.op('MatMul', [g.op('Flatten', [x]), w]), 'y');
  });
  rated('l1', model)[0]?.forEach((each, i) => expect(each).toBeCloseTo([1.2, 2.8][i] ?? NaN, 12));
});

it('bn-scale is |γ|, and L2 where there is no batch norm', () => {
  expect(rated('bn-scale', small())).toEqual([[2, 0.5]]);
  const plain = buildModel({ opset: 17 }, (g) => {
    const x = g.op('Conv', [g.input('x', [1, 1, 2, 2]), g.floats('w', [2, 1, 1, 1], [3, 4])]);
    g.output(g.op('Conv', [x, g.floats('next', [1, 2, 1, 1], [4, 3])]), 'y');
  });
  expect(rated('bn-scale', plain)).toEqual([[Math.SQRT2, Math.SQRT2]]);
});

it('fpgm is the distance from all other filters', () => {
  const model = buildModel({ opset: 17 }, (g) => {
    const x = g.op('Conv', [g.input('x', [1, 2, 2, 2]), g.floats('w', [3, 2, 1, 1], [0, 0, 3, 4, 0, 0])]);
    g.output(g.op('Conv', [x, g.weight('next', [1, 3, 1, 1])]), 'y');
  });
  expect(rated('fpgm', model)).toEqual([[5, 10, 5]]);
});

it('lamp divides by what would be left', () => {
  const model = buildModel({ opset: 17 }, (g) => {
    const x = g.op('Conv', [g.input('x', [1, 1, 2, 2]), g.floats('w', [3, 1, 1, 1], [1, 2, 3])]);
    g.output(g.op('Conv', [x, g.floats('next', [1, 3, 1, 1], 0)]), 'y');
  });
  expect(rated('lamp', model)).toEqual([[1 / 14, 4 / 13, 1]]);
});

describe('what looks at activations', () => {
  /** Relu(x · w), w [2, 2]; its reader's weights are 1 and −3. */
  const model = (): Model =>
    buildModel({ opset: 17 }, (g) => {
      const x = g.op('Relu', [g.op('MatMul', [g.input('x', [4, 2]), g.floats('w', [2, 2], [1, 0, 0, 1])])]);
      g.output(g.op('MatMul', [x, g.floats('next', [2, 1], [1, -3])]), 'y');
    });
  const observed = async (feeds: readonly number[][]) => {
    const before = model();
    const analysis = analyze(before);
    const stats = observedValues(findGroups(before, analysis));
    const calibration = {
      name: 'rows',
      samples: 0,
      feeds: feeds.map((row) => ({ x: { dtype: 'float32', shape: [4, 2], data: Float32Array.from(row) } }) as const),
    };
    const context = { model: before, analysis } as PassContext;
    return (await observe(context, { stats, moments: [] }, calibration, nodePort(), silentJob())).activations;
  };

  it('counts over all positions of all samples', async () => {
    const activations = await observed([
      [1, 0, -1, 2, 2, 0, -2, 4],
      [1, 1, 1, 1, -9, -9, 3, 8],
    ]);
    expect([...(activations?.values() ?? [])]).toMatchObject([{ count: 8 }]);
    expect(rated('activation', model(), { activations })).toEqual([[1, 2]]);
    expect(rated('apoz', model(), { activations })).toEqual([[5 / 8, 5 / 8]]);
    const [a, b] = [Math.sqrt(16 / 8), 3 * Math.sqrt(86 / 8)];
    expect(rated('wanda', model(), { activations })[0]?.map((each) => each.toFixed(4))).toEqual(
      [a, b].map((each) => each.toFixed(4)),
    );
  });

  it('asks for data where none was run', () => {
    expect(() => rated('wanda', model())).toThrow('give data to calibrate on');
  });
});

describe('scores of a person', () => {
  const model = (): Model =>
    buildModel({ opset: 17 }, (g) => {
      const x = g.op('Conv', [g.input('x', [1, 1, 1, 2]), g.weight('w', [2, 1, 1, 1])], {}, { outputs: ['made'] });
      g.output(g.op('MatMul', [g.op('Flatten', [x]), g.weight('dense', [4, 1])]), 'y');
    });

  it('are taken by group', () => {
    expect(rated('scores', model(), { scores: { made: [0.5, 2] } })).toEqual([[0.5, 2]]);
    expect(rated('scores', model())).toEqual([[1, 1]]);
  });

  it('must be as many as the channels', () => {
    expect(() => rated('scores', model(), { scores: { made: [1, 2, 3] } })).toThrow(
      'The group made takes 2 scores, and 3 are given.',
    );
  });
});
