import type { ValueId } from '../../ir/types.ts';
import { convWeightGradient } from '../conv-weight.ts';
import { extentOf, windowAttributes, windowAxes } from '../windows.ts';
import type { Vjp, VjpTable } from '../vjp.ts';

type Gradients = readonly (ValueId | null)[];

/** Summed over batch and places. */
function biasGradient(c: Vjp): ValueId {
  const space = c.emit.shape(c.gradient()).slice(2);
  return c.emit.sum(c.gradient(), [0, ...space.map((_, i) => i + 2)], false);
}

/**
 * dx is the transposed convolution of dy with the same kernels; `output_padding` restores what the last window did not
 * reach. For dW see `convWeightGradient`.
 */
function conv(c: Vjp): Gradients {
  const { emit } = c;
  const group = c.int('group', 1);
  const axes = windowAxes(c, c.shape(1).slice(2), c.shape(0), emit.shape(c.output()));
  return c.each(
    () => {
      const padding = axes.map((axis) => {
        const { size, count, stride, begin, end } = axis;
        return size - ((count - 1) * stride + extentOf(axis) - begin - end);
      });
      return emit.op('ConvTranspose', [c.gradient(), c.input(1)], {
        ...windowAttributes(axes),
        group,
        ...(padding.some((each) => each > 0) ? { output_padding: padding } : {}),
      });
    },
    () => convWeightGradient(emit, c.input(0), c.gradient(), { axes, group }),
    () => biasGradient(c),
  );
}

/** y is to x what the input of a convolution with the same W is to its output. */
function convTranspose(c: Vjp): Gradients {
  const { emit } = c;
  const group = c.int('group', 1);
  if (c.ints('output_shape')) c.refuse('its padding follows from output_shape: write out pads');
  const axes = windowAxes(c, c.shape(1).slice(2), emit.shape(c.output()), c.shape(0));
  return c.each(
    () => emit.op('Conv', [c.gradient(), c.input(1)], { ...windowAttributes(axes), group }),
    () => convWeightGradient(emit, c.gradient(), c.input(0), { axes, group }),
    () => biasGradient(c),
  );
}

export const CONV_RULES: VjpTable = { Conv: conv, ConvTranspose: convTranspose };
