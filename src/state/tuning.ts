import type { BenchRequest } from '../bench/types.ts';
import type { TuneRequest } from '../engine/tune-types.ts';
import { ALONE, quiet } from './alone.ts';
import { bind, ifHolds } from './bound.ts';
import type { Core } from './core.ts';
import type { Tuning } from './document.ts';
import type { SteppingActions } from './stepping.ts';

export interface TuningActions {
  /** Times candidate rewrites at the cursor on this device; those that gain become steps. */
  tune(request?: Partial<TuneRequest>): Promise<Tuning | null>;
  /** Times what the runtime does by itself to the model at the cursor. */
  measureOptimizers(request?: Partial<BenchRequest>): Promise<void>;
  /** Shows what tuning would do, in the benchmark workspace. */
  planTuning(): void;
}

export const tuneDefaults = (threads: number): TuneRequest => ({
  backend: 'wasm',
  threads,
  runs: 20,
  budgetMs: 5000,
});

const optimizerDefaults = (threads: number): BenchRequest => ({
  backend: 'wasm',
  level: 'all',
  threads,
  runs: 40,
  budgetMs: 30_000,
});

export function tuningActions(core: Core, stepping: Pick<SteppingActions, 'landed'>): TuningActions {
  const { document: store } = core;
  const threads = (): number => core.settings.getState().settings.threads;

  core.onAdopt(() =>
    store.setState(({ tuning, optimizers }) => ({
      tuning: ifHolds(core, tuning),
      optimizers: ifHolds(core, optimizers),
    })),
  );

  /** What runs alone ends what may be ended; where it may not begin, nothing is ended for it. */
  const quietFirst = (): void => {
    if (!core.runner.isRunning(...ALONE)) quiet(core);
  };

  return {
    async tune(request = {}) {
      const { document: before } = store.getState();
      if (!before) return null;
      quietFirst();
      const full = { ...tuneDefaults(threads()), ...request };
      const found = await core.change('tune', 'bench', 'Tuning for this device', async (call) => {
        const tuned = core.client.call('tune', { request: full }, call);
        await core.prepared(tuned);
        return tuned;
      });
      if (!found) return null;
      const { report, ...opened } = found;
      const { cursor } = opened.document;
      const kept = report.trials.filter((trial) => trial.kept).length;
      if (cursor > before.cursor)
        stepping.landed(opened, `Tuned: ${kept} of ${report.trials.length} kept`, before.cursor);
      else core.notices.announce(report.message);
      const result = { from: before.cursor, request: full, report };
      store.setState({ tuning: bind(core, cursor, result) });
      return result;
    },
    async measureOptimizers(request = {}) {
      const { document } = store.getState();
      if (!document) return;
      quietFirst();
      const full = { ...optimizerDefaults(threads()), ...request };
      const { cursor } = document;
      const report = await core.change('optimizers', 'bench', 'What the runtime does by itself', (call) =>
        core.client.call('optimizers', { stop: cursor, request: full }, call),
      );
      if (!report) return;
      store.setState({ optimizers: bind(core, cursor, report) });
      core.notices.announce(report.message);
    },
    planTuning() {
      if (store.getState().document) core.view.setState({ workspace: 'bench', planning: true });
    },
  };
}
