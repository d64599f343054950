// What training steps are timed on: a CNN of 78 000 and a transformer of 818 000 parameters, with seeded weights.

/** Images [32, 1, 28, 28] to 10 classes: plain, depthwise and pointwise convolutions, batch norms, a residual sum. */
function cnn({ buildModel }) {
  const batch = 32;
  return buildModel({ opset: 18, seed: 3 }, (g) => {
    let made = 0;
    const layer = (x, from, to, kernel, { stride = 1, group = 1, relu = true } = {}) => {
      const name = `conv${++made}`;
      const pad = (kernel - 1) / 2;
      const scale = Math.sqrt(2 / ((from / group) * kernel * kernel));
      const weight = g.weight(`${name}.weight`, [to, from / group, kernel, kernel], { scale });
      const y = g.op('Conv', [x, weight], { group, strides: [stride, stride], pads: [pad, pad, pad, pad] }, { name });
      const norm = ['scale', 'bias', 'mean', 'variance'].map((what) =>
        g.floats(`${name}.${what}`, [to], what === 'scale' || what === 'variance' ? 1 : 0),
      );
      const z = g.op('BatchNormalization', [y, ...norm], {}, { name: `${name}.norm` });
      return relu ? g.op('Relu', [z]) : z;
    };
    const pool = (x) => g.op('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] });
    let x = layer(g.input('x', [batch, 1, 28, 28]), 1, 16, 3);
    x = pool(layer(x, 16, 32, 3));
    x = pool(layer(layer(x, 32, 32, 3, { group: 32 }), 32, 64, 1));
    x = g.op('Relu', [g.op('Add', [x, layer(x, 64, 64, 3, { relu: false })])]);
    const flat = g.op('Flatten', [x]);
    g.output(
      g.op('Gemm', [flat, g.weight('dense.weight', [10, 3136], { scale: 0.02 }), g.floats('dense.bias', [10], 0)], {
        transB: 1,
      }),
      'logits',
    );
  });
}

/** Texts [8, 64] of 65 characters: four pre-norm layers of width 128 with four heads, as nanoGPT has them. */
function transformer({ buildModel }) {
  const [batch, places, words, width, heads, layers] = [8, 64, 65, 128, 4, 4];
  const each = width / heads;
  return buildModel({ opset: 18, seed: 4 }, (g) => {
    const dense = (x, name, from, to) =>
      g.op('Add', [
        g.op('MatMul', [x, g.weight(`${name}.weight`, [from, to], { scale: 0.02 })]),
        g.floats(`${name}.bias`, [to], 0),
      ]);
    const norm = (x, name) =>
      g.op('LayerNormalization', [x, g.floats(`${name}.scale`, [width], 1), g.floats(`${name}.bias`, [width], 0)], {
        axis: -1,
      });
    const split = g.int64s('split', [batch, places, heads, each]);
    const join = g.int64s('join', [batch, places, width]);
    const hidden = Array.from({ length: places * places }, (_, i) => (i % places > Math.floor(i / places) ? -1e9 : 0));
    const mask = g.floats('mask', [places, places], hidden);
    const [scale, one, half, root] = [each ** -0.5, 1, 0.5, Math.SQRT2].map((value) => g.floats('number', [], value));
    const attention = (x, name) => {
      const outputs = ['q', 'k', 'v'].map((what) => `${name}.${what}`);
      const parts = g.node(
        'Split',
        [dense(x, `${name}.attention`, width, 3 * width)],
        { axis: -1, num_outputs: 3 },
        { outputs },
      );
      const [q, k, v] = parts.outputs.map((part, i) =>
        g.op('Transpose', [g.op('Reshape', [part, split])], { perm: i === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3] }),
      );
      const scores = g.op('Add', [g.op('Mul', [g.op('MatMul', [q, k]), scale]), mask]);
      const mixed = g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), v]);
      const joined = g.op('Reshape', [g.op('Transpose', [mixed], { perm: [0, 2, 1, 3] }), join]);
      return dense(joined, `${name}.projection`, width, width);
    };
    const gelu = (x) =>
      g.op('Mul', [g.op('Mul', [x, g.op('Add', [g.op('Erf', [g.op('Div', [x, root])]), one])]), half]);
    const tokens = g.input('tokens', [batch, places], 'int64');
    const embedded = g.op('Gather', [g.weight('embedding', [words, width], { scale: 0.02 }), tokens]);
    let x = g.op('Add', [embedded, g.weight('positions', [1, places, width], { scale: 0.02 })]);
    for (let layer = 0; layer < layers; layer++) {
      const name = `layer${layer}`;
      x = g.op('Add', [x, attention(norm(x, `${name}.norm1`), name)]);
      const wide = gelu(dense(norm(x, `${name}.norm2`), `${name}.up`, width, 4 * width));
      x = g.op('Add', [x, dense(wide, `${name}.down`, 4 * width, width)]);
    }
    const logits = g.op('MatMul', [norm(x, 'last'), g.weight('head.weight', [width, words], { scale: 0.02 })]);
    g.output(logits, 'logits');
  });
}

const fill = (length, element) => Array.from({ length }, (_, i) => element(i));

/** Each with its loss and what a step is fed with beside weights. */
export function trainSubjects(whittle) {
  const draw = whittle.normal(whittle.seeded(5));
  const float = (shape, element) => {
    const size = shape.reduce((product, each) => product * each, 1);
    return { dtype: 'float32', shape, data: Float32Array.from({ length: size }, (_, i) => element(i)) };
  };
  const text = (seed) => ({
    dtype: 'int64',
    shape: [8, 64],
    data: BigInt64Array.from(fill(512, (i) => BigInt((i * seed + (i % 7)) % 65))),
  });
  // What stands at each place is compared as int32.
  const words = ({ shape, data }) => ({ dtype: 'int32', shape, data: Int32Array.from(data, Number) });
  const image = { x: float([32, 1, 28, 28], draw) };
  const label = float([32, 10], (i) => Number(i % 10 === Math.floor(i / 10) % 10));
  return [
    {
      name: 'cnn',
      what: 'batch 32, 28x28',
      model: cnn(whittle),
      loss: { kind: 'labels', value: 'logits' },
      inputs: image,
      feeds: { 'target 0': label, smoothing: float([], () => 0), 'factor 0': float([], () => 1) },
    },
    {
      name: 'transformer',
      what: 'T 64, batch 8',
      model: transformer(whittle),
      loss: { kind: 'tokens', value: 'logits' },
      inputs: { tokens: text(5) },
      feeds: { 'target 0': words(text(11)), token_weights: float([8, 64], () => 1), 'factor 0': float([], () => 1) },
    },
  ];
}
