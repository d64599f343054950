import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { convBatchNorm, type ConvShape } from './convolution.ts';
import { Net } from './net.ts';
import type { SampleSize } from './sizes.ts';

/**
 * `width`: channels of the first convolution; later ones have two and four times as many. `layers`: residual blocks behind
 * the second pooling.
 */
export const DIGIT_CNN = {
  width: { usual: 16, least: 1, most: 128 },
  layers: { usual: 2, least: 0, most: 16 },
} satisfies Readonly<Record<string, SampleSize>>;

const CLASSES = 10;

const convRelu = (net: Net, scope: string, x: ValueId, shape: ConvShape): ValueId =>
  net.in(scope, () => net.node('Relu', [convBatchNorm(net, x, shape)]));

const pooled = (net: Net, x: ValueId): ValueId =>
  net.node('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] });

/** A small residual network with batch norms for drawn digits. `image` [N, 1, 28, 28], 0 to 1 → `logits` [N, 10]. */
export function digitCnn({ width, layers }: Readonly<Record<keyof typeof DIGIT_CNN, number>>): Model {
  const net = new Net('DigitCNN', 2828);
  const wide = 4 * width;
  let x = net.input('image', 'float32', ['batch', 1, 28, 28]);
  x = pooled(net, convRelu(net, 'conv1', x, { from: 1, to: width, kernel: 3 }));
  x = pooled(net, convRelu(net, 'conv2', x, { from: width, to: 2 * width, kernel: 3 }));
  x = convRelu(net, 'conv3', x, { from: 2 * width, to: wide, kernel: 1 });
  for (let layer = 0; layer < layers; layer++) {
    const input = x;
    x = net.in(`layer.${layer}`, () => {
      const inner = convRelu(net, 'conv1', input, { from: wide, to: 2 * width, kernel: 3 });
      const back = net.in('conv2', () => convBatchNorm(net, inner, { from: 2 * width, to: wide, kernel: 1 }));
      return net.node('Relu', [net.node('Add', [input, back])]);
    });
  }
  x = net.in('head', () => {
    const small = net.node('Flatten', [pooled(net, x)], { axis: 1 });
    const weight = net.weight('weight', [CLASSES, wide * 9], 0.03);
    return net.node('Gemm', [small, weight, net.vector('bias', CLASSES, 0, 0.02)], { transB: 1 });
  });
  net.output(x, 'logits', ['batch', CLASSES]);
  return net.model;
}
