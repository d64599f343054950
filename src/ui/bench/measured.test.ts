import { expect, it, vi } from 'vitest';
import type { StopView } from '../../engine/types.ts';
import { deviceName } from './agent.ts';
import { reachOf } from './IntervalBar.tsx';

vi.stubGlobal('navigator', { platform: 'Linux' });
const { measuredRows, measuredText } = await import('./measured.ts');

const group = { rule: 'a', sites: 2, ratio: 1.1, interval: [1.05, 1.15], verdict: 'faster', kept: true } as const;
const device = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0 · WASM, 1 thread';

it('says on the card of a step what was kept, and by how much', () => {
  const one = { ...group, device };
  expect(measuredText([one])).toBe('1.10×, 1.05 to 1.15');
  expect(measuredText([one, { ...one, ratio: 1.3 }])).toBe('1.10× to 1.30×');
  expect(measuredText([{ ...one, kept: false }])).toBe('1 group timed, none kept');
});

it('lists what a recipe has measured; a verdict that nobody knows settles nothing', () => {
  const stop = { title: 'Fuse', measured: [{ ...group, device, verdict: 'constructor' }] } as unknown as StopView;
  const rows = measuredRows([{ ...stop, measured: null }, stop]);
  expect(rows).toMatchObject([{ title: 'Fuse', what: 'a', sites: 2, verdict: 'inconclusive' }]);
});

it('shortens the browser in the name of a device', () => {
  expect(deviceName(device)).toBe('Chromium 156 on Linux · WASM, 1 thread');
});

it('draws all rows of a table on one scale, that never magnifies noise', () => {
  expect(reachOf([])).toBeCloseTo(Math.log(1.1));
  expect(reachOf([{ ratio: 1, interval: [0.5, 1.2], verdict: 'inconclusive' }])).toBeCloseTo(Math.log(2));
});
