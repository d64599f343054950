import { resolveLatency } from '../prune/latency/resolve.ts';
import type { CostTerms, PruneForecast, PruneOptions, PrunePlanView } from '../prune/types.ts';
import { NOTHING_CUT } from '../prune/options.ts';
import type { Json } from '../base/json.ts';
import type { Core } from './core.ts';
import { groupsWith, ratesByActivations } from './prune-actions.ts';
import { pruneLatency, type LatencyActions } from './prune-latency.ts';
import { defaultsOf } from './looking.ts';
import type { SteppingActions } from './stepping.ts';

export const PRUNE_CHANNELS = 'prune-channels';

export interface PruningActions extends LatencyActions {
  /** Asks for the plan and opens the panel; the look at any other pass ends. */
  openPrune(): Promise<void>;
  /** Follows a slider: the forecast changes at once, nothing is asked of the workers. */
  setPruneOptions(patch: Partial<PruneOptions>): void;
  /** Another way to rate channels needs another plan. */
  setImportance(patch: Partial<Pick<PruneOptions, 'importance' | 'seed' | 'scores'>>): Promise<void>;
  /** Asks for the plan again where it rests on the calibration data, which have changed. */
  rateAgain(): Promise<void>;
  focusGroup(group: number | null): void;
  applyPrune(): Promise<boolean>;
}

/** `latency`: as it was fitted to measured points. */
export type ForecastOf = (plan: PrunePlanView, options: PruneOptions, latency: CostTerms | null) => PruneForecast;

export function pruningActions(core: Core, stepping: SteppingActions, forecastOf: ForecastOf): PruningActions {
  const { document: store } = core;
  const latency = pruneLatency(core, forecastOf);

  /** What the pass says its defaults are, but starting with nothing cut. */
  const startOptions = (): PruneOptions => {
    const info = store.getState().passes.find((pass) => pass.id === PRUNE_CHANNELS);
    return {
      ...NOTHING_CUT,
      ...(info ? (defaultsOf(info) as Partial<PruneOptions>) : {}),
      ratio: 0,
      macs: null,
      parameters: null,
      bytes: null,
    };
  };

  const ask = async (options: PruneOptions): Promise<void> => {
    const { epoch } = core;
    const { importance, seed, scores } = options;
    const plan = await core.change('prune', 'prune', 'Looking for channel groups', (call) =>
      core.client.call('prunePlan', { importance, seed, scores }, call),
    );
    if (!plan || core.epoch !== epoch) return;
    const { prune } = store.getState();
    // What was moved while the plan was on its way holds: only the rating is another one.
    const now = prune ? { ...prune.options, importance, seed, scores } : options;
    const known = latency.known();
    const forecast = forecastOf(plan, now, known?.terms ?? null);
    const session = { plan, options: now, forecast, group: prune?.group ?? null, latency: known };
    store.setState({ preview: null, prune: session });
    // The right panel shows the forecast while no node is selected.
    if (!prune) core.view.setState({ workspace: 'studio', refusal: null, selected: null });
  };

  // A node that is chosen brings the group up that it belongs to; one of several stays until another is chosen.
  core.view.subscribe(({ selected }, before) => {
    const { prune } = store.getState();
    if (!prune || selected === null || selected === before.selected) return;
    const groups = groupsWith(prune.plan, selected);
    if (prune.group === null || !groups.includes(prune.group)) actions.focusGroup(groups[0] ?? null);
  });

  const actions: PruningActions = {
    ...latency.actions,
    openPrune: () => ask(startOptions()),
    setPruneOptions(patch) {
      store.setState(({ prune }) => {
        if (!prune) return {};
        const options = { ...prune.options, ...patch };
        return {
          prune: { ...prune, options, forecast: forecastOf(prune.plan, options, prune.latency?.terms ?? null) },
        };
      });
    },
    async setImportance(patch) {
      const { prune } = store.getState();
      if (prune) await ask({ ...prune.options, ...patch });
    },
    async rateAgain() {
      const { prune } = store.getState();
      if (prune && ratesByActivations(prune.options)) await ask(prune.options);
    },
    focusGroup: (group) => store.setState(({ prune }) => (prune ? { prune: { ...prune, group } } : {})),
    async applyPrune() {
      const { prune, passes } = store.getState();
      if (!prune) return false;
      const title = passes.find((pass) => pass.id === PRUNE_CHANNELS)?.title ?? 'Prune channels';
      // A step that another device can replay holds the ratio that a latency came to there.
      const resolved = prune.latency ? resolveLatency(prune.plan, prune.options, prune.latency.terms) : prune.options;
      const { latency: _, ...rest } = resolved;
      const options = rest as unknown as Readonly<Record<string, Json>>;
      return stepping.applyRequest({ pass: PRUNE_CHANNELS, options, off: [] }, title);
    },
  };
  return actions;
}
