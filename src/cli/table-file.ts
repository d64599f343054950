import { existsSync, readFileSync } from 'node:fs';
import { CodedError } from '../base/error.ts';
import {
  deviceOf,
  emptyTable,
  mergeTables,
  parseTables,
  sameDevice,
  writeTables,
} from '../engine/latency-table/table.ts';
import type { LatencyTable, TableDevice } from '../engine/latency-table/types.ts';
import type { Capabilities, RuntimeBackend } from '../runtime/types.ts';
import { writeFile } from './write-file.ts';

/** Latency tables of several devices in a file; without a path they are held in memory only. */
export class TableStore {
  private readonly path: string | null;
  private tables: readonly LatencyTable[];

  /** Throws `bad-file` where the file is none of tables; one that is not there yet is begun. */
  constructor(path: string | null) {
    this.path = path;
    this.tables = path !== null && existsSync(path) ? readTableFile(path) : [];
  }

  /** The table of this device, with this backend and these threads; empty where there is none. */
  here(capabilities: Capabilities, backend: RuntimeBackend, threads: number): LatencyTable {
    const device = deviceOf(capabilities, backend, threads);
    return this.of(device) ?? emptyTable(device);
  }

  /** A table of another device with the same backend and threads; null: there is none. */
  elsewhere({ backend, threads }: TableDevice): LatencyTable | null {
    return this.tables.find(({ device }) => device.backend === backend && device.threads === threads) ?? null;
  }

  /** Takes the place of what there was of its device. */
  put(table: LatencyTable): void {
    this.tables = [...this.tables.filter(({ device }) => !sameDevice(device, table.device)), table];
    if (this.path !== null) writeFile(this.path, writeTables(this.tables));
  }

  /** Adds the tables of another file. */
  add(path: string): number {
    const given = readTableFile(path);
    for (const table of given) {
      const known = this.of(table.device);
      this.put(known ? mergeTables(known, table) : table);
    }
    return given.length;
  }

  private of(device: TableDevice): LatencyTable | null {
    return this.tables.find((table) => sameDevice(table.device, device)) ?? null;
  }
}

function readTableFile(path: string): LatencyTable[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CodedError('bad-file', `${path} cannot be read: ${(error as Error).message}. Check the path.`);
  }
  return parseTables(text, path);
}
