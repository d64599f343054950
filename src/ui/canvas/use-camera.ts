import { useReactFlow, useStoreApi } from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Viewport } from './camera.ts';
import { Camera, centreOn, fitBox, LARGEST_ZOOM, SMALLEST_ZOOM } from './camera.ts';
import type { Scene } from './scene.ts';
import { boxOf } from './scene.ts';
import type { Box } from './types.ts';
import { isMotionReduced } from './use-motion.ts';

/** Units around a node that is brought into view alone. */
const AROUND = 320;

export interface CameraMoves {
  readonly all: (animated?: boolean) => void;
  /** The block of an item, or everything where there is none. */
  readonly fit: (item: number) => void;
  readonly actual: () => void;
  readonly zoomBy: (factor: number) => void;
  /** Brings an item into the middle; `close` also makes it readable. */
  readonly goTo: (item: number, options: { readonly close: boolean; readonly animated: boolean }) => void;
  /** Moves only when the item is not in view. */
  readonly reveal: (item: number) => void;
  readonly showBox: (box: Box) => void;
  readonly centre: (x: number, y: number) => void;
  /** Follows what has moved by so many units, at once. */
  readonly shift: (by: { readonly x: number; readonly y: number }) => void;
}

/** The camera that follows React Flow, and the moves that the page asks for. */
export function useCamera(scene: Scene, documentKey: string): { readonly camera: Camera; readonly moves: CameraMoves } {
  const [camera] = useState(() => new Camera());
  const store = useStoreApi();
  const flow = useReactFlow();
  useEffect(() => {
    const follow = (): void => {
      const { transform, width, height } = store.getState();
      camera.move({ x: transform[0], y: transform[1], zoom: transform[2] }, width, height);
    };
    follow();
    const unsubscribe = store.subscribe(follow);
    return () => {
      unsubscribe();
      camera.stop();
    };
  }, [camera, store]);

  const set = useCallback(
    (viewport: Viewport, animated: boolean) => {
      void flow.setViewport(viewport, { duration: animated ? motion() : 0 });
    },
    [flow],
  );
  const moves = useMemo(() => movesOf(scene, camera, set), [scene, camera, set]);
  const ready = useCallback(() => store.getState().panZoom !== null, [store]);
  useFirstFit(camera, moves, documentKey, ready);
  return { camera, moves };
}

/** The whole graph, once the pane has a size and can be moved, for each new document. */
function useFirstFit(camera: Camera, moves: CameraMoves, documentKey: string, ready: () => boolean): void {
  const fitted = useRef<string | null>(null);
  // A canvas that is taken away and put back (strict mode does so) starts over, as React Flow does.
  useEffect(() => {
    fitted.current = null;
  }, []);
  useEffect(() => {
    const fit = (): void => {
      if (fitted.current === documentKey || camera.width === 0 || !ready()) return;
      fitted.current = documentKey;
      moves.all(false);
    };
    fit();
    return camera.subscribe(fit);
  }, [camera, moves, documentKey, ready]);
}

/** Duration of camera moves, ms; 0 where motion is reduced. */
function motion(): number {
  return isMotionReduced() ? 0 : 220;
}

function movesOf(scene: Scene, camera: Camera, set: (viewport: Viewport, animated: boolean) => void): CameraMoves {
  const { layout } = scene.picture;
  const around = (box: Box, largest: number): Viewport => fitBox(box, camera.width, camera.height, largest);
  const all = (animated = true): void =>
    set(around({ left: 0, top: 0, right: layout.width, bottom: layout.height }, 1), animated);
  const middleOf = (item: number): [number, number] => {
    const box = boxOf(scene.items, item);
    return [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  };
  const centre = (x: number, y: number, zoom: number, animated: boolean): void =>
    set(centreOn(x, y, zoom, camera.width, camera.height), animated);
  /** As `centre`, in what no card covers. */
  const bring = (x: number, y: number, zoom: number, animated: boolean): void =>
    set(centreOn(x, y, zoom, camera.width - camera.covered, camera.height), animated);
  const goTo: CameraMoves['goTo'] = (item, { close, animated }) => {
    const zoom = close && camera.viewport.zoom < 0.7 ? 1 : camera.viewport.zoom;
    bring(...middleOf(item), zoom, animated);
  };
  const atMiddle = (zoom: number, animated: boolean): void => {
    const { left, right, top, bottom } = camera.visible();
    centre((left + right) / 2, (top + bottom) / 2, zoom, animated);
  };
  return {
    all,
    goTo,
    fit: (item) => {
      if (item < 0) return all();
      const block = layout.blocks.findLast(({ rows }) => rows.includes(item));
      const own = boxOf(scene.items, item);
      set(
        around(
          block
            ? { left: block.x, top: block.y, right: block.x + block.width, bottom: block.y + block.height }
            : {
                left: own.left - AROUND,
                top: own.top - AROUND,
                right: own.right + AROUND,
                bottom: own.bottom + AROUND,
              },
          1,
        ),
        true,
      );
    },
    actual: () => atMiddle(1, true),
    zoomBy: (factor) => atMiddle(Math.max(SMALLEST_ZOOM, Math.min(LARGEST_ZOOM, camera.viewport.zoom * factor)), true),
    reveal: (item) => {
      const box = boxOf(scene.items, item);
      const { left, right: edge, top, bottom } = camera.visible(-60);
      const right = edge - camera.covered / camera.viewport.zoom;
      if (box.left < left || box.right > right || box.top < top || box.bottom > bottom) {
        goTo(item, { close: false, animated: true });
      }
    },
    showBox: (box) => {
      const { left, right: edge, top, bottom } = camera.visible(-20);
      const right = edge - camera.covered / camera.viewport.zoom;
      const seen = box.left >= left && box.right <= right && box.top >= top && box.bottom <= bottom;
      if (seen && camera.viewport.zoom >= 0.5) return;
      const zoom = camera.viewport.zoom < 0.7 ? 1 : camera.viewport.zoom;
      bring((box.left + box.right) / 2, (box.top + box.bottom) / 2, zoom, true);
    },
    centre: (x, y) => centre(x, y, camera.viewport.zoom, true),
    shift: (by) => {
      const { x, y, zoom } = camera.viewport;
      set({ x: x - by.x * zoom, y: y - by.y * zoom, zoom }, false);
    },
  };
}
