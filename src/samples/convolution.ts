import type { ValueId } from '../ir/types.ts';
import { real, type Net } from './net.ts';

export interface ConvShape {
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly group?: number;
}

/** Conv and BatchNormalization in inference form, unfused, as training frameworks export them. [N, C, H, W] */
export function convBatchNorm(net: Net, x: ValueId, shape: ConvShape): ValueId {
  const { from, to, kernel, stride = 1, group = 1 } = shape;
  const fanIn = (from / group) * kernel * kernel;
  const pad = (kernel - 1) / 2;
  const weight = net.weight('conv.weight', [to, from / group, kernel, kernel], Math.sqrt(2 / fanIn));
  const y = net.node('Conv', [x, weight], {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
    dilations: [1, 1],
    group,
  });
  return net.node(
    'BatchNormalization',
    [
      y,
      net.vector('bn.weight', to, 1, 0.15, 0.1),
      net.vector('bn.bias', to, 0, 0.1),
      net.vector('bn.running_mean', to, 0, 0.1),
      net.vector('bn.running_var', to, 1, 0.15, 0.2),
    ],
    { epsilon: real(1e-5) },
  );
}
