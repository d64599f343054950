import { seeded, type Random } from '../base/random.ts';
import { float } from '../ir/attribute.ts';
import type { Model } from '../ir/model.ts';
import { tensorOf } from '../ir/tensor.ts';
import { DATA_TYPES, type ValueId } from '../ir/types.ts';
import { buildModel, type GraphBuilder } from './build.ts';

/** A value that further blocks may read. `image`: [1, C, H, W]; `tokens`: [B, S, D]. */
interface Known {
  readonly id: ValueId;
  readonly shape: readonly number[];
}

const OPSETS = [11, 12, 13, 14, 17, 18, 20, 21];

/**
 * A random graph of what exporters write: convolutions with scales, norms, pads and residuals; dense layers, norms,
 * gates and attention in their parts; chains of transposes, reshapes, slices, casts and clips; repeated and idle nodes.
 * Shapes are small, odd sizes among them, widths often equal to a channel count; the same seed gives the same graph.
 */
export function randomGraph(seed: number): Model {
  const random = seeded(seed);
  const opset = pick(random, OPSETS);
  return buildModel({ opset, irVersion: 8, seed }, (g) => {
    const made = new RandomGraph(g, random, opset);
    const images = random() < 0.6;
    if (images) made.grow(made.input('image', [1, 4, 6, pick(random, [4, 5])]), IMAGE_BLOCKS);
    if (!images || random() < 0.2) made.grow(made.input('tokens', [pick(random, [1, 2]), 5, 8]), TOKEN_BLOCKS);
    made.finish();
  });
}

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

type Block = (r: RandomGraph, x: Known) => Known;

export class RandomGraph {
  readonly g: GraphBuilder;
  readonly random: Random;
  readonly opset: number;
  /** Every value so far, by shape: residuals and repeats find partners there. */
  private readonly known: Known[] = [];

  constructor(g: GraphBuilder, random: Random, opset: number) {
    this.g = g;
    this.random = random;
    this.opset = opset;
  }

  input(name: string, shape: readonly number[]): Known {
    return this.see({ id: this.g.input(name, shape), shape });
  }

  /** Three to nine blocks, mostly one behind the other. */
  grow(start: Known, blocks: readonly Block[]): void {
    let x = start;
    for (let left = 3 + Math.floor(this.random() * 7); left > 0; left--) {
      x = this.see(this.pick(blocks)(this, x));
      if (this.random() < 0.15) x = this.partner(x) ?? x;
    }
  }

  /** What nobody reads is an output, and now and then something inside. */
  finish(): void {
    const { model, graph } = this.g;
    const open = this.known.filter(({ id }) => model.getValue(id).producer !== null);
    let outputs = 0;
    for (const { id } of open) {
      if (model.getValue(id).uses.length > 0 && this.random() > 0.06) continue;
      if (graph.outputs.includes(id)) continue;
      this.g.output(id, `y${outputs}`);
      outputs += 1;
    }
    if (outputs === 0) this.g.output(this.g.op('Tanh', [this.known[0]!.id]), 'y');
  }

  pick<T>(items: readonly T[]): T {
    return pick(this.random, items);
  }
  maybe(share: number): boolean {
    return this.random() < share;
  }
  /** An earlier value of the same shape. */
  partner({ id, shape }: Known): Known | null {
    const alike = this.known.filter((each) => each.id !== id && each.shape.join() === shape.join());
    return alike.length > 0 ? this.pick(alike) : null;
  }
  op(type: string, inputs: readonly (ValueId | null)[], attributes: Parameters<GraphBuilder['op']>[2] = {}): ValueId {
    return this.g.op(type, inputs, attributes);
  }
  weight(shape: readonly number[], scale = 0.4, offset = 0): ValueId {
    return this.g.weight('w', shape, { scale, offset });
  }
  scalar(value: number, shape: readonly number[] = []): ValueId {
    return this.g.floats('c', shape, value);
  }
  /** Axes as an attribute, or as an input from the version on that has them so. */
  overAxes(
    type: string,
    x: ValueId,
    axes: readonly number[],
    since: number,
    rest: Record<string, number> = {},
  ): ValueId {
    return this.opset >= since
      ? this.op(type, [x, this.g.int64s('axes', axes)], rest)
      : this.op(type, [x], { axes: axes.map((axis) => axis), ...rest });
  }
  reshape(x: ValueId, shape: readonly number[]): ValueId {
    return this.op('Reshape', [x, this.g.int64s('shape', shape)]);
  }

  private see(value: Known): Known {
    this.known.push(value);
    return value;
  }
}

const same = (x: Known, id: ValueId): Known => ({ id, shape: x.shape });

/** Any shape, elementwise. */
const ELEMENTWISE: readonly Block[] = [
  (r, x) => same(x, r.op(r.pick(['Relu', 'Sigmoid', 'Tanh', 'Neg', 'Abs', 'Softplus']), [x.id])),
  (r, x) => same(x, r.op('LeakyRelu', [x.id], { alpha: float(0.2) })),
  (r, x) => {
    const [low, high] = [r.pick([-1, 0, 0.5]), r.pick([0.25, 1, 6])];
    return same(x, r.op('Clip', [x.id, r.maybe(0.8) ? r.scalar(low) : null, r.maybe(0.8) ? r.scalar(high) : null]));
  },
  (r, x) => same(x, r.op('Clip', [r.op('Relu', [x.id]), r.scalar(-2), r.scalar(r.pick([-1, 1, 6]))])),
  (r, x) => {
    const c = r.scalar(r.pick([0, 1, 0.5, 2]), r.pick([[], [1], [1, 1, 1, 1, 1].slice(0, x.shape.length)]));
    const type = r.pick(['Add', 'Mul', 'Sub', 'Div']);
    return type === 'Div' ? same(x, r.op('Div', [x.id, r.scalar(2)])) : same(x, r.op(type, [x.id, c]));
  },
  (r, x) => {
    const other = r.partner(x);
    return same(x, other ? r.op(r.pick(['Add', 'Mul', 'Sub', 'Max']), [x.id, other.id]) : r.op('Identity', [x.id]));
  },
  (r, x) =>
    same(
      x,
      r.op('Cast', [r.op('Cast', [x.id], { to: DATA_TYPES.indexOf(r.pick(['float64', 'float16', 'float32'])) })], {
        to: 1,
      }),
    ),
  (r, x) => {
    const erf = r.op('Erf', [
      r.maybe(0.5) ? r.op('Div', [x.id, r.scalar(Math.SQRT2)]) : r.op('Mul', [x.id, r.scalar(Math.SQRT1_2)]),
    ]);
    const gate = r.op('Add', [erf, r.scalar(1)]);
    return same(
      x,
      r.maybe(0.5)
        ? r.op('Mul', [r.op('Mul', [x.id, gate]), r.scalar(0.5)])
        : r.op('Mul', [r.op('Mul', [x.id, r.scalar(r.pick([0.5, 0.5, 0.49]))]), gate]),
    );
  },
  (r, x) => {
    const cubed = r.maybe(0.5) ? r.op('Pow', [x.id, r.scalar(3)]) : r.op('Mul', [r.op('Mul', [x.id, x.id]), x.id]);
    const inner = r.op('Mul', [
      r.op('Add', [x.id, r.op('Mul', [cubed, r.scalar(0.044715)])]),
      r.scalar(Math.sqrt(2 / Math.PI)),
    ]);
    return same(
      x,
      r.op('Mul', [r.op('Mul', [x.id, r.scalar(0.5)]), r.op('Add', [r.op('Tanh', [inner]), r.scalar(1)])]),
    );
  },
  (r, x) => same(x, r.op('Mul', [x.id, r.op('Sigmoid', [r.maybe(0.5) ? x.id : r.op('Mul', [x.id, r.scalar(1.702)])])])),
  (r, x) =>
    same(
      x,
      r.op('Div', [
        r.op('Mul', [x.id, r.op('Clip', [r.op('Add', [x.id, r.scalar(3)]), r.scalar(0), r.scalar(6)])]),
        r.scalar(6),
      ]),
    ),
  (r, x) => {
    const [first, second] = [
      r.op('Exp', [r.op('Clip', [x.id, r.scalar(-3), r.scalar(3)])]),
      r.op('Exp', [r.op('Clip', [x.id, r.scalar(-3), r.scalar(3)])]),
    ];
    return same(x, r.op('Sub', [first, r.op('Mul', [second, r.scalar(0.5)])]));
  },
  (r, x) => {
    const total = x.shape.reduce((a, b) => a * b, 1);
    const flat = r.reshape(x.id, r.pick([[-1], [1, total], [total, 1]]));
    return same(x, r.reshape(flat, x.shape));
  },
  (r, x) => same(x, r.op('Dropout', [x.id])),
  (r, x) => {
    const scale = r.op('Exp', [r.op('Mul', [r.weight([1]), r.scalar(0.5)])]);
    return same(x, r.op('Mul', [x.id, scale]));
  },
  (r, x) => {
    const sizes = r.op('Shape', [x.id]);
    const [first, rest] = [[0], x.shape.slice(1)];
    const size = r.op('Gather', [sizes, r.g.int64s('first', first)]);
    const shape = r.op('Concat', [size, r.g.int64s('rest', [rest.reduce((a, b) => a * b, 1)])], { axis: 0 });
    return same(
      x,
      r.op('Reshape', [r.op('Reshape', [x.id, shape]), r.maybe(0.5) ? sizes : r.g.int64s('back', x.shape)]),
    );
  },
  (r, x) => {
    const axis = x.shape.length - 1;
    const size = x.shape[axis] ?? 1;
    const cut = (v: ValueId, from: number, to: number): ValueId =>
      r.op('Slice', [v, ...[from, to, axis].map((each) => r.g.int64s('at', [each]))]);
    const inner = cut(cut(x.id, 1, size), r.pick([0, -2]), r.pick([size, 99]));
    return same(
      x,
      r.op('Add', [
        x.id,
        r.op(
          'ReduceSum',
          r.opset >= 13 ? [inner, r.g.int64s('axes', [axis])] : [inner],
          r.opset >= 13 ? {} : { axes: [axis] },
        ),
      ]),
    );
  },
  (r, x) => {
    // The runtime drops a pair of Casts that only a branch reads, and then fails: a branch reads something else.
    const captured = r.op('Abs', [x.id]);
    const branch = (type: string) => (inner: GraphBuilder) => inner.output(inner.op(type, [captured]));
    const condition = r.g.tensor('condition', tensorOf('bool', [], Uint8Array.of(r.maybe(0.5) ? 1 : 0)));
    return same(x, r.op('If', [condition], { then_branch: branch('Tanh'), else_branch: branch('Neg') }));
  },
];

const channels = ({ shape }: Known): number => shape[1] ?? 1;

/** Blocks on [1, C, H, W]. */
const IMAGE_BLOCKS: readonly Block[] = [
  ...ELEMENTWISE,
  (r, x) => conv(r, x, { kernel: 1 }),
  (r, x) => conv(r, x, { kernel: 3, pad: 1 }),
  (r, x) => conv(r, x, { kernel: 3, pad: 1, depthwise: true }),
  (r, x) => {
    const y = normalized(r, conv(r, x, { kernel: 3, pad: 1, bias: false }));
    return same(y, r.op('Relu', [y.id]));
  },
  (r, x) => normalized(r, x),
  (r, x) => conv(r, normalized(r, x), { kernel: 3, pad: r.pick([0, 1]) }),
  (r, x) => {
    const y = conv(r, x, { kernel: 3, pad: 1, keep: true });
    const sum = r.op('Add', r.maybe(0.5) ? [y.id, x.id] : [x.id, y.id]);
    return same(x, r.maybe(0.7) ? r.op('Relu', [sum]) : sum);
  },
  (r, x) => {
    const y = conv(r, x, { kernel: 1 });
    const shape = r.pick([[channels(y), 1, 1], [1, channels(y), 1, 1], [y.shape[3] ?? 1], []]);
    return same(y, r.op(r.pick(['Mul', 'Add']), [y.id, r.weight(shape, 0.3, 1)]));
  },
  (r, x) =>
    conv(r, same(x, r.op(r.pick(['Mul', 'Add']), [x.id, r.weight([1, channels(x), 1, 1], 0.3, 1)])), {
      kernel: 3,
      pad: r.pick([0, 1]),
    }),
  (r, x) => {
    const padded = r.op('Pad', [
      x.id,
      r.g.int64s('pads', [0, 0, 1, 1, 0, 0, 1, 1]),
      ...(r.maybe(0.5) ? [r.scalar(0)] : []),
    ]);
    const shape = [1, channels(x), (x.shape[2] ?? 0) + 2, (x.shape[3] ?? 0) + 2];
    const y = { id: padded, shape };
    return r.maybe(0.6) ? conv(r, y, { kernel: 3, pad: 0 }) : pool(r, y);
  },
  (r, x) => pool(r, x),
  (r, x) => {
    const parts = ['a', 'b'].map(() => conv(r, x, { kernel: r.pick([1, 3]), same: true }));
    const id = r.op(
      'Concat',
      parts.map((each) => each.id),
      { axis: 1 },
    );
    return { id, shape: [1, parts.reduce((sum, each) => sum + channels(each), 0), ...x.shape.slice(2)] };
  },
  (r, x) => {
    const half = Math.floor(channels(x) / 2);
    const slices = [
      [0, half],
      [half, channels(x)],
    ].map(([from, to]) => r.op('Slice', [x.id, ...[from!, to!, 1].map((each) => r.g.int64s('at', [each]))]));
    return same(x, r.op('Concat', half > 0 ? slices.toReversed() : [x.id], { axis: 1 }));
  },
  (r, x) => {
    const turned = r.op('Transpose', [x.id], { perm: [0, 2, 3, 1] });
    const inner = r.op(r.pick(['Relu', 'Sigmoid', 'Identity', 'Softplus']), [turned]);
    return same(x, r.op('Transpose', [inner], { perm: [0, 3, 1, 2] }));
  },
  (r, x) => {
    const [first, second] = [0, 0].map(() => conv(r, x, { kernel: 1, bias: true }));
    return conv(r, first!, { kernel: 1, keep: true }).shape.length > 0 && second ? second : x;
  },
  (r, x) => conv(r, conv(r, x, { kernel: 1 }), { kernel: 1 }),
  (r, x) => {
    const [, c = 1, height = 1, width = 1] = x.shape;
    if (height % 2 > 0 || width % 2 > 0) return same(x, r.op('Softplus', [x.id]));
    const parts = r.reshape(x.id, [1, c, height / 2, 2, width / 2, 2]);
    const moved = r.op('Transpose', [parts], { perm: [0, 3, 5, 1, 2, 4] });
    const shape = [1, 4 * c, height / 2, width / 2];
    return { id: r.reshape(moved, shape), shape };
  },
  (r, x) => {
    const [, c = 1] = x.shape;
    if (c % 2 > 0) return same(x, r.op('Neg', [x.id]));
    const ones = r.weight([2], 0, 1);
    const normed = r.op('InstanceNormalization', [r.reshape(x.id, [1, 2, -1]), ones, r.weight([2], 0)]);
    const back = r.reshape(normed, x.shape);
    return same(x, r.op('Add', [r.op('Mul', [back, r.weight([c, 1, 1], 0.2, 1)]), r.weight([c, 1, 1])]));
  },
];

interface ConvOptions {
  readonly kernel: number;
  readonly pad?: number;
  readonly depthwise?: boolean;
  readonly bias?: boolean;
  /** As many channels as before. */
  readonly keep?: boolean;
  /** Padded so that the size stays. */
  readonly same?: boolean;
}

function conv(r: RandomGraph, x: Known, options: ConvOptions): Known {
  const [, cin = 1, height = 1, width = 1] = x.shape;
  const { kernel } = options;
  const pad = options.same ? (kernel - 1) / 2 : (options.pad ?? 0);
  if (Math.min(height, width) + 2 * pad < kernel) return same(x, r.op('Tanh', [x.id]));
  const cout = options.depthwise || options.keep ? cin : r.pick([2, 4, 5]);
  const weight = r.weight([cout, options.depthwise ? 1 : cin, kernel, kernel]);
  const inputs = [x.id, weight, ...((options.bias ?? r.maybe(0.5)) ? [r.weight([cout])] : [])];
  const id = r.op('Conv', inputs, {
    pads: [pad, pad, pad, pad],
    ...(options.depthwise ? { group: cin } : {}),
    ...(r.maybe(0.3) ? { kernel_shape: [kernel, kernel] } : {}),
  });
  return { id, shape: [1, cout, height + 2 * pad - kernel + 1, width + 2 * pad - kernel + 1] };
}

function normalized(r: RandomGraph, x: Known): Known {
  const [scale, shift, mean] = [0, 0, 0].map(() => r.weight([channels(x)]));
  const variance = r.weight([channels(x)], 0.05, 1);
  return same(x, r.op('BatchNormalization', [x.id, scale!, shift!, mean!, variance]));
}

function pool(r: RandomGraph, x: Known): Known {
  const [, c = 1, height = 1, width = 1] = x.shape;
  if (Math.min(height, width) < 2) return same(x, r.op('Relu', [x.id]));
  // The runtime's PadFusion turns pads of 0 into a MaxPool's own, which are −∞: the original would be wrong at `all`.
  const { producer } = r.g.model.getValue(x.id);
  const isPadded = producer !== null && r.g.model.getNode(producer.node).opType === 'Pad';
  const type = isPadded ? 'AveragePool' : r.pick(['MaxPool', 'AveragePool']);
  const id = r.op(type, [x.id], {
    kernel_shape: [2, 2],
    ...(type === 'AveragePool' && r.maybe(0.5) ? { count_include_pad: 1 } : {}),
  });
  return { id, shape: [1, c, height - 1, width - 1] };
}

const width = ({ shape }: Known): number => shape.at(-1) ?? 1;

/** Blocks on [B, S, D]. */
const TOKEN_BLOCKS: readonly Block[] = [
  ...ELEMENTWISE,
  (r, x) => dense(r, x, r.pick([4, 8])),
  (r, x) => dense(r, dense(r, x, 4), 8),
  (r, x) => {
    const y = dense(r, x, width(x));
    return same(x, r.op('Add', r.maybe(0.5) ? [y.id, x.id] : [x.id, y.id]));
  },
  (r, x) => layerNorm(r, x),
  (r, x) => layerNorm(r, same(x, r.op('Add', [x.id, dense(r, x, width(x)).id]))),
  (r, x) => rmsNorm(r, x),
  (r, x) => rmsNorm(r, same(x, r.op('Add', [x.id, dense(r, x, width(x)).id]))),
  (r, x) => attention(r, x),
  (r, x) => {
    const [gate, up] = [dense(r, x, 8, false), dense(r, x, 8, false)];
    return dense(r, same(up, r.op('Mul', [r.op('Mul', [gate.id, r.op('Sigmoid', [gate.id])]), up.id])), width(x));
  },
  (r, x) => {
    const turned = r.op('Transpose', [x.id], { perm: [0, 2, 1] });
    return same(x, r.op('Transpose', [r.op(r.pick(['Relu', 'Tanh', 'Identity']), [turned])], { perm: [0, 2, 1] }));
  },
  (r, x) => {
    const [b = 1, s = 1] = x.shape;
    const product = r.op('MatMul', [r.op('Transpose', [x.id], { perm: [0, 2, 1] }), x.id]);
    return {
      id: r.op('Mul', [product, r.scalar(0.25)]),
      shape: [b, width(x), width(x)].map((each, i) => (i === 0 ? b : each || s)),
    };
  },
  (r, x) => {
    const [b = 1, s = 1] = x.shape;
    const flat = r.reshape(x.id, [b * s, width(x)]);
    const y = r.op('Gemm', [flat, r.weight([width(x), 4]), r.weight([4])]);
    return { id: r.reshape(r.maybe(0.5) ? r.op('Relu', [y]) : y, [b, s, 4]), shape: [b, s, 4] };
  },
  (r, x) => {
    const raised = r.overAxes('Unsqueeze', x.id, [1], 13);
    return same(x, r.overAxes('Squeeze', raised, [1], 13));
  },
];

function dense(r: RandomGraph, x: Known, out: number, bias = r.maybe(0.7)): Known {
  const product = r.op('MatMul', [x.id, r.weight([width(x), out])]);
  const id = bias ? r.op('Add', r.maybe(0.5) ? [product, r.weight([out])] : [r.weight([out]), product]) : product;
  return { id, shape: [...x.shape.slice(0, -1), out] };
}

function layerNorm(r: RandomGraph, x: Known): Known {
  const mean = (v: ValueId): ValueId => r.overAxes('ReduceMean', v, [r.pick([-1, 2])], 18);
  const d = r.op('Sub', [x.id, mean(x.id)]);
  const square = r.maybe(0.5) ? r.op('Pow', [d, r.scalar(2)]) : r.op('Mul', [d, d]);
  const root = r.op('Sqrt', [r.op('Add', [mean(square), r.scalar(1e-5)])]);
  const scaled = r.op('Mul', [r.op('Div', [d, root]), r.weight([width(x)], 0.2, 1)]);
  return same(x, r.maybe(0.8) ? r.op('Add', [scaled, r.weight([width(x)])]) : scaled);
}

function rmsNorm(r: RandomGraph, x: Known): Known {
  const square = r.maybe(0.5) ? r.op('Pow', [x.id, r.scalar(2)]) : r.op('Mul', [x.id, x.id]);
  const root = r.op('Sqrt', [r.op('Add', [r.overAxes('ReduceMean', square, [-1], 18), r.scalar(1e-5)])]);
  const unit = r.maybe(0.5) ? r.op('Div', [x.id, root]) : r.op('Mul', [x.id, r.op('Reciprocal', [root])]);
  return same(x, r.op('Mul', [r.weight([width(x)], 0.2, 1), unit]));
}

/** Two heads over [B, S, D], D even. */
function attention(r: RandomGraph, x: Known): Known {
  const [b = 1, s = 1] = x.shape;
  const d = width(x);
  const split = (v: Known, perm: number[]): ValueId => r.op('Transpose', [r.reshape(v.id, [b, s, 2, d / 2])], { perm });
  const [q, k, v] = [0, 0, 0].map(() => dense(r, x, d));
  const scores = r.op('MatMul', [split(q!, [0, 2, 1, 3]), split(k!, [0, 2, 3, 1])]);
  const scaled = r.op('Mul', [scores, r.scalar(1 / Math.sqrt(d / 2))]);
  const masked = r.maybe(0.4) ? r.op('Add', [scaled, r.weight([1, 1, s, s])]) : scaled;
  const context = r.op('MatMul', [r.op('Softmax', [masked], { axis: r.opset < 13 ? 3 : -1 }), split(v!, [0, 2, 1, 3])]);
  const merged = r.reshape(r.op('Transpose', [context], { perm: [0, 2, 1, 3] }), [b, s, d]);
  return same(x, merged);
}
