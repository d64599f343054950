import { useEffect, useState } from 'react';

export type Awake = 'held' | 'refused' | 'absent';

/** Keeps the screen on while `wanted`: a page on a dark screen is not given time to run. */
export function useAwake(wanted: boolean): Awake {
  const [state, setState] = useState<Awake>('absent');
  useEffect(() => {
    // Secure contexts only.
    if (!wanted || !('wakeLock' in navigator)) return;
    let lock: WakeLockSentinel | null = null;
    let isOver = false;
    const ask = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      try {
        lock = await navigator.wakeLock.request('screen');
        if (isOver) await lock.release();
        else setState('held');
      } catch {
        // Low battery, or the browser's settings.
        if (!isOver) setState('refused');
      }
    };
    // The lock ends when the page is hidden.
    const again = (): void => void ask();
    again();
    document.addEventListener('visibilitychange', again);
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', again);
      void lock?.release();
      setState('absent');
    };
  }, [wanted]);
  return state;
}

interface Battery extends EventTarget {
  readonly charging: boolean;
}

/** The device runs on its battery; false where the browser does not tell. */
export function useOnBattery(): boolean {
  const [onBattery, setOnBattery] = useState(false);
  useEffect(() => {
    const own = navigator as { getBattery?: () => Promise<Battery> };
    let battery: Battery | null = null;
    const show = (): void => setOnBattery(battery?.charging === false);
    own.getBattery?.().then(
      (found) => {
        battery = found;
        battery.addEventListener('chargingchange', show);
        show();
      },
      // Refused: it is not known.
      () => {},
    );
    return () => battery?.removeEventListener('chargingchange', show);
  }, []);
  return onBattery;
}
