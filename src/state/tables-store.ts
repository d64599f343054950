import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { PredictionCheck, TableBatch } from '../engine/latency-table/studio-calls.ts';
import type { StoredTable } from '../engine/latency-table/table.ts';
import type { LatencyPrediction, TableDevice } from '../engine/latency-table/types.ts';
import type { Capabilities } from '../runtime/types.ts';
import type { Bound } from './bound.ts';

/** Latency tables of this and other devices, and what they say of the model at the cursor. */
export interface TablesState {
  /** Null: not read from the browser's storage yet. */
  readonly tables: readonly StoredTable[] | null;
  /** The device whose table is looked at; null: this one's. */
  readonly shown: TableDevice | null;
  readonly prediction: Bound<LatencyPrediction> | null;
  readonly check: Bound<PredictionCheck> | null;
  /** Operators that the runtime refused by themselves, when they were measured last. */
  readonly refused: TableBatch['refused'];
  /** Why a file was not imported. */
  readonly importError: ErrorRecord | null;
}
export type TablesStore = StoreApi<TablesState>;

export const createTablesStore = (): TablesStore =>
  createStore<TablesState>(() => ({
    tables: null,
    shown: null,
    prediction: null,
    check: null,
    refused: [],
    importError: null,
  }));

export const sameDevice = (a: TableDevice, b: TableDevice): boolean =>
  a.name === b.name && a.backend === b.backend && a.threads === b.threads && a.runtimeVersion === b.runtimeVersion;

/** This device with so many WASM threads, as its table is named. */
export const wasmDevice = ({ agent, runtimeVersion }: Capabilities, threads: number): TableDevice => ({
  name: agent,
  backend: 'wasm',
  threads,
  runtimeVersion,
});

export const tableOf = (tables: readonly StoredTable[], device: TableDevice): StoredTable | null =>
  tables.find((table) => sameDevice(table.device, device)) ?? null;

/** The tables with this one in place of that of its device. */
export const withTable = (tables: readonly StoredTable[], table: StoredTable): StoredTable[] => {
  const at = tables.findIndex(({ device }) => sameDevice(device, table.device));
  return at < 0 ? [...tables, table] : tables.with(at, table);
};

/** A table with what another adds; of two times of one thing, the later holds. */
export function grown(table: StoredTable, { overhead, entries }: Omit<StoredTable, 'device'>): StoredTable {
  const byKey = new Map(table.entries.map((entry) => [entry.key, entry]));
  for (const entry of entries) {
    const known = byKey.get(entry.key);
    if (!known || known.at <= entry.at) byKey.set(entry.key, entry);
  }
  return { device: table.device, overhead: overhead ?? table.overhead, entries: [...byKey.values()] };
}
