import { resolveLatency } from '../prune/latency/resolve.ts';
import type { CostTerms, PruneForecast, PruneOptions, PrunePlanView } from '../prune/types.ts';
import { NOTHING_CUT, stepOptions } from '../prune/options.ts';
import type { Core } from './core.ts';
import { groupsWith, knownOnly, ratesByData } from './prune-actions.ts';
import type { PruneSchedule } from './document.ts';
import type { LatencyTables } from './latency-table.ts';
import { ONCE, reestimates } from './prune-schedule.ts';
import { pruneLatency, type LatencyActions } from './prune-latency.ts';
import { defaultsOf } from './looking.ts';
import type { SteppingActions } from './stepping.ts';

export const PRUNE_CHANNELS = 'prune-channels';

/** What channels are rated by, and which there are. */
export type Rated = Pick<PruneOptions, 'importance' | 'seed' | 'scores' | 'formula' | 'acrossNorms'>;

export interface PruningActions extends LatencyActions {
  /** Asks for the plan and opens the panel; the look at any other pass ends. */
  openPrune(): Promise<void>;
  /** Follows a slider: the forecast changes at once, nothing is asked of the workers. */
  setPruneOptions(patch: Partial<PruneOptions>): void;
  /** Another way to rate channels needs another plan. */
  setImportance(patch: Partial<Rated>): Promise<void>;
  /** Asks for the plan again where it rests on the calibration data, which have changed. */
  rateAgain(): Promise<void>;
  /** Rounds, and batch norms after each: what is cut in the end stays the same. */
  setSchedule(patch: Partial<PruneSchedule>): void;
  focusGroup(group: number | null): void;
  applyPrune(): Promise<boolean>;
}

/** `latency`: as it was fitted to measured points. */
export type ForecastOf = (plan: PrunePlanView, options: PruneOptions, latency: CostTerms | null) => PruneForecast;

export function pruningActions(
  core: Core,
  stepping: SteppingActions,
  forecastOf: ForecastOf,
  fill: LatencyTables['fill'],
): PruningActions {
  const { document: store } = core;
  const latency = pruneLatency(core, forecastOf, fill);

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
    const { importance, seed, scores, formula, acrossNorms } = options;
    const rated: Rated = { importance, seed, scores, formula, acrossNorms };
    const plan = await core.change('prune', 'prune', 'Looking for channel groups', (call) =>
      core.client.call('prunePlan', rated, call),
    );
    if (!plan || core.epoch !== epoch) return;
    const { prune } = store.getState();
    // What was moved while the plan was on its way holds: only the rating is another one.
    const known = latency.known(acrossNorms);
    const wanted = knownOnly(prune ? { ...prune.options, ...rated } : options, plan);
    // No target without its measure.
    const now = known ? wanted : { ...wanted, latency: null };
    const forecast = forecastOf(plan, now, known?.terms ?? null);
    const { schedule = ONCE } = prune ?? {};
    const group = prune?.options.acrossNorms === acrossNorms ? prune.group : null;
    const session = { plan, options: now, schedule, forecast, group, latency: known };
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
      if (prune && ratesByData(prune.options)) await ask(prune.options);
    },
    setSchedule: (patch) =>
      store.setState(({ prune }) => (prune ? { prune: { ...prune, schedule: { ...prune.schedule, ...patch } } } : {})),
    focusGroup: (group) => store.setState(({ prune }) => (prune ? { prune: { ...prune, group } } : {})),
    async applyPrune() {
      const { prune, passes } = store.getState();
      if (!prune) return false;
      const title = passes.find((pass) => pass.id === PRUNE_CHANNELS)?.title ?? 'Prune channels';
      // A step that another device can replay holds the ratio that a latency came to there.
      const resolved = prune.latency ? resolveLatency(prune.plan, prune.options, prune.latency.terms) : prune.options;
      const options = stepOptions(resolved);
      const { rounds } = prune.schedule;
      const reestimate = reestimates(store.getState());
      if (rounds > 1 || reestimate) return stepping.applySchedule({ options, rounds, reestimate }, title);
      return stepping.applyRequest({ pass: PRUNE_CHANNELS, options, off: [] }, title);
    },
  };
  return actions;
}
