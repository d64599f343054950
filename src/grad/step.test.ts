import { describe, expect, it } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { buildModel } from '../testing/build.ts';
import { evaluate } from '../testing/reference/evaluate.ts';
import { runOnRuntime } from '../testing/reference/on-runtime.ts';
import { answerOf, gaussian, initializersOf, oneHot, scalar, stepFeeds, stepOf } from '../testing/training-step.ts';

const [N, CLASSES] = [6, 3];
const network = () =>
  buildModel({ opset: 18, seed: 2 }, (g) => {
    const x = g.input('x', [N, 2, 4, 4]);
    const conv = g.op('Conv', [x, g.weight('w', [3, 2, 3, 3])], { pads: [1, 1, 1, 1] });
    const norm = g.op('BatchNormalization', [
      conv,
      g.floats('scale', [3], 1),
      g.floats('bias', [3], 0),
      g.floats('mean', [3], 0),
      g.floats('variance', [3], 1),
    ]);
    const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [g.op('Relu', [norm], {}, { outputs: ['inner'] })])]);
    const unused = g.op('Mul', [g.weight('nobody', [3, CLASSES]), g.weight('else', [3, CLASSES])]);
    g.output(g.op('Gemm', [pooled, g.weight('head', [3, CLASSES])]), 'y');
    g.output(unused, 'other');
  });
const images = gaussian([N, 2, 4, 4], 3);
const labels = { 'target 0': oneHot([0, 1, 2, 2, 1, 0], CLASSES), smoothing: scalar(0) };
const byLabels = { losses: [{ kind: 'labels', value: 'y' }] } as const;
const feedsFor = (step: ReturnType<typeof stepOf>, more: Parameters<typeof stepFeeds>[1]) =>
  stepFeeds(step, { ...initializersOf(network()), x: images, ...more });

describe('a training step', () => {
  it('takes what is trained as inputs, and gives one gradient for each', () => {
    const step = stepOf(network(), byLabels);
    expect(step.inputs).toEqual(['x']);
    expect(step.parameters.map(({ name }) => name).sort()).toEqual(['bias', 'head', 'scale', 'w']);
    const { graph } = step.model;
    const inputs = graph.inputs.map((id) => step.model.getValue(id).name);
    expect(inputs).toEqual(expect.arrayContaining(['x', 'w', 'head', 'target 0', 'factor 0', 'smoothing']));
    // A weight that the loss does not depend on is no input, and is not moved.
    expect(inputs).not.toContain('nobody');
  });

  it('leaves the forward model as it was, and trains only what is asked for', () => {
    const forward = network();
    const before = writeModel(forward);
    const step = stepOf(forward, { ...byLabels, trained: ['head'] });
    expect(writeModel(forward)).toEqual(before);
    expect(step.parameters.map(({ name }) => name)).toEqual(['head']);
  });

  it('sums its terms by factors that are fed', async () => {
    const step = stepOf(network(), {
      losses: [...byLabels.losses, { kind: 'logits', value: 'y' }, { kind: 'values', value: 'inner' }],
    });
    const fed = feedsFor(step, {
      ...labels,
      'target 1': gaussian([N, CLASSES], 4),
      'target 2': gaussian([N, 3, 4, 4], 5),
      temperature: scalar(2),
      'factor 0': scalar(0.5),
      'factor 1': scalar(3),
      'factor 2': scalar(0),
    });
    const { loss, terms } = answerOf(step, await runOnRuntime(writeModel(step.model), fed, 'all'));
    const [first = NaN, second = NaN, third = NaN] = terms;
    expect(loss).toBeCloseTo(0.5 * first + 3 * second, 5);
    expect(third).toBeGreaterThan(0);
  });

  it('tells what batch norms saw of the batch, or goes by what they have', () => {
    const step = stepOf(network(), byLabels);
    const [seen] = step.statistics;
    expect(step.statistics).toHaveLength(1);
    expect(seen?.count).toBe(N * 16);
    const outputs = evaluate(step.model, feedsFor(step, labels));
    expect(outputs.get(seen?.mean ?? '')?.shape).toEqual([3]);
    expect([...(outputs.get(seen?.variance ?? '')?.data ?? [])].every((each) => each > 0)).toBe(true);
    const fixed = stepOf(network(), { ...byLabels, batchNorm: 'fixed' });
    expect(fixed.statistics).toEqual([]);
  });

  it('takes the gradient of whole distributions as teachers give them: equal answers pull nowhere', () => {
    const step = stepOf(network(), { losses: [{ kind: 'logits', value: 'y' }], batchNorm: 'fixed' });
    const own = evaluate(network(), { x: images }).get('y');
    if (!own) throw new Error('y');
    const answer = answerOf(step, evaluate(step.model, feedsFor(step, { 'target 0': own, temperature: scalar(3) })));
    expect(Math.abs(answer.loss)).toBeLessThan(1e-9);
    for (const { data } of answer.gradients.values()) {
      for (const each of data) expect(Math.abs(each)).toBeLessThan(1e-9);
    }
  });

  it('trains blocks apart: what comes behind one is fed what the teacher has there', () => {
    const logits = { kind: 'logits', value: 'y' } as const;
    const apart = stepOf(network(), { losses: [{ kind: 'block', value: 'inner', teacher: [N, 3, 4, 4] }, logits] });
    const theirs = gaussian([N, 3, 4, 4], 6);
    const taught = { temperature: scalar(1), 'target 1': gaussian([N, CLASSES], 7) };
    const said = (factor: number) =>
      answerOf(
        apart,
        evaluate(apart.model, feedsFor(apart, { ...taught, 'target 0': theirs, 'factor 0': scalar(factor) })),
      );
    const [behind, both] = [said(0), said(1)];
    // The loss behind the cut does not reach what stands before it, nor the block's own what stands behind.
    expect(behind.gradients.get('w')?.data.every((each) => each === 0)).toBe(true);
    expect(both.gradients.get('w')?.data.some((each) => Math.abs(each) > 1e-6)).toBe(true);
    expect(both.gradients.get('head')).toEqual(behind.gradients.get('head'));
    // The head learns on what the teacher has there, whatever the images say in the student.
    const others = evaluate(
      apart.model,
      feedsFor(apart, { ...taught, 'target 0': theirs, 'factor 0': scalar(0), x: gaussian([N, 2, 4, 4], 8) }),
    );
    expect(answerOf(apart, others).gradients.get('head')).toEqual(behind.gradients.get('head'));
  });

  it.each([
    ['a value that is not there', { kind: 'labels', value: 'nothing' }, 'bad-request', /no value named nothing/],
    [
      'a block of another shape than the teacher’s',
      { kind: 'block', value: 'inner', teacher: [N, 5, 4, 4] },
      'bad-request',
      /differ in shape: 6×3×4×4 \(inner\) and 6×5×4×4/,
    ],
    ['classes of an image', { kind: 'labels', value: 'inner' }, 'bad-request', /inner is \[6, 3, 4, 4\].*2 axes/],
    ['words of a class', { kind: 'tokens', value: 'y' }, 'bad-request', /y is \[6, 3\].*3 axes/],
  ] as const)('refuses a loss over %s', (_, term, code, message) => {
    expect(() => stepOf(network(), { losses: [term] })).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) as unknown }) as Error,
    );
  });
});
