import type { DeviceRef } from '../../../bench/types.ts';
import type { Capabilities } from '../../../runtime/types.ts';
import type { App } from '../../../state/app.ts';
import { chosenDevice, refOf, threadsOf } from '../../../state/devices.ts';
import { useDevices, useDocument, useSettings } from '../../kit/use-store.ts';

/** Where a measurement runs: a lent device, or this one. */
export interface Place {
  readonly device: DeviceRef | null;
  readonly capabilities: Capabilities | null;
  readonly threads: number;
  setThreads(threads: number): void;
}

export function usePlace(app: App): Place {
  const state = useDevices(app, (each) => each);
  const here = useDocument(app, (each) => each.capabilities);
  const threads = useSettings(app, (settings) => settings.threads);
  const device = chosenDevice(state);
  if (!device) {
    const setThreads = (count: number): void => app.actions.changeSettings({ threads: count });
    return { device: null, capabilities: here, threads, setThreads };
  }
  return {
    device: refOf(device),
    capabilities: device.capabilities,
    threads: threadsOf(state, device),
    setThreads: (count) => app.actions.setDeviceThreads(device.id, count),
  };
}
