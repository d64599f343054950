import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { seeded } from '../base/random.ts';
import { isInteger } from '../ir/types.ts';
import { DEFAULT_LIMIT, makeFeeds, type FeedPlan } from './feeds.ts';
import { freeDims, randomSizes, sizesOf, type FreeDim, type SizeAttempt, type Sizes } from './feed-sizes.ts';
import type { PortInfo, RuntimeSession } from './types.ts';

/** Random assignments of sizes tried when no planned one runs. Refusals are quick. */
const SEARCH_TRIES = 300;
/** Bounds that one assignment of sizes may teach before it is given up. */
const LESSONS = 12;

export interface PlanOptions {
  /** Sizes by role, in the order of preference. */
  readonly attempts: readonly SizeAttempt[];
  /** How many plans with different sizes are wanted; fewer come back where sizes are fixed. */
  readonly count: number;
  /** Shapes that the caller fixes, by input. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Index bounds that the graph itself gives. */
  readonly limits?: Readonly<Record<string, number>>;
}

/**
 * Finds sizes and index bounds with which the model runs, by running it: planned sizes first, then a seeded search. A
 * bound that the runtime names when it refuses an index is learnt. Throws `runtime` with the last refusal.
 */
export async function planFeeds(session: RuntimeSession, options: PlanOptions, job: Job): Promise<FeedPlan[]> {
  const open = session.inputs.filter(({ name }) => !options.shapes?.[name]);
  const dims = freeDims(open);
  const plans: FeedPlan[] = [];
  const tried = new Set<string>();
  let refusal: unknown = null;
  for (const sizes of assignments(dims, options.attempts)) {
    if (plans.length >= (dims.length > 0 ? options.count : 1)) break;
    if (isSearching(tried.size, options) && plans.length > 0) break;
    const key = JSON.stringify(sizes);
    if (tried.has(key)) continue;
    tried.add(key);
    await job.checkpoint();
    const start = { sizes, shapes: options.shapes ?? {}, limits: plans[0]?.limits ?? options.limits ?? {} };
    const found = await teach(session, start, job);
    if ('plan' in found) plans.push(found.plan);
    else refusal = found.error;
  }
  if (plans.length > 0) return plans;
  throw noPlan(refusal, tried.size, open);
}

/** Planned attempts are all tried; the search only runs while nothing has worked. */
const isSearching = (tried: number, { attempts }: PlanOptions): boolean => tried >= attempts.length;

function* assignments(dims: readonly FreeDim[], attempts: readonly SizeAttempt[]): Generator<Sizes> {
  if (dims.length === 0) {
    yield {};
    return;
  }
  for (const each of attempts) yield sizesOf(dims, each);
  const random = seeded(7);
  for (let i = 0; i < SEARCH_TRIES; i++) yield randomSizes(dims, random);
}

type Taught = { readonly plan: FeedPlan } | { readonly error: unknown };

/** Runs at fixed sizes until no index is refused any more. */
async function teach(session: RuntimeSession, start: FeedPlan, job: Job): Promise<Taught> {
  let plan = start;
  let error = await tryPlan(session, plan);
  for (let lesson = 0; error !== null && lesson < LESSONS; lesson++) {
    await job.checkpoint();
    const next = await narrow(session, plan, error);
    if (!next) return { error };
    plan = next;
    error = await tryPlan(session, plan);
  }
  return error === null ? { plan } : { error };
}

/** The refusal, or null. Integers at their upper ends as well, so that bounds are met here and not later. */
async function tryPlan(session: RuntimeSession, plan: FeedPlan): Promise<unknown> {
  try {
    await session.run(makeFeeds(session.inputs, 'normal', 1, plan));
    if (session.inputs.some(isIndex)) await session.run(makeFeeds(session.inputs, 'large', 1, plan));
    return null;
  } catch (error) {
    if (error instanceof CodedError && error.code !== 'runtime') throw error;
    return error;
  }
}

const isIndex = ({ dtype }: PortInfo): boolean => isInteger(dtype);
const RANGE = /must be within the inclusive range \[-?\d+,(-?\d+)\]/;
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * A plan with tighter integer bounds, or null where that cannot be what is wrong. The runtime names the node and the
 * range, not the input: each input is narrowed alone first, and kept when that changes the answer.
 */
async function narrow(session: RuntimeSession, plan: FeedPlan, error: unknown): Promise<FeedPlan | null> {
  const message = textOf(error);
  const named = RANGE.exec(message)?.[1];
  const bound = named === undefined ? guessBound(session, plan) : Math.max(1, Number(named) + 1);
  if (bound === null) return null;
  const wide = session.inputs.filter((input) => isIndex(input) && limitOf(plan, input) > bound);
  if (wide.length === 0) return null;
  const withLimits = (inputs: readonly PortInfo[]): FeedPlan => ({
    ...plan,
    limits: { ...plan.limits, ...Object.fromEntries(inputs.map(({ name }) => [name, bound])) },
  });
  if (named !== undefined && wide.length > 1) {
    for (const input of wide) {
      const alone = withLimits([input]);
      const answer = await tryPlan(session, alone);
      if (answer === null || textOf(answer) !== message) return alone;
    }
  }
  return withLimits(wide);
}

const limitOf = (plan: FeedPlan, { name }: PortInfo): number => plan.limits[name] ?? DEFAULT_LIMIT;

/** Where the runtime names no range: every index input to 2, then to 1; null when that has been tried. */
function guessBound(session: RuntimeSession, plan: FeedPlan): number | null {
  const widest = Math.max(0, ...session.inputs.filter(isIndex).map((input) => limitOf(plan, input)));
  return widest > 2 ? 2 : widest > 1 ? 1 : null;
}

function noPlan(refusal: unknown, tried: number, inputs: readonly PortInfo[]): CodedError {
  const shapes = inputs.map(({ name, shape }) => `${name} [${shape?.map((dim) => dim ?? '?').join(', ') ?? '?'}]`);
  const sizes = tried > 1 ? ` with any of ${tried} choices of sizes` : '';
  return new CodedError(
    'runtime',
    `The model does not run${sizes}. Inputs: ${shapes.join(', ')}. ${textOf(refusal)}`,
    { tried },
    { cause: refusal },
  );
}
