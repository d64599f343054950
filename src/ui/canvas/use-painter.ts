import { type RefObject, useEffect, useRef } from 'react';
import type { Camera } from './camera.ts';
import { detailAt } from './camera.ts';
import type { Look } from './look.ts';
import { paint } from './paint/paint.ts';
import type { Scene } from './scene.ts';
import type { CanvasTheme } from './theme.ts';

export interface Painted {
  readonly scene: Scene;
  readonly look: Look;
  readonly theme: CanvasTheme;
  readonly selected: number;
  readonly hovered: number;
  readonly fresh: ReadonlySet<number>;
}

/** Paints the canvas under React Flow whenever the camera moves or what is painted changes. No component renders. */
export function usePainter(canvas: RefObject<HTMLCanvasElement | null>, camera: Camera, painted: Painted): void {
  const latest = useRef(painted);
  useEffect(() => {
    latest.current = painted;
    camera.request();
  });
  useEffect(() => {
    const draw = (): void => {
      if (canvas.current) drawOn(canvas.current, camera, latest.current);
    };
    const unsubscribe = camera.subscribe(draw);
    camera.request();
    // Text is measured and drawn again once the page's own fonts are there.
    void document.fonts.ready.then(() => camera.request());
    return unsubscribe;
  }, [canvas, camera]);
}

function drawOn(canvas: HTMLCanvasElement, camera: Camera, painted: Painted): void {
  const { width, height, viewport } = camera;
  if (width === 0 || height === 0) return;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  paint({
    context,
    ...painted,
    viewport,
    width,
    height,
    detail: detailAt(viewport.zoom),
    visible: camera.visible(4),
  });
}
