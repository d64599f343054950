import { describe, expect, it } from 'vitest';
import { defined } from '../base/assert.ts';
import type { ValueId } from '../ir/types.ts';
import { writeModel } from '../onnx/write.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { runOnRuntime } from '../testing/reference/on-runtime.ts';
import { oracleGradients, tf, toOracle, type OracleWeights } from '../testing/tfjs.ts';
import {
  answerOf,
  expectGradients,
  gaussian,
  initializersOf,
  oneHot,
  scalar,
  stepFeeds,
  stepOf,
  type StepChoice,
} from '../testing/training-step.ts';
import { parametersOf } from './parameters.ts';

const [N, CLASSES] = [4, 5];

function norm(g: GraphBuilder, x: ValueId, name: string, channels: number): ValueId {
  return g.op(
    'BatchNormalization',
    [
      x,
      g.weight(`${name}.scale`, [channels], { offset: 1, scale: 0.2 }),
      g.weight(`${name}.bias`, [channels], { scale: 0.2 }),
      g.weight(`${name}.mean`, [channels]),
      g.floats(`${name}.variance`, [channels], 1.5),
    ],
    { epsilon: 1e-3 },
    { name },
  );
}

/** Convolution, depthwise convolution, both kinds of pooling, a residual sum and a dense layer. */
const network = () =>
  buildModel({ opset: 18, seed: 11 }, (g) => {
    const x = g.input('x', [N, 2, 16, 16]);
    const stem = g.op('Conv', [x, g.weight('stem.w', [6, 2, 3, 3])], {
      pads: [1, 1, 1, 1],
      strides: [2, 2],
    });
    const a = g.op('Relu', [norm(g, stem, 'bn1', 6)]);
    const depthwise = g.op('Conv', [a, g.weight('depthwise.w', [6, 1, 3, 3])], { group: 6, pads: [1, 1, 1, 1] });
    const b = g.op('Relu', [norm(g, depthwise, 'bn2', 6)]);
    const point = g.op('Conv', [b, g.weight('point.w', [6, 6, 1, 1])]);
    const sum = g.op('Add', [a, norm(g, point, 'bn3', 6)], {}, { outputs: ['sum'] });
    const pooled = g.op('MaxPool', [g.op('Relu', [sum])], { kernel_shape: [2, 2], strides: [2, 2] });
    const down = g.op('Conv', [pooled, g.weight('down.w', [6, 1, 3, 3])], {
      group: 6,
      pads: [1, 1, 1, 1],
      strides: [2, 2],
    });
    const wide = g.op('Conv', [pooled, g.weight('wide.w', [8, 6, 3, 3]), g.weight('wide.b', [8])], {
      pads: [1, 1, 1, 1],
    });
    const mean = g.op('AveragePool', [wide], { kernel_shape: [2, 2], strides: [2, 2] });
    const flat = g.op('Flatten', [g.op('Concat', [mean, down], { axis: 1 })]);
    const y = g.op('Gemm', [flat, g.weight('dense.w', [CLASSES, 56], { scale: 0.2 }), g.weight('dense.b', [CLASSES])], {
      transB: 1,
    });
    g.output(g.op('Softmax', [y]), 'probabilities');
  });

type Image = tf.Tensor4D;
const pads = (size: number): [[number, number], [number, number], [number, number], [number, number]] => [
  [0, 0],
  [size, size],
  [size, size],
  [0, 0],
];

const oracleConv = (x: Image, w: tf.Tensor, stride: number, pad: number): Image =>
  tf.conv2d(x, tf.transpose(w as Image, [2, 3, 1, 0]), stride, pads(pad));
const oracleDepthwise = (x: Image, w: tf.Tensor, stride: number): Image =>
  tf.depthwiseConv2d(x, tf.transpose(w as Image, [2, 3, 0, 1]), stride, pads(1));
function oracleNorm(x: Image, weights: OracleWeights, name: string): Image {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const normalised = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3)));
  return tf.add(tf.mul(normalised, weights[`${name}.scale`]!), weights[`${name}.bias`]!);
}

/** The same network, images as [N, H, W, C]: its logits, and the sum inside. */
function oracleNetwork(w: OracleWeights, x: tf.Tensor): { logits: tf.Tensor2D; sum: Image } {
  const stem = oracleConv(tf.transpose(x as Image, [0, 2, 3, 1]), w['stem.w']!, 2, 1);
  const a = tf.relu(oracleNorm(stem, w, 'bn1'));
  const b = tf.relu(oracleNorm(oracleDepthwise(a, w['depthwise.w']!, 1), w, 'bn2'));
  const sum = tf.add(a, oracleNorm(oracleConv(b, w['point.w']!, 1, 0), w, 'bn3')) as Image;
  const pooled = tf.maxPool(tf.relu(sum), 2, 2, 'valid');
  const down = oracleDepthwise(pooled, w['down.w']!, 2);
  const wide = tf.add(oracleConv(pooled, w['wide.w']!, 1, 1), w['wide.b']!) as Image;
  const mean = tf.avgPool(wide, 2, 2, 'valid');
  const flat = tf.reshape(tf.transpose(tf.concat([mean, down], 3), [0, 3, 1, 2]), [N, 56]);
  const logits = tf.add(tf.matMul(flat as tf.Tensor2D, w['dense.w'] as tf.Tensor2D, false, true), w['dense.b']!);
  return { logits: logits as tf.Tensor2D, sum };
}

const images = gaussian([N, 2, 16, 16], 5);
const labels = oneHot([3, 0, 4, 3], CLASSES);
const teacherLogits = gaussian([N, CLASSES], 6, 2);
/** Of a teacher with other channels, and with other places for the map alone. */
const teacherHint = gaussian([N, 9, 8, 8], 7);

const crossEntropy = (logits: tf.Tensor2D, smoothing: number): tf.Tensor =>
  tf.losses.softmaxCrossEntropy(toOracle(labels), logits, undefined, smoothing);

function divergence(student: tf.Tensor2D, temperature: number): tf.Tensor {
  const teacher = tf.div(toOracle(teacherLogits), temperature);
  const own = tf.logSoftmax(tf.div(student, temperature));
  const each = tf.mul(tf.softmax(teacher), tf.sub(tf.logSoftmax(teacher), own));
  return tf.mul(tf.div(tf.sum(each), N), temperature ** 2);
}

function attention(student: Image): tf.Tensor {
  const map = (a: tf.Tensor): tf.Tensor => {
    const flat = tf.reshape(tf.sum(tf.square(a), 3), [N, 64]);
    return tf.div(flat, tf.norm(flat, 2, 1, true));
  };
  const teacher = tf.transpose(toOracle(teacherHint) as Image, [0, 2, 3, 1]);
  return tf.div(tf.sum(tf.square(tf.sub(map(student), map(teacher)))), N);
}

async function compare(
  choice: StepChoice,
  feeds: Parameters<typeof stepFeeds>[1],
  loss: (weights: OracleWeights) => tf.Tensor,
): Promise<void> {
  const forward = network();
  const trained = new Set(parametersOf(forward).flatMap(({ trains, name }) => (trains ? [name] : [])));
  const all = initializersOf(forward);
  const projections = Object.entries(feeds).filter(([name]) => name.startsWith('projection'));
  const weights = Object.fromEntries([...Object.entries(all).filter(([name]) => trained.has(name)), ...projections]);
  const oracle = await oracleGradients(weights, loss);
  for (const backend of ['wasm', 'webgpu'] as const) {
    const step = stepOf(forward, { ...choice, backend });
    const fed = stepFeeds(step, { ...all, x: images, ...feeds });
    const answer = answerOf(step, await runOnRuntime(writeModel(step.model), fed, 'all'));
    expect(Math.abs(answer.loss / oracle.loss - 1)).toBeLessThan(1e-5);
    expectGradients(answer.gradients, oracle.gradients, 1e-4);
  }
}

describe('gradients of a whole CNN agree with TensorFlow.js', () => {
  it('for cross entropy with label smoothing', async () => {
    await compare(
      { losses: [{ kind: 'labels', value: 'probabilities' }] },
      { 'target 0': labels, smoothing: scalar(0.1) },
      (w) => crossEntropy(oracleNetwork(w, toOracle(images)).logits, 0.1),
    );
  });

  it('for distillation of logits, beside labels', async () => {
    await compare(
      {
        losses: [
          { kind: 'labels', value: 'probabilities' },
          { kind: 'logits', value: 'probabilities' },
        ],
      },
      {
        'target 0': labels,
        'target 1': teacherLogits,
        smoothing: scalar(0),
        temperature: scalar(3),
        'factor 0': scalar(0.25),
        'factor 1': scalar(2),
      },
      (w) => {
        const { logits } = oracleNetwork(w, toOracle(images));
        return tf.add(tf.mul(crossEntropy(logits, 0), 0.25), tf.mul(divergence(logits, 3), 2));
      },
    );
  });

  it('for a hint with its projection and for transfer of attention', async () => {
    const projection = gaussian([9, 6, 1, 1], 8, 0.4);
    await compare(
      {
        losses: [
          { kind: 'hint', value: 'sum', teacher: teacherHint.shape },
          { kind: 'attention', value: 'sum', teacher: teacherHint.shape },
          { kind: 'labels', value: 'probabilities' },
        ],
      },
      {
        'target 0': teacherHint,
        'target 1': teacherHint,
        'target 2': labels,
        'projection 0': projection,
        smoothing: scalar(0),
        'factor 0': scalar(0.5),
        'factor 1': scalar(30),
      },
      (w) => {
        const { logits, sum } = oracleNetwork(w, toOracle(images));
        const mapped = oracleConv(sum, defined(w['projection 0'], 'the projection'), 1, 0);
        const wanted = tf.transpose(toOracle(teacherHint) as Image, [0, 2, 3, 1]);
        const hint = tf.mean(tf.square(tf.sub(mapped, wanted)));
        return tf.addN([tf.mul(hint, 0.5), tf.mul(attention(sum), 30), crossEntropy(logits, 0)]);
      },
    );
  });
});
