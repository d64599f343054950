import type { Job } from '../../base/job.ts';
import type { Studio } from '../studio.ts';
import type { TableBatchRequest } from './studio-calls.ts';
import { mergeTables } from './table.ts';
import type { LatencyTable } from './types.ts';

export interface Filled {
  readonly table: LatencyTable;
  readonly added: number;
  /** Operators that the runtime refused, with what it said. */
  readonly refused: readonly { readonly operators: string; readonly reason: string }[];
}

/** For one micro-model, ms. */
export const BATCH_MS = 4000;

/**
 * Measures what a table lacks of the model at a studio's cursor, one micro-model after the other. `keep` is given the table
 * after each: what was measured stays when the rest is cancelled.
 */
export async function fillTable(
  studio: Pick<Studio, 'tableBatch'>,
  start: LatencyTable,
  options: Pick<TableBatchRequest, 'widths'> & { readonly budgetMs?: number },
  job: Job,
  keep: (table: LatencyTable) => void = () => {},
): Promise<Filled> {
  let table = start;
  const refused: { key: string; operators: string; reason: string }[] = [];
  const { backend, threads } = start.device;
  let total = 0;
  for (let left = 1, done = 0; left > 0;) {
    const request: TableBatchRequest = {
      backend,
      threads,
      budgetMs: options.budgetMs ?? BATCH_MS,
      known: [...table.entries.keys(), ...refused.map(({ key }) => key)],
      overhead: table.overhead === null,
      widths: options.widths,
    };
    const stage = total > 0 ? 'Measuring operators' : 'Finding operators';
    const watched = { ...job, progress: () => job.progress({ stage, done, ...(total > 0 ? { total } : {}) }) };
    watched.progress();
    const found = await studio.tableBatch(request, watched);
    table = mergeTables(table, {
      device: table.device,
      overhead: found.overhead,
      entries: new Map(found.entries.map((entry) => [entry.key, entry])),
    });
    refused.push(...found.refused);
    keep(table);
    left = found.left;
    done = table.entries.size - start.entries.size + refused.length;
    total = done + left;
  }
  return { table, added: table.entries.size - start.entries.size, refused };
}
