import { CodedError } from '../../base/error.ts';
import type { Capabilities, RuntimeBackend } from '../../runtime/types.ts';
import type { LatencyTable, TableDevice, TableEntry, TableOverhead } from './types.ts';

/** Version of the file's form. */
const VERSION = 1;

/** What a person imports and exports, and what is kept between visits. */
export interface TableFile {
  readonly whittleLatencyTables: typeof VERSION;
  readonly tables: readonly StoredTable[];
}

/** A table as plain data. */
export interface StoredTable {
  readonly device: TableDevice;
  readonly overhead: TableOverhead | null;
  readonly entries: readonly TableEntry[];
}

export function deviceOf(capabilities: Capabilities, backend: RuntimeBackend, threads: number): TableDevice {
  const { agent, webgpu, runtimeVersion } = capabilities;
  const adapter = backend === 'webgpu' && webgpu ? `${webgpu.adapter}, ` : '';
  return { name: adapter + agent, backend, threads, runtimeVersion };
}

export const emptyTable = (device: TableDevice): LatencyTable => ({ device, overhead: null, entries: new Map() });

export const sameDevice = (a: TableDevice, b: TableDevice): boolean =>
  a.name === b.name && a.backend === b.backend && a.threads === b.threads && a.runtimeVersion === b.runtimeVersion;

/** The first table with what the second adds; of two times of one thing, the later holds. */
export function mergeTables(a: LatencyTable, b: LatencyTable): LatencyTable {
  const entries = new Map(a.entries);
  for (const [key, entry] of b.entries) {
    const known = entries.get(key);
    if (!known || known.at <= entry.at) entries.set(key, entry);
  }
  return { device: a.device, overhead: b.overhead ?? a.overhead, entries };
}

export const storeTable = ({ device, overhead, entries }: LatencyTable): StoredTable => ({
  device,
  overhead,
  entries: [...entries.values()].sort((x, y) => (x.key < y.key ? -1 : 1)),
});

export const loadTable = ({ device, overhead, entries }: StoredTable): LatencyTable => ({
  device,
  overhead,
  entries: new Map(entries.map((entry) => [entry.key, entry])),
});

export const writeTables = (tables: readonly LatencyTable[]): string =>
  `${JSON.stringify({ whittleLatencyTables: VERSION, tables: tables.map(storeTable) } satisfies TableFile, null, 1)}\n`;

/** Reads a file of tables. Throws `bad-file` with the place of the first fault. */
export function parseTables(text: string, name = 'The file'): LatencyTable[] {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw fault(name, `is no JSON: ${(error as Error).message}`);
  }
  const { whittleLatencyTables: version, tables } = record(given) ?? {};
  if (version !== VERSION) {
    throw fault(
      name,
      version === undefined
        ? 'is no file of latency tables'
        : `has version ${JSON.stringify(version)}; this Whittle reads version ${VERSION}`,
    );
  }
  if (!Array.isArray(tables)) throw fault(name, 'has no list of tables');
  return tables.map((table: unknown, index) => tableOf(table, (what) => fault(name, `: table ${index + 1} ${what}`)));
}

/** As `parseTables`, as plain data. */
export const readTables = (text: string, name?: string): readonly StoredTable[] =>
  parseTables(text, name).map(storeTable);

const fault = (name: string, what: string): CodedError =>
  new CodedError('bad-file', `${name}${what.startsWith(':') ? '' : ' '}${what}. Export the tables again.`);

type Fault = (what: string) => CodedError;

const record = (given: unknown): Readonly<Record<string, unknown>> | null =>
  typeof given === 'object' && given !== null && !Array.isArray(given) ? (given as Record<string, unknown>) : null;

const isCount = (given: unknown): given is number => typeof given === 'number' && Number.isFinite(given) && given >= 0;

function tableOf(given: unknown, faulty: Fault): LatencyTable {
  const { device, overhead, entries } = record(given) ?? {};
  if (!Array.isArray(entries)) throw faulty('has no list of entries');
  const read = entries.map((entry: unknown, index) => entryOf(entry, (what) => faulty(`entry ${index + 1} ${what}`)));
  return loadTable({ device: deviceFrom(device, faulty), overhead: overheadFrom(overhead, faulty), entries: read });
}

function deviceFrom(given: unknown, faulty: Fault): TableDevice {
  const { name, backend, threads, runtimeVersion } = record(given) ?? {};
  if (typeof name !== 'string' || typeof runtimeVersion !== 'string')
    throw faulty('does not say which device it is of');
  if (backend !== 'wasm' && backend !== 'webgpu') throw faulty('has a backend that is neither wasm nor webgpu');
  if (!isCount(threads) || !Number.isInteger(threads) || threads < 1) throw faulty('has no number of threads');
  return { name, backend, threads, runtimeVersion };
}

function overheadFrom(given: unknown, faulty: Fault): TableOverhead | null {
  if (given === null) return null;
  const { node, run, byte } = record(given) ?? {};
  // What a profile adds to a kernel's time is taken off again: `node` may be below 0.
  if (typeof node !== 'number' || !Number.isFinite(node) || !isCount(run) || !isCount(byte)) {
    throw faulty('has no cost of a run');
  }
  return { node, run, byte };
}

function entryOf(given: unknown, faulty: Fault): TableEntry {
  const { key, operators, shapes, ms, spread, kernels, work, at } = record(given) ?? {};
  if (typeof key !== 'string' || !isKey(key)) throw faulty('has no key');
  if (typeof operators !== 'string' || typeof shapes !== 'string') throw faulty('does not name its operators');
  if (!isCount(ms)) throw faulty('has no time');
  if (!isCount(spread) || !isCount(kernels) || !isCount(work) || !isCount(at))
    throw faulty('has a number that is none');
  return { key, operators, shapes, ms, spread, kernels, work, at };
}

function isKey(key: string): boolean {
  try {
    const nodes = JSON.parse(key) as unknown;
    return (
      Array.isArray(nodes) &&
      nodes.length > 0 &&
      nodes.every(
        (node) => Array.isArray(node) && node.length === 4 && Array.isArray(node[1]) && Array.isArray(node[2]),
      )
    );
  } catch {
    return false;
  }
}
