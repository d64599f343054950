import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { detailAt, type Camera, type Detail } from './camera.ts';
import { BitmapSurface } from './canvas-surface.ts';
import type { Look } from './look.ts';
import { phase, type Motion } from './motion.ts';
import { canvasPen } from './paint/canvas-pen.ts';
import { forgetWidths, type Frame } from './paint/frame.ts';
import { frameOf, type Shown } from './paint/make-frame.ts';
import { paintMotion } from './paint/motion.ts';
import { paintLive, paintStill } from './paint/paint.ts';
import { isMotionReduced } from './use-motion.ts';

export interface Painted extends Shown {
  /** A change on its way; null: everything is in its place. */
  readonly motion: Motion | null;
}

/** What is under the pointer lights up over this time, ms. */
const HOVER = 80;
/** Views with more things than this are put together from bitmaps; those with fewer are painted in every frame. */
const MOST_PAINTED = 600;
/** A view that has not moved for as long rests, ms. */
const REST = 90;
/** Time for painting bitmaps in one frame, while the view moves and while it rests, ms. */
const BUDGET_MOVING = 5;
const BUDGET_RESTING = 12;

/** Paints the canvas under React Flow whenever the camera moves or what is painted changes. No component renders. */
export function usePainter(canvas: RefObject<HTMLCanvasElement | null>, camera: Camera, painted: Painted): void {
  const latest = useRef(painted);
  const painter = useRef<Painter | null>(null);
  // Before the page shows its own nodes in their new places.
  useLayoutEffect(() => {
    const before = latest.current;
    latest.current = painted;
    painter.current?.changed(before, painted, canvas.current);
    if (before === painted || !isSame(before, painted, detailAt(camera.viewport.zoom))) camera.request();
  });
  useEffect(() => {
    const own = new Painter(camera, () => latest.current);
    painter.current = own;
    const unsubscribe = camera.subscribe(() => {
      if (canvas.current) own.draw(canvas.current);
    });
    camera.request();
    // Text is measured and drawn again once the page's own fonts are there.
    void document.fonts.ready.then(() => {
      forgetWidths();
      own.drop();
      camera.request();
    });
    return () => {
      unsubscribe();
      own.drop();
    };
  }, [canvas, camera]);
}

const PARTS = ['scene', 'theme', 'selected', 'hovered', 'lit', 'frame', 'motion'] as const;

/** Whether both would be painted alike: from afar, no words stand on nodes. */
const isSame = (a: Painted, b: Painted, detail: Detail): boolean =>
  PARTS.every((part) => a[part] === b[part]) && (detail === 'near' ? a.look === b.look : a.look.afar === b.look.afar);

class Painter {
  private readonly camera: Camera;
  private readonly painted: () => Painted;
  private readonly surface: BitmapSurface;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private lookBefore: Look;
  /** When the pointer came over what is under it, ms of `performance.now()`. */
  private hoveredAt = -Infinity;
  /** The screen before a change that is too large to be moved about: it fades out. */
  private snapshot: OffscreenCanvas | null = null;

  constructor(camera: Camera, painted: () => Painted) {
    this.camera = camera;
    this.painted = painted;
    this.lookBefore = painted().look;
    this.surface = new BitmapSurface((pen, { viewport, side }) => {
      const unselected = { ...this.painted(), selected: -1, hovered: -1 };
      paintStill(frameOf(pen, unselected, viewport, side, side));
    });
  }

  /** Bitmaps hold what does not follow the pointer: another look makes them stale, another graph void. */
  changed(before: Painted, now: Painted, canvas: HTMLCanvasElement | null): void {
    if (now.motion && before.motion !== now.motion) {
      this.lookBefore = before.look;
      this.snapshot = now.motion.change || !canvas?.width ? null : copyOf(canvas);
    }
    if (before.hovered !== now.hovered) this.hoveredAt = performance.now();
    if (before.scene !== now.scene) {
      canvas?.removeAttribute('data-whole');
      this.surface.drop();
    } else if (before.look.afar !== now.look.afar || before.theme !== now.theme || before.lit !== now.lit)
      this.surface.renew();
  }

  drop(): void {
    clearTimeout(this.rest);
    this.surface.drop();
  }

  draw(canvas: HTMLCanvasElement): void {
    const { width, height, viewport } = this.camera;
    if (width === 0 || height === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
    const context = canvas.getContext('2d');
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const painted = this.painted();
    const lighting = phase([0, HOVER], performance.now() - this.hoveredAt);
    const hoverShare = lighting < 1 && isMotionReduced() ? 1 : lighting;
    const frame = frameOf(canvasPen(context), painted, viewport, width, height, hoverShare);
    if (hoverShare < 1 && painted.hovered >= 0) this.camera.request();
    const { motion } = painted;
    const elapsed = motion ? performance.now() - motion.startedAt : 0;
    let whole = !motion;
    if (motion?.change) paintMotion(frame, motion.change, this.lookBefore, elapsed);
    else {
      if (isCrowded(frame)) whole = this.drawBitmaps(context, ratio) && whole;
      else paintStill(frame);
      paintLive(frame);
    }
    // Whoever waits for the picture, such as the benchmark, can see that nothing is missing.
    canvas.toggleAttribute('data-whole', whole);
    if (motion && !motion.change && this.snapshot) {
      context.globalAlpha = 1 - phase([0, motion.duration], elapsed);
      context.drawImage(this.snapshot, 0, 0, width, height);
      context.globalAlpha = 1;
    }
    if (motion && elapsed < motion.duration) this.camera.request();
  }

  /** True when the view is whole and crisp. */
  private drawBitmaps(context: CanvasRenderingContext2D, ratio: number): boolean {
    const { width, height, viewport, movedAt } = this.camera;
    const resting = this.surface.opening || performance.now() - movedAt > REST;
    const view = { viewport, width, height, ratio, resting };
    if (this.surface.draw(context, view, resting ? BUDGET_RESTING : BUDGET_MOVING)) return true;
    if (resting) this.camera.request();
    else {
      clearTimeout(this.rest);
      this.rest = setTimeout(() => this.camera.request(), REST + 1);
    }
    return false;
  }
}

function copyOf(canvas: HTMLCanvasElement): OffscreenCanvas {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  copy.getContext('2d')?.drawImage(canvas, 0, 0);
  return copy;
}

/** Near, nodes stand in the page's DOM, and there are never many. */
function isCrowded({ scene, visible, detail, viewport }: Frame): boolean {
  if (detail === 'near') return false;
  const wires = viewport.zoom < 0.1 ? 0 : scene.routes.count(visible);
  return scene.tiles.count(visible) + wires > MOST_PAINTED;
}
