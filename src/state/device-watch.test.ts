import { describe, expect, it } from 'vitest';
import { AT_REST, deviceWarnings, watchWarnings, type DeviceState, type DeviceWatch } from './device-watch.ts';

function fakeWatch() {
  let state: DeviceState = AT_REST;
  const listeners = new Set<() => void>();
  const watch: DeviceWatch = {
    state: () => state,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const become = (patch: Partial<DeviceState>): void => {
    state = { ...state, ...patch };
    for (const listener of listeners) listener();
  };
  return { watch, become, listeners };
}

describe('what the device is at', () => {
  it('is no warning while it rests', () => {
    expect(deviceWarnings({ ...AT_REST, pressure: 'fair' })).toEqual([]);
  });

  it('is told in sentences, also where it was so for a moment only', () => {
    const { watch, become, listeners } = fakeWatch();
    become({ pressure: 'serious' });
    const end = watchWarnings(watch);
    become({ hidden: true });
    become({ hidden: false, battery: 0.64 });
    become({ battery: 0.63 });
    become({ pressure: 'critical' });
    expect(end()).toEqual([
      'The processor is under pressure (serious), by heat or by other work. Let it rest first.',
      'The tab was hidden: browsers slow hidden tabs down. Keep it in front while it measures.',
      'The device runs on battery (64 %) and may save power. Plug it in.',
    ]);
    expect(listeners.size).toBe(0);
  });

  it('before it was watched is not told', () => {
    const { watch, become } = fakeWatch();
    become({ hidden: true });
    become({ hidden: false });
    const end = watchWarnings(watch);
    // The measurement itself puts it under pressure.
    become({ pressure: 'critical' });
    expect(end()).toEqual([]);
  });
});
