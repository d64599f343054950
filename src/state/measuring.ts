import { plural } from '../base/format.ts';
import type { BenchRequest, BenchResult } from '../bench/types.ts';
import type { DocumentView } from '../engine/types.ts';
import type { StopsRequest, VerifyResult } from '../verify/types.ts';
import { ALONE, quiet } from './alone.ts';
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
  /** Times stop `a`, and stop `b` against it. Everything else is quiet meanwhile. */
  bench(a: number, b: number | null, request?: Partial<BenchRequest>): Promise<BenchResult | null>;
}

/** Larger files are checked on request only, bytes. */
export const CHECKED_UNASKED = 64e6;

export const verifyDefaults = (threads: number): StopsRequest => ({
  seeds: 3,
  backends: ['wasm'],
  levels: ['disabled', 'all'],
  threads,
});

export const benchDefaults = (threads: number): BenchRequest => ({
  backend: 'wasm',
  level: 'all',
  threads,
  runs: 60,
  budgetMs: 20_000,
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
    async bench(a, b, request = {}) {
      const { document } = store.getState();
      if (!document) return null;
      quiet(core);
      const full = { ...benchDefaults(threads()), ...request };
      const title = b === null ? `Timing ${document.stops[a]?.title ?? a}` : 'Timing before and after';
      const result = await core.change('bench', 'bench', title, (call) =>
        core.client.call('bench', { a, b, request: full }, call),
      );
      if (!result) return null;
      const { revision } = document;
      store.setState(({ benches }) => ({
        benches: [...benches, { a, b, revision, result, ...(full.device && { device: full.device }) }],
      }));
      core.notices.announce(`${result.message} ${plural(result.a.samples.length, 'sample')} each.`);
      return result;
    },
  };
  return actions;
}
