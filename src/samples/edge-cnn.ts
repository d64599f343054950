import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { convBatchNorm, type ConvShape } from './convolution.ts';
import { Net } from './net.ts';
import type { SampleSize } from './sizes.ts';

/** `width`: channels of the first stage; later ones have two and three times as many. `layers`: blocks of each stage. */
export const EDGE_CNN = {
  width: { usual: 8, least: 2, most: 64 },
  layers: { usual: 3, least: 1, most: 8 },
} satisfies Readonly<Record<string, SampleSize>>;

/** Channels as multiples of the width, kernel of the depthwise convolutions, stride of the first block. */
const STAGES = [
  // On the largest images one block less.
  { wide: 1, kernel: 5, stride: 1, fewer: 1 },
  { wide: 2, kernel: 7, stride: 2, fewer: 0 },
  { wide: 3, kernel: 5, stride: 2, fewer: 0 },
] as const;
const EXPANSION = 6;
const CLASSES = 10;

const convRelu = (net: Net, scope: string, x: ValueId, shape: ConvShape): ValueId =>
  net.in(scope, () => net.node('Relu', [convBatchNorm(net, x, shape)]));

/** An inverted residual (Sandler et al. 2018, MobileNetV2): wide in the middle, its skip between the narrow ends. */
function block(net: Net, x: ValueId, from: number, to: number, kernel: number, stride: number): ValueId {
  const hidden = Math.min(from, to) * EXPANSION;
  const wide = convRelu(net, 'expand', x, { from, to: hidden, kernel: 1 });
  const seen = convRelu(net, 'depthwise', wide, { from: hidden, to: hidden, kernel, stride, group: hidden });
  const y = net.in('project', () => convBatchNorm(net, seen, { from: hidden, to, kernel: 1 }));
  return stride === 1 && from === to ? net.node('Add', [x, y]) : y;
}

/**
 * What once-for-all networks are made of (Cai et al. 2020), for drawn digits: three stages of inverted residual blocks
 * with large depthwise kernels, and a pooling over all of the image, so that it takes any size from 16 on. `image`
 * [N, 1, 28, 28], 0 to 1 → `logits` [N, 10].
 */
export function edgeCnn({ width, layers }: Readonly<Record<keyof typeof EDGE_CNN, number>>): Model {
  const net = new Net('EdgeCNN', 3141);
  let from = 2 * width;
  let x = net.input('image', 'float32', ['batch', 1, 28, 28]);
  x = convRelu(net, 'stem', x, { from: 1, to: from, kernel: 3, stride: 2 });
  STAGES.forEach(({ wide, kernel, stride, fewer }, stage) => {
    for (let layer = 0; layer < Math.max(1, layers - fewer); layer++) {
      const [input, entering, to] = [x, from, wide * width];
      x = net.in(`stages.${stage}`, () =>
        net.in(`blocks.${layer}`, () => block(net, input, entering, to, kernel, layer === 0 ? stride : 1)),
      );
      from = to;
    }
  });
  x = convRelu(net, 'head', x, { from, to: 12 * width, kernel: 1 });
  x = net.in('classifier', () => {
    const pooled = net.node('Flatten', [net.node('GlobalAveragePool', [x])], { axis: 1 });
    const weight = net.weight('weight', [CLASSES, 12 * width], 0.1);
    return net.node('Gemm', [pooled, weight, net.vector('bias', CLASSES, 0, 0.02)], { transB: 1 });
  });
  net.output(x, 'logits', ['batch', CLASSES]);
  return net.model;
}
