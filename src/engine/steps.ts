import { analyze } from '../analysis/analyze.ts';
import { summarize } from '../analysis/summary.ts';
import type { Job } from '../base/job.ts';
import type { Json } from '../base/json.ts';
import { CodedError } from '../base/error.ts';
import { modelByteLength } from '../onnx/write.ts';
import { passById } from '../passes/index.ts';
import type { RecipeStep } from '../recipe/types.ts';
import { chooserFor } from '../recipe/choice.ts';
import type { Backend, Pass } from '../rewrite/pass.ts';
import { runPass, type PassResult } from '../rewrite/run.ts';
import type { Model } from '../ir/model.ts';
import { Stop, type StepOutcome } from './document.ts';
import { obtainFacts } from './facts.ts';
import { prunedWidths } from './widths.ts';
import type { RuntimePort } from './ports.ts';
import type { Preview } from './types.ts';

export interface StepContext {
  readonly backend: Backend;
  readonly port: RuntimePort;
  readonly job: Job;
  readonly revision: number;
}

export function knownPass(id: string): Pass {
  const pass = passById(id);
  if (!pass)
    throw new CodedError('bad-request', `There is no pass ${id}. \`whittle passes\` lists them.`, { pass: id });
  return pass;
}

/** The step with what was decided in it: replay then needs no data and no luck. */
function decided(step: RecipeStep, result: PassResult): RecipeStep {
  const decisions: Record<string, Json> = { ...result.decisions };
  const all = step.sites === 'all' && Object.keys(decisions).length === 0;
  const sites = all ? 'all' : step.sites === 'all' ? result.applied.map((each) => each.key) : step.sites;
  return { ...step, sites, ...(Object.keys(decisions).length > 0 ? { decisions } : {}) };
}

async function transform(
  before: Stop,
  step: RecipeStep,
  context: StepContext,
): Promise<{ model: Model; result: PassResult }> {
  const model = before.model.clone();
  const { backend, port, job } = context;
  const result = await runPass(model, knownPass(step.pass), {
    backend,
    options: step.options,
    chooser: chooserFor(step.sites),
    ...(step.decisions ? { decisions: step.decisions } : {}),
    analysis: before.analysis,
    obtain: (pass, passContext) => obtainFacts(pass, passContext, port, job),
    job,
  });
  return { model, result };
}

/** Applies one step to a copy of the stop's model. The stop itself is never changed. */
export async function runStep(before: Stop, step: RecipeStep, context: StepContext): Promise<Stop> {
  const start = performance.now();
  const pass = knownPass(step.pass);
  const { model, result } = await transform(before, step, context);
  const outcome: StepOutcome = {
    step: decided(step, result),
    title: pass.title,
    preserves: pass.preserves,
    sites: result.applied.length,
    off: result.off.length,
    removed: result.removed,
    added: result.added,
    ms: performance.now() - start,
    lost: result.lost,
    groups: pass.group === 'pruning' ? prunedWidths(before.model, result) : [],
  };
  return new Stop(model, before, outcome, result.changed ? null : before.bytes, context.revision);
}

/** What a step would do, counted on a copy that is thrown away. */
export async function previewStep(before: Stop, step: RecipeStep, context: StepContext): Promise<Preview> {
  const { model } = await transform(before, step, context);
  const removed = [...before.model.nodes.keys()].filter((id) => !model.nodes.has(id));
  const added = [...model.nodes.keys()].filter((id) => !before.model.nodes.has(id));
  const changed = [...model.nodes.values()].filter((node) => {
    const old = before.model.nodes.get(node.id);
    return old !== undefined && node.inputs.some((input, i) => input !== old.inputs[i]);
  });
  const summary = summarize(model, analyze(model), modelByteLength(model));
  return { summary, removed, added, changed: changed.map((node) => node.id) };
}
