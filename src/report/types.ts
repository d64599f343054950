import type { BackendId } from '../base/backends.ts';
/** Everything a report shows, as plain data: `report` knows no other layer. Units: bytes, ms, counts. */
export interface ReportData {
  readonly version: 1;
  readonly title: string;
  readonly createdAt: string;
  readonly tool: { readonly name: string; readonly version: string; readonly runtime: string };
  readonly model: { readonly name: string; readonly sha256: string; readonly opset: number; readonly producer: string };
  readonly before: ReportSummary;
  readonly after: ReportSummary;
  readonly steps: readonly ReportStep[];
  readonly verify: ReportVerify | null;
  readonly bench: readonly ReportBench[];
  readonly device: readonly (readonly [string, string])[];
  /** Pruned dependency groups: old and new width. */
  readonly widths: readonly { readonly name: string; readonly before: number; readonly after: number }[];
  /** A small picture of each graph: one cell a node in topological order. */
  readonly pictures: { readonly before: readonly ReportCell[]; readonly after: readonly ReportCell[] };
  /** JSON of the options that the result is to be loaded with; null: as ever. */
  readonly session: string | null;
  readonly recipe: unknown;
  /** Command lines that reproduce the result. */
  readonly commands: readonly string[];
  readonly limits: readonly string[];
}
export interface ReportSummary {
  readonly nodes: number;
  readonly bytes: number;
  readonly parameters: number;
  readonly macs: number | null;
  readonly peakActivationBytes: number | null;
  readonly ops: Readonly<Record<string, number>>;
}
export interface ReportStep {
  readonly title: string;
  readonly pass: string;
  readonly exactness: string;
  readonly sites: number;
  readonly sitesOff: number;
  readonly nodesBefore: number;
  readonly nodesAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly verdict: string | null;
  readonly message: string | null;
  /** Where timing decided on its sites: what was measured. */
  readonly measured: readonly ReportMeasured[];
}
/** Sites of one structure that were timed together: with them against without. */
export interface ReportMeasured {
  readonly rule: string;
  readonly sites: number;
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly verdict: string;
  readonly kept: boolean;
  readonly device: string;
}
export interface ReportVerify {
  readonly ok: boolean;
  readonly verdict: string;
  readonly class: string;
  readonly message: string;
  readonly rows: readonly {
    readonly output: string;
    readonly backend: BackendId;
    readonly level: string;
    readonly maxRel: number;
    readonly cosine: number;
    readonly allowed: number;
    readonly ok: boolean;
  }[];
}
export interface ReportBench {
  /** Name of the lent device that it was measured on; absent: the device of the report. */
  readonly device?: string;
  readonly backend: BackendId;
  readonly threads: number;
  readonly level: string;
  readonly before: ReportTiming;
  readonly after: ReportTiming;
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly verdict: string;
  /** What disturbed the measurement, in sentences. */
  readonly warnings: readonly string[];
}
export interface ReportTiming {
  readonly median: number;
  readonly p95: number;
  readonly min: number;
  readonly mad: number;
  readonly startMs: number;
  /** What the memory of the WASM module grew to, bytes; null: not measured. */
  readonly heapBytes: number | null;
  readonly samples: readonly number[];
}
/** `family`: as in the design tokens; `mark`: what happened to the node. */
export interface ReportCell {
  readonly op: string;
  readonly family: string;
  readonly mark: 'same' | 'removed' | 'added' | 'changed';
  readonly weight: number;
}
