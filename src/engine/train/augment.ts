import type { Random } from '../../base/random.ts';
import type { Preprocess } from '../../data/preprocess.ts';
import type { DataFeeds } from '../../data/types.ts';
import type { Augmentation } from './types.ts';

/** A sample as it might have been taken a moment later: mirrored, moved, lit otherwise. What is no image stays as it is. */
export function augmented(feeds: DataFeeds, preprocess: Preprocess, by: Augmentation, random: Random): DataFeeds {
  if (preprocess.kind !== 'image') return feeds;
  const tensor = feeds[preprocess.input];
  if (!tensor || !(tensor.data instanceof Float32Array)) return feeds;
  const channels = preprocess.channels === 'gray' ? 1 : 3;
  const pixels = tensor.data.length / channels;
  const [height, width] = sidesOf(tensor.shape, preprocess.layout, pixels);
  if (height * width !== pixels) return feeds;
  const draw = drawn(by, random);
  const data = new Float32Array(tensor.data.length);
  const mean = draw.contrast === 1 ? 0 : tensor.data.reduce((sum, each) => sum + each, 0) / tensor.data.length;
  const spread = draw.light === 0 ? 0 : deviation(tensor.data, mean);
  const first = preprocess.layout === 'nchw';
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromY, fromX] = [
        inside(y - draw.down, height),
        inside((draw.flip ? width - 1 - x : x) - draw.right, width),
      ];
      for (let channel = 0; channel < channels; channel++) {
        const at = (row: number, column: number): number =>
          first ? (channel * height + row) * width + column : (row * width + column) * channels + channel;
        const value = tensor.data[at(fromY, fromX)] ?? 0;
        data[at(y, x)] = mean + (value - mean) * draw.contrast + draw.light * spread;
      }
    }
  }
  return { ...feeds, [preprocess.input]: { dtype: 'float32', shape: tensor.shape, data } };
}

const inside = (at: number, size: number): number => Math.min(size - 1, Math.max(0, at));

function drawn({ flip, shift, jitter }: Augmentation, random: Random) {
  const whole = (): number => Math.floor(random() * (2 * shift + 1)) - shift;
  // Each is drawn in any case, so that one setting does not move the others' stream.
  const [mirrored, down, right, contrast, light] = [
    random() < 0.5,
    whole(),
    whole(),
    2 * random() - 1,
    2 * random() - 1,
  ];
  return { flip: flip && mirrored, down, right, contrast: 1 + jitter * contrast, light: jitter * light };
}

function deviation(data: Float32Array, mean: number): number {
  let sum = 0;
  for (const each of data) sum += (each - mean) ** 2;
  return Math.sqrt(sum / data.length);
}

function sidesOf(shape: readonly number[], layout: 'nchw' | 'nhwc', pixels: number): readonly [number, number] {
  const [height = 0, width = 0] = layout === 'nchw' ? shape.slice(-2) : shape.slice(-3, -1);
  if (height * width === pixels) return [height, width];
  // A vector of a square image.
  const side = Math.round(Math.sqrt(pixels));
  return [side, side];
}
