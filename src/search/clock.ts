import type { Job } from '../base/job.ts';
import type { BenchRequest } from '../bench/types.ts';
import type { Stop } from '../engine/document.ts';
import { fillTable } from '../engine/latency-table/fill.ts';
import { partsOf } from '../engine/latency-table/parts.ts';
import { predictLatency } from '../engine/latency-table/predict.ts';
import { tableBatch } from '../engine/latency-table/studio-calls.ts';
import { deviceOf, sameDevice } from '../engine/latency-table/table.ts';
import type { LatencyPrediction, LatencyTable } from '../engine/latency-table/types.ts';
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
  /** Kinds of operators that the runtime refuses to time. */
  readonly refused = new Set<string>();

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
    const capabilities = await this.port.capabilities();
    return (this.here ??=
      device.backend === 'wasm' && sameDevice(device, deviceOf(capabilities, device.backend, device.threads)));
  }

  /** ms; null: a table of another device lacks too much of it, or operators have no times of their own. */
  async latency({ model, analysis }: Stop, job: Job): Promise<number | null> {
    const known = this.grown.overhead && predictLatency(model, analysis, this.grown);
    if (known && covers(known)) return known.ms;
    if (!(await this.isHere())) return null;
    const subject = {
      tableBatch: (request: Parameters<typeof tableBatch>[1], each: Job) =>
        tableBatch({ model, analysis }, request, this.port, each),
    };
    const filled = await fillTable(
      subject,
      this.grown,
      { widths: null, budgetMs: this.budget.batchMs },
      job,
      (table) => {
        this.grown = table;
        this.keep(table);
      },
    );
    this.grown = filled.table;
    for (const { operators } of filled.refused) this.refused.add(operators);
    const prediction = predictLatency(model, analysis, this.grown);
    return covers(prediction) ? prediction.ms : null;
  }

  /** Fastest run of each whole model, ms: in rounds, so that what disturbs the device disturbs all of them. */
  async timed(stops: readonly Stop[], job: Job): Promise<readonly number[]> {
    const { backend, threads } = this.grown.device;
    const request: BenchRequest = { backend, threads, level: 'all', runs: 200, budgetMs: this.budget.lookMs };
    const models = stops.map(({ model, analysis }) => partsOf(model, analysis).model);
    const best = stops.map(() => Infinity);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, model] of models.entries()) {
        job.progress({ stage: 'Timing the front', done: round * stops.length + index, total: ROUNDS * stops.length });
        await job.checkpoint();
        const { a } = await this.port.bench({ name: 'sub-network', bytes: writeModel(model) }, null, request, job);
        best[index] = Math.min(best[index] ?? Infinity, a.min);
      }
    }
    return best;
  }
}

const covers = ({ missing, missingWork }: LatencyPrediction): boolean => missing.length === 0 || missingWork <= MISSING;
