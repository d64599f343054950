import { analyze } from '../analysis/analyze.ts';
import { summarize } from '../analysis/summary.ts';
import { CodedError, fromErrorRecord } from '../base/error.ts';
import { loosest, type Exactness } from '../base/exactness.ts';
import type { Job } from '../base/job.ts';
import type { JsonObject } from '../base/json.ts';
import type { Node } from '../ir/model.ts';
import { modelByteLength } from '../onnx/write.ts';
import { hasPass, passById } from '../passes/index.ts';
import { isSkipped, replay, replayStep, type ReplayHooks, type ReplayOutcome } from '../recipe/replay.ts';
import type { Recipe, RecipeStep } from '../recipe/types.ts';
import type { Backend, Pass } from '../rewrite/pass.ts';
import { checkModels } from './check-models.ts';
import { Stop, type StepOutcome } from './document.ts';
import type { Calibration } from './calibration.ts';
import { obtainFacts } from './facts.ts';
import type { Facts } from '../rewrite/facts.ts';
import type { RuntimePort } from './ports.ts';
import type { ApplyRequest, Preview } from './types.ts';
import { widthsOf } from './widths.ts';

export interface StepContext {
  readonly backend: Backend;
  readonly port: RuntimePort;
  readonly calibration: Calibration;
  /** Learnt weights that steps name. */
  readonly weights: Facts['weights'];
  readonly job: Job;
  /** A new revision number at each call. */
  readonly revision: () => number;
}

export function knownPass(id: string): Pass {
  if (!hasPass(id)) {
    throw new CodedError('bad-request', `There is no pass ${id}. \`whittle passes\` lists them.`, { pass: id });
  }
  return passById(id);
}

const hooksOf = (before: Stop, { backend, port, calibration, weights, job }: StepContext): ReplayHooks => ({
  backend,
  job,
  analysis: before.analysis,
  obtain: (pass, context) =>
    obtainFacts(pass, context, port, job, calibration, { original: before.original, weights, investigates: true }),
  check: async (model, after, exactness) => {
    const request = { ...CHECK, class: exactness };
    const { verdict, message } = await checkModels(port, [{ model }, after], request, job);
    return verdict === 'differs' ? message : null;
  },
});

/** What a rule that somebody wrote has to stand up to before it is kept. */
const CHECK = { seeds: 3, backends: ['wasm'], levels: ['disabled', 'all'], threads: 1 } as const;

/** A hand edit is called by what it did: "Rename Conv 3 to stem"; a rule that somebody wrote by its own name. */
const titleOf = ({ applied, pass, step }: ReplayOutcome): string =>
  applied[0]?.title ?? ruleTitle(step) ?? pass?.title ?? step.pass;

function ruleTitle({ options }: RecipeStep): string | null {
  const rule = options['rule'];
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return null;
  const { name } = rule as JsonObject;
  return typeof name === 'string' ? `Rule ${name}` : null;
}

/** The pass's class, or what is proven for the places where it was applied; where there were none, nothing changed. */
function exactnessOf({ applied, pass }: ReplayOutcome): Exactness {
  return loosest(applied.map((site) => site.preserves ?? pass?.preserves ?? 'bits'));
}

function stopAfter(before: Stop, outcome: ReplayOutcome, revision: number): Stop {
  const told: StepOutcome = {
    step: outcome.step,
    title: titleOf(outcome),
    preserves: exactnessOf(outcome),
    sites: outcome.applied.length,
    off: outcome.off.length,
    removed: outcome.removed,
    added: outcome.added,
    ms: outcome.ms,
    lost: outcome.lost,
    groups: widthsOf(outcome.decisions, outcome.step.options, before),
  };
  const unchanged = outcome.error !== null || outcome.applied.length === 0;
  const bytes = unchanged ? before.bytes : null;
  const stop = new Stop(outcome.model, before, told, bytes, revision).adopt(outcome.analysis);
  stop.error = outcome.error;
  return stop;
}

/** Applies one step to a copy of the stop's model; the stop itself is never changed. Throws what made it fail. */
export async function runStep(before: Stop, index: number, step: RecipeStep, context: StepContext): Promise<Stop> {
  knownPass(step.pass);
  const outcome = await replayStep(before.model, step, { ...hooksOf(before, context), index });
  if (outcome.error) throw fromErrorRecord(outcome.error);
  return stopAfter(before, outcome, context.revision());
}

/** Applies steps one behind the other. Throws what made one of them fail. */
export async function runSteps(
  start: Stop,
  index: number,
  steps: readonly RecipeStep[],
  context: StepContext,
): Promise<Stop[]> {
  const stops: Stop[] = [];
  for (const step of steps) stops.push(await runStep(stops.at(-1) ?? start, index + stops.length, step, context));
  return stops;
}

/** What a person asks for, as a step of a recipe. */
export function stepOf({ pass, options, off, decisions }: ApplyRequest): RecipeStep {
  const sites = off.length > 0 ? { except: off } : ('all' as const);
  return { pass, options, sites, ...(decisions ? { decisions } : {}) };
}

/**
 * Applies a recipe to a stop's model. A step that fails gives a stop that says so, and changes nothing; so does one whose pass
 * this build does not have, and what fails behind it says that it was skipped.
 *
 * @param first steps that came before, so that generated names go on counting
 */
export async function runRecipe(start: Stop, recipe: Recipe, context: StepContext, first = 0): Promise<Stop[]> {
  const stops: Stop[] = [];
  const skipped: string[] = [];
  let last = start;
  for await (const outcome of replay(start.model, recipe, { ...hooksOf(start, context), first })) {
    last = stopAfter(last, outcome, context.revision());
    if (isSkipped(outcome.error)) skipped.push(`Step ${outcome.index + 1} (${outcome.step.pass})`);
    else if (skipped.length > 0 && (outcome.error || outcome.lost.length > 0)) last.because = becauseOf(skipped);
    stops.push(last);
    // How many steps of a preset are kept is known at its end.
    const total = recipe.untilStable ? {} : { total: recipe.steps.length };
    context.job.progress({ stage: 'Replaying', done: stops.length, ...total });
  }
  return stops;
}

const becauseOf = (skipped: readonly string[]): string =>
  `${skipped.join(', ')} ${skipped.length === 1 ? 'was' : 'were'} skipped before: what this step looks for may be made there.`;

/** What a step would do, counted on a copy that is thrown away: nothing is run for it, the check comes with the step. */
export async function previewStep(before: Stop, step: RecipeStep, context: StepContext): Promise<Preview> {
  knownPass(step.pass);
  const { port, job, calibration, weights } = context;
  const { model, analysis, error } = await replayStep(before.model, step, {
    ...hooksOf(before, context),
    obtain: (pass, found) =>
      obtainFacts(pass, found, port, job, calibration, { original: before.original, weights, investigates: false }),
    check: () => Promise.resolve(null),
  });
  if (error) throw fromErrorRecord(error);
  const removed = [...before.model.nodes.keys()].filter((id) => !model.nodes.has(id));
  const added = [...model.nodes.keys()].filter((id) => !before.model.nodes.has(id));
  const changed = [...model.nodes.values()].filter((node) => {
    const old = before.model.nodes.get(node.id);
    return old !== undefined && isChanged(old, node);
  });
  const summary = summarize(model, analysis ?? analyze(model), modelByteLength(model));
  return { summary, removed, added, changed: changed.map((node) => node.id) };
}

/** It reads other values, is called otherwise, or has another attribute: those are never changed in place. */
const isChanged = (old: Node, now: Node): boolean =>
  now.name !== old.name ||
  now.inputs.some((input, i) => input !== old.inputs[i]) ||
  now.attributes.size !== old.attributes.size ||
  [...now.attributes].some(([name, attribute]) => old.attributes.get(name) !== attribute);
