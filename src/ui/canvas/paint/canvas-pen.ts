import type { Pen } from './frame.ts';

const figures = new Map<string, Path2D>();
function figureOf(path: string): Path2D {
  let figure = figures.get(path);
  if (!figure) figures.set(path, (figure = new Path2D(path)));
  return figure;
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;
const pens = new WeakMap<Context, Pen>();

/** A canvas's context as the painter's pen. */
export function canvasPen(context: Context): Pen {
  let pen = pens.get(context);
  if (!pen) {
    const figure: Pen['figure'] = (path, how) => {
      if (how === 'fill') context.fill(figureOf(path));
      else context.stroke(figureOf(path));
    };
    pen = Object.assign(context as CanvasRenderingContext2D, { figure });
    pens.set(context, pen);
  }
  return pen;
}
