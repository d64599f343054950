import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { Net } from './net.ts';

export interface EncoderSize {
  /** Channels of a token. */
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  /** Tokens, S. */
  readonly length: number;
}

const SMALL: EncoderSize = { width: 128, heads: 4, layers: 2, length: 64 };
const VOCABULARY = 2048;

/** x·W + b over the last axis. [N, S, from] → [N, S, to] */
function linear(net: Net, label: string, x: ValueId, from: number, to: number): ValueId {
  return net.in(label, () => {
    const product = net.node('MatMul', [x, net.weight('weight', [from, to], Math.sqrt(1 / from))]);
    return net.node('Add', [net.vector('bias', to, 0, 0.02), product]);
  });
}

/** Layer normalization over the last axis, written out as PyTorch's exporter did before opset 17. */
function layerNorm(net: Net, label: string, x: ValueId, width: number): ValueId {
  return net.in(label, () => {
    const centred = net.node('Sub', [x, net.node('ReduceMean', [x], { axes: [-1] })]);
    const squared = net.node('Pow', [centred, net.scalar('two', 2)]);
    const variance = net.node('ReduceMean', [squared], { axes: [-1] }, 'ReduceMean_1');
    const deviation = net.node('Sqrt', [net.node('Add', [variance, net.scalar('epsilon', 1e-5)])]);
    const unit = net.node('Div', [centred, deviation]);
    const scaled = net.node('Mul', [unit, net.vector('weight', width, 1, 0.1, 0.2)]);
    return net.node('Add', [scaled, net.vector('bias', width, 0, 0.05)], {}, 'Add_1');
  });
}

/** GELU in its erf form: x · 0.5 · (1 + erf(x / √2)). */
function gelu(net: Net, x: ValueId): ValueId {
  return net.in('activation', () => {
    const inner = net.node('Erf', [net.node('Div', [x, net.scalar('sqrt2', Math.SQRT2)])]);
    const shifted = net.node('Add', [inner, net.scalar('one', 1)]);
    return net.node('Mul', [net.node('Mul', [x, shifted]), net.scalar('half', 0.5)], {}, 'Mul_1');
  });
}

/** [N, S, H·d] → [N, H, S, d]; keys straight to [N, H, d, S]. */
function splitHeads(net: Net, label: string, x: ValueId, size: EncoderSize, perm: readonly number[]): ValueId {
  return net.in(label, () => {
    const shape = net.int64('shape', [0, 0, size.heads, size.width / size.heads]);
    return net.node('Transpose', [net.node('Reshape', [x, shape])], { perm });
  });
}

function attention(net: Net, x: ValueId, size: EncoderSize): ValueId {
  const { width, heads } = size;
  const part = (name: string, label: string, perm: readonly number[]): ValueId =>
    splitHeads(net, label, linear(net, name, x, width, width), size, perm);
  const query = part('query', 'q_heads', [0, 2, 1, 3]);
  const key = part('key', 'k_heads', [0, 2, 3, 1]);
  const value = part('value', 'v_heads', [0, 2, 1, 3]);
  const scores = net.node('Div', [net.node('MatMul', [query, key]), net.scalar('scale', Math.sqrt(width / heads))]);
  const mixed = net.node('MatMul', [net.node('Softmax', [scores], { axis: -1 }), value], {}, 'MatMul_1');
  const merged = net.node('Reshape', [
    net.node('Transpose', [mixed], { perm: [0, 2, 1, 3] }),
    net.int64('merge_shape', [0, 0, width]),
  ]);
  return linear(net, 'output', merged, width, width);
}

/**
 * A small transformer encoder with post-normalisation (Vaswani et al. 2017, arXiv:1706.03762), 2 layers of 128
 * channels and 4 heads unless another size is asked for, seeded. `input_ids` [N, S] → `embedding` [N, S, width].
 */
export function encoder(size: EncoderSize = SMALL): Model {
  const { width, layers, length } = size;
  const hiddenWidth = 4 * width;
  const net = new Net('Encoder', 1706);
  const ids = net.input('input_ids', 'int64', ['batch', length]);
  let x = net.in('embeddings', () => {
    const words = net.node('Gather', [net.weight('word', [VOCABULARY, width], 0.6), ids]);
    const places = net.weight('position', [1, length, width], 0.3);
    return layerNorm(net, 'LayerNorm', net.node('Add', [words, places]), width);
  });
  for (let layer = 0; layer < layers; layer++) {
    const input = x;
    x = net.in(`layer.${layer}`, () => {
      const attended = net.in('attention', () => attention(net, input, size));
      const mid = layerNorm(net, 'norm1', net.node('Add', [attended, input]), width);
      const hidden = gelu(net, linear(net, 'intermediate', mid, width, hiddenWidth));
      const out = linear(net, 'output', hidden, hiddenWidth, width);
      return layerNorm(net, 'norm2', net.node('Add', [out, mid], {}, 'Add_1'), width);
    });
  }
  net.output(x, 'embedding', ['batch', length, width]);
  return net.model;
}
