import type { ValueId } from '../ir/types.ts';
import { sizeOf } from '../ir/types.ts';
import { padAxis } from './place.ts';
import type { Emit } from './emit.ts';
import { tapsOf, type WindowAxis } from './windows.ts';

/**
 * Depthwise kernels of more elements are a convolution at any stride on WASM: 7 × 7 over [32, 96, 7, 7] takes 9.6 ms in
 * place of 17.1, 5 × 5 over [32, 48, 14, 14] 10.5 in place of 13.8; 3 × 3 over the latter 5.9 in place of 5.4.
 */
const MOST_TAPS = 9;

/** A convolution of x [N, C, …] with W [M, C/group, k…] to y [N, M, …]. */
export interface Convolution {
  readonly axes: readonly WindowAxis[];
  readonly group: number;
}

/**
 * The gradient of W, from x and dy. How it is written decides the time of a training step, by measurements on ONNX
 * Runtime Web: kernels of one element are a product of matrices; depthwise ones a sum for each tap, at strides above 1 and
 * with larger kernels a convolution with batch and channels exchanged; all others a product for each tap, or where channels are few one
 * with the taps laid one behind the other.
 */
export function convWeightGradient(emit: Emit, x: ValueId, dy: ValueId, convolution: Convolution): ValueId {
  const { axes, group } = convolution;
  const channels = emit.shape(x)[1] ?? 1;
  const outputs = emit.shape(dy)[1] ?? 1;
  const padded = axes.reduce((value, { axis, begin, end }) => padAxis(emit, value, axis, begin, end), x);
  const kernel = axes.map((each) => each.kernel);
  const shape = [outputs, channels / group, ...kernel];
  if (channels === group && group > 1) {
    const strided = axes.some(({ stride }) => stride > 1);
    const large = emit.backend === 'wasm' && sizeOf(kernel) > MOST_TAPS;
    if (strided || large) return emit.reshape(exchanged(emit, x, dy, convolution), shape);
    return emit.reshape(tapByTap(emit, padded, dy, convolution), shape);
  }
  const parts = Array.from({ length: group }, (_, which) =>
    dense(emit, part(emit, padded, which, group), part(emit, dy, which, group), axes),
  );
  return emit.reshape(group === 1 ? parts[0]! : emit.op('Concat', parts, { axis: 0 }), shape);
}

const part = (emit: Emit, a: ValueId, which: number, group: number): ValueId => {
  if (group === 1) return a;
  const size = (emit.shape(a)[1] ?? 1) / group;
  return emit.slice(a, [which * size], [(which + 1) * size], [1]);
};

/** What one tap of the kernel sees of a padded input: an element for each window. */
function seenBy(
  emit: Emit,
  padded: ValueId,
  axes: readonly WindowAxis[],
  tap: readonly number[],
  first: number,
): ValueId {
  const starts = axes.map(({ dilation }, i) => (tap[i] ?? 0) * dilation);
  const ends = axes.map(({ stride, count }, i) => (starts[i] ?? 0) + (count - 1) * stride + 1);
  const places = axes.map((_, i) => first + i);
  const whole = axes.every(
    ({ count, stride }, i) => starts[i] === 0 && stride === 1 && emit.shape(padded)[first + i] === count,
  );
  if (whole) return padded;
  const steps = axes.map(({ stride }) => stride);
  return emit.slice(padded, starts, ends, places, steps.some((step) => step > 1) ? steps : undefined);
}

/** Depthwise: for each tap, the products summed over batch and places. */
function tapByTap(emit: Emit, padded: ValueId, dy: ValueId, { axes, group }: Convolution): ValueId {
  const outputs = emit.shape(dy)[1] ?? 1;
  const multiplier = outputs / group;
  const space = emit.shape(dy).slice(2);
  const batch = emit.shape(dy)[0] ?? 1;
  const split = multiplier === 1 ? dy : emit.reshape(dy, [batch, group, multiplier, ...space]);
  const summed = [0, ...space.map((_, i) => i + (multiplier === 1 ? 2 : 3))];
  const sums = tapsOf(axes).map((tap) => {
    const seen = seenBy(emit, padded, axes, tap, 2);
    const wide = multiplier === 1 ? seen : emit.reshape(seen, [batch, group, 1, ...space]);
    return emit.reshape(emit.sum(emit.mul(wide, split), summed, false), [outputs, 1]);
  });
  return sums.length === 1 ? sums[0]! : emit.op('Concat', sums, { axis: 1 });
}

/** Depthwise with strides: x as images of channels, dy as kernels, strides and dilations exchanged. */
function exchanged(emit: Emit, x: ValueId, dy: ValueId, { axes, group }: Convolution): ValueId {
  const [batch = 1, , ...space] = emit.shape(x);
  const swap = [1, 0, ...space.map((_, i) => i + 2)];
  // [1, C·N, …] against [M, N, …] in C groups.
  const images = emit.reshape(emit.transpose(x, swap), [1, group * batch, ...space]);
  const kernels = emit.transpose(dy, swap);
  const full = emit.op('Conv', [images, kernels], {
    group,
    strides: axes.map(({ dilation }) => dilation),
    dilations: axes.map(({ stride }) => stride),
    pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
  });
  // Places behind the last window give taps that the kernel does not have.
  return emit.slice(
    full,
    axes.map(() => 0),
    axes.map(({ kernel }) => kernel),
    axes.map((_, i) => i + 2),
  );
}

/** From so many channels on, a product for each tap is as fast as one for all, and nothing is laid out for it. */
const FEW = 8;

/** One group: [M, C, taps]. */
function dense(emit: Emit, padded: ValueId, dy: ValueId, axes: readonly WindowAxis[]): ValueId {
  const channels = emit.shape(padded)[1] ?? 1;
  const [batch = 1, outputs = 1, ...space] = emit.shape(dy);
  const windows = sizeOf(space);
  const taps = tapsOf(axes);
  if (taps.length === 1) {
    // [N, M, P] · [N, P, C], summed over the batch.
    const seen = emit.reshape(seenBy(emit, padded, axes, taps[0]!, 2), [batch, channels, windows]);
    const product = emit.matmul(emit.reshape(dy, [batch, outputs, windows]), emit.transpose(seen, [0, 2, 1]));
    return emit.sum(product, [0], false);
  }
  // Channels first, so that what is copied for a tap lies side by side.
  const first = [1, 0, ...space.map((_, i) => i + 2)];
  const rows = emit.transpose(padded, first);
  const gradient = emit.reshape(emit.transpose(dy, first), [outputs, batch * windows]);
  const seen = taps.map((tap) => emit.reshape(seenBy(emit, rows, axes, tap, 2), [channels, batch * windows]));
  if (channels >= FEW) {
    const products = seen.map((each) => emit.op('Gemm', [gradient, each], { transB: 1 }));
    const columns = products.map((each) => emit.reshape(each, [outputs, channels, 1]));
    return emit.op('Concat', columns, { axis: 2 });
  }
  const product = emit.op('Gemm', [gradient, emit.op('Concat', seen, { axis: 0 })], { transB: 1 });
  return emit.transpose(emit.reshape(product, [outputs, taps.length, channels]), [0, 2, 1]);
}
