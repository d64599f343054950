import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { Decoder } from '../../generate/decoder.ts';
import { readTokenizer } from '../../data/read-tokenizer.ts';
import { byteTokenizer, tokenizerOf, type Tokenizer } from '../../data/tokenizer.ts';
import { layerShapes } from '../../kv/cache/layout.ts';
import { readDecoderIo } from '../../kv/io.ts';
import { simulate, type Simulation, type SimulationRequest } from '../../kv/simulate/simulate.ts';
import type { CachePolicy } from '../../kv/types.ts';
import { writeModel } from '../../onnx/write.ts';
import type { Stop } from '../document.ts';
import { decoderFacts, openDecoder } from '../generate/open.ts';
import type { RuntimePort } from '../ports.ts';
import type { DocumentView } from '../types.ts';
import type { ApplyRequest } from '../types.ts';
import type {
  DecoderView,
  KvView,
  MeasureAsk,
  MeasureResult,
  PolicyPlan,
  TalkAsk,
  TalkResult,
  TokenizerView,
} from './lab-types.ts';
import { KeptDecoder, using } from './kept-decoder.ts';
import { measure, type MeasureJob, type TextSource } from './measure.ts';
import { keptBy, PolicyPlanner, type Planned, type Refused } from './plan.ts';
import { endOf } from './report.ts';
import { talk, type TalkJob } from './talk.ts';

interface Surroundings {
  readonly port: RuntimePort;
  /** A stop of the recipe of the open model. */
  stopOf(index: number): Stop;
  /** Steps behind a stop, in place of those that were there. */
  applyAll(index: number, requests: readonly ApplyRequest[], job: Job): Promise<DocumentView>;
}

/** A tokenizer as it is given: each byte an id, or a file. */
export type TokenizerFile = 'bytes' | { readonly name: string; bytes(): Promise<Uint8Array> };

/** What the KV workspace asks of the open model: which policies it takes, and texts under them. */
export class KvDesk {
  private readonly around: Surroundings;
  private readonly planner: PolicyPlanner;
  private readonly kept = new KeptDecoder();
  private given: Tokenizer | null = null;

  constructor(around: Surroundings) {
    this.around = around;
    this.planner = new PolicyPlanner((index) => around.stopOf(index));
  }

  /** What was given with the model of before, and what is kept of its texts. */
  forget(): void {
    this.given = null;
    this.kept.drop();
  }

  /** What the decoder at a stop keeps, and which of the policies it takes. */
  async look(index: number, policies: readonly CachePolicy[], job: Job): Promise<KvView> {
    const stop = this.around.stopOf(index);
    try {
      readDecoderIo(stop.model);
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'unsupported') throw error;
      return { decoder: null, reason: error.message, plans: [], tokenizer: null };
    }
    const plans: PolicyPlan[] = [];
    for (const policy of policies) {
      await job.checkpoint();
      plans.push(planView(policy, await this.planner.plan(index, policy, job)));
    }
    return { decoder: await this.decoder(index, job), reason: null, plans, tokenizer: this.tokenizerView(stop) };
  }

  /** Takes a tokenizer in place of the model's own, until another model is opened; null: gives it back. */
  async giveTokenizer(index: number, file: TokenizerFile | null): Promise<TokenizerView | null> {
    if (file === null) this.given = null;
    else if (file === 'bytes') this.given = byteTokenizer;
    else this.given = await readTokenizer(file.name, await file.bytes());
    return this.tokenizerView(this.around.stopOf(index));
  }

  /** Goes on from a prompt with a rewritten copy of the model. Throws `unsupported` where the policy cannot be had. */
  async talk(ask: TalkAsk, job: TalkJob): Promise<TalkResult> {
    job.progress({ stage: 'Rewriting the model' });
    const quiet: Job = { signal: job.signal, progress: () => {}, checkpoint: () => job.checkpoint() };
    const { model } = await this.planned(ask.stop, ask.policy, quiet);
    const facts = decoderFacts(model);
    const { backend, threads, blocks } = ask;
    const how = { recompute: false, settings: { backend, threads, level: 'all' }, blocks } as const;
    job.progress({ stage: 'Loading the model' });
    const open = () =>
      openDecoder(facts, { name: ask.policy.kind, bytes: writeModel(model) }, how, this.around.port, quiet);
    const say = (decoder: Decoder) => talk(decoder, ask, this.given ?? facts.tokenizer, job);
    // Pages of one text are there for the next one that begins alike; other caches begin anew.
    if (ask.policy.kind !== 'paged') return using(await open(), say);
    return this.kept.use(
      JSON.stringify([backend, threads, blocks, ask.policy]),
      this.around.stopOf(ask.stop),
      open,
      say,
    );
  }

  /** Perplexity and times under each policy. Throws `bad-request` where the text cannot be read. */
  measure(ask: MeasureAsk, source: TextSource, job: MeasureJob): Promise<MeasureResult> {
    const { model } = this.around.stopOf(ask.stop);
    const tokenizer = this.given ?? tokenizerOf(model.extras.metadataProps);
    const quiet: Job = { signal: job.signal, progress: () => {}, checkpoint: () => job.checkpoint() };
    const baseOf = async (policy: CachePolicy) =>
      this.around.stopOf((await this.planner.plan(ask.stop, policy, quiet)).base).model;
    return measure(ask, source, tokenizer, baseOf, this.around.port, job);
  }

  /** The policy becomes steps of the recipe. */
  async apply(index: number, policy: CachePolicy, job: Job): Promise<DocumentView> {
    const { base, requests } = await this.planned(index, policy, job);
    return this.around.applyAll(base, requests, job);
  }

  /** Many requests in one memory, reserved whole or in pages. */
  simulate = (request: SimulationRequest): Simulation => simulate(request);

  private async planned(index: number, policy: CachePolicy, job: Job): Promise<Planned> {
    const plan = await this.planner.plan(index, policy, job);
    if ('reason' in plan) throw new CodedError('unsupported', plan.reason);
    return plan;
  }

  /** What a layer keeps is told by the cache that is there, or by the one that could be put in. */
  private async decoder(index: number, job: Job): Promise<DecoderView> {
    const stop = this.around.stopOf(index);
    const policy = keptBy(stop.model);
    const { vocabulary } = readDecoderIo(stop.model);
    const dense = await this.planner.plan(index, { kind: 'dense' }, job);
    const { cache } = readDecoderIo('reason' in dense ? stop.model : dense.model);
    const layers = cache.length > 0 ? layerShapes(cache) : null;
    const positions = endOf(stop.model)?.rows ?? null;
    return { layers, dtype: cache[0]?.dtype ?? 'float32', vocabulary, positions, policy };
  }

  private tokenizerView({ model }: Stop): TokenizerView | null {
    const tokenizer = this.given ?? tokenizerOf(model.extras.metadataProps);
    if (!tokenizer) return null;
    return { name: tokenizer.name, vocabulary: tokenizer.vocabulary, given: this.given !== null };
  }
}

function planView({ kind }: CachePolicy, plan: Planned | Refused): PolicyPlan {
  if ('reason' in plan) return { kind, base: plan.base, passes: [], reason: plan.reason };
  return { kind, base: plan.base, passes: plan.requests.map(({ pass }) => pass), reason: null };
}
