import { AT_REST, type DeviceState, type DeviceWatch } from '../state/device-watch.ts';

/** W3C, Battery Status: in Chromium only. */
interface Battery extends EventTarget {
  readonly charging: boolean;
  readonly level: number;
}
/** W3C, Compute Pressure: in Chromium only, in secure contexts. */
interface PressureRecord {
  readonly state: NonNullable<DeviceState['pressure']>;
}
type PressureObserver = new (listener: (records: readonly PressureRecord[]) => void) => {
  observe(source: 'cpu'): Promise<void>;
};

/** Watches visibility, battery and compute pressure, each where the browser tells it. */
export function watchDevice(): DeviceWatch {
  let state: DeviceState = { ...AT_REST, hidden: document.hidden };
  const listeners = new Set<() => void>();
  const become = (patch: Partial<DeviceState>): void => {
    state = { ...state, ...patch };
    for (const listener of listeners) listener();
  };
  document.addEventListener('visibilitychange', () => become({ hidden: document.hidden }));
  void watchBattery(become);
  void watchPressure(become);
  return {
    state: () => state,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function watchBattery(become: (patch: Partial<DeviceState>) => void): Promise<void> {
  const { getBattery } = navigator as { getBattery?: () => Promise<Battery> };
  try {
    const battery = await getBattery?.call(navigator);
    if (!battery) return;
    const tell = (): void => become({ battery: battery.charging ? null : battery.level });
    for (const event of ['chargingchange', 'levelchange']) battery.addEventListener(event, tell);
    tell();
  } catch {
    // Forbidden by a policy of the page that embeds this one: then it is not known.
  }
}

async function watchPressure(become: (patch: Partial<DeviceState>) => void): Promise<void> {
  const { PressureObserver } = globalThis as { PressureObserver?: PressureObserver };
  if (!PressureObserver) return;
  try {
    const observer = new PressureObserver((records) => become({ pressure: records.at(-1)?.state ?? null }));
    await observer.observe('cpu');
  } catch {
    // As above.
  }
}
