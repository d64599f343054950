import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { Json } from '../base/json.ts';
import { requireKnown } from '../passes/pruning/cut-groups.ts';
import { pruneChannels } from '../passes/pruning/prune-channels.ts';
import { reestimateBatchNorm } from '../passes/pruning/reestimate-batch-norm.ts';
import { buildForecast } from '../prune/build-forecast.ts';
import { decodeDecision } from '../prune/decision.ts';
import { costsOf } from '../prune/forecast.ts';
import type { ChannelGraph } from '../prune/groups.ts';
import { Lineage } from '../prune/lineage.ts';
import { pruneOptions } from '../prune/options.ts';
import { channelGraph } from '../prune/plan.ts';
import { firstRound, roundOptions, type RoundStart } from '../prune/rounds.ts';
import type { PruneTarget } from '../prune/types.ts';
import { parseSiteKey } from '../rewrite/hash.ts';
import { resolveOptions } from '../rewrite/options.ts';
import type { Stop } from './document.ts';
import { findAllSites } from './sites.ts';
import { runStep, type StepContext } from './steps.ts';

/** Channels that are to be cut bit by bit. */
export interface ScheduleRequest {
  /** Of `prune-channels`: what is to be left after the last round. */
  readonly options: Readonly<Record<string, Json>>;
  /** 1 to `MOST_ROUNDS`. */
  readonly rounds: number;
  /** Batch norms are re-estimated after each round. */
  readonly reestimate: boolean;
}

const MOST_ROUNDS = 20;

/**
 * Prunes in rounds, each of which rates, cuts and repairs anew what the rounds before have left (Molchanov et al. 2017,
 * Pruning Convolutional Neural Networks for Resource Efficient Inference; the iterative steps of Fang et al. 2023,
 * DepGraph). Each is an ordinary step. Rounds that cut nothing give none. Throws `bad-request` where batch norms are to be
 * re-estimated and cannot be.
 */
export async function pruneInRounds(
  before: Stop,
  index: number,
  { options, rounds, reestimate }: ScheduleRequest,
  context: StepContext,
): Promise<Stop[]> {
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
    throw new CodedError('bad-request', `Rounds are 1 to ${MOST_ROUNDS}, not ${rounds}.`, { rounds });
  }
  const asked = pruneOptions(resolveOptions(pruneChannels, options));
  let graph = channelGraph(before.model, before.analysis, asked.acrossNorms);
  requireKnown(graph, asked);
  if (reestimate) await requireNorms(before, context);
  const first = firstRound(graph, asked, costOf(before, graph));
  let lineage = Lineage.begin(graph);
  const stops: Stop[] = [];
  const last = (): Stop => stops.at(-1) ?? before;
  for (let round = 1; round <= rounds; round++) {
    const job = rounds === 1 ? context.job : inRound(context.job, round, rounds);
    await job.checkpoint();
    const now: RoundStart = { graph, ancestors: lineage.ancestors(), cost: costOf(last(), graph) };
    const step = { pass: pruneChannels.id, options: rounds === 1 ? options : roundOptions(first, now, round / rounds) };
    const cut = await runStep(last(), index + stops.length, { ...step, sites: 'all' }, { ...context, job });
    if ((cut.outcome?.sites ?? 0) === 0) continue;
    const next = channelGraph(cut.model, cut.analysis, asked.acrossNorms);
    lineage = lineage.cut(keptBy(cut, graph), next);
    graph = next;
    stops.push(cut);
    const norms = reestimate ? await reestimated(cut, index + stops.length, { ...context, job }) : null;
    if (norms) stops.push(norms);
  }
  if (reestimate && stops.length > 0 && !stops.some(({ outcome }) => outcome?.step.pass === reestimateBatchNorm.id)) {
    const what = 'No batch norm could be re-estimated: each gets what it got before, or too few elements.';
    throw new CodedError('bad-request', what, {});
  }
  return stops;
}

const costOf =
  ({ model, analysis }: Stop, graph: ChannelGraph) =>
  (target: PruneTarget): number => {
    const whole = Int32Array.from(graph.groups, ({ channels }) => channels);
    return costsOf(buildForecast(model, analysis, graph), graph.groups)(whole, target);
  };

/** By index of the groups that a step has cut: the atoms that it kept. */
function keptBy({ outcome }: Stop, { groups }: ChannelGraph): ReadonlyMap<number, ReadonlySet<number>> {
  const byKey = new Map(groups.map((group) => [group.key, group]));
  return new Map(
    Object.entries(outcome?.step.decisions ?? {}).flatMap(([key, decision]) => {
      const group = byKey.get(parseSiteKey(key).name);
      return group ? [[group.index, decodeDecision(group, decision)] as const] : [];
    }),
  );
}

async function requireNorms(stop: Stop, context: StepContext): Promise<void> {
  // What has moved is known only once something was cut.
  const options = { [reestimateBatchNorm.id]: { basis: 'data' } };
  const [found] = await findAllSites([reestimateBatchNorm.id], options, { ...context, stop });
  if (found && found.sites.length > 0) return;
  const [refusal] = found?.refusals ?? [];
  const reason = found?.unavailable ?? refusal?.reason ?? 'The model has none: exporters often fold them into weights.';
  throw new CodedError('bad-request', `Batch norms cannot be re-estimated. ${reason}`, {});
}

/** Null: nothing that a batch norm gets has changed by more than noise. */
async function reestimated(before: Stop, index: number, context: StepContext): Promise<Stop | null> {
  const step = { pass: reestimateBatchNorm.id, options: {}, sites: 'all' } as const;
  const stop = await runStep(before, index, step, context);
  return (stop.outcome?.sites ?? 0) > 0 ? stop : null;
}

const inRound = (job: Job, round: number, rounds: number): Job => ({
  signal: job.signal,
  checkpoint: () => job.checkpoint(),
  progress: ({ stage, ...count }) => job.progress({ ...count, stage: `Round ${round} of ${rounds}: ${stage}` }),
});
