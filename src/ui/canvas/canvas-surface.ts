import { SIDE, Bitmaps, type BitmapPainter, type BitmapView, type Square } from './bitmaps.ts';
import { canvasPen } from './paint/canvas-pen.ts';
import type { Pen } from './paint/frame.ts';

/** Paints squares into bitmaps of their own; `paint` is asked for what stands in one. */
function bitmapPainter(paint: (pen: Pen, square: Square) => void): BitmapPainter<ImageBitmap> {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d');
  return {
    paint(square, ratio) {
      if (context) {
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        paint(canvasPen(context), square);
      }
      // Hands over what was painted, and leaves the canvas empty for the next square.
      return canvas.transferToImageBitmap();
    },
    close: (image) => image.close(),
    now: () => performance.now(),
  };
}

/** The painted canvas as squares, put on the screen. */
export class BitmapSurface {
  private readonly bitmaps: Bitmaps<ImageBitmap>;

  constructor(paint: (pen: Pen, square: Square) => void) {
    this.bitmaps = new Bitmaps(bitmapPainter(paint));
  }

  /** Whether nothing has been shown whole yet. */
  get opening(): boolean {
    return this.bitmaps.opening;
  }

  renew(): void {
    this.bitmaps.renew();
  }

  drop(): void {
    this.bitmaps.drop();
  }

  /** Shows the view as far as it is painted; true when it is whole and crisp. */
  draw(context: CanvasRenderingContext2D, view: BitmapView, budget: number): boolean {
    const { images, complete } = this.bitmaps.frame(view, budget);
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (const { image, x, y, width, height } of images) {
      // A stand-in below goes first: images are see-through where nothing is drawn.
      context.clearRect(x, y, width, height);
      context.drawImage(image, x, y, width, height);
    }
    context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    return complete;
  }
}
