import { CodedError, toErrorRecord } from '../base/error.ts';
import { plural } from '../base/format.ts';
import type { TableBatchRequest } from '../engine/latency-table/studio-calls.ts';
import type { StoredTable, TableFile } from '../engine/latency-table/table.ts';
import type { LatencyPrediction, TableDevice } from '../engine/latency-table/types.ts';
import { ALONE, quiet } from './alone.ts';
import { bind, ifHolds } from './bound.ts';
import type { Core } from './core.ts';
import { createLatest } from './latest.ts';
import { grown, sameDevice, tableOf, wasmDevice, withTable } from './tables-store.ts';

export interface LatencyTableActions {
  /** Reads what was kept between visits, and predicts the model at the cursor. */
  openTables(): Promise<void>;
  /** Times the operators of the model at the cursor that the table of this device lacks. */
  measureTable(): Promise<void>;
  /** Times the whole model and holds the prediction against it. */
  checkTable(): Promise<void>;
  showTable(device: TableDevice | null): void;
  exportTables(): void;
  importTables(file: File): Promise<void>;
  /** Forgets the table of a device; can be undone from the notice. */
  clearTable(device: TableDevice): void;
}

/** What a table is filled with for. */
type Widths = TableBatchRequest['widths'];

export interface LatencyTables {
  readonly actions: LatencyTableActions;
  /** The table of this device with all that the model at the cursor needs; null where that failed or was cancelled. */
  fill(place: 'bench' | 'prune', widths: Widths): Promise<StoredTable | null>;
  /** All tables, read from the browser's storage where that was not done yet. */
  known(): Promise<readonly StoredTable[]>;
  /** Takes over what was measured elsewhere. */
  keep(table: StoredTable): Promise<void>;
}

/** For one micro-model, and for a run of the whole model, ms. */
const BATCH_MS = 4000;
const CHECK_MS = 10_000;

export function latencyTables(core: Core): LatencyTables {
  const { document: store, tables: state } = core;
  const predicting = createLatest();

  /** The device as it measures now. */
  function here(): TableDevice {
    const { capabilities } = store.getState();
    if (!capabilities) throw new CodedError('unsupported', 'What this device can do is not known yet.');
    return wasmDevice(capabilities, core.settings.getState().settings.threads);
  }

  async function known(): Promise<readonly StoredTable[]> {
    const { tables } = state.getState();
    if (tables) return tables;
    const text = await core.client.call('keptTables', null);
    // Another call may have read them meanwhile, and more been measured since.
    const kept = state.getState().tables ?? (text === null ? [] : await read(text));
    state.setState({ tables: kept });
    return kept;
  }

  /** What was kept by another version, or damaged, is no reason not to measure. */
  const read = (text: string): Promise<readonly StoredTable[]> =>
    core.client.call('latencyTables', { text, name: 'What was kept' }).catch(() => []);

  const fileOf = (tables: readonly StoredTable[]): string =>
    JSON.stringify({ whittleLatencyTables: 1, tables } satisfies TableFile, null, 1);

  function put(tables: readonly StoredTable[]): void {
    state.setState({ tables });
    void core.client.call('keepTables', { text: fileOf(tables) }).then((isKept) => {
      if (isKept) return;
      core.notices.show({
        tone: 'warning',
        title: 'Latency tables are not kept',
        text: 'This browser has no room for them, or keeps nothing here. Export them before you leave.',
      });
    });
  }

  const hereTable = (tables: readonly StoredTable[]): StoredTable =>
    tableOf(tables, here()) ?? { device: here(), overhead: null, entries: [] };

  /** The table that is looked at: the chosen device's, else this one's. */
  const current = (tables: readonly StoredTable[]): StoredTable => {
    const { shown } = state.getState();
    return (shown && tableOf(tables, shown)) ?? hereTable(tables);
  };

  async function predict(): Promise<void> {
    const tables = await known();
    const { document, capabilities } = store.getState();
    // Which table is this device's is not known before it has said what it can do: then it is asked for again.
    if (!capabilities) return;
    const table = current(tables);
    if (!document || table.overhead === null) {
      predicting.stop();
      return state.setState({ prediction: null });
    }
    const { epoch } = core;
    let prediction: LatencyPrediction | null;
    try {
      prediction = await predicting.run((signal) => core.client.call('predictLatency', { table }, { signal }));
      // Another table was chosen meanwhile.
      if (prediction === null) return;
    } catch (error) {
      prediction = core.fail('bench', 'Predicting the latency', error);
    }
    if (core.epoch !== epoch) return;
    state.setState({ prediction: prediction && bind(core, document.cursor, prediction) });
  }

  async function fill(place: 'bench' | 'prune', widths: Widths): Promise<StoredTable | null> {
    if (!store.getState().document) return null;
    if (!core.runner.isRunning(...ALONE)) quiet(core);
    await known();
    return core.change('latency-table', place, 'Measuring operators', async (call) => {
      const device = here();
      const start = hereTable(state.getState().tables ?? []).entries.length;
      const refused: { key: string; operators: string; reason: string }[] = [];
      for (let left = 1, total = 0; left > 0;) {
        const table = hereTable(state.getState().tables ?? []);
        const done = table.entries.length - start + refused.length;
        const counted = total > 0 ? { done, total } : {};
        call.onProgress?.({ stage: total > 0 ? 'Measuring operators' : 'Finding operators', ...counted });
        const found = await core.client.call(
          'tableBatch',
          {
            backend: device.backend,
            threads: device.threads,
            budgetMs: BATCH_MS,
            known: [...table.entries, ...refused].map(({ key }) => key),
            overhead: table.overhead === null,
            widths,
          },
          call.signal ? { signal: call.signal } : {},
        );
        refused.push(...found.refused);
        put(withTable(state.getState().tables ?? [], grown(table, found)));
        left = found.left;
        total = done + found.entries.length + found.refused.length + left;
      }
      state.setState({ refused });
      return hereTable(state.getState().tables ?? []);
    });
  }

  core.onAdopt(() => {
    const { prediction, check, tables } = state.getState();
    state.setState({ prediction: ifHolds(core, prediction), check: ifHolds(core, check) });
    if (tables && core.view.getState().lab === 'latency') void predict();
  });

  store.subscribe(({ capabilities }, before) => {
    const isAsked = core.view.getState().lab === 'latency' && state.getState().tables !== null;
    if (capabilities !== before.capabilities && isAsked) void predict();
  });

  core.settings.subscribe(({ settings }, before) => {
    if (settings.threads !== before.settings.threads && state.getState().tables) void predict();
  });

  async function keep(table: StoredTable): Promise<void> {
    const before = await known();
    const old = tableOf(before, table.device);
    put(withTable(before, old ? grown(old, table) : table));
  }

  return {
    fill,
    known,
    keep,
    actions: {
      async openTables() {
        await known().catch((error: unknown) => core.fail('bench', 'Reading the latency tables', error));
        await predict();
      },
      async measureTable() {
        state.setState({ shown: null });
        const before = hereTable(await known()).entries.length;
        const table = await fill('bench', null);
        await predict();
        if (table) core.notices.announce(`${plural(table.entries.length - before, 'operator')} measured.`);
      },
      async checkTable() {
        const { document } = store.getState();
        if (!document) return;
        if (!core.runner.isRunning(...ALONE)) quiet(core);
        const table = hereTable(await known());
        const check = await core.change('latency-table', 'bench', 'Measuring the whole model', (call) =>
          core.client.call('checkPrediction', { table, budgetMs: CHECK_MS }, call),
        );
        if (!check) return;
        state.setState({ check: bind(core, document.cursor, check) });
        core.notices.announce('The prediction was held against a measured run.');
      },
      showTable(device) {
        state.setState({ shown: device && sameDevice(device, here()) ? null : device });
        void predict();
      },
      exportTables() {
        const { tables } = state.getState();
        if (tables) core.platform.save('latency-tables.json', new Blob([fileOf(tables)], { type: 'application/json' }));
      },
      async importTables(file) {
        try {
          const given = await core.client.call('latencyTables', { text: await file.text(), name: file.name });
          const before = await known();
          put(
            given.reduce(
              (tables, table) => {
                const old = tableOf(tables, table.device);
                return withTable(tables, old ? grown(old, table) : table);
              },
              [...before],
            ),
          );
          state.setState({ importError: null });
          core.notices.show({ tone: 'good', title: `${plural(given.length, 'latency table')} imported` });
          await predict();
        } catch (error) {
          state.setState({ importError: toErrorRecord(error) });
        }
      },
      clearTable(device) {
        const before = state.getState().tables ?? [];
        const cleared = tableOf(before, device);
        if (!cleared) return;
        put(before.filter((table) => table !== cleared));
        state.setState({ shown: null, check: null, refused: [] });
        void predict();
        core.notices.show({
          tone: 'plain',
          title: 'Latency table cleared',
          text: `${plural(cleared.entries.length, 'entry', 'entries')} of it.`,
          action: {
            label: 'Undo',
            run: () => {
              const now = state.getState().tables ?? [];
              const since = tableOf(now, device);
              put(withTable(now, since ? grown(cleared, since) : cleared));
              void predict();
            },
          },
        });
      },
    },
  };
}
