import type { LatencyModel, LatencyRequest } from '../engine/latency-types.ts';
import { quiet } from './alone.ts';
import { bind, ifHolds, type Bound } from './bound.ts';
import type { Core } from './core.ts';
import type { LatencyTables } from './latency-table.ts';
import type { ForecastOf } from './pruning.ts';

export interface LatencyActions {
  /** Times the model at the cursor cut to a few widths: the forecast tells latencies from then on. */
  measureLatency(): Promise<void>;
  /** The same from the table of this device's operators; those that it lacks at these widths are measured first. */
  latencyFromTable(): Promise<void>;
}

export interface PruneLatency {
  readonly actions: LatencyActions;
  /** What was measured of the model at the cursor before; null: nothing yet. */
  known(acrossNorms: boolean): LatencyModel | null;
}

/** For all points together, ms. */
const BUDGET_MS = 24_000;

/** What the steps are made for, where it is here: a software adapter's times say nothing about a graphics card. */
export function latencyRequest({ document, settings }: Pick<Core, 'document' | 'settings'>): LatencyRequest {
  const { document: shown, capabilities } = document.getState();
  const onCard = shown?.backend === 'webgpu' && capabilities?.webgpu?.software === false;
  const { threads } = settings.getState().settings;
  return { backend: onCard ? 'webgpu' : 'wasm', threads, budgetMs: BUDGET_MS };
}

export function pruneLatency(core: Core, forecastOf: ForecastOf, fill: LatencyTables['fill']): PruneLatency {
  const { document: store } = core;
  let measured: Bound<{ readonly model: LatencyModel; readonly acrossNorms: boolean }> | null = null;

  /** Takes over what was found of the model at the cursor, unless another has taken its place meanwhile. */
  function take(model: LatencyModel, acrossNorms: boolean, revision: number, cursor: number): void {
    const { document: now, prune } = store.getState();
    if (now?.revision !== revision) return;
    measured = bind(core, cursor, { model, acrossNorms });
    if (prune?.options.acrossNorms === acrossNorms) {
      const forecast = forecastOf(prune.plan, prune.options, model.terms);
      store.setState({ prune: { ...prune, latency: model, forecast } });
    }
    const source = model.from === 'timed' ? 'measured' : 'predicted from the table';
    core.notices.announce(`Latency ${source} at ${model.points} widths.`);
  }

  return {
    known(acrossNorms) {
      measured = ifHolds(core, measured);
      const here = measured?.stop === store.getState().document?.cursor ? measured?.result : null;
      return here?.acrossNorms === acrossNorms ? here.model : null;
    },
    actions: {
      async measureLatency() {
        const { document } = store.getState();
        if (!document) return;
        quiet(core);
        const acrossNorms = store.getState().prune?.options.acrossNorms ?? false;
        const request = { ...latencyRequest(core), acrossNorms };
        const model = await core.change('latency', 'prune', 'Measuring latency at several widths', (call) =>
          core.client.call('latencyModel', request, call),
        );
        if (model) take(model, acrossNorms, document.revision, document.cursor);
      },
      async latencyFromTable() {
        const { document } = store.getState();
        if (!document) return;
        const acrossNorms = store.getState().prune?.options.acrossNorms ?? false;
        const table = await fill('prune', { acrossNorms });
        if (!table) return;
        const { backend, threads } = table.device;
        const request = { backend, threads, budgetMs: BUDGET_MS, acrossNorms, table };
        const model = await core.change('latency', 'prune', 'Predicting latency from the table', (call) =>
          core.client.call('latencyModel', request, call),
        );
        if (model) take(model, acrossNorms, document.revision, document.cursor);
      },
    },
  };
}
