import type { Fidelity } from '../engine/fidelity.ts';
import { ALONE } from './alone.ts';
import { bind, ifHolds } from './bound.ts';
import type { Core } from './core.ts';

/** How near a stop stays to the original on samples that nothing was calibrated on. */
export interface Judged {
  readonly fidelity: Fidelity;
  /** Name of the data, and how many of their samples judged. */
  readonly data: string;
  readonly samples: number;
}

export interface JudgingActions {
  /** Runs the original and the model at the cursor on the samples that the given data hold out. */
  judge(): Promise<Judged | null>;
}

const TITLE = 'Judging on the held-out samples';

export function judgingActions(core: Core): JudgingActions {
  const { document: store } = core;
  let atWork: number | null = null;

  const stop = (): void => {
    if (atWork !== null) core.runner.cancel(atWork);
    atWork = null;
  };

  core.onAdopt(() => {
    stop();
    store.setState(({ judged }) => ({ judged: ifHolds(core, judged) }));
  });
  // Other data judge otherwise.
  store.subscribe((state, before) => {
    if ((state.calibration?.view ?? null) === (before.calibration?.view ?? null)) return;
    stop();
    if (state.judged) store.setState({ judged: null });
  });

  return {
    async judge() {
      const { document, calibration, failure } = store.getState();
      const view = calibration?.view;
      if (!document || document.cursor === 0 || !view || view.judged === 0) return null;
      if (core.runner.isRunning(...ALONE, 'judge')) {
        core.notices.show({ tone: 'plain', title: 'Judging has to wait', text: 'Another job is still at work.' });
        return null;
      }
      if (failure?.place === 'prune') store.setState({ failure: null });
      const bound = bind(core, document.cursor, null);
      let mine = 0;
      try {
        const fidelity = await core.runner.run('judge', TITLE, (call, id) => {
          atWork = mine = id;
          return core.client.call('judge', null, call);
        });
        if (atWork !== mine) return null;
        const result = { fidelity, data: view.name, samples: view.judged };
        store.setState({ judged: { ...bound, result } });
        core.notices.announce(`Judged on ${view.judged} samples of ${view.name}.`);
        return result;
      } catch (error) {
        return core.fail('prune', TITLE, error);
      } finally {
        if (atWork === mine) atWork = null;
      }
    },
  };
}
