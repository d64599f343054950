import type { BackendId } from '../base/backends.ts';
/** Everything a report shows, as plain data: `report` knows no other layer. Units: bytes, ms, counts. */
export interface ReportData {
  readonly version: 2;
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
  /** Original and result in one picture; null: it was not drawn. */
  readonly graph: ReportGraph | null;
  /** What was measured beside the recipe, in the order in which it is shown. */
  readonly findings: readonly ReportFinding[];
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
  /** How much faster than the step before; null: it was not timed. */
  readonly gain: ReportGain | null;
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
/** Times the step before divided by times of this one. */
export interface ReportGain {
  readonly ratio: number;
  readonly interval: readonly [number, number];
  readonly verdict: string;
  /** Where it was timed: `WASM, 1 thread`. */
  readonly on: string;
}
/**
 * All of the result with what only the original has, as it is laid out: lists have an entry for each box that is drawn, in
 * running order; positions and sizes in px at 100 %.
 */
export interface ReportGraph {
  readonly width: number;
  readonly height: number;
  /** Distinct operators, and the family of each as in the design tokens. */
  readonly ops: readonly string[];
  readonly families: readonly string[];
  /** Index into `ops`; -1: a group that is folded to one box. */
  readonly op: readonly number[];
  readonly name: readonly string[];
  /** Key attributes: `3×3 s2 g192`. */
  readonly detail: readonly string[];
  /** A letter each: `s` the same, `r` removed, `a` added, `c` changed. */
  readonly marks: string;
  /** MACs and elementwise operations; 0 where it is not known. */
  readonly cost: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly w: readonly number[];
  readonly h: readonly number[];
  /** Wires as one path in SVG's terms; empty: left out. */
  readonly wires: string;
}
export const GRAPH_MARKS = { s: 'same', r: 'removed', a: 'added', c: 'changed' } as const;

/** A measurement with its picture and figures: a profile, a training, a front, accuracy, caches. */
export interface ReportFinding {
  readonly title: string;
  /** How it was measured. */
  readonly note: string;
  readonly words: readonly string[];
  readonly chart: ReportChart | null;
  readonly table: ReportTable | null;
}
/** A finding with the command line that takes it again; `{model}` and `{result}` in it stand for the two files. */
export interface GivenFinding extends ReportFinding {
  readonly command?: string;
}
export interface ReportChart {
  /** What it shows, in words. */
  readonly label: string;
  readonly x: ReportAxis;
  readonly y: ReportAxis;
  readonly series: readonly ReportSeries[];
}
export interface ReportAxis {
  readonly title: string;
  readonly log: boolean;
}
export interface ReportSeries {
  readonly name: string;
  readonly shape: 'line' | 'dashed' | 'points' | 'steps';
  /** `before` is grey, `after` the accent; the others as in the design tokens. */
  readonly tone: ReportTone;
  readonly points: readonly (readonly [x: number, y: number])[];
}
export type ReportTone = 'before' | 'after' | 'good' | 'warning' | 'pool' | 'norm' | 'fused';
export interface ReportTable {
  readonly heads: readonly string[];
  /** Cells as they are shown; all but the first column stand right. */
  readonly rows: readonly (readonly string[])[];
}
