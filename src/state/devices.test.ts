import { describe, expect, test } from 'vitest';
import type { DevicesView } from '../remote/studio-end.ts';
import { phoneCapabilities } from '../testing/capabilities.ts';
import { chosenDevice, createDevicesStore, placeFor, threadsOf } from './devices.ts';

const device = { id: 7, name: 'Pixel', capabilities: phoneCapabilities({ maxThreads: 4 }), session: 1, doing: null };
const view: DevicesView = { relay: 'open', refused: null, join: null, code: null, devices: [device] };

describe('where is measured', () => {
  test('is here, with the threads of here, until a device is chosen', () => {
    const store = createDevicesStore(true);
    store.setState({ view });
    expect(placeFor(store.getState(), 2)).toEqual({ threads: 2 });
  });

  test('is the chosen device, with all threads that it has or as many as were chosen for it', () => {
    const store = createDevicesStore(true);
    store.setState({ view, chosen: 7 });
    expect(placeFor(store.getState(), 16)).toEqual({ threads: 4, device: { id: 7, name: 'Pixel' } });
    store.setState({ threads: { 7: 3 } });
    expect(threadsOf(store.getState(), device)).toBe(3);
    store.setState({ threads: { 7: 64 } });
    expect(threadsOf(store.getState(), device)).toBe(4);
  });

  test('is here again once the device is no longer lent', () => {
    const store = createDevicesStore(true);
    store.setState({ view: { ...view, devices: [] }, chosen: 7 });
    expect(chosenDevice(store.getState())).toBeNull();
    expect(placeFor(store.getState(), 2)).toEqual({ threads: 2 });
  });
});
