import { getInt } from '../ir/attribute.ts';
import type { Dim, Shape } from '../ir/types.ts';
import { addDims, floorDivDims, subDims } from './dim.ts';
import { axisOf, numbersOf, typed } from './shapes.ts';
import type { InferContext, OpTable } from './types.ts';
import { mulCount } from './work.ts';

const scalar = (c: InferContext, index: number): Dim => c.contents(index)?.[0] ?? null;
/** A one-sided spectrum keeps ⌊n/2⌋ + 1 bins. */
const half = (length: Dim): Dim => addDims(floorDivDims(length, 2), 1);

/** input [.., n, .., 1 or 2] → [.., bins, .., 2]; `axis` is an attribute in opset 17, an input since 20. */
function dftShape(c: InferContext): Shape {
  const input = c.shape(0);
  if (input === null) return null;
  const given = c.version >= 20 ? (c.has(2) ? numbersOf(c.contents(2))?.[0] : -2) : getInt(c.node, 'axis', 1);
  const axis = given === undefined ? null : axisOf(given, input.length);
  if (axis === null) return input.map(() => null);
  const length = c.has(1) ? scalar(c, 1) : (input[axis] ?? null);
  const oneSided = getInt(c.node, 'onesided', 0) === 1;
  const inverse = getInt(c.node, 'inverse', 0) === 1;
  const last = input.length - 1;
  if (oneSided && inverse) return input.with(axis, c.has(1) ? length : null).with(last, 1);
  return input.with(axis, oneSided ? half(length) : length).with(last, 2);
}

/** signal [N, L, 1 or 2] → [N, frames, bins, 2] */
function stftShape(c: InferContext): Shape {
  const signal = c.shape(0);
  const window = c.has(2) ? (c.shape(2)?.[0] ?? null) : null;
  const frame = c.has(3) ? scalar(c, 3) : window;
  const step = scalar(c, 1);
  const frames = addDims(floorDivDims(subDims(signal?.[1] ?? null, frame), step), 1);
  return [signal?.[0] ?? null, frames, getInt(c.node, 'onesided', 1) === 1 ? half(frame) : frame, 2];
}

/** [N, C·∏block, L] → [N, C, ∏image…] */
function col2ImShape(c: InferContext): Shape {
  const image = c.contents(1);
  const block = numbersOf(c.contents(2));
  const input = c.shape(0);
  if (!image) return null;
  const channels = block
    ? floorDivDims(
        input?.[1] ?? null,
        block.reduce((product, each) => product * each, 1),
      )
    : null;
  return [input?.[0] ?? null, channels, ...image];
}

export const SIGNAL: OpTable = {
  DFT: {
    family: 'elem',
    signature: 'input dft_length? axis? → output',
    since: [17, 20],
    infer: (c) => [typed(c.dtype(0), dftShape(c))],
    // 5·n·log₂n is the classic count for an FFT of length n; other algorithms differ, so nothing is claimed.
    work: () => ({ macs: 0, elementwise: null }),
  },
  STFT: {
    family: 'elem',
    signature: 'signal frame_step window? frame_length? → output',
    since: [17],
    infer: (c) => [typed(c.dtype(0), stftShape(c))],
    work: () => ({ macs: 0, elementwise: null }),
  },
  Col2Im: {
    family: 'shape',
    signature: 'input image_shape block_shape → output',
    since: [18],
    infer: (c) => [typed(c.dtype(0), col2ImShape(c))],
    work: (c) => ({ macs: 0, elementwise: mulCount(c.size(0), 1) }),
  },
};
