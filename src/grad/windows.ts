import type { Vjp } from './vjp.ts';

/** One spatial axis of a convolution or a pooling, everything resolved to numbers. */
export interface WindowAxis {
  /** Axis of the tensor: 2, 3, … */
  readonly axis: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before and behind; with `auto_pad` as the specification splits it. */
  readonly begin: number;
  readonly end: number;
  /** Size that the windows walk over, and number of windows. */
  readonly size: number;
  readonly count: number;
}

/** Extent of a dilated kernel. */
export const extentOf = ({ kernel, dilation }: WindowAxis): number => (kernel - 1) * dilation + 1;

/**
 * The windows of a node, by spatial axis.
 *
 * @param kernel stands in for `kernel_shape`
 * @param walked the tensor that windows walk over (the input; of a transposed convolution the output)
 * @param counted the tensor with one element a window
 */
export function windowAxes(
  c: Vjp,
  kernel: readonly number[],
  walked: readonly number[],
  counted: readonly number[],
): readonly WindowAxis[] {
  const rank = walked.length - 2;
  const sizes = c.ints('kernel_shape') ?? kernel;
  const [strides, dilations, pads] = [c.ints('strides'), c.ints('dilations'), c.ints('pads')];
  const auto = c.string('auto_pad', 'NOTSET');
  return Array.from({ length: rank }, (_, i): WindowAxis => {
    const size = walked[i + 2] ?? 1;
    const count = counted[i + 2] ?? 1;
    const base = {
      axis: i + 2,
      kernel: sizes[i] ?? 1,
      stride: strides?.[i] ?? 1,
      dilation: dilations?.[i] ?? 1,
      size,
      count,
    };
    const plain = { ...base, begin: pads?.[i] ?? 0, end: pads?.[i + rank] ?? 0 };
    if (auto === 'VALID') return { ...base, begin: 0, end: 0 };
    if (!auto.startsWith('SAME')) return plain;
    const total = Math.max(0, (count - 1) * base.stride + extentOf(plain) - size);
    const less = Math.floor(total / 2);
    return auto === 'SAME_LOWER'
      ? { ...base, begin: total - less, end: less }
      : { ...base, begin: less, end: total - less };
  });
}

/** Attributes of the same windows, written out. */
export const windowAttributes = (axes: readonly WindowAxis[]) => ({
  strides: axes.map(({ stride }) => stride),
  dilations: axes.map(({ dilation }) => dilation),
  pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
});

/** Every place in a kernel, the last axis fastest. */
export function tapsOf(axes: readonly WindowAxis[]): readonly (readonly number[])[] {
  return axes.reduce<readonly (readonly number[])[]>(
    (taps, { kernel }) => taps.flatMap((tap) => Array.from({ length: kernel }, (_, k) => [...tap, k])),
    [[]],
  );
}
