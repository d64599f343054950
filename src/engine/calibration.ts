import type { Analysis } from '../analysis/analyze.ts';
import type { Job } from '../base/job.ts';
import type { Json } from '../base/json.ts';
import { writeModel } from '../onnx/write.ts';
import { observedValues } from '../prune/importance/activations.ts';
import { readsActivations, readsGradients } from '../prune/importance/criteria.ts';
import { gatesOf } from '../prune/importance/taylor.ts';
import { observingModel, spreadModel } from '../prune/observe/observing-model.ts';
import type { Measured } from '../prune/observe/outputs.ts';
import { pairModel } from '../prune/observe/pair-model.ts';
import { MomentsSum, PairSum, SpreadSum, StatsSum } from '../prune/observe/sums.ts';
import { channelGraph, type Rating } from '../prune/plan.ts';
import {
  observedKey,
  type Answer,
  type Facts,
  type Inquiry,
  type Investigation,
  type Observed,
} from '../rewrite/facts.ts';
import type { PassContext } from '../rewrite/pass.ts';
import type { Feeds, HostTensor } from '../runtime/types.ts';
import { observeGradients } from './gradients.ts';
import type { RuntimePort } from './ports.ts';

/** Inputs on which activations are observed. */
export interface Calibration {
  /** What they are, for reports: the file's name, or that they were made up. */
  readonly name: string;
  /** One entry a run. Null: seeded inputs that fit the model are made up. */
  readonly feeds: readonly Feeds[] | null;
  /** How many are made up, or have been given. */
  readonly samples: number;
  /** The feeds are noise too. */
  readonly madeUp?: boolean;
  /** The class of each row of each run, in order; null or left out: none are known. */
  readonly labels?: readonly number[] | null;
}

/** Where a person gives no data: inputs as they are made up to check a model. */
export const SYNTHETIC: Calibration = { name: 'made-up inputs', feeds: null, samples: 8 };

/** Runs that are sent to the runtime at once: few enough to see a cancel, enough to pay for the session. */
const AT_ONCE = 32;

/** How channels are to be rated. */
export type RatingRequest = Pick<Rating, 'importance' | 'seed' | 'scores' | 'formula' | 'acrossNorms'>;

/** What an importance sees of data; null where it looks at none. */
export async function seenFor(
  rating: RatingRequest,
  of: Pick<PassContext, 'model' | 'analysis'>,
  calibration: Calibration,
  port: RuntimePort,
  job: Job,
): Promise<Pick<Facts, 'activations' | 'gradients'>> {
  const graph = channelGraph(of.model, of.analysis, rating.acrossNorms);
  const stats = readsActivations(rating) ? observedValues(graph) : null;
  const gates = readsGradients(rating) ? gatesOf(graph) : null;
  return {
    activations: stats && (await observe(of, { stats, moments: [] }, calibration, port, job)).activations,
    gradients: gates && (await observeGradients(of, gates, calibration, port, job)),
  };
}

interface Wanted {
  readonly stats: readonly Observed[];
  readonly moments: readonly Observed[];
}

/** Runs the model on calibration data and adds up what the channels of the given values are like. */
export async function observe(
  of: Pick<PassContext, 'model' | 'analysis'>,
  wanted: Wanted,
  calibration: Calibration,
  port: RuntimePort,
  job: Job,
): Promise<Observations> {
  const names = [wanted.stats, wanted.moments].map((each) => each.map(observedKey).join(' ')).join('; ');
  const last = seen.get(of.analysis);
  if (last?.calibration === calibration && last.names === names) return last.observations;
  const observations = await run(of, wanted, calibration, port, job);
  seen.set(of.analysis, { calibration, names, observations });
  return observations;
}

type Observations = Pick<Facts, 'activations' | 'moments'>;

/** The last observations of a model: a look, a preview and a step ask for the same. */
const seen = new WeakMap<
  Analysis,
  { readonly calibration: Calibration; readonly names: string; readonly observations: Observations }
>();

/** Answers what a pass asks about drafts of its result. */
export async function answer(
  inquiries: Investigation,
  calibration: Calibration,
  port: RuntimePort,
  job: Job,
): Promise<ReadonlyMap<string, Json>> {
  let turn = inquiries.next();
  while (!turn.done) turn = inquiries.next(await answerOne(turn.value, calibration, port, job));
  return turn.value;
}

async function answerOne(inquiry: Inquiry, calibration: Calibration, port: RuntimePort, job: Job): Promise<Answer> {
  const { done, total } = inquiry;
  if (inquiry.kind === 'pairs') {
    const { before, after, pairs } = inquiry;
    const sums = pairs.map((_, i) => new PairSum(i));
    const bytes = writeModel(pairModel(before, after, pairs));
    await eachRun(bytes, calibration, port, job, sums, { stage: 'Repairing, layer by layer', done, total });
    return { pairs: sums.map((sum) => sum.result()), spreads: [] };
  }
  const { draft, analysis, observed } = inquiry;
  const sums = observed.map((_, i) => new SpreadSum(i));
  const bytes = writeModel(spreadModel(draft, analysis, observed));
  await eachRun(bytes, calibration, port, job, sums, { stage: 'Measuring, layer by layer', done, total });
  return { pairs: [], spreads: sums.map((sum) => sum.result()) };
}

async function run(
  { model, analysis }: Pick<PassContext, 'model' | 'analysis'>,
  { stats, moments }: Wanted,
  calibration: Calibration,
  port: RuntimePort,
  job: Job,
): Promise<Observations> {
  const bytes = writeModel(observingModel(model, analysis, stats, moments));
  const sums = new Map(stats.map((each) => [observedKey(each), new StatsSum(each)]));
  const squares = new Map(moments.map((each) => [observedKey(each), new MomentsSum(each)]));
  await eachRun(bytes, calibration, port, job, [...sums.values(), ...squares.values()]);
  return {
    activations: new Map([...sums].map(([key, sum]) => [key, sum.result()])),
    moments: new Map([...squares].map(([key, sum]) => [key, sum.result()])),
  };
}

/** Runs an observing model on all of the data; `progress` where it is one of several. */
async function eachRun(
  bytes: Uint8Array<ArrayBuffer>,
  { name, feeds, samples }: Calibration,
  port: RuntimePort,
  job: Job,
  sums: readonly { add(run: Measured): void }[],
  progress?: Parameters<Job['progress']>[0],
): Promise<void> {
  const total = feeds?.length ?? samples;
  for (let done = 0; done < total; done += AT_ONCE) {
    job.progress(progress ?? { stage: `Observing activations on ${name}`, done, total });
    await job.checkpoint();
    const inputs = feeds?.slice(done, done + AT_ONCE) ?? { first: done, count: Math.min(AT_ONCE, total - done) };
    for (const run of await port.runs({ name: 'observed', bytes: bytes.slice() }, inputs, job)) {
      const measured = numbersOf(run);
      for (const sum of sums) sum.add(measured);
    }
  }
}

function numbersOf(run: Readonly<Record<string, HostTensor>>): Measured {
  return Object.fromEntries(
    Object.entries(run).map(([name, { data }]) => [
      name,
      data instanceof BigInt64Array ? Float64Array.from(data, Number) : (data as unknown as ArrayLike<number>),
    ]),
  );
}
