import { useEffect, useRef, useState } from 'react';
import type { Camera } from './camera.ts';
import type { Afar } from './look.ts';
import { familyIsShown, itemColor } from './look.ts';
import type { Scene } from './scene.ts';
import { seenSpan } from './strip.ts';
import type { CanvasTheme } from './theme.ts';
import { usePixelRatio } from './use-pixel-ratio.ts';

interface Props {
  readonly scene: Scene;
  readonly look: Afar;
  readonly theme: CanvasTheme;
  readonly camera: Camera;
  /** Brings an item into the middle of the canvas, without animation while dragging. */
  readonly onGoTo: (item: number) => void;
}

const MARGIN = 8;

/** CSS pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** The whole graph as a strip of cells, in the order of the columns, with a window for what is in view. */
export function StripMap({ scene, look, theme, camera, onGoTo }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pane = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);

  // Kept from the observer: asking the element at every repaint would force a layout.
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const ratio = usePixelRatio();
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    if (canvas.current) observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current && size.width > 0) paintCells(canvas.current, size, ratio, scene, look, theme);
  }, [size, ratio, scene, look, theme]);

  useEffect(() => {
    const place = (): void => {
      if (frame.current) placeWindow(frame.current, size.height, scene, camera);
    };
    place();
    return camera.subscribe(place);
  }, [scene, camera, size]);

  const goTo = (clientY: number): void => {
    const box = pane.current?.getBoundingClientRect();
    if (!box || scene.order.length === 0) return;
    const share = (clientY - box.top - MARGIN) / Math.max(1, box.height - 2 * MARGIN);
    const at = Math.max(0, Math.min(scene.order.length - 1, Math.floor(share * scene.order.length)));
    onGoTo(scene.order[at]!);
  };

  return (
    <div
      ref={pane}
      className="gc-strip"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        goTo(event.clientY);
      }}
      onPointerMove={(event) => {
        if (event.buttons & 1) goTo(event.clientY);
      }}
    >
      <canvas ref={canvas} />
      <div ref={frame} className="gc-window" />
    </div>
  );
}

function paintCells(
  canvas: HTMLCanvasElement,
  { width, height }: Size,
  ratio: number,
  scene: Scene,
  look: Afar,
  theme: CanvasTheme,
): void {
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  const count = scene.order.length;
  if (!context || count === 0) return;
  context.scale(ratio, ratio);
  context.globalAlpha = 0.83;
  const room = height - 2 * MARGIN;
  // With more items than lines of the screen, the heaviest of each line stands for the rest.
  const cells = Math.min(count, Math.floor(room * ratio));
  const pitch = room / cells;
  const tall = pitch > 2 ? Math.min(pitch * 0.8, 14) : Math.max(1, pitch);
  for (let cell = 0; cell < cells; cell++) {
    const [from, to] = [Math.floor((cell * count) / cells), Math.floor(((cell + 1) * count) / cells)];
    const item = heaviest(scene, from, to);
    const colors = cellColors(scene, look, theme, item);
    const wide = (weightOf(scene, item) > 0 ? 16 : 8.8) / colors.length;
    colors.forEach((color, part) => {
      context.fillStyle = color;
      context.fillRect(8 + part * wide, MARGIN + cell * pitch, wide, tall);
    });
  }
}

/** A node has one colour; a folded group those of what is inside. */
function cellColors(scene: Scene, look: Afar, theme: CanvasTheme, item: number): string[] {
  const group = look.groups[item - scene.items.rows];
  if (!group || !familyIsShown(look)) return [itemColor(scene, look, theme, item)];
  return group.cells.map((row) => itemColor(scene, look, theme, row));
}

/** MACs of an item; a folded group counts as heavy. */
const weightOf = ({ items, picture }: Scene, item: number): number =>
  item >= items.rows ? Infinity : picture.view.macs[item]!;

function heaviest(scene: Scene, from: number, to: number): number {
  let best = scene.order[from]!;
  for (let at = from + 1; at < to; at++) {
    const item = scene.order[at]!;
    if (weightOf(scene, item) > weightOf(scene, best)) best = item;
  }
  return best;
}

function placeWindow(frame: HTMLElement, height: number, scene: Scene, camera: Camera): void {
  const count = scene.order.length;
  const seen = seenSpan(scene.items, scene.order, scene.columns, camera.visible());
  frame.style.display = seen ? 'block' : 'none';
  if (!seen) return;
  const [first, last] = seen;
  const pitch = (height - 2 * MARGIN) / Math.max(1, count);
  frame.style.transform = `translateY(${(MARGIN + first * pitch - 2).toFixed(1)}px)`;
  frame.style.height = `${Math.max(14, (last + 1 - first) * pitch + 4).toFixed(1)}px`;
}
