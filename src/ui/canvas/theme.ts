import { useEffect, useState } from 'react';
import type { Family } from '../../base/families.ts';
import { FAMILIES } from '../../base/families.ts';

/** The design tokens as the painted canvas needs them: plain sRGB strings. */
export interface CanvasTheme {
  readonly canvas: string;
  readonly panel: string;
  readonly raised: string;
  readonly hover: string;
  readonly line: string;
  readonly lineSoft: string;
  readonly lineStrong: string;
  readonly text1: string;
  readonly text2: string;
  readonly text3: string;
  readonly edge: string;
  readonly dot: string;
  readonly accent: string;
  readonly accentSolid: string;
  readonly onAccent: string;
  readonly added: string;
  readonly removed: string;
  readonly changed: string;
  readonly fused: string;
  readonly warning: string;
  readonly families: Readonly<Record<Family, string>>;
  readonly sequential: readonly string[];
  /** From less through zero to more. */
  readonly diverging: readonly string[];
  readonly fontUi: string;
  readonly fontMono: string;
}

const RAMP_STEPS = 7;

export function readTheme(element: Element): CanvasTheme {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const ramp = (name: string): string[] => Array.from({ length: RAMP_STEPS }, (_, i) => token(`${name}-${i + 1}`));
  const families = Object.fromEntries(
    FAMILIES.map((family) => [family, token(family === 'unknown' ? 'text-3' : `op-${family}`)]),
  ) as Record<Family, string>;
  return {
    canvas: token('canvas'),
    panel: token('panel'),
    raised: token('raised'),
    hover: token('hover'),
    line: token('line'),
    lineSoft: token('line-soft'),
    lineStrong: token('line-strong'),
    text1: token('text-1'),
    text2: token('text-2'),
    text3: token('text-3'),
    edge: token('edge'),
    dot: token('dot'),
    accent: token('accent'),
    accentSolid: token('accent-solid'),
    onAccent: token('on-accent'),
    added: token('added'),
    removed: token('removed'),
    changed: token('changed'),
    fused: token('fused'),
    warning: token('warning'),
    families,
    sequential: ramp('seq'),
    diverging: ramp('div'),
    fontUi: token('font-ui') || 'sans-serif',
    fontMono: token('font-mono') || 'monospace',
  };
}

/** The light tokens, whatever the page shows: for print. */
export function lightTheme(): CanvasTheme {
  const element = document.createElement('div');
  element.dataset['theme'] = 'light';
  element.hidden = true;
  document.body.append(element);
  try {
    return readTheme(element);
  } finally {
    element.remove();
  }
}

/** The tokens as they are now; read again when `data-theme` or the system's scheme changes. */
export function useCanvasTheme(): CanvasTheme {
  const [theme, setTheme] = useState(() => readTheme(document.documentElement));
  useEffect(() => {
    const read = (): void => setTheme(readTheme(document.documentElement));
    const observer = new MutationObserver(read);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] });
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', read);
    read();
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', read);
    };
  }, []);
  return theme;
}

/** Red, green and blue of `#rrggbb` or `#rgb`, 0 to 255. */
export const channels = (hex: string): [number, number, number] => {
  const digits = hex.length === 4 ? [...hex.slice(1)].map((each) => each + each).join('') : hex.slice(1, 7);
  const value = Number.parseInt(digits, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
};

/** A colour (`#rrggbb`) with `alpha`, 0 to 1. */
export function fade(color: string, alpha: number): string {
  const [r, g, b] = channels(color);
  return `rgb(${r} ${g} ${b} / ${alpha})`;
}

/** `share` of `a`, the rest `b`; both `#rrggbb`. */
export function blend(a: string, b: string, share: number): string {
  const from = channels(a);
  const to = channels(b);
  return `rgb(${from.map((each, i) => Math.round(each * share + to[i]! * (1 - share))).join(' ')})`;
}
