import type { DocumentView } from '../engine/types.ts';
import type { StopsRequest, VerifyResult } from '../verify/types.ts';
import { ALONE } from './alone.ts';
import type { Core } from './core.ts';

export interface MeasuringActions {
  /** Compares stop `b` with stop `a`, at the class of the steps between them. */
  verify(a: number, b: number, request?: Partial<StopsRequest>): Promise<VerifyResult | null>;
  /** Checks the stop under the cursor against the one before it. */
  verifyStep(): Promise<VerifyResult | null>;
  /** Checks the stop under the cursor against the original. */
  verifyAll(): Promise<VerifyResult | null>;
  /** Checks every step up to the cursor that changed something and has no verdict yet, one after the other. */
  verifyUnchecked(): Promise<void>;
}

/** Larger files are checked on request only, bytes. */
export const CHECKED_UNASKED = 64e6;

export const verifyDefaults = (threads: number): StopsRequest => ({
  seeds: 3,
  backends: ['wasm'],
  levels: ['disabled', 'all'],
  threads,
});

export function measuringActions(core: Core): MeasuringActions {
  const { document: store } = core;
  const threads = (): number => core.settings.getState().settings.threads;

  /** A verdict belongs to its stop, not to the picture: the picture stays as it is. */
  const takeVerdict = (after: DocumentView, opened: number): void => {
    const { document, opened: now } = store.getState();
    const same = now === opened && after.revision === document?.revision && after.cursor === document.cursor;
    if (same) store.setState({ document: after });
  };

  const actions: MeasuringActions = {
    async verify(a, b, request = {}) {
      const { document, opened } = store.getState();
      if (!document) return null;
      const title = `Checking ${document.stops[b]?.title ?? `stop ${b}`}`;
      if (core.runner.isRunning(...ALONE)) {
        const text = 'A measurement is running. It needs the device for itself.';
        core.notices.show({ tone: 'plain', title: 'The check has to wait', text });
        return null;
      }
      const full = { ...verifyDefaults(threads()), ...request };
      try {
        const { result, document: after } = await core.runner.run('verify', title, (call) =>
          core.client.call('verify', { a, b, request: full }, call),
        );
        takeVerdict(after, opened);
        core.notices.announce(result.message);
        return result;
      } catch (error) {
        return core.fail('check', title, error);
      }
    },
    async verifyStep() {
      const { document } = store.getState();
      return document && document.cursor > 0 ? actions.verify(document.cursor - 1, document.cursor) : null;
    },
    async verifyAll() {
      const { document } = store.getState();
      return document && document.cursor > 0 ? actions.verify(0, document.cursor) : null;
    },
    async verifyUnchecked() {
      const { document, opened } = store.getState();
      const unchecked = document?.stops.filter(
        (stop) => stop.index > 0 && stop.index <= document.cursor && !stop.verify && !stop.error && stop.sites > 0,
      );
      for (const stop of unchecked ?? []) {
        // Another change, a cancel or a failure ends the row.
        const { document: now, opened: nowOpened } = store.getState();
        if (nowOpened !== opened || now?.revision !== document?.revision) return;
        if ((await actions.verify(stop.index - 1, stop.index)) === null) return;
      }
    },
  };
  return actions;
}
