import { describe, expect, it } from 'vitest';
import { defined } from '../base/assert.ts';
import type { ValueId } from '../ir/types.ts';
import { writeModel } from '../onnx/write.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { runOnRuntime } from '../testing/reference/on-runtime.ts';
import { refTensor } from '../testing/reference/tensor.ts';
import { oracleGradients, tf, toOracle, type OracleWeights } from '../testing/tfjs.ts';
import {
  answerOf,
  expectGradients,
  gaussian,
  initializersOf,
  scalar,
  stepFeeds,
  stepOf,
  type StepChoice,
} from '../testing/training-step.ts';
import { parametersOf } from './parameters.ts';

const [N, T, V, D, HEADS] = [3, 7, 19, 16, 4];
const WIDTH = D / HEADS;
const EPSILON = 1e-5;
const LAYERS = ['one', 'two'];
const causal = Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -1e9 : 0));

function dense(g: GraphBuilder, x: ValueId, name: string, from: number, to: number): ValueId {
  const product = g.op('MatMul', [x, g.weight(`${name}.w`, [from, to], { scale: 0.3 })]);
  return g.op('Add', [product, g.weight(`${name}.b`, [to], { scale: 0.1 })]);
}

function norm(g: GraphBuilder, x: ValueId, name: string): ValueId {
  const scale = g.weight(`${name}.scale`, [D], { offset: 1, scale: 0.2 });
  return g.op('LayerNormalization', [x, scale, g.weight(`${name}.bias`, [D], { scale: 0.2 })], {
    axis: -1,
    epsilon: EPSILON,
  });
}

function attention(g: GraphBuilder, x: ValueId, name: string): ValueId {
  const split = g.int64s('split', [N, T, HEADS, WIDTH]);
  const heads = (what: string, perm: readonly number[]): ValueId =>
    g.op('Transpose', [g.op('Reshape', [dense(g, x, `${name}.${what}`, D, D), split])], { perm });
  const [q, k, v] = [heads('q', [0, 2, 1, 3]), heads('k', [0, 2, 3, 1]), heads('v', [0, 2, 1, 3])];
  const scores = g.op('Mul', [g.op('MatMul', [q, k]), g.floats('scale', [], WIDTH ** -0.5)]);
  const seen = g.op('Softmax', [g.op('Add', [scores, g.floats('mask', [T, T], causal)])], { axis: -1 });
  const mixed = g.op('Transpose', [g.op('MatMul', [seen, v])], { perm: [0, 2, 1, 3] });
  const joined = g.op('Reshape', [mixed, g.int64s('join', [N, T, D])]);
  return dense(g, joined, `${name}.out`, D, D);
}

/** x/2·(1 + erf(x/√2)) written out, as exporters do; in the second layer the operator with its tanh formula. */
function gelu(g: GraphBuilder, x: ValueId, layer: string): ValueId {
  if (layer === 'two') return g.op('Gelu', [x], { approximate: 'tanh' });
  const erf = g.op('Erf', [g.op('Div', [x, g.floats('root', [], Math.SQRT2)])]);
  return g.op('Mul', [g.op('Mul', [x, g.op('Add', [erf, g.floats('one', [], 1)])]), g.floats('half', [], 0.5)]);
}

/** Two layers of a decoder whose last product shares its weights with the embedding. */
const network = () =>
  buildModel({ opset: 20, irVersion: 9, seed: 23 }, (g) => {
    const tokens = g.input('tokens', [N, T], 'int64');
    const table = g.weight('embedding', [V, D]);
    const words = g.op('Gather', [table, tokens]);
    let x = g.op('Add', [words, g.weight('positions', [1, T, D])]);
    for (const layer of LAYERS) {
      x = g.op('Add', [x, attention(g, norm(g, x, `${layer}.norm1`), layer)]);
      const wide = gelu(g, dense(g, norm(g, x, `${layer}.norm2`), `${layer}.up`, D, 2 * D), layer);
      const back = dense(g, wide, `${layer}.down`, 2 * D, D);
      x = g.op('Add', [x, back], {}, { outputs: [`${layer}.hidden`] });
    }
    const last = norm(g, x, 'last');
    g.output(g.op('MatMul', [last, g.op('Transpose', [table], { perm: [1, 0] })]), 'logits');
  });

const oracleDense = (x: tf.Tensor, w: OracleWeights, name: string): tf.Tensor => {
  const matrix = w[`${name}.w`] as tf.Tensor2D;
  const product = tf.matMul(tf.reshape<tf.Rank.R2>(x, [N * T, matrix.shape[0]]), matrix);
  return tf.reshape(tf.add(product, w[`${name}.b`]!), [N, T, matrix.shape[1]]);
};

function oracleNorm(x: tf.Tensor, w: OracleWeights, name: string): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const normalised = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, EPSILON)));
  return tf.add(tf.mul(normalised, w[`${name}.scale`]!), w[`${name}.bias`]!);
}

function oracleAttention(x: tf.Tensor, w: OracleWeights, name: string): tf.Tensor {
  const heads = (what: string): tf.Tensor =>
    tf.transpose(tf.reshape(oracleDense(x, w, `${name}.${what}`), [N, T, HEADS, WIDTH]), [0, 2, 1, 3]);
  const scores = tf.mul(tf.matMul(heads('q'), heads('k'), false, true), WIDTH ** -0.5);
  const seen = tf.softmax(tf.add(scores, tf.tensor(causal, [T, T])));
  const joined = tf.reshape(tf.transpose(tf.matMul(seen, heads('v')), [0, 2, 1, 3]), [N, T, D]);
  return oracleDense(joined, w, `${name}.out`);
}

function oracleGelu(x: tf.Tensor, layer: string): tf.Tensor {
  const bent =
    layer === 'two'
      ? tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(tf.pow(x, 3), 0.044715))))
      : tf.erf(tf.div(x, Math.SQRT2));
  return tf.mul(tf.mul(x, tf.add(bent, 1)), 0.5);
}

function oracleNetwork(w: OracleWeights): { logits: tf.Tensor; hidden: tf.Tensor } {
  const table = w['embedding'] as tf.Tensor2D;
  let x: tf.Tensor = tf.add(tf.gather(table, toOracle(tokens) as tf.Tensor2D), w['positions']!);
  const hidden = LAYERS.map((layer) => {
    x = tf.add(x, oracleAttention(oracleNorm(x, w, `${layer}.norm1`), w, layer));
    const wide = oracleGelu(oracleDense(oracleNorm(x, w, `${layer}.norm2`), w, `${layer}.up`), layer);
    x = tf.add(x, oracleDense(wide, w, `${layer}.down`));
    return x;
  });
  const rows = tf.reshape<tf.Rank.R2>(oracleNorm(x, w, 'last'), [N * T, D]);
  const logits = tf.reshape(tf.matMul(rows, table, false, true), [N, T, V]);
  return { logits, hidden: defined(hidden[0], 'the first layer') };
}

/** Words that stand several times in a text: their rows of the table get sums. */
const drawn = (seed: number, dtype: 'int32' | 'int64') =>
  refTensor(
    dtype,
    [N, T],
    gaussian([N, T], seed, 6).data.map((each) => Math.min(V - 1, Math.round(Math.abs(each)))),
  );
const tokens = drawn(31, 'int64');
const next = drawn(32, 'int32');
/** The last places of the second text do not count. */
const counted = refTensor(
  'float32',
  [N, T],
  Array.from({ length: N * T }, (_, i) => Number(i < T + 4 || i >= 2 * T)),
);
const teacherLogits = gaussian([N, T, V], 33, 2);
const teacherHidden = gaussian([N, T, 24], 34);

function nextToken(logits: tf.Tensor): tf.Tensor {
  const chosen = tf.oneHot(toOracle(next), V);
  const each = tf.sum(tf.mul(tf.logSoftmax(logits), chosen), -1);
  const weights = toOracle(counted);
  return tf.neg(tf.div(tf.sum(tf.mul(each, weights)), tf.sum(weights)));
}

async function compare(
  choice: StepChoice,
  feeds: Parameters<typeof stepFeeds>[1],
  loss: (weights: OracleWeights) => tf.Tensor,
): Promise<void> {
  const forward = network();
  const trained = new Set(parametersOf(forward).flatMap(({ trains, name }) => (trains ? [name] : [])));
  expect(
    ['embedding', 'positions', 'one.q.w', 'two.down.b', 'last.scale'].filter((name) => !trained.has(name)),
  ).toEqual([]);
  const all = initializersOf(forward);
  const projections = Object.entries(feeds).filter(([name]) => name.startsWith('projection'));
  const weights = Object.fromEntries([...Object.entries(all).filter(([name]) => trained.has(name)), ...projections]);
  const oracle = await oracleGradients(weights, loss);
  // A shift of all scores of a row changes no softmax: biases of keys have no gradient but for rounding.
  const told = [...oracle.gradients].filter(([name]) => !name.endsWith('.k.b'));
  for (const backend of ['wasm', 'webgpu'] as const) {
    const step = stepOf(forward, { ...choice, backend });
    const fed = stepFeeds(step, { ...all, tokens, ...feeds });
    const answer = answerOf(step, await runOnRuntime(writeModel(step.model), fed, 'all'));
    expect(Math.abs(answer.loss / oracle.loss - 1)).toBeLessThan(1e-5);
    const own = [...answer.gradients].filter(([name]) => !name.endsWith('.k.b'));
    expectGradients(new Map(own), new Map(told), 1e-4);
    for (const layer of LAYERS) {
      const shifts = defined(answer.gradients.get(`${layer}.k.b`), 'the gradient of a shift').data;
      expect(Math.max(...shifts.map(Math.abs))).toBeLessThan(1e-6);
    }
  }
}

describe('gradients of a whole transformer agree with TensorFlow.js', () => {
  it('for the loss of the next token, where some do not count', async () => {
    await compare(
      { losses: [{ kind: 'tokens', value: 'logits' }] },
      { 'target 0': next, token_weights: counted },
      (w) => nextToken(oracleNetwork(w).logits),
    );
  });

  it('for distillation by logits and by hidden states', async () => {
    await compare(
      {
        losses: [
          { kind: 'logits', value: 'logits' },
          { kind: 'hint', value: 'one.hidden', teacher: teacherHidden.shape },
        ],
      },
      {
        'target 0': teacherLogits,
        'target 1': teacherHidden,
        'projection 1': gaussian([D, 24], 35, 0.3),
        temperature: scalar(2),
        'factor 1': scalar(0.5),
      },
      (w) => {
        const { logits, hidden } = oracleNetwork(w);
        const teacher = tf.div(toOracle(teacherLogits), 2);
        const own = tf.logSoftmax(tf.div(logits, 2));
        const each = tf.mul(tf.softmax(teacher), tf.sub(tf.logSoftmax(teacher), own));
        const divergence = tf.mul(tf.div(tf.sum(each), N * T), 4);
        const rows = tf.reshape<tf.Rank.R2>(hidden, [N * T, D]);
        const mapped = tf.reshape(tf.matMul(rows, w['projection 1'] as tf.Tensor2D), [N, T, 24]);
        const hint = tf.mean(tf.square(tf.sub(mapped, toOracle(teacherHidden))));
        return tf.add(divergence, tf.mul(hint, 0.5));
      },
    );
  });
});
