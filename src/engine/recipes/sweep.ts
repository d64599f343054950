import { CodedError, toErrorRecord } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { Json } from '../../base/json.ts';
import type { ModelSummary } from '../../analysis/summary.ts';
import { passById } from '../../passes/index.ts';
import { withValue } from '../../recipe/swept.ts';
import type { Recipe } from '../../recipe/types.ts';
import type { VerifyResult } from '../../verify/types.ts';
import { verifyStops, WHOLE } from '../check-stops.ts';
import type { Stop } from '../document.ts';
import { fidelity, type Judgement } from '../fidelity.ts';
import type { OpenDocument } from '../opened.ts';
import type { StepContext } from '../steps.ts';
import { timer } from '../timed.ts';
import { replayOn } from './replay-on.ts';
import type { SweepPoint, SweepProgress, SweepRequest, SweepResult } from './sweep-types.ts';

const figures = ({ nodes, parameters, macs, bytes }: ModelSummary) => ({ nodes, parameters, macs, bytes });

/** Passes over what a part of the work gives; a cancel goes through, another failure is told. */
async function attempt<T>(work: () => Promise<T>, told: string[]): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    const record = toErrorRecord(error);
    if (record.code === 'cancelled') throw error;
    told.push(record.message);
    return null;
  }
}

/** The stop of the step that was swept: where a preset was swept too, the last one of its pass. */
function sweptStop(stops: readonly Stop[], { step, recipe }: SweepRequest): Stop | undefined {
  if (!recipe.untilStable) return stops[step + 1];
  return stops.findLast((stop) => stop.outcome?.step.pass === recipe.steps[step]?.pass);
}

const troubles = (stops: readonly Stop[], from: number): string[] =>
  stops.slice(from).flatMap((stop) => {
    const { outcome, error } = stop;
    if (error) return [`${outcome?.title}: ${error.message}`];
    const lost = outcome?.lost.length ?? 0;
    return lost > 0 ? [`${outcome?.title}: ${lost} of its sites were not found again.`] : [];
  });

/** Without the single runs. */
const toldOf = ({ ok, verdict, class: exactness, message, outputs }: VerifyResult): SweepPoint['verify'] => ({
  ok,
  verdict,
  class: exactness,
  message,
  outputs: outputs.map(({ name, cosine, maxRel }) => ({ name, cosine, maxRel })),
});

/** How a result is judged on data that were given. */
async function judged(
  document: OpenDocument,
  judgement: Judgement,
  { port, job }: StepContext,
): Promise<SweepPoint['fidelity']> {
  const { original, ports } = document.compared(0, document.cursor);
  if (ports) return null;
  const { fidelity: found } = await fidelity(original, document.parcel(document.cursor), judgement, port, job);
  const least = (of: 'cosine' | 'agreement'): number => Math.min(...found.outputs.map((output) => output[of]));
  return { cosine: least('cosine'), agreement: least('agreement'), accuracy: found.accuracy };
}

async function pointAt(
  value: Json,
  recipe: Recipe,
  request: SweepRequest,
  document: OpenDocument,
  judgement: Judgement | null,
  context: StepContext,
): Promise<SweepPoint> {
  const { job, port } = context;
  const stops = await replayOn([document], recipe, context);
  const told = troubles(stops, recipe.untilStable ? 1 : request.step + 1);
  const result = document.beside(stops, context.backend);
  const verify = request.verify
    ? await attempt(() => verifyStops(result, 0, result.cursor, WHOLE, port, job), told)
    : null;
  const { bench: asked } = request;
  const time = timer({ document: result, index: 0 }, { document: result, index: result.cursor }, port);
  const bench = asked ? await attempt(() => time(asked, job), told) : null;
  return {
    value,
    ...figures(result.current.summary),
    sites: sweptStop(stops, request)?.outcome?.sites ?? 0,
    verify: verify && toldOf(verify),
    bench: bench?.b
      ? {
          ms: bench.b.median,
          before: bench.a.median,
          ratio: bench.ratio,
          interval: bench.interval,
          verdict: bench.verdict,
        }
      : null,
    fidelity: judgement ? await attempt(() => judged(result, judgement, context), told) : null,
    error: told.length > 0 ? told.join(' ') : null,
  };
}

/**
 * Gives one option of one step several values. Nothing of the document changes; what comes before the step is run once. A
 * cancel is thrown: what was found until then has been told by progress. Throws `bad-request` for an option, a step or a value
 * that there is not, before anything runs.
 */
export async function sweep(
  document: OpenDocument,
  request: SweepRequest,
  judgement: Judgement | null,
  context: StepContext,
): Promise<SweepResult> {
  const { recipe, option, values } = request;
  if (values.length === 0) throw new CodedError('bad-request', 'There is no value to try.');
  const recipes = values.map((value) => withValue(recipe, request, value));
  const backend = recipe.backend ?? document.backend;
  const before = { ...recipe, steps: recipe.steps.slice(0, request.step) };
  const own = { ...context, backend };
  const start = recipe.untilStable ? document.stops.slice(0, 1) : await replayOn([document], before, own);
  const base = document.beside(start, backend);
  const pass = passById(recipe.steps[request.step]!.pass);
  const points: SweepPoint[] = [];
  for (const [index, value] of values.entries()) {
    const at = { done: index, total: values.length };
    const tell = (progress: Omit<SweepProgress, 'done' | 'total'>): void =>
      (context.job as Job & { progress(told: SweepProgress): void }).progress({ ...progress, ...at });
    const stage = `${pass.options[option]!.label}: ${typeof value === 'string' ? value : JSON.stringify(value)}`;
    tell({ stage });
    await context.job.checkpoint();
    const job: Job = { ...context.job, progress: () => tell({ stage }) };
    const point = await pointAt(value, recipes[index]!, request, base, judgement, { ...own, job });
    points.push(point);
    tell({ stage, point });
  }
  return {
    pass: pass.id,
    title: pass.title,
    option,
    label: pass.options[option]!.label,
    original: figures(document.stop(0).summary),
    points,
  };
}
