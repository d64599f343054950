import type { Exactness } from '../base/exactness.ts';
import type { Json } from '../base/json.ts';
import type { Analysis } from '../analysis/analyze.ts';
import type { Model } from '../ir/model.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import type { Facts, Gated, Investigation, Observed } from './facts.ts';

export type PassGroup = 'cleanup' | 'fusion' | 'pruning' | 'compress' | 'kv-cache' | 'edit';
/** The runtime that a graph is made for. `portable`: ai.onnx operators only. */
export type Backend = 'wasm' | 'webgpu' | 'portable';
/** Facts that a pass cannot know by looking at the graph; the engine obtains them. */
export type Need = 'constants' | 'activations' | 'gradients' | 'timings' | 'weights';

/** One option of a pass: the form in the page and the check of a recipe are generated from it. */
export type OptionSpec =
  | {
      readonly type: 'number';
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly step?: number;
      readonly label: string;
      readonly unit?: string;
    }
  | { readonly type: 'boolean'; readonly default: boolean; readonly label: string }
  | {
      readonly type: 'choice';
      readonly default: string;
      readonly choices: readonly { readonly value: string; readonly label: string }[];
      readonly label: string;
    }
  /** A name or other free text; `hint` says what to give. */
  | { readonly type: 'text'; readonly default: string; readonly label: string; readonly hint?: string }
  /** Structured options (per-group ratios, protected names), shown by a panel of their own. */
  | { readonly type: 'json'; readonly default: Json; readonly label: string };

export type OptionValues = Readonly<Record<string, Json>>;

/** Anchor of a site that is at no node (constants that nothing reads): ids start at 1. */
export const NO_NODE = 0 as NodeId;

/** A place where a pass applies. */
export interface Site {
  /** Rule + anchor output's name + structural hash: stable between replays. */
  readonly key: string;
  readonly rule: string;
  readonly anchor: NodeId;
  /** All nodes that would be removed or changed, the anchor among them. */
  readonly nodes: readonly NodeId[];
  /** One sentence: what will happen here. */
  readonly what: string;
  /** What was decided at this site and cannot be derived again without data (kept channels, …); goes into the recipe. */
  readonly decision?: Json;
  /** What the step is called once it is applied here; default: the pass's title. */
  readonly title?: string;
  /**
   * Where it is another class than the pass's: stricter where that is proven for this place, looser where the place is
   * less exact, or the runtime computes what the rewrite left as it was by another kernel.
   */
  readonly preserves?: Exactness;
}

/** A near miss: the pattern is here, a precondition is not. */
export interface Refusal {
  readonly rule: string;
  readonly nodes: readonly NodeId[];
  /** One sentence: what is missing. */
  readonly reason: string;
}

export interface Findings {
  readonly sites: readonly Site[];
  readonly refusals: readonly Refusal[];
}

/** What `find` and `apply` see. `model` is read-only in `find`. */
export interface PassContext {
  readonly model: Model;
  readonly analysis: Analysis;
  readonly backend: Backend;
  readonly facts: Facts;
  readonly options: OptionValues;
  /** What a recipe has decided, by key of the site: these are offered whatever the options would choose now. */
  readonly decided: ReadonlyMap<string, Json>;
  /** Names the step in generated names and in `madeBy`; default: the pass's id. */
  readonly step?: string;
}

/** What one application did; the runner fills in counts and time. */
export interface AppliedSite {
  readonly key: string;
  readonly rule: string;
  readonly removed: readonly NodeId[];
  readonly added: readonly NodeId[];
  readonly title?: string;
  readonly preserves?: Exactness;
}

/** What a pass looks for, in words and as operators: why it has nothing to do at a node that it does not name. */
export interface LooksFor {
  /** `Conv → BatchNormalization`: the chains of operators that its rules match. */
  readonly chains: readonly string[];
  /** Operators that stand in them, with their domain unless it is ai.onnx. */
  readonly operators: readonly string[];
}

/**
 * A rewrite. It finds sites, then applies to those that were chosen; both are synchronous and pure over the context.
 * The runner owns structural verification, trace, progress, cancellation and error wrapping.
 */
export interface Pass {
  readonly id: string;
  readonly group: PassGroup;
  /** A verb in sentence case: "Fold batch norm". */
  readonly title: string;
  /** One sentence: why one would want it. */
  readonly why: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly preserves: Exactness;
  readonly needs: readonly Need[];
  /** Backends that this pass may be used for; the runner refuses the others with a reason. */
  readonly backends: readonly Backend[];
  /** Find again after applying, until nothing is left (bounded by the runner). Only for `sites: all`. */
  readonly repeats: boolean;
  /** Absent: it is not about operators (what no output reaches, what depends on constants only). */
  readonly looksFor?: LooksFor;
  /** Graph inputs or outputs may change (`freeze-initializers`); every other pass keeps their names and types. */
  readonly changesInterface?: boolean;
  /**
   * Its options name one place (hand edits): without them there is no site, a step that finds none fails with the reason,
   * and the recipe keeps the site's key, so that a name that is gone is told as lost.
   */
  readonly targeted?: boolean;
  /** What it does was written by somebody who may be wrong: a step is kept only where the check of its class agrees. */
  readonly checked?: boolean;
  /** Values whose contents the pass asks for (`needs: constants`). */
  requests?(context: PassContext): readonly ValueId[];
  /**
   * Values whose channels are to be observed on calibration data (`needs: activations`), and how closely; slots whose
   * gates a gradient is wanted of (`needs: gradients`).
   */
  observes?(context: PassContext): {
    readonly stats: readonly Observed[];
    readonly moments: readonly Observed[];
    readonly gates?: readonly Gated[];
  };
  /**
   * Asks about drafts of its result, one after the other, where what it decides depends on what was decided before (on
   * calibration data); what it returns comes back as `facts.investigated`. Pure: the engine answers. Nothing is asked where
   * sites are only looked for or counted.
   */
  investigate?(context: PassContext): Investigation;
  find(context: PassContext): Findings;
  /** Applies one site; returns false where an earlier site of the same round took its nodes. */
  apply(context: PassContext, site: Site, decision: Json | undefined): boolean;
}
