import { CodedError } from '../../base/error.ts';

/** Draws an SVG that stands alone as PNG, `scale` pixels for each of its px. Throws `internal` where the page cannot draw it. */
export async function pngOf(
  svg: string,
  { width, height }: { width: number; height: number },
  scale = 2,
): Promise<Blob> {
  const image = new Image(width, height);
  // A data address: nothing is left to be given back, and the page's policy knows it as its own.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const context = canvas.getContext('2d');
  try {
    await image.decode();
    context?.drawImage(image, 0, 0, canvas.width, canvas.height);
  } catch (cause) {
    throw new CodedError(
      'internal',
      'This browser cannot draw the summary as a picture. Save it as SVG.',
      {},
      { cause },
    );
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob) return blob;
  throw new CodedError('internal', 'This browser cannot write PNG files. Save the summary as SVG.');
}
