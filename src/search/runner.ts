import type { Job } from '../base/job.ts';
import { CodedError } from '../base/error.ts';
import type { TrainControl } from '../engine/train/control.ts';
import { storeTable } from '../engine/latency-table/table.ts';
import { Evolution, RandomSearch, type Searcher } from './evolution.ts';
import { effectsOf } from './effects.ts';
import { Findings, type FindingsAbout, type FoundMetrics } from './findings.ts';
import { keyOf, uniform, whole, type Gene, type Genome } from './genome.ts';
import { secondsKey } from './keys.ts';
import { brokenBy, directionOf, qualityFor, shareOfBox, valueOf } from './objectives.ts';
import { paretoFront } from './pareto.ts';
import { byPromise, proposed, type Foretold } from './propose.ts';
import type { RecipeStep } from '../recipe/types.ts';
import { rankCorrelation } from './rank.ts';
import { canonical, type SearchSpace } from './space.ts';
import { stepsOf } from './subnet.ts';
import type {
  GeneEffect,
  GeneView,
  HypervolumePoint,
  ObjectiveId,
  QualityId,
  SearchPoint,
  SearchProgress,
  SearchRepair,
  SearchRequest,
  SearchResult,
} from './types.ts';

/** A job whose progress tells of a search. */
export interface SearchJob extends Omit<Job, 'progress'> {
  progress(progress: SearchProgress): void;
}

export interface Searched extends Omit<FindingsAbout, 'ended'> {
  readonly space: SearchSpace;
  /** As the request has them. */
  readonly genes: readonly GeneView[];
  readonly request: SearchRequest;
  readonly repair: SearchRepair;
  /** Samples that there are to judge by. */
  readonly samples: number;
  readonly control: TrainControl;
  readonly now: () => number;
}

/** Of the samples, the share that twice as many are seen on first; with fewer than so many rows that says nothing. */
const FIRST_LOOK = 0.25;
const FIRST_LOOK_LEAST = 32;
/** How much of every gene those have that are timed whole at first. */
const ANCHORS = [1, 0.5, 0];
/** Times that a search asks for something new before it is taken to have seen all. */
const TRIES = 20;

/**
 * Searches the sub-networks of a model: asks a searcher for genomes, finds out what they come to, tells it, until what
 * may be spent is. The same request finds the same, whatever was known before and however many evaluators there are.
 *
 * @throws CodedError `cancelled`; `bad-request` where there is nothing to search; as evaluators and the runtime do
 */
export async function runSearch(searched: Searched, job: SearchJob): Promise<SearchResult> {
  return new Search(searched, job).run();
}

class Search {
  private readonly of: Searched;
  private readonly job: SearchJob;
  private readonly findings: Findings;
  private readonly active: readonly number[];
  private readonly genes: readonly Gene[];
  private readonly searcher: Searcher;
  private readonly known = new Map<string, SearchPoint>();
  private readonly points: SearchPoint[] = [];
  private readonly history: HypervolumePoint[] = [];
  /** By genome: what builds those that were timed whole before all others. */
  private readonly anchors = new Map<string, readonly RecipeStep[]>();
  private readonly foretold: { readonly told: number; readonly found: number }[] = [];
  private quality: QualityId = 'agreement';
  private spent = 0;
  private judged = 0;
  private started = 0;
  private before = 0;

  constructor(of: Searched, job: SearchJob) {
    this.of = of;
    this.job = job;
    this.findings = new Findings({ ...of, ended: () => of.control.stopped || this.isTimeUp });
    this.active = of.genes.flatMap(({ searched, allowed }, index) => (searched && allowed.length > 1 ? [index] : []));
    this.genes = this.active.map((index) => {
      const { id, kind, name, choices, allowed } = of.genes[index]!;
      return { id, kind, name, choices: allowed.map((choice) => choices[choice]!) };
    });
    const { seed, strategy, population, crossover, mutation, objectives } = of.request;
    this.searcher =
      strategy === 'random'
        ? new RandomSearch(this.genes, seed)
        : new Evolution(this.genes, objectives.map(directionOf), { seed, population, crossover, mutation });
  }

  async run(): Promise<SearchResult> {
    const { request, clock, store, now, control } = this.of;
    if (this.genes.length === 0)
      throw new CodedError('bad-request', 'There is nothing to search: no gene of the model may change.');
    const clockKey = await secondsKey(this.of.subject, request, clock?.table.device ?? null);
    this.before = ((await store.get(clockKey)) as { seconds: number } | null)?.seconds ?? 0;
    this.started = now();
    try {
      await this.anchor();
      await this.whole();
      let ended: SearchResult['ended'] = 'evaluations';
      for (let tries = 0; this.spent < request.evaluations;) {
        await this.ready();
        if (control.stopped) ended = 'stopped';
        else if (this.isTimeUp) ended = 'minutes';
        else if (tries >= TRIES) ended = 'exhausted';
        if (ended !== 'evaluations') break;
        tries = (await this.generation()) ? 0 : tries + 1;
        await store.put(clockKey, { seconds: this.seconds });
      }
      await this.timeFront();
      return this.result(ended);
    } finally {
      await store.put(clockKey, { seconds: this.seconds });
    }
  }

  private get isTimeUp(): boolean {
    const { minutes } = this.of.request;
    return minutes !== null && this.seconds >= 60 * minutes;
  }

  private get seconds(): number {
    return this.before + (this.of.now() - this.started) / 1000;
  }

  /** Whole runs of the model, of the smallest sub-network and of one between: the table's times are held against them. */
  private async anchor(): Promise<void> {
    if (!this.latencyMatters || !this.of.clock) return;
    for (const share of ANCHORS) {
      const genome = this.full(uniform(this.genes, share));
      this.anchors.set(keyOf(genome), this.timedSteps(genome));
    }
    await this.findings.anchor([...this.anchors.values()], this.plain(null));
  }

  /** The model as it is: all others are held against it. */
  private async whole(): Promise<void> {
    const full = whole(this.of.genes);
    const [found] = await this.findings.metrics([[]], this.of.samples, this.plain('Judging the model as it is'));
    if (!found)
      throw new CodedError('bad-request', `The model itself cannot be judged: ${this.findings.failed[0] ?? ''}`);
    this.quality = qualityFor(this.of.request.quality, found.metrics);
    const [latency = null] = await this.latencies([full]);
    this.add(full, found, latency, 0);
    this.spent = 1;
    this.tell(this.points, { quality: this.quality });
  }

  /** Whether anything new was found. */
  private async generation(): Promise<boolean> {
    const { request } = this.of;
    const left = Math.max(1, Math.ceil(request.evaluations - this.spent));
    const first = this.firstLook();
    const count = Math.min(Math.max(4, Math.round(request.population / 2)), left);
    const { genomes, foretold } = this.ask(first ? 2 * count : count);
    const fresh = new Map<string, { readonly compact: Genome; readonly full: Genome }>();
    for (const compact of genomes) {
      const full = this.full(compact);
      const known = this.known.get(keyOf(full));
      if (known) this.searcher.tell([{ genome: compact, values: known.values, broken: known.broken }]);
      else fresh.set(keyOf(full), { compact, full });
    }
    let asked = [...fresh.values()];
    if (asked.length === 0) return false;
    const times = await this.latencies(asked.map(({ full }) => full));
    const latencies = new Map(asked.map(({ full }, i) => [keyOf(full), times[i] ?? null]));
    if (first) asked = await this.promising(asked, first, count, latencies);
    await this.judge(asked, latencies, foretold);
    return true;
  }

  private ask(count: number): { readonly genomes: readonly Genome[]; readonly foretold: Foretold } {
    const { request } = this.of;
    const known = this.points.map(({ genome, values, broken }) => ({ genome: this.compact(genome), values, broken }));
    const directions = request.objectives.map(directionOf);
    const uses = request.predictor && request.strategy === 'evolution';
    const seed = request.seed + this.points.length;
    return proposed(this.searcher, count, known, { genes: this.genes, directions, seed, uses });
  }

  /** Samples of a first look; null: none is taken. */
  private firstLook(): number | null {
    const { request, samples } = this.of;
    const few = Math.round(samples * FIRST_LOOK);
    return request.halving && request.strategy === 'evolution' && few >= FIRST_LOOK_LEAST ? few : null;
  }

  /** Successive halving (Jamieson & Talwalkar 2016) with two rungs: those that do best on a part of the samples. */
  private async promising<T extends { readonly compact: Genome; readonly full: Genome }>(
    asked: readonly T[],
    samples: number,
    count: number,
    latencies: ReadonlyMap<string, number | null>,
  ): Promise<T[]> {
    const lists = asked.map(({ full }) => this.steps(full));
    const found = await this.findings.metrics(lists, samples, this.plain('Looking at a quarter of the samples'));
    this.spent += (asked.length * samples) / this.of.samples;
    const there = asked.flatMap((each, i) => {
      const metrics = found[i]?.metrics;
      if (!metrics) return [];
      return [{ each, ...this.scored({ metrics, latency: latencies.get(keyOf(each.full)) ?? null }) }];
    });
    const order = byPromise(there, this.of.request.objectives.map(directionOf)).slice(0, count);
    const chosen = new Set(order.map((i) => there[i]!.each));
    this.searcher.release(asked.filter((each) => !chosen.has(each)).map(({ compact }) => compact));
    return [...chosen];
  }

  private async judge(
    asked: readonly { readonly compact: Genome; readonly full: Genome }[],
    latencies: ReadonlyMap<string, number | null>,
    foretold: Foretold,
  ): Promise<void> {
    const base = this.points.length + this.findings.failed.length;
    const lists = asked.map(({ full }) => this.steps(full));
    const place = this.of.request.objectives.indexOf('quality');
    const job = this.plain('Judging sub-networks');
    const waiting: SearchPoint[] = [];
    await this.findings.metrics(lists, this.of.samples, job, (index, found) => {
      const { compact, full } = asked[index]!;
      const point = this.add(full, found, latencies.get(keyOf(full)) ?? null, base + index);
      const told = foretold.get(keyOf(compact))?.[place];
      if (told !== undefined) this.foretold.push({ told, found: point.values[place]! });
      waiting.push(point);
      this.spent += 1;
      if (!found.cached) this.judged += 1;
      this.tell([point]);
    });
    // In the order in which they were asked for, not in which they came: else two runs would part here.
    this.points.sort((a, b) => a.id - b.id);
    const byGenome = new Map(waiting.map((point) => [keyOf(point.genome), point]));
    for (const { compact, full } of asked) {
      const point = byGenome.get(keyOf(full));
      // One that fails costs as much as one that does not.
      if (!point) this.spent += 1;
      else this.searcher.tell([{ genome: compact, values: point.values, broken: point.broken }]);
    }
    const history = { evaluations: Math.round(this.spent), hypervolume: this.hypervolume() };
    this.history.push(history);
    const effects = this.effects();
    this.tell([], { history, ...(effects.length > 0 && { effects }) });
  }

  private add(genome: Genome, { metrics, cached }: FoundMetrics, latency: number | null, id: number): SearchPoint {
    const point = { metrics, latency };
    const made: SearchPoint = { ...point, id, genome, cached, measured: null, ...this.scored(point) };
    this.points.push(made);
    this.known.set(keyOf(genome), made);
    return made;
  }

  private scored(point: Pick<SearchPoint, 'metrics' | 'latency'>): Pick<SearchPoint, 'values' | 'broken'> {
    const { objectives, constraints } = this.of.request;
    const first = this.points[0] ?? point;
    const values = objectives.map((objective) => valueOf(objective, point, this.quality));
    const broken = brokenBy(
      constraints,
      (objective) => valueOf(objective, point, this.quality),
      (objective) => valueOf(objective, first, this.quality),
    );
    // What could not be foretold is no candidate.
    return { values, broken: values.every(Number.isFinite) ? broken : broken + 1 };
  }

  /** Times the front whole, the original with it. */
  private async timeFront(): Promise<void> {
    const { verified, objectives } = this.of.request;
    if (verified === 0 || !this.of.clock || !objectives.includes('latency')) return;
    const chosen = spread(this.front(), verified);
    const original = this.points[0]!;
    const list = [original, ...chosen.filter((point) => point !== original)];
    const times = await this.findings.timed(
      list.map(({ genome }) => this.steps(genome)),
      this.plain('Timing the front'),
    );
    list.forEach((point, i) => {
      const measured = times[i] ?? null;
      if (measured === null) return;
      this.points[this.points.indexOf(point)] = { ...point, measured };
    });
    this.tell(this.points.filter(({ measured }) => measured !== null));
  }

  private front(): SearchPoint[] {
    const directions = this.of.request.objectives.map(directionOf);
    const usable = this.points.filter(({ values }) => values.every(Number.isFinite));
    return paretoFront(usable, directions)
      .map((i) => usable[i]!)
      .sort((a, b) => (a.values[0] ?? 0) - (b.values[0] ?? 0) || a.id - b.id);
  }

  private hypervolume(): number {
    return shareOfBox(this.points, this.of.request.objectives, this.points[0]?.values ?? []);
  }

  private effects(): readonly GeneEffect[] {
    const samples = this.points.map((point) => ({
      genome: point.genome,
      quality: valueOf('quality', point, this.quality),
      latency: point.latency,
    }));
    return effectsOf(this.of.genes, samples);
  }

  private result(ended: SearchResult['ended']): SearchResult {
    const { clock, request } = this.of;
    // The anchors made the times what they are: they would only flatter them.
    const errors = this.points
      .flatMap(({ genome, latency, measured }) =>
        latency === null || measured === null || this.anchors.has(keyOf(genome))
          ? []
          : [Math.abs(latency / measured - 1)],
      )
      .sort((a, b) => a - b);
    const pairs = this.foretold;
    return {
      quality: this.quality,
      objectives: request.objectives,
      points: this.points,
      front: this.front().map(({ id }) => id),
      history: this.history,
      hypervolume: this.hypervolume(),
      effects: this.effects(),
      foretold:
        pairs.length < 8
          ? null
          : {
              rank: rankCorrelation(
                pairs.map(({ told }) => told),
                pairs.map(({ found }) => found),
              ),
              samples: pairs.length,
            },
      latencyError: errors.length > 0 ? (errors[Math.floor((errors.length - 1) / 2)] ?? null) : null,
      table: clock ? storeTable(clock.table) : null,
      ended,
      seconds: this.seconds,
      notes: this.notes(),
    };
  }

  private notes(): string[] {
    const { failed, lost } = this.findings;
    const { clock, request, samples } = this.of;
    const without = this.points.filter(({ latency }) => latency === null).length;
    return [
      ...lost,
      ...(failed.length > 0 ? [`${failed.length} sub-networks could not be judged, the first: ${failed[0]}`] : []),
      ...(clock && this.latencyMatters && without > 0
        ? [`The latency table does not cover ${without} of ${this.points.length} sub-networks.`]
        : []),
      ...(request.halving && request.strategy === 'evolution' && this.firstLook() === null
        ? [`${samples} samples are too few for a first look at a quarter of them: each sub-network was judged on all.`]
        : []),
    ];
  }

  private async latencies(genomes: readonly Genome[]): Promise<readonly (number | null)[]> {
    if (!this.latencyMatters) return genomes.map(() => null);
    return this.findings.latencies(
      genomes.map((genome) => this.timedSteps(genome)),
      this.plain(null),
    );
  }

  /** Statistics of batch norms take long, and no operator takes longer for them. */
  private timedSteps(genome: Genome): readonly RecipeStep[] {
    const { space, repair } = this.of;
    return stepsOf(space, genome, repair === 'batch-norm' ? 'none' : repair);
  }

  private get latencyMatters(): boolean {
    return mattersIn(this.of.request, 'latency');
  }

  private steps = (genome: Genome) => stepsOf(this.of.space, genome, this.of.repair);

  private full(compact: Genome): Genome {
    const genome = [...whole(this.of.genes)];
    this.active.forEach((gene, i) => (genome[gene] = this.of.genes[gene]!.allowed[compact[i] ?? 0] ?? 0));
    return canonical(this.of.space, genome);
  }

  private compact = (genome: Genome): Genome =>
    this.active.map((gene) => Math.max(0, this.of.genes[gene]!.allowed.indexOf(genome[gene] ?? 0)));

  private tell(
    points: readonly SearchPoint[],
    more: Pick<SearchProgress, 'history' | 'effects' | 'quality'> = {},
  ): void {
    const minutes = (this.of.now() - this.started) / 60_000;
    this.job.progress({
      stage: 'Judging sub-networks',
      done: Math.min(Math.round(this.spent), this.of.request.evaluations),
      total: this.of.request.evaluations,
      points,
      ...more,
      ...(this.judged > 0 && minutes > 0 ? { perMinute: this.judged / minutes } : {}),
    });
  }

  /** Returns when it may go on; while it waits, it says so. Throws once it is cancelled. */
  private async ready(): Promise<void> {
    const { control, request } = this.of;
    const done = Math.min(Math.round(this.spent), request.evaluations);
    if (control.paused) this.job.progress({ stage: 'Paused', done, total: request.evaluations });
    await control.ready(this.job.signal);
    await this.job.checkpoint();
  }

  /** Work that tells how far it is. `stage` null: it says itself what it does, and its own counts; those of what is judged are told beside it. */
  private plain(stage: string | null): Job {
    const { job } = this;
    return {
      signal: job.signal,
      checkpoint: async () => {
        await this.ready();
      },
      progress: ({ stage: own, done, total }) =>
        job.progress({
          stage: stage ?? (total ? `${own}, ${done ?? 0} of ${total}` : own),
          done: Math.min(Math.round(this.spent), this.of.request.evaluations),
          total: this.of.request.evaluations,
        }),
    };
  }
}

/** Whether a request looks at a value at all. */
export const mattersIn = ({ objectives, constraints }: SearchRequest, objective: ObjectiveId): boolean =>
  objectives.includes(objective) || constraints.some((each) => each.objective === objective);

/** So many of a list, its ends among them. */
export function spread<T>(list: readonly T[], count: number): readonly T[] {
  if (list.length <= count) return list;
  const step = (list.length - 1) / Math.max(1, count - 1);
  return [...new Set(Array.from({ length: count }, (_, i) => list[Math.round(i * step)]!))];
}
