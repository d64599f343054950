import type { Job } from '../base/job.ts';
import type { Random } from '../base/random.ts';
import type { RuntimeSession, SessionSettings } from '../runtime/types.ts';
import { bootstrapRatio, halfWidth } from './statistics.ts';
import type { Subject } from './subject.ts';
import type { BenchRequest } from './types.ts';

/** Share of the budget that loading and warming up for the first time may take, and for each round after it. */
const WARM_UP_SHARE = { first: 0.4, later: 0.1 };
const MAX_WARM_UPS = 200;
/** Samples that are taken however long they take. */
const MIN_SAMPLES = 3;
/** How often the runs asked for may be taken to settle the interval. */
const MOST_RUNS = 4;
const SEED = 1;

/** A subject, and how a session of its model is made. */
export interface Entrant {
  readonly subject: Subject;
  readonly settings: SessionSettings;
  open(): Promise<RuntimeSession>;
}

export interface RoundsContext {
  readonly request: BenchRequest;
  /** Share of the budget that is over. */
  readonly spent: () => number;
  readonly clock: () => number;
  readonly random: Random;
  readonly job: Job;
}

/**
 * Takes the samples, in rounds with sessions of their own: creation and the first run, a warm-up until times stop
 * falling, then blocks of ABBA or BAAB. What the machine does meanwhile hits both alike, and neither has the better
 * place in memory all the time.
 */
export async function takeRounds(entrants: readonly Entrant[], context: RoundsContext): Promise<void> {
  const { request, spent } = context;
  const wanted = Math.max(1, request.rounds ?? 1);
  const perRound = Math.ceil(request.runs / wanted);
  const [first] = entrants;
  const taken = (): number => first?.subject.samples.length ?? 0;
  let most = request.runs;
  for (let round = 0; taken() < most; round++) {
    const before = spent();
    await beginRound(round % 2 === 0 ? entrants : entrants.toReversed(), round, context);
    const count = Math.min(perRound, most - taken());
    await takeSamples(entrants, count, most, context);
    const slow = Math.max(...entrants.map(({ subject }) => subject.slowStart));
    if (slow > 0 && spent() < 1) {
      for (const { subject } of entrants) subject.discard(slow);
      await takeSamples(entrants, slow, most, context);
    }
    // A round that would not fit any more is not begun.
    if (spent() + (spent() - before) * 0.5 > 1) break;
    if (taken() >= most && !isSettled(entrants, request)) most = Math.min(taken() + perRound, request.runs * MOST_RUNS);
  }
}

async function beginRound(entrants: readonly Entrant[], round: number, context: RoundsContext): Promise<void> {
  const { clock, job, spent } = context;
  for (const { subject } of entrants) await subject.release();
  for (const { subject, open } of entrants) {
    await job.checkpoint();
    job.progress({ stage: 'Loading' });
    const before = clock();
    const session = await open();
    subject.begin(session, clock() - before);
  }
  for (const { subject } of entrants) await subject.firstRun();
  const until = round === 0 ? WARM_UP_SHARE.first : spent() + WARM_UP_SHARE.later;
  await warmUp(
    entrants.map(({ subject }) => subject),
    () => spent() > until,
    job,
  );
}

/** Until every subject's times are flat, or the time is up. */
async function warmUp(subjects: readonly Subject[], isLate: () => boolean, job: Job): Promise<void> {
  for (let round = 0; round < MAX_WARM_UPS && !isLate(); round++) {
    if (subjects.every((subject) => subject.isSettled)) break;
    job.progress({ stage: 'Warming up', done: round });
    for (const subject of subjects) {
      await job.checkpoint();
      await subject.warmUp();
    }
  }
  for (const subject of subjects) subject.endWarmUp();
}

/** Blocks of ABBA or BAAB, tossed for: neither a drift nor the neighbour favours one of the two. */
async function takeSamples(
  entrants: readonly Entrant[],
  count: number,
  total: number,
  { random, spent, job }: RoundsContext,
): Promise<void> {
  const subjects = entrants.map(({ subject }) => subject);
  const taken = (): number => subjects[0]?.samples.length ?? 0;
  for (let pair = 0, flip = false; pair < count; pair++) {
    if (taken() >= MIN_SAMPLES && spent() > 1) break;
    job.progress({ stage: 'Timing', done: taken(), total });
    flip = pair % 2 === 0 ? random() < 0.5 : !flip;
    for (const subject of flip ? subjects.toReversed() : subjects) {
      await job.checkpoint();
      await subject.sample();
    }
  }
}

/** Whether the interval is as narrow as was asked for. */
function isSettled(entrants: readonly Entrant[], { within }: BenchRequest): boolean {
  const [a, b] = entrants;
  if (within === undefined || !a || !b) return true;
  const { samples, rounds } = a.subject;
  return halfWidth(bootstrapRatio(samples, b.subject.samples, SEED, rounds)) <= within;
}
