import { sizeOf } from '../../ir/types.ts';
import { add, map } from './broadcast.ts';
import type { Call, RefOp, RefTable } from './call.ts';
import { activation } from './functions.ts';
import type { RefTensor } from './tensor.ts';
import { extentOf, tapsOf, windowsOf, type Windows } from './windows.ts';

/** X [N, C, …] ∗ W [M, C/g, …] + B [M] → [N, M, …]: a correlation. */
const conv = (c: Call): RefTensor => {
  const [x, w, bias] = [c.input(0), c.input(1), c.optional(2)];
  const [batch, channels] = x.shape as [number, number];
  const [filters, perGroup] = w.shape as [number, number];
  const image = x.shape.slice(2);
  const windows = windowsOf(c, image, w.shape.slice(2));
  const taps = tapsOf(windows, image);
  const [pixels, kernel, places] = [sizeOf(image), sizeOf(windows.kernel), sizeOf(windows.out)];
  const filtersPerGroup = filters / c.int('group', 1);
  const y = new Float64Array(batch * filters * places);
  for (let n = 0; n < batch; n++) {
    for (let m = 0; m < filters; m++) {
      const firstChannel = Math.floor(m / filtersPerGroup) * perGroup;
      for (let o = 0; o < places; o++) {
        let sum = bias?.data[m] ?? 0;
        for (let channel = 0; channel < perGroup; channel++) {
          const plane = (n * channels + firstChannel + channel) * pixels;
          const weights = (m * perGroup + channel) * kernel;
          for (let k = 0; k < kernel; k++) {
            const tap = taps[o * kernel + k]!;
            if (tap >= 0) sum += x.data[plane + tap]! * w.data[weights + k]!;
          }
        }
        y[(n * filters + m) * places + o] = sum;
      }
    }
  }
  return { dtype: x.dtype, shape: [batch, filters, ...windows.out], data: y };
};

/** With a residual Z added before the activation. */
const fusedConv: RefOp = (c) => {
  const y = conv(c);
  return map(
    c.has(3) ? add(y, c.input(3)) : y,
    activation(c.string('activation', ''), c.floats('activation_params') ?? []),
  );
};

/** The windows of the convolution that this one is the transpose of: from the result to the input. */
function transposedWindows(
  c: Call,
  image: readonly number[],
  kernel: readonly number[],
): Windows & { result: number[] } {
  const rank = image.length;
  const strides = c.ints('strides') ?? image.map(() => 1);
  const dilations = c.ints('dilations') ?? image.map(() => 1);
  const more = c.ints('output_padding') ?? image.map(() => 0);
  const auto = c.string('auto_pad', 'NOTSET');
  const full = image.map((size, i) => (size - 1) * strides[i]! + more[i]! + extentOf(kernel[i]!, dilations[i]!));
  const wish =
    c.ints('output_shape')?.slice(-rank) ??
    (auto.startsWith('SAME') ? image.map((size, i) => size * strides[i]!) : null);
  const given = auto === 'VALID' ? null : c.ints('pads');
  const half = auto === 'SAME_UPPER' ? Math.floor : Math.ceil;
  const totals = full.map((size, i) => (wish ? size - wish[i]! : 0));
  const begins = image.map((_, i) => (wish ? half(totals[i]! / 2) : (given?.[i] ?? 0)));
  const ends = image.map((_, i) => (wish ? totals[i]! - begins[i]! : (given?.[i + rank] ?? 0)));
  const result = full.map((size, i) => size - begins[i]! - ends[i]!);
  return { kernel, strides, dilations, begins, ends, out: image, result };
}

/** X [N, C, …], W [C, M/g, …], B [M] → [N, M, …]: each element of X spreads the kernel. */
const convTranspose: RefOp = (c) => {
  const [x, w, bias] = [c.input(0), c.input(1), c.optional(2)];
  const [batch, channels] = x.shape as [number, number];
  const group = c.int('group', 1);
  const perGroup = w.shape[1]!;
  const filters = perGroup * group;
  const image = x.shape.slice(2);
  const windows = transposedWindows(c, image, w.shape.slice(2));
  const taps = tapsOf(windows, windows.result);
  const [pixels, kernel, places] = [sizeOf(image), sizeOf(windows.kernel), sizeOf(windows.result)];
  const y = Float64Array.from(
    { length: batch * filters * places },
    (_, i) => bias?.data[Math.floor(i / places) % filters] ?? 0,
  );
  for (let n = 0; n < batch; n++) {
    for (let channel = 0; channel < channels; channel++) {
      const firstFilter = Math.floor(channel / (channels / group)) * perGroup;
      for (let m = 0; m < perGroup; m++) {
        const plane = (n * filters + firstFilter + m) * places;
        for (let o = 0; o < pixels; o++) {
          const value = x.data[(n * channels + channel) * pixels + o]!;
          for (let k = 0; k < kernel; k++) {
            const tap = taps[o * kernel + k]!;
            if (tap >= 0) y[plane + tap]! += value * w.data[(channel * perGroup + m) * kernel + k]!;
          }
        }
      }
    }
  }
  return { dtype: x.dtype, shape: [batch, filters, ...windows.result], data: y };
};

export const CONV: RefTable = {
  Conv: conv,
  ConvTranspose: convTranspose,
  'com.microsoft.FusedConv': fusedConv,
};
