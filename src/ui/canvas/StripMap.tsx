import { useEffect, useRef, useState } from 'react';
import type { Camera } from './camera.ts';
import type { Look } from './look.ts';
import { rowColor } from './look.ts';
import type { Scene } from './scene.ts';
import type { CanvasTheme } from './theme.ts';

interface Props {
  readonly scene: Scene;
  readonly look: Look;
  readonly theme: CanvasTheme;
  readonly camera: Camera;
  /** Brings a row into the middle of the canvas, without animation while dragging. */
  readonly onGoTo: (row: number) => void;
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
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    if (canvas.current) observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current && size.width > 0) paintCells(canvas.current, size, scene, look, theme);
  }, [size, scene, look, theme]);

  useEffect(() => {
    const place = (): void => {
      if (frame.current && pane.current) placeWindow(frame.current, pane.current.clientHeight, scene, camera);
    };
    place();
    return camera.subscribe(place);
  }, [scene, camera]);

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
  scene: Scene,
  look: Look,
  theme: CanvasTheme,
): void {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (!context || scene.order.length === 0) return;
  context.scale(ratio, ratio);
  context.globalAlpha = 0.83;
  const pitch = (height - 2 * MARGIN) / scene.order.length;
  const cell = pitch > 2 ? Math.min(pitch * 0.8, 14) : Math.max(1, pitch);
  const { view } = scene.picture;
  // With more rows than pixels the heavy ones win: they are drawn last.
  for (const heavy of [false, true]) {
    scene.order.forEach((row, at) => {
      if (view.macs[row]! > 0 !== heavy) return;
      context.fillStyle = rowColor(scene, look, theme, row);
      context.fillRect(8, MARGIN + at * pitch, heavy ? 16 : 8.8, cell);
    });
  }
}

/** From the first to the last row that is in view; the rows in between count as seen. */
function placeWindow(frame: HTMLElement, height: number, scene: Scene, camera: Camera): void {
  const visible = camera.visible();
  const { layout } = scene.picture;
  const count = scene.order.length;
  let first = count;
  let last = -1;
  for (let at = 0; at < count; at++) {
    const row = scene.order[at]!;
    const x = layout.x[row]! + layout.widths[row]! / 2;
    const y = layout.y[row]! + layout.heights[row]! / 2;
    if (x < visible.left || x > visible.right || y < visible.top || y > visible.bottom) continue;
    if (at < first) first = at;
    last = at;
  }
  const pitch = (height - 2 * MARGIN) / Math.max(1, count);
  const top = MARGIN + first * pitch - 2;
  frame.style.display = last < 0 ? 'none' : 'block';
  frame.style.transform = `translateY(${top.toFixed(1)}px)`;
  frame.style.height = `${Math.max(14, (last + 1 - first) * pitch + 4).toFixed(1)}px`;
}
