import { strToU8, Zip, ZipPassThrough } from 'fflate';
import { CodedError } from '../../../base/error.ts';
import type { Job } from '../../../base/job.ts';
import { canvasPen } from '../paint/canvas-pen.ts';
import type { Pen } from '../paint/frame.ts';
import { frameOf, type Shown } from '../paint/make-frame.ts';
import { paintInSteps } from '../paint/paint.ts';
import { paintLegend } from './legend.ts';
import { LEGEND_HEIGHT, tilesOf, type PictureArea, type PictureTile, type PictureWish } from './size.ts';
import { SvgPen } from './svg-pen.ts';

/** What is drawn: as it is shown, without selection and pointer. */
export interface PictureSubject {
  readonly shown: Shown;
  readonly area: PictureArea;
  /** Of the model, for the legend. */
  readonly name: string;
}

/** Ending of the file that a wish leads to: many parts come in one archive. */
export const endingOf = (wish: PictureWish, parts: number): string => (parts > 1 ? 'png.zip' : wish.format);

/** Draws a picture in short steps, so that the page stays awake; the job's cancel is seen between them. */
export async function drawPicture(wish: PictureWish, subject: PictureSubject, job: Job): Promise<Blob> {
  await document.fonts.ready;
  if (wish.format === 'svg') return drawSvg(subject, job);
  const tiles = tilesOf(subject.area, wish.scale);
  const [only] = tiles;
  if (only && tiles.length === 1) return drawPng(wish.scale, subject, only, job);
  const archive = new Archive();
  for (const [index, tile] of tiles.entries()) {
    job.progress({ stage: 'Drawing the parts', done: index, total: tiles.length });
    const part = await drawPng(wish.scale, subject, tile, { ...job, progress: () => {} });
    archive.add(`row-${tile.row + 1}-column-${tile.column + 1}.png`, new Uint8Array(await part.arrayBuffer()));
  }
  archive.add('read-me.txt', strToU8(`${subject.name} in ${tiles.length} parts, from the top left.\n`));
  return archive.finish();
}

/** An archive that grows file by file. A PNG is packed already, so its files are stored as they are. */
class Archive {
  private readonly chunks: Blob[] = [];
  private readonly zip = new Zip((error, chunk) => {
    if (error) throw new CodedError('internal', `The archive of parts could not be made: ${error.message}.`);
    this.chunks.push(new Blob([chunk]));
  });

  add(name: string, bytes: Uint8Array): void {
    const file = new ZipPassThrough(name);
    this.zip.add(file);
    file.push(bytes, true);
  }

  finish(): Blob {
    this.zip.end();
    return new Blob(this.chunks, { type: 'application/zip' });
  }
}

async function drawPng(scale: number, subject: PictureSubject, tile: PictureTile, job: Job): Promise<Blob> {
  const canvas = new OffscreenCanvas(Math.ceil(tile.width * scale), Math.ceil(tile.height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context)
    throw new CodedError('out-of-memory', 'The browser gives no canvas of this size. Choose a smaller scale, or SVG.');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  // What is drawn is only noted down at first; reading a px makes the canvas do it, a little at a time.
  const settle = (): void => void context.getImageData(0, 0, 1, 1);
  await paintTile(canvasPen(context), subject, tile, job, settle);
  job.progress({ stage: 'Packing the PNG' });
  return canvas.convertToBlob({ type: 'image/png' });
}

async function drawSvg(subject: PictureSubject, job: Job): Promise<Blob> {
  const { area } = subject;
  const measuring = new OffscreenCanvas(1, 1).getContext('2d');
  const pen = new SvgPen((font, text) => {
    if (!measuring) throw new CodedError('out-of-memory', 'The browser gives no canvas to measure text with.');
    measuring.font = font;
    return measuring.measureText(text);
  });
  const parts: Blob[] = [];
  const keep = (): void => void parts.push(new Blob([pen.take()]));
  const whole = { column: 0, row: 0, x: 0, y: 0, width: area.width, height: area.height };
  await paintTile(pen, subject, whole, job, keep);
  keep();
  const size = `width="${area.width}" height="${area.height}" viewBox="0 0 ${area.width} ${area.height}"`;
  const head = `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n`;
  return new Blob([head, ...parts, '</svg>\n'], { type: 'image/svg+xml' });
}

/** Ground, graph and legend, as far as they lie in a part. */
async function paintTile(
  pen: Pen,
  subject: PictureSubject,
  tile: PictureTile,
  job: Job,
  settle: () => void,
): Promise<void> {
  const { shown, area, name } = subject;
  pen.fillStyle = shown.theme.canvas;
  pen.fillRect(0, 0, tile.width, tile.height);
  const { x, y, zoom } = area.viewport;
  const viewport = { x: x - tile.x, y: y - tile.y, zoom };
  const frame = { ...frameOf(pen, unselected(shown), viewport, tile.width, tile.height), wholeNodes: true };
  // Words and wires of what is half in the picture end at its edge, and above the legend.
  pen.save();
  pen.beginPath();
  pen.roundRect(0, 0, tile.width, Math.max(0, area.height - LEGEND_HEIGHT - tile.y), 0);
  pen.clip();
  for (const { done, total } of paintInSteps(frame)) {
    settle();
    job.progress({ stage: 'Drawing', done: Math.round((100 * done) / total), total: 100 });
    await job.checkpoint();
  }
  pen.restore();
  pen.save();
  pen.translate(-tile.x, -tile.y);
  paintLegend(frame, area, name);
  pen.restore();
}

const unselected = (shown: Shown): Shown => ({ ...shown, selected: -1, hovered: -1, frame: null });
