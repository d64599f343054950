import { useEffect } from 'react';
import type { App } from '../../state/app.ts';
import { usePart } from '../kit/use-store.ts';

/** Lent devices that are there now. */
export function usePresent(app: App) {
  useEffect(() => app.actions.watchDevices(), [app]);
  return usePart(app.devices, ({ view }) => (view?.devices ?? []).filter(({ session }) => session !== null));
}
