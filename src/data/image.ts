import { decodeJpeg, isJpeg } from './jpeg.ts';
import { decodePng, isPng } from './png.ts';
import { refuse } from './refuse.ts';
import type { Image } from './types.ts';

export const isImageName = (name: string): boolean => /\.(jpe?g|png)$/i.test(name);

/** An image by its first bytes, whatever its name says. Throws `bad-file` or `unsupported`. */
export async function decodeImage(file: string, bytes: Uint8Array): Promise<Image> {
  if (isJpeg(bytes)) return decodeJpeg(file, bytes);
  if (isPng(bytes)) return decodePng(file, bytes);
  throw refuse('unsupported', file, 'it is neither JPEG nor PNG. Convert it to one of them.');
}

/** Gray by the luma of ITU-R 601-2 in the fixed point that Pillow uses, so that results agree. */
export function toGray({ width, height, channels, data }: Image): Image {
  if (channels === 1) return { width, height, channels, data };
  const gray = new Uint8Array(width * height);
  for (let i = 0; i < gray.length; i++) {
    const [red, green, blue] = [data[i * 3] ?? 0, data[i * 3 + 1] ?? 0, data[i * 3 + 2] ?? 0];
    gray[i] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: gray };
}

export function toRgb({ width, height, channels, data }: Image): Image {
  if (channels === 3) return { width, height, channels, data };
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < rgb.length; i++) rgb[i] = data[Math.floor(i / 3)] ?? 0;
  return { width, height, channels: 3, data: rgb };
}
