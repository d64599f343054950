import type { Job } from '../base/job.ts';
import type { BenchRequest } from '../bench/types.ts';
import type { Stop } from '../engine/document.ts';
import { familyOf } from '../engine/latency-table/families.ts';
import { batchOf, byCost, measureParts, missingParts, type Missing } from '../engine/latency-table/measure.ts';
import { measureOverhead } from '../engine/latency-table/overhead.ts';
import { partsOf, type Parts } from '../engine/latency-table/parts.ts';
import { isTold, predictLatency } from '../engine/latency-table/predict.ts';
import { deviceOf, mergeTables, sameDevice } from '../engine/latency-table/table.ts';
import { MEASURING } from './measuring.ts';
import type { LatencyPrediction, LatencyTable, TableEntry, TableOverhead } from '../engine/latency-table/types.ts';
import type { RuntimePort } from '../engine/ports.ts';
import { writeModel } from '../onnx/write.ts';

/** Of a model's work, what may be missing of a prediction: it is then too low by about as much. */
const MISSING = 0.02;
/** A whole model is looked at in so many rounds, all others in between. */
const ROUNDS = 3;

/** What timing may take. */
export interface ClockBudget {
  /** For one micro-model, ms. */
  readonly batchMs: number;
  /** For one look at a whole model, ms. */
  readonly lookMs: number;
}
/** Each of the measurements of what a run costs takes so much of what a micro-model may take. */
const OVERHEAD = 0.4;
const CLOCK_BUDGET: ClockBudget = { batchMs: 2500, lookMs: 700 };

/**
 * Latency of sub-networks by a table of operators' times, which it fills where it is of this device: neighbours are
 * measured, what lies between them is interpolated.
 */
export class SearchClock {
  private readonly port: RuntimePort;
  private readonly keep: (table: LatencyTable) => void;
  private readonly budget: ClockBudget;
  private grown: LatencyTable;
  private here: boolean | null = null;
  /** Keys of parts that the runtime refuses to time. */
  private readonly refused = new Set<string>();

  constructor(
    table: LatencyTable,
    port: RuntimePort,
    keep: (table: LatencyTable) => void = () => {},
    budget: ClockBudget = CLOCK_BUDGET,
  ) {
    this.grown = table;
    this.port = port;
    this.keep = keep;
    this.budget = budget;
  }

  get table(): LatencyTable {
    return this.grown;
  }

  /** Whether times of this device may be added. */
  async isHere(): Promise<boolean> {
    const { device } = this.grown;
    if (this.here !== null) return this.here;
    const capabilities = await this.port.capabilities();
    this.here = device.backend === 'wasm' && sameDevice(device, deviceOf(capabilities, device.backend, device.threads));
    return this.here;
  }

  /**
   * Measures what models lack in the table, all of them together: of parts that differ in channels alone the least and the
   * most work, between which the others are interpolated. Nothing where the table is of another device.
   */
  async prepare(stops: readonly Stop[], job: Job): Promise<void> {
    if (!(await this.isHere())) return;
    const { backend, threads } = this.grown.device;
    const request = { backend, threads, budgetMs: this.budget.batchMs };
    // How far each measurement is would be taken for the count of operators.
    const inner: Job = { ...job, progress: () => {} };
    const all = stops.map(({ model, analysis }) => partsOf(model, analysis));
    let done = 0;
    if (!this.grown.overhead) {
      const each = { ...request, budgetMs: OVERHEAD * this.budget.batchMs };
      this.grow([], await measureOverhead(each, this.port, job));
    }
    for (let missing = this.missing(all); missing.length > 0; missing = this.missing(all)) {
      job.progress({ stage: MEASURING, done, total: done + missing.length });
      await job.checkpoint();
      const batch = batchOf(missing);
      const { entries, refused } = await measureParts(batch, request, this.port, inner);
      for (const { key } of refused) this.refused.add(key);
      this.grow(entries, null);
      done += batch.length;
    }
  }

  /** ms; null: the table lacks too much of it. */
  latency({ model, analysis }: Stop): number | null {
    if (!this.grown.overhead) return null;
    const prediction = predictLatency(model, analysis, this.grown);
    return covers(prediction) ? prediction.ms : null;
  }

  private grow(entries: readonly TableEntry[], overhead: TableOverhead | null): void {
    const { device } = this.grown;
    const added = { device, overhead, entries: new Map(entries.map((entry) => [entry.key, entry])) };
    this.grown = mergeTables(this.grown, added);
    this.keep(this.grown);
  }

  /** The ends of each family of parts that the table does not tell. */
  private missing(all: readonly Parts[]): readonly Missing[] {
    const families = new Map<string, Missing[]>();
    for (const parts of all) {
      for (const part of missingParts(parts, this.grown.entries)) {
        if (this.refused.has(part.key) || isTold(part.key, part.work, this.grown)) continue;
        const family = familyOf(part.key);
        const list = families.get(family) ?? [];
        list.push(part);
        families.set(family, list);
      }
    }
    const ends = [...families.values()].flatMap((list) => {
      const sorted = [...list].sort((a, b) => a.work - b.work);
      return [sorted[0]!, sorted.at(-1)!];
    });
    return byCost([...new Map(ends.map((part) => [part.key, part])).values()]);
  }

  /** Fastest run of each whole model, ms: in rounds, so that what disturbs the device disturbs all of them. */
  async timed(stops: readonly Stop[], job: Job): Promise<readonly number[]> {
    const { backend, threads } = this.grown.device;
    const request: BenchRequest = {
      backend,
      threads,
      level: 'all',
      runs: 200,
      looks: false,
      budgetMs: this.budget.lookMs,
    };
    const models = stops.map(({ model, analysis }) => partsOf(model, analysis).model);
    const best = stops.map(() => Infinity);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, model] of models.entries()) {
        job.progress({
          stage: 'Timing whole networks',
          done: round * stops.length + index,
          total: ROUNDS * stops.length,
        });
        await job.checkpoint();
        const { a } = await this.port.bench({ name: 'sub-network', bytes: writeModel(model) }, null, request, job);
        best[index] = Math.min(best[index] ?? Infinity, a.min);
      }
    }
    return best;
  }
}

const covers = ({ missing, missingWork }: LatencyPrediction): boolean => missing.length === 0 || missingWork <= MISSING;
