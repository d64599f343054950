import { seeded } from '../../base/random.ts';
import type { Job } from '../../base/job.ts';
import type { DataFeeds } from '../../data/types.ts';
import { Batches, Order, type TrainData } from '../../engine/train/samples.ts';
import { nextTokens, oneHot, type Teacher } from '../../engine/train/targets.ts';
import { SMOOTHING, TEMPERATURE, WEIGHTS } from '../../grad/step.ts';
import { sizeOf } from '../../ir/types.ts';
import type { Feeds, HostTensor } from '../../runtime/types.ts';
import { rateAt } from '../../train/schedule.ts';
import type { StepInput, StepPart } from '../../train/trainer.ts';
import type { Genome } from '../genome.ts';
import type { GeneView } from '../types.ts';
import { phaseAt, sandwich, type Phase } from './phases.ts';
import type { SupernetStep } from './step.ts';
import type { SupernetRequest } from './types.ts';

interface Parts {
  readonly data: TrainData;
  /** Indices of those that train. */
  readonly samples: readonly number[];
  readonly request: SupernetRequest;
  readonly built: SupernetStep;
  readonly genes: readonly GeneView[];
  readonly phases: readonly Phase[];
  /** Of the largest network; null: labels are. */
  readonly teacher: Teacher | null;
}

/** What each step is fed with: samples, its sub-networks, and what each of them learns. By the seed alone. */
export class SupernetBatches {
  private readonly parts: Parts;
  private readonly order: Order;
  private readonly batches: Batches;
  private readonly names: ReadonlySet<string>;

  constructor(parts: Parts) {
    const { data, samples, request, built } = parts;
    this.parts = parts;
    this.order = new Order(samples.length, request.seed);
    this.batches = new Batches(data, request.augment);
    const { model } = built.step;
    this.names = new Set(model.graph.inputs.map((id) => model.getValue(id).name));
  }

  /** Each phase has a schedule of its own: what joins is learnt at a high rate first. */
  async at(step: number, job: Job): Promise<StepInput> {
    const { samples, request, genes, phases } = this.parts;
    const { phase, at } = phaseAt(phases, step);
    const indices = this.order.batch(step, request.batch).map((place) => samples[place] ?? 0);
    const feeds = await this.batches.feeds(indices, request.seed * 7919 + step);
    const genomes = sandwich(genes, phase.kinds, request.random, seeded(request.seed * 104_729 + step));
    const { first, others } = await this.targets(indices, feeds, job);
    return {
      feeds: this.known({ ...feeds, [TEMPERATURE]: scalar(request.temperature), [SMOOTHING]: scalar(0) }),
      rate: rateAt(at, phase.steps, request.rate, request.schedule),
      parts: genomes.map((genome, i) => (i === 0 ? this.part(genome, first) : this.taught(genome, others))),
    };
  }

  private part(genome: Genome, targets: Feeds): StepPart {
    return { feeds: this.known({ ...this.parts.built.masks(genome), ...targets }) };
  }

  /** Learns what the first one says. */
  private taught(genome: Genome, targets: Feeds): StepPart {
    const { step, answer } = this.parts.built;
    const [, soft] = step.losses;
    return { ...this.part(genome, targets), ...(soft && { learns: { [soft.target]: answer.logits } }) };
  }

  /** What the largest network learns, and with which factors the others learn from it. */
  private async targets(
    indices: readonly number[],
    feeds: DataFeeds,
    job: Job,
  ): Promise<{ readonly first: Feeds; readonly others: Feeds }> {
    const { built, request, teacher } = this.parts;
    const [hard, soft] = built.step.losses;
    if (!hard || !soft) throw new Error('invariant: the step has two terms');
    const answers = await teacher?.answers(indices, () => Promise.resolve(feeds), [soft], job);
    const truth = this.truth(hard.target, hard.term.kind === 'tokens', hard.targetShape, indices, feeds);
    const factors = (labels: number): Feeds => ({
      [hard.coefficient]: scalar(labels),
      [soft.coefficient]: scalar(1 - labels),
    });
    const told = { [soft.target]: answers?.[0] ?? zeros(soft.targetShape) };
    return {
      first: { ...truth, ...told, ...factors(Number(request.labels)) },
      others: { ...truth, ...factors(0) },
    };
  }

  private truth(
    target: string,
    isText: boolean,
    shape: readonly number[],
    indices: readonly number[],
    feeds: DataFeeds,
  ): Feeds {
    const { request, data } = this.parts;
    if (isText) {
      const { tokens, weights } = nextTokens(feeds);
      return { [target]: tokens, [WEIGHTS]: weights };
    }
    return { [target]: request.labels ? oneHot(data.dataSet, indices, shape.at(-1) ?? 0) : zeros(shape) };
  }

  /** Without what the step does not take. */
  private known(feeds: Feeds): Feeds {
    return Object.fromEntries(Object.entries(feeds).filter(([name]) => this.names.has(name)));
  }
}

const scalar = (value: number): HostTensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
const zeros = (shape: readonly number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(sizeOf(shape)),
});
