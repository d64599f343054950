import { toErrorRecord } from '../base/error.ts';
import type { AskedOverlay } from '../engine/types.ts';
import { ALONE } from './alone.ts';
import type { Core } from './core.ts';
import { placeFor } from './devices.ts';
import type { OverlayEntry } from './document.ts';
import { benchDefaults } from './benching.ts';
import type { Overlay } from './view.ts';

export interface OverlayActions {
  /** Colours the graph by something else; what the page does not have is asked for. */
  setOverlay(overlay: Overlay): void;
  /** Times every node, on the device that was chosen to measure on. Everything else is quiet meanwhile. */
  measureNodes(): Promise<void>;
}

/** Whether an overlay's values come from the worker, and when they are asked for. */
const ASKED: Readonly<Record<Overlay, 'never' | 'at once' | 'on request'>> = {
  operator: 'never',
  macs: 'never',
  parameters: 'never',
  bytes: 'never',
  history: 'never',
  memory: 'at once',
  sparsity: 'at once',
  importance: 'at once',
  dead: 'at once',
  time: 'on request',
};

/** In the order of the switch. */
export const OVERLAYS = Object.freeze([
  'operator',
  'macs',
  'parameters',
  'bytes',
  'memory',
  'time',
  'sparsity',
  'importance',
  'dead',
  'history',
] satisfies readonly Overlay[]);

export const isAsked = (overlay: Overlay): overlay is AskedOverlay => ASKED[overlay] !== 'never';

export const nextOverlay = (overlay: Overlay): Overlay =>
  OVERLAYS[(OVERLAYS.indexOf(overlay) + 1) % OVERLAYS.length] ?? 'operator';

/** Titles of what takes long enough to be watched. */
const TITLES: Readonly<Record<AskedOverlay, string>> = {
  memory: 'Counting live memory',
  sparsity: 'Counting zeros',
  importance: 'Weighing channels',
  dead: 'Looking for dead channels',
  time: 'Timing every node',
};

export function overlayActions(core: Core): OverlayActions {
  const { document: store, view } = core;

  const set = (overlay: AskedOverlay, entry: OverlayEntry | undefined): void =>
    store.setState(({ overlays }) => {
      const { [overlay]: _, ...rest } = overlays;
      return { overlays: entry ? { ...rest, [overlay]: entry } : rest };
    });

  const load = async (overlay: AskedOverlay): Promise<void> => {
    const { epoch } = core;
    const isStale = (): boolean => core.epoch !== epoch;
    const { threads } = core.settings.getState().settings;
    const request = { ...benchDefaults(threads), ...placeFor(core.devices.getState(), threads) };
    set(overlay, { state: 'loading' });
    try {
      const work = { overlay, request: { ...request, runs: 20 } };
      const values = await core.runner.run(overlay === 'time' ? 'bench' : 'overlay', TITLES[overlay], (call) =>
        core.client.call('overlay', work, call),
      );
      if (isStale()) return;
      set(overlay, { state: 'ready', values });
      core.notices.announce(values.note);
    } catch (caught) {
      if (isStale()) return;
      const error = toErrorRecord(caught);
      set(overlay, error.code === 'cancelled' ? undefined : { state: 'failed', error });
    }
  };

  const loadIfMissing = (overlay: Overlay): void => {
    const { document, overlays } = store.getState();
    if (!document || !isAsked(overlay) || ASKED[overlay] !== 'at once') return;
    const state = overlays[overlay]?.state;
    if (state === undefined || state === 'failed') void load(overlay);
  };

  core.onAdopt(() => loadIfMissing(view.getState().overlay));

  return {
    setOverlay(overlay) {
      view.setState({ overlay, diff: false });
      loadIfMissing(overlay);
    },
    async measureNodes() {
      if (!store.getState().document) return;
      if (core.runner.isRunning(...ALONE)) {
        const text = 'A measurement is running. It needs the device for itself: cancel it, or wait.';
        core.notices.show({ tone: 'plain', title: 'Timing has to wait', text });
        return;
      }
      await load('time');
    },
  };
}
