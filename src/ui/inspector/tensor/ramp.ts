import { channels, type CanvasTheme } from '../../canvas/theme.ts';

/** Shades from one end of the diverging ramp to the other; odd, so that zero has one of its own. */
export const SHADES = 255;

/** [SHADES] colours as 32-bit words in the byte order of ImageData; the last one beyond is for NaN. */
export type Ramp = Uint32Array;

const word = (r: number, g: number, b: number): number => (255 << 24) | (b << 16) | (g << 8) | r;

/** The theme's diverging ramp, between its steps by straight lines. */
export function rampOf({ diverging, warning }: Pick<CanvasTheme, 'diverging' | 'warning'>): Ramp {
  const steps = diverging.map(channels);
  const ramp = new Uint32Array(SHADES + 1);
  for (let i = 0; i < SHADES; i++) {
    const at = (i / (SHADES - 1)) * (steps.length - 1);
    const low = Math.min(steps.length - 2, Math.floor(at));
    const [from, to] = [steps[low] ?? [0, 0, 0], steps[low + 1] ?? [0, 0, 0]];
    const mixed = from.map((each, c) => Math.round(each + (at - low) * ((to[c] ?? 0) - each)));
    ramp[i] = word(mixed[0] ?? 0, mixed[1] ?? 0, mixed[2] ?? 0);
  }
  ramp[SHADES] = word(...channels(warning));
  return ramp;
}

/** Shade of a value on a ramp from −limit through 0 to +limit; values beyond take the ends, NaN its own. */
export function shadeOf(value: number, limit: number): number {
  if (Number.isNaN(value)) return SHADES;
  const middle = (SHADES - 1) / 2;
  return Math.max(0, Math.min(SHADES - 1, Math.round(middle + (value / limit) * middle)));
}

/** Red, green and blue kernels: zero is mid-grey. */
export function colorOf(red: number, green: number, blue: number, limit: number): number {
  const byte = (value: number): number => Math.max(0, Math.min(255, Math.round(127.5 + (value / limit) * 127.5))) || 0;
  return word(byte(red), byte(green), byte(blue));
}
