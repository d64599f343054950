import { analyze, type Analysis } from '../analysis/analyze.ts';
import { summarize, type ModelSummary } from '../analysis/summary.ts';
import { makeGraphView } from '../analysis/view.ts';
import type { ErrorRecord } from '../base/error.ts';
import type { Exactness } from '../base/exactness.ts';
import type { Model } from '../ir/model.ts';
import { layoutGraph } from '../layout/layout.ts';
import { modelByteLength } from '../onnx/write.ts';
import type { RecipeStep, SessionOptions } from '../recipe/types.ts';
import type { VerifyResult } from '../verify/types.ts';
import type { Picture, StepCounts, StopView } from './types.ts';

/** A step as it was decided, and what it did. */
export interface StepOutcome extends StepCounts {
  readonly step: RecipeStep;
}

const UNTOUCHED: StepCounts = {
  title: 'Original',
  preserves: 'bits',
  sites: 0,
  off: 0,
  removed: 0,
  added: 0,
  ms: 0,
  lost: [],
  groups: [],
};

/**
 * The model after one step. Analysis, summary and picture are made when first asked for and kept: a stop's model never
 * changes. Tensors are shared with the other stops.
 */
export class Stop {
  readonly model: Model;
  readonly outcome: StepOutcome | null;
  /** Set when this step could not be applied; its model is then its predecessor's. */
  error: ErrorRecord | null = null;
  /** Why it may have failed or lost sites: a step before it was skipped. Null: nothing is known. */
  because: string | null = null;
  verify: VerifyResult | null = null;
  /** Against the original, over all steps. */
  whole: VerifyResult | null = null;
  private readonly fileBytes: number | null;
  private readonly before: Stop | null;
  readonly revision: number;
  private kept: { analysis?: Analysis; summary?: ModelSummary; picture?: Picture } = {};

  constructor(
    model: Model,
    before: Stop | null,
    outcome: StepOutcome | null,
    fileBytes: number | null,
    revision: number,
  ) {
    this.model = model;
    this.before = before;
    this.outcome = outcome;
    this.fileBytes = fileBytes;
    this.revision = revision;
  }

  get preserves(): Exactness {
    return (this.outcome ?? UNTOUCHED).preserves;
  }

  /** The model as it was opened. */
  get original(): Stop {
    return this.before?.original ?? this;
  }

  /** @param analysis of this stop's model, where the caller has it already */
  adopt(analysis: Analysis | null): this {
    if (analysis) this.kept.analysis = analysis;
    return this;
  }

  /** How the runtime is to load the model: what a step up to this one asks for. */
  get session(): SessionOptions | null {
    return this.outcome?.step.session ?? this.before?.session ?? null;
  }

  get analysis(): Analysis {
    return (this.kept.analysis ??= analyze(this.model));
  }

  /** The opened file counts as it lies on disk; what was rewritten counts as it would be written. */
  get bytes(): number {
    return this.fileBytes ?? modelByteLength(this.model);
  }

  get summary(): ModelSummary {
    return (this.kept.summary ??= this.makeSummary());
  }

  /** A step that changed nothing shares its predecessor's model. */
  private makeSummary(): ModelSummary {
    if (this.before?.model === this.model) return this.before.summary;
    return summarize(this.model, this.analysis, this.bytes);
  }

  /**
   * Laid out after its predecessor with the same groups folded, so that what the step did not touch keeps its place.
   *
   * @param toggled keys of the groups that a person folded or unfolded
   */
  picture(toggled: readonly string[]): Picture {
    const kept = this.kept.picture;
    if (kept?.toggled === toggled) return kept;
    const view = kept?.view ?? makeGraphView(this.model, this.analysis, this.revision);
    const layout = layoutGraph(view, this.earlierPicture(toggled), new Set(toggled));
    return (this.kept.picture = { view, layout, toggled });
  }

  /** Of the nearest stop before this one that was drawn so; after a recipe of many steps those between were not. */
  private earlierPicture(toggled: readonly string[]): Picture | undefined {
    const earlier = this.before?.kept.picture;
    return earlier?.toggled === toggled ? earlier : this.before?.earlierPicture(toggled);
  }

  toView(index: number): StopView {
    const { step, ...counts } = this.outcome ?? { ...UNTOUCHED, step: null };
    const { summary, error, because, verify, whole, session } = this;
    const measured = step?.measured ?? null;
    return {
      ...counts,
      index,
      pass: step?.pass ?? null,
      summary,
      error,
      ...(because !== null && { because }),
      verify,
      whole,
      measured,
      session,
    };
  }
}
