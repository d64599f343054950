import { analyze, type Analysis } from '../analysis/analyze.ts';
import { CodedError, toErrorRecord, type ErrorRecord } from '../base/error.ts';
import { loosest, type Exactness } from '../base/exactness.ts';
import type { Json } from '../base/json.ts';
import { silentJob, type Job } from '../base/job.ts';
import type { Model } from '../ir/model.ts';
import { hasPass, passById } from '../passes/index.ts';
import type { AppliedSite, Backend, Pass, Refusal } from '../rewrite/pass.ts';
import { runPass, type ObtainFacts, type PassResult } from '../rewrite/run.ts';
import { chooserFor } from './choice.ts';
import { schedule } from './schedule.ts';
import type { Recipe, RecipeStep } from './types.ts';

export interface ReplayHooks {
  /** For recipes that do not name one; default `wasm`. */
  readonly backend?: Backend;
  /** Obtains what a pass `needs`. */
  readonly obtain?: ObtainFacts;
  readonly job?: Job;
  /** Of the model as it is given, where the caller has it already. */
  readonly analysis?: Analysis | undefined;
  /** For passes that are kept only where they are right: why this one is not; null: it is. */
  readonly check?: (before: Model, after: PassResult, exactness: Exactness) => Promise<string | null>;
  /** Steps that came before, so that generated names go on counting. */
  readonly first?: number;
}

/** What one step did. */
export interface ReplayOutcome {
  /** Its place among all outcomes, from 0. */
  readonly index: number;
  /** The step as it was decided: with the decisions of its sites. A list of these steps replays to the same model. */
  readonly step: RecipeStep;
  /** Null where this build does not have the pass. */
  readonly pass: Pass | null;
  /** After the step; where it failed, as before it. Never changed afterwards: tensors are shared. */
  readonly model: Model;
  /** Of that model; null: not made. */
  readonly analysis: Analysis | null;
  readonly applied: readonly AppliedSite[];
  readonly off: readonly string[];
  readonly lost: readonly string[];
  readonly refusals: readonly Refusal[];
  readonly removed: number;
  readonly added: number;
  readonly decisions: Readonly<Record<string, Json>>;
  readonly ms: number;
  /** The step could not be applied: an unknown pass, the wrong backend, a rewrite that went wrong. */
  readonly error: ErrorRecord | null;
}

/**
 * Applies a recipe, step by step, each on a clone; the model that is given stays as it is. A step that fails yields its
 * error, and the next one goes on from the model before it. In a recipe that is `untilStable`, each run of clean-up
 * and fusion steps is swept again until nothing changes any more, and steps are yielded only where they changed something:
 * a preset tries dozens of passes, of which a model needs a few. A cancel is thrown.
 */
export async function* replay(model: Model, recipe: Recipe, hooks: ReplayHooks = {}): AsyncGenerator<ReplayOutcome> {
  const backend = recipe.backend ?? hooks.backend ?? 'wasm';
  const turns = schedule(recipe);
  let current = model;
  let analysis = hooks.analysis ?? analyze(model);
  let index = hooks.first ?? 0;
  for (let turn = turns.next(); !turn.done;) {
    const { step, again } = turn.value;
    const outcome = await replayStep(current, step, { ...hooks, backend, analysis, index });
    const changed = outcome.applied.length > 0;
    analysis = outcome.analysis ?? analysis;
    const isWanted = recipe.untilStable === true ? outcome.error !== null : true;
    if (changed || (!again && isWanted)) {
      current = outcome.model;
      index++;
      yield outcome;
    }
    turn = turns.next(changed);
  }
}

/** One step on a clone of the model. */
export async function replayStep(
  model: Model,
  step: RecipeStep,
  settings: ReplayHooks & { readonly index?: number } = {},
): Promise<ReplayOutcome> {
  const index = settings.index ?? 0;
  const start = performance.now();
  try {
    if (!hasPass(step.pass)) throw unknownPass(step.pass);
    const pass = passById(step.pass);
    const result = await runPass(model, pass, {
      copies: true,
      backend: settings.backend ?? 'wasm',
      options: step.options,
      chooser: chooserFor(step.sites),
      step: `s${index + 1}`,
      job: settings.job ?? silentJob(),
      ...(step.decisions ? { decisions: step.decisions } : {}),
      ...(settings.analysis ? { analysis: settings.analysis } : {}),
      ...(settings.obtain ? { obtain: settings.obtain } : {}),
    });
    const { changed: _, ...facts } = result;
    if (pass.targeted === true) requirePlace(pass, step, result);
    await requireRight(pass, step, model, result, settings);
    return {
      index,
      step: decided(pass, step, result),
      pass,
      ...facts,
      ms: performance.now() - start,
      error: null,
    };
  } catch (error) {
    if (error instanceof CodedError && error.code === 'cancelled') throw error;
    return {
      ...nothing,
      index,
      step,
      pass: find(step.pass),
      model,
      analysis: settings.analysis ?? null,
      ms: performance.now() - start,
      error: toErrorRecord(error),
    };
  }
}

/** `unknownPass` in its data tells it from a step that failed. */
const unknownPass = (pass: string): CodedError =>
  new CodedError(
    'unsupported',
    `This Whittle does not have the pass "${pass}": the step stays in the recipe and is skipped. A later Whittle may have it.`,
    { unknownPass: pass },
  );

/** The step was skipped, since this build does not have its pass. */
export const isSkipped = (error: ErrorRecord | null): boolean => error?.data['unknownPass'] !== undefined;

const find = (id: string): Pass | null => (hasPass(id) ? passById(id) : null);

const nothing = { applied: [], off: [], lost: [], refusals: [], removed: 0, added: 0, decisions: {} };

/** What somebody wrote by hand is kept only where it does what it promises. */
async function requireRight(
  pass: Pass,
  step: RecipeStep,
  before: Model,
  result: PassResult,
  { check }: ReplayHooks,
): Promise<void> {
  if (pass.checked !== true || result.applied.length === 0) return;
  const exactness = loosest(result.applied.map((site) => site.preserves ?? pass.preserves));
  const reason = check ? await check(before, result, exactness) : 'there is no runtime here to check it.';
  if (reason !== null) {
    throw new CodedError('pass-failed', `${pass.title}: not kept. ${reason}`, { pass: pass.id, options: step.options });
  }
}

/** A hand edit that cannot be done is an error with its reason; one whose place is gone is `lost`. */
function requirePlace(pass: Pass, step: RecipeStep, { applied, lost, refusals }: PassResult): void {
  if (applied.length > 0 || lost.length > 0) return;
  const reason = refusals[0]?.reason ?? 'there is no such place in this model.';
  throw new CodedError('pass-failed', `${pass.title}: ${reason}`, { pass: pass.id, options: step.options });
}

/** The decisions of its sites; where the options name one place, also its key, so that it can be told as lost. */
function decided(pass: Pass, step: RecipeStep, { applied, decisions }: PassResult): RecipeStep {
  const sites = pass.targeted === true && step.sites === 'all' ? applied.map((site) => site.key) : step.sites;
  const known = Object.keys(decisions).length > 0 ? { decisions: { ...step.decisions, ...decisions } } : {};
  return { ...step, sites, ...known };
}
