import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { convBatchNorm, type ConvShape } from './convolution.ts';
import { Net } from './net.ts';

/** [expansion, channels, repeats, stride]: table 2 of Sandler et al. 2018, MobileNetV2, arXiv:1801.04381. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const relu6 = (net: Net, x: ValueId): ValueId =>
  net.node('Clip', [x, net.scalar('clip.min', 0), net.scalar('clip.max', 6)]);

const convRelu6 = (net: Net, scope: string, x: ValueId, shape: ConvShape): ValueId =>
  net.in(scope, () => relu6(net, convBatchNorm(net, x, shape)));

function invertedResidual(net: Net, x: ValueId, from: number, to: number, stride: number, expansion: number): ValueId {
  const hidden = from * expansion;
  const expanded = expansion === 1 ? x : convRelu6(net, 'conv.0', x, { from, to: hidden, kernel: 1 });
  const spatial = convRelu6(net, 'conv.1', expanded, { from: hidden, to: hidden, kernel: 3, stride, group: hidden });
  const y = net.in('conv.2', () => convBatchNorm(net, spatial, { from: hidden, to, kernel: 1 }));
  return stride === 1 && from === to ? net.node('Add', [x, y]) : y;
}

/** MobileNetV2 1.0 at 224×224, 3.5 M seeded parameters. `input` [N, 3, 224, 224] → `logits` [N, 1000]. */
export function mobileNetV2(): Model {
  const net = new Net('MobileNetV2', 2018);
  let x = net.input('input', 'float32', ['batch', 3, 224, 224]);
  x = net.in('features.0', () => convRelu6(net, 'conv.0', x, { from: 3, to: 32, kernel: 3, stride: 2 }));
  let from = 32;
  let block = 1;
  for (const [expansion, to, repeats, firstStride] of STAGES) {
    for (let i = 0; i < repeats; i++) {
      const stride = i === 0 ? firstStride : 1;
      const [input, width] = [x, from];
      x = net.in(`features.${block}`, () => invertedResidual(net, input, width, to, stride, expansion));
      from = to;
      block += 1;
    }
  }
  x = net.in(`features.${block}`, () => convRelu6(net, 'conv.0', x, { from, to: 1280, kernel: 1 }));
  x = net.in('pool', () => net.node('Flatten', [net.node('GlobalAveragePool', [x])], { axis: 1 }));
  x = net.in('classifier', () => {
    const weight = net.weight('weight', [1000, 1280], 0.03);
    return net.node('Gemm', [x, weight, net.vector('bias', 1000, 0, 0.02)], { transB: 1 });
  });
  net.output(x, 'logits', ['batch', 1000]);
  return net.model;
}
