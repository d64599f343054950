import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { convBatchNorm } from './convolution.ts';
import { Net } from './net.ts';

const WIDTHS = [32, 64, 128] as const;

function block(net: Net, x: ValueId, from: number, to: number, stride: number): ValueId {
  const first = net.in('conv1', () => net.node('Relu', [convBatchNorm(net, x, { from, to, kernel: 3, stride })]));
  const second = net.in('conv2', () => convBatchNorm(net, first, { from: to, to, kernel: 3 }));
  const skip =
    stride === 1 && from === to
      ? x
      : net.in('downsample', () => convBatchNorm(net, x, { from, to, kernel: 1, stride }));
  return net.node('Relu', [net.node('Add', [second, skip])]);
}

/**
 * A residual network for 32×32 images after He et al. 2015 (arXiv:1512.03385), three stages of two blocks, 0.7 M
 * seeded parameters. `image` [N, 3, 32, 32] → `scores` [N, 10].
 */
export function residualCnn(): Model {
  const net = new Net('ResidualCNN', 1512);
  let x = net.input('image', 'float32', ['batch', 3, 32, 32]);
  x = net.in('stem', () => net.node('Relu', [convBatchNorm(net, x, { from: 3, to: WIDTHS[0], kernel: 3 })]));
  let from: number = WIDTHS[0];
  WIDTHS.forEach((to, stage) => {
    for (let i = 0; i < 2; i++) {
      const [input, width, stride] = [x, from, i === 0 && stage > 0 ? 2 : 1];
      x = net.in(`layer${stage + 1}`, () => net.in(`${i}`, () => block(net, input, width, to, stride)));
      from = to;
    }
  });
  x = net.in('head', () => {
    const pooled = net.node('ReduceMean', [x], { axes: [2, 3], keepdims: 0 });
    const same = net.node('Identity', [pooled]);
    const weight = net.weight('weight', [from, 10], 0.1);
    return net.node('Add', [net.node('MatMul', [same, weight]), net.vector('bias', 10, 0, 0.05)]);
  });
  net.output(x, 'scores', ['batch', 10]);
  return net.model;
}
