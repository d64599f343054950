import { formatShare } from '../base/format.ts';
import { merged, type HarmId, type Sensitivity } from '../prune/sensitivity.ts';
import { ALONE } from './alone.ts';
import { bind, ifHolds } from './bound.ts';
import type { Core } from './core.ts';
import type { DocumentState } from './document.ts';
import { flattenTarget, flatWidths, isMeasured, TARGET_WORDS, type FlattenTarget } from './flattening.ts';
import type { ForecastOf, PruningActions, Rated } from './pruning.ts';

/** What was measured of the groups so far: all of it, or what there was when it was cancelled. */
export interface SensitivityFinding {
  readonly rating: Rated;
  /** Shares removed that were asked for last, ascending. */
  readonly ratios: readonly number[];
  readonly found: Sensitivity;
  /** The data whose held-out samples judged, and how many; null: made-up inputs. */
  readonly on: { readonly name: string; readonly samples: number } | null;
}

export interface SensingActions {
  /** Cuts each group alone to each share; what is measured is there at once. Goes on where it was cancelled. */
  measureSensitivity(ratios?: readonly number[]): Promise<void>;
  /** What the curves show, and what is made equal. */
  showHarm(harm: HarmId): void;
  /** What flattened widths have to meet; null: nothing is to be cut. */
  flatTarget(): FlattenTarget | null;
  /** Sets the width of each group so that all suffer alike and the target is met. */
  flattenWidths(): void;
}

/** So many shares to measure at, up to 80 %: 4, 8 or 16. Those of fewer are among those of more. */
export const sharesFor = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => ((index + 1) * (16 / count)) / 20);

const TITLE = 'Measuring sensitivity';

/** What a ranking depends on: the seed only where it is drawn, scores and formula only where they are a person's own. */
const ratingKey = ({ importance, seed, scores, formula, acrossNorms }: Rated): string => {
  const own = importance === 'scores' ? scores : importance === 'formula' ? formula : null;
  return JSON.stringify([importance, importance === 'random' ? seed : 0, own, acrossNorms]);
};

/** What was measured of the model that is shown, for the ranking that is chosen; null: nothing. */
export function sensitivityShown({ sensitivity, document, prune }: DocumentState): SensitivityFinding | null {
  if (!sensitivity || !prune || sensitivity.stop !== document?.cursor) return null;
  return ratingKey(sensitivity.result.rating) === ratingKey(prune.options) ? sensitivity.result : null;
}

export function sensingActions(
  core: Core,
  pruning: Pick<PruningActions, 'setPruneOptions'>,
  forecastOf: ForecastOf,
): SensingActions {
  const { document: store } = core;
  /** What is being measured. */
  let atWork: { readonly job: number; readonly rating: string } | null = null;

  const stop = (): void => {
    if (atWork) core.runner.cancel(atWork.job);
    atWork = null;
  };

  core.onAdopt(() => {
    stop();
    store.setState(({ sensitivity }) => ({ sensitivity: ifHolds(core, sensitivity) }));
  });
  store.subscribe((state, before) => {
    // Other data judge otherwise, and another ranking cuts other channels.
    if ((state.calibration?.view ?? null) !== (before.calibration?.view ?? null)) {
      stop();
      if (state.sensitivity) store.setState({ sensitivity: null });
    } else if (atWork && state.prune && ratingKey(state.prune.options) !== atWork.rating) stop();
  });

  const flatTarget = (): FlattenTarget | null => {
    const { prune } = store.getState();
    return prune && flattenTarget(prune, forecastOf);
  };

  return {
    flatTarget,
    async measureSensitivity(ratios = sharesFor(8)) {
      const { document, prune, calibration, failure } = store.getState();
      if (!document || !prune) return;
      if (core.runner.isRunning(...ALONE, 'sensitivity')) {
        core.notices.show({ tone: 'plain', title: 'Sensitivity has to wait', text: 'Another job is still at work.' });
        return;
      }
      if (failure?.place === 'prune') store.setState({ failure: null });
      const { importance, seed, scores, formula, acrossNorms } = prune.options;
      const rating: Rated = { importance, seed, scores, formula, acrossNorms };
      const view = calibration?.view ?? null;
      const on = view && view.judged > 0 ? { name: view.name, samples: view.judged } : null;
      const bound = bind(core, document.cursor, null);
      let known = sensitivityShown(store.getState())?.found ?? null;
      let mine = 0;
      const take = (more: Sensitivity): void => {
        if (atWork?.job !== mine) return;
        known = merged(known, more);
        store.setState({ sensitivity: { ...bound, result: { rating, ratios, found: known, on } } });
      };
      try {
        const whole = await core.runner.run('sensitivity', TITLE, (call, id) => {
          mine = id;
          atWork = { job: id, rating: ratingKey(rating) };
          return core.client.call(
            'sensitivity',
            { rating, ratios },
            {
              ...call,
              onProgress({ found, ...progress }) {
                if (found) take(found);
                call.onProgress?.(progress);
              },
            },
          );
        });
        take(whole);
        core.notices.announce(`Sensitivity of ${whole.groups.length} groups is measured.`);
      } catch (error) {
        core.fail('prune', TITLE, error);
      } finally {
        if (atWork?.job === mine) atWork = null;
      }
    },
    showHarm: (harm) => store.setState({ harm }),
    flattenWidths() {
      const { prune, harm } = store.getState();
      const finding = sensitivityShown(store.getState());
      const target = flatTarget();
      if (!prune || !target || !finding || !isMeasured(prune.plan, finding)) return;
      const { ratios, left } = flatWidths(prune, finding.found, target, harm);
      pruning.setPruneOptions({ ratios });
      const cost = TARGET_WORDS[target.target];
      if (left > target.share) {
        const text = `Every group is cut as far as was measured, which leaves ${formatShare(left)} of the ${cost}.`;
        core.notices.show({ tone: 'warning', title: 'The target is out of reach', text });
      } else core.notices.announce(`All groups suffer alike at ${formatShare(left)} of the ${cost}.`);
    },
  };
}
