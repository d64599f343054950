import type { ErrorRecord } from '../base/error.ts';
import type { Exactness } from '../base/exactness.ts';
import type { Json } from '../base/json.ts';
import type { ModelSummary } from '../analysis/summary.ts';
import type { GraphView } from '../ir/view.ts';
import type { GraphLayout } from '../layout/types.ts';
import type { Backend, LooksFor, Need, OptionSpec, PassGroup, Refusal } from '../rewrite/pass.ts';
import type { MeasuredGroup, Recipe, SessionOptions } from '../recipe/types.ts';
import type { VerifyResult } from '../verify/types.ts';

/** What `passes` prints and the page lists. */
export interface PassInfo {
  readonly id: string;
  readonly group: PassGroup;
  readonly title: string;
  readonly why: string;
  readonly preserves: Exactness;
  readonly needs: readonly Need[];
  readonly backends: readonly Backend[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly looksFor: LooksFor | null;
}

/** A site as it crosses to the page: without its private data. */
export interface SiteView {
  readonly key: string;
  readonly rule: string;
  readonly anchor: number;
  readonly nodes: readonly number[];
  readonly what: string;
}

export interface PassSites {
  readonly pass: string;
  readonly sites: readonly SiteView[];
  readonly refusals: readonly Refusal[];
  /** Set when the pass may not be used here at all (wrong backend, failed facts). */
  readonly unavailable: string | null;
}

/** What a step did; zeros and empty lists for the original. */
export interface StepCounts {
  readonly title: string;
  readonly preserves: Exactness;
  /** Sites applied and sites switched off. */
  readonly sites: number;
  readonly off: number;
  readonly removed: number;
  readonly added: number;
  readonly ms: number;
  /** Decided sites that were not found again: the stop is amber. */
  readonly lost: readonly string[];
  readonly groups: readonly PrunedWidth[];
}

/** One stop of the recipe: the model after step `index` (0: the opened model). */
export interface StopView extends StepCounts {
  readonly index: number;
  readonly pass: string | null;
  readonly summary: ModelSummary;
  readonly error: ErrorRecord | null;
  /** Why it may have failed or lost sites: a step before it was skipped. */
  readonly because?: string;
  /** Against the predecessor, at the step's own class; null: not checked yet. */
  readonly verify: VerifyResult | null;
  /** Against the original, at the loosest class of all steps; null: not checked yet. */
  readonly whole: VerifyResult | null;
  /** Where timing decided on its sites: what was measured; null: it was not decided so. */
  readonly measured: readonly MeasuredGroup[] | null;
  /** How the runtime is to load the model of this stop; null: as ever. */
  readonly session: SessionOptions | null;
}

export interface PrunedWidth {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** Why the others add nothing, by kind; left out where that was not what decided. */
  readonly dead?: Readonly<Record<string, number>>;
}

/** The whole state of an open document after each change; small but for view and layout. */
export interface DocumentView {
  readonly revision: number;
  readonly name: string;
  readonly fileBytes: number;
  readonly producer: string;
  readonly irVersion: number;
  readonly stops: readonly StopView[];
  /** Index of the stop shown; stops beyond it are undone. */
  readonly cursor: number;
  readonly recipe: Recipe;
  readonly backend: Backend;
  /** External files that the model names and that were not given. */
  readonly missing: readonly string[];
  /** Things that a person should know about the file, one sentence each. */
  readonly warnings: readonly string[];
}

export interface Picture {
  readonly view: GraphView;
  readonly layout: GraphLayout;
  /** Keys of the groups that a person folded, or unfolded where they are folded at first. */
  readonly toggled: readonly string[];
}

/** Overlays whose values the page does not have: they take reading weights, or running the model. */
export type AskedOverlay = 'memory' | 'sparsity' | 'importance' | 'dead' | 'time';

/** What an overlay says of each node; computed on request in the worker. */
export interface OverlayValues {
  readonly overlay: AskedOverlay;
  readonly revision: number;
  /** NodeIds of the main graph in running order, and the value of each; NaN: none. */
  readonly nodes: Int32Array;
  readonly values: Float64Array;
  /** One sentence that the legend carries: how it was found, and what it leaves out. */
  readonly note: string;
}

/** What a pass would do, shown before it is applied. */
export interface Preview {
  readonly summary: ModelSummary;
  readonly removed: readonly number[];
  readonly added: readonly number[];
  readonly changed: readonly number[];
}

export interface ApplyRequest {
  readonly pass: string;
  readonly options: Readonly<Record<string, Json>>;
  /** Keys of sites that are switched off. */
  readonly off: readonly string[];
  readonly decisions?: Readonly<Record<string, Json>>;
}
