import { useEffect, useState } from 'react';
import type { App } from '../../state/app.ts';
import { useSettings } from '../kit/use-store.ts';

export const LEFT = { min: 208, max: 420, rail: 44 } as const;
export const RIGHT = { min: 256, max: 480 } as const;
export const DOCK = { min: 44, max: 420 } as const;
const SMALLEST_CANVAS = 480;

/** Widths by window, px: the look's three layouts. */
const widthsFor = (width: number): { readonly left: number; readonly right: number; readonly dock: number } =>
  width >= 1800
    ? { left: 296, right: 344, dock: 152 }
    : width > 1340
      ? { left: 264, right: 308, dock: 148 }
      : { left: 236, right: 284, dock: 148 };

const clamp = (value: number, { min, max }: { min: number; max: number }): number =>
  Math.max(min, Math.min(max, value));

function useWindowWidth(): number {
  const [width, setWidth] = useState(window.innerWidth);
  useEffect(() => {
    const onResize = (): void => setWidth(window.innerWidth);
    window.addEventListener('resize', onResize);
    return () => window.removeEventListener('resize', onResize);
  }, []);
  return width;
}

export interface Panels {
  readonly window: number;
  readonly left: number;
  readonly rail: boolean;
  /** 0: closed. */
  readonly right: number;
  readonly dock: number;
  /** Below 900 px there is room to look, not to edit. */
  readonly readOnly: boolean;
}

/** Sizes of the panels, px. The canvas never gets narrower than 480: the inspector closes first, then the left panel. */
export function usePanels(app: App): Panels {
  const width = useWindowWidth();
  const { leftWidth, leftOpen, rightWidth, rightOpen, dockHeight } = useSettings(app, (settings) => settings);
  const defaults = widthsFor(width);
  const readOnly = width < 900;
  const wishedRight = rightOpen && !readOnly ? clamp(rightWidth ?? defaults.right, RIGHT) : 0;
  const wishedLeft = leftOpen && !readOnly ? clamp(leftWidth ?? defaults.left, LEFT) : LEFT.rail;
  const right = width - wishedLeft - wishedRight < SMALLEST_CANVAS ? 0 : wishedRight;
  const rail = wishedLeft === LEFT.rail || width - wishedLeft < SMALLEST_CANVAS;
  return {
    window: width,
    left: rail ? LEFT.rail : wishedLeft,
    rail,
    right,
    dock: clamp(dockHeight ?? defaults.dock, DOCK),
    readOnly,
  };
}
