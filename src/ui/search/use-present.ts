import type { App } from '../../state/app.ts';
import { usePart } from '../kit/use-store.ts';

/** Lent devices that are there now. */
export const usePresent = (app: App) =>
  usePart(app.devices, ({ view }) => (view?.devices ?? []).filter(({ session }) => session !== null));
