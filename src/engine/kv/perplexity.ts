import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { Decoder } from '../../generate/decoder.ts';
import type { Model } from '../../ir/model.ts';
import type { SessionSettings } from '../../runtime/types.ts';
import type { RuntimePort } from '../ports.ts';
import { attentionShares, type AttentionShares } from './attention-share.ts';
import { Likelihood, type Bucket } from './likelihood.ts';
import { chunkOf, openPolicy, type AskedPolicy, type ComparedName } from './open-policy.ts';
import { withPositions } from './policies.ts';
import { endOf } from './report.ts';

export interface PerplexityRequest {
  readonly policies: readonly AskedPolicy[];
  /** The text: what begins it, then its tokens. */
  readonly ids: readonly number[];
  /** Positions of a bucket. */
  readonly bucket: number;
  /** Positions of a run where a policy lets many come at once. */
  readonly chunk: number;
  /** First positions whose share of attention is told; 0: it is not asked for. */
  readonly sinks: number;
  readonly settings: SessionSettings;
}

/** What one policy makes of a text. */
export interface PolicyPerplexity extends AskedPolicy {
  /** Positions of a run at most. */
  readonly chunk: number;
  readonly buckets: readonly Bucket[];
  /** Of all tokens but the first. */
  readonly perplexity: number;
  /** Of the runs, with `chunk` positions in each. */
  readonly msPerToken: number;
  /** Bytes of keys and values at the end. */
  readonly cacheBytes: number;
}

export interface Perplexity {
  /** Foretold: all but the first. */
  readonly tokens: number;
  readonly bucket: number;
  /** Tables of positions were made this long for the text; null: they were long enough. */
  readonly extended: number | null;
  readonly policies: readonly (PolicyPerplexity | (AskedPolicy & { readonly reason: string }))[];
  readonly attention: AttentionShares | null;
}

/**
 * −ln p of every token of a text, given all that a policy keeps of those before it, position by position. Where tables of
 * positions end before the text does they are made longer, for all policies alike.
 *
 * @throws CodedError `unsupported` where the model is no decoder, `bad-request` where the text is too short or too long
 */
export async function perplexity(
  model: Model,
  request: PerplexityRequest,
  port: RuntimePort,
  job: Job,
): Promise<Perplexity> {
  const { ids, bucket, sinks } = request;
  if (ids.length < 2) throw new CodedError('bad-request', 'A text of two tokens or more is wanted: one to foretell.');
  const { model: base, extended } = await longEnough(model, ids.length, job);
  const policies: Perplexity['policies'][number][] = [];
  for (const asked of request.policies) policies.push(await ofPolicy(base, asked, request, port, job));
  const attention = sinks > 0 ? await attentionShares(base, ids, sinks, port, job) : null;
  return { tokens: ids.length - 1, bucket, extended, policies, attention };
}

/** A decoder whose tables have room for so many positions. */
export async function longEnough(
  model: Model,
  positions: number,
  job: Job,
): Promise<{ readonly model: Model; readonly extended: number | null }> {
  const ends = endOf(model);
  if (ends === null || ends.rows >= positions) return { model, extended: null };
  const longer = await withPositions(model, positions, job);
  if ('model' in longer && longer.steps.length > 0) return { model: longer.model, extended: positions };
  const why = 'reason' in longer ? longer.reason : `The table ${ends.name} is not found.`;
  throw new CodedError(
    'bad-request',
    `The text has ${positions} tokens, but the model takes ${ends.rows} (${ends.name}), and no more: ${why} Give a shorter text.`,
    { positions: ends.rows },
  );
}

async function ofPolicy(
  base: Model,
  asked: AskedPolicy,
  request: PerplexityRequest,
  port: RuntimePort,
  job: Job,
): Promise<Perplexity['policies'][number]> {
  const decoder = await openPolicy(base, asked, request.settings, port, job);
  if ('reason' in decoder) return { ...asked, reason: decoder.reason };
  const { ids, bucket } = request;
  const chunk = chunkOf(asked.policy, request.chunk);
  try {
    return { ...asked, chunk, ...(await read(decoder, asked.policy, { ids, bucket, chunk }, job)) };
  } finally {
    await decoder.release();
  }
}

async function read(
  decoder: Decoder,
  policy: ComparedName,
  { ids, bucket, chunk }: { readonly ids: readonly number[]; readonly bucket: number; readonly chunk: number },
  job: Job,
): Promise<Omit<PolicyPerplexity, keyof AskedPolicy | 'chunk'>> {
  const found = new Likelihood(bucket);
  let [ms, cacheBytes] = [0, 0];
  await decoder.begin();
  const last = ids.length - 1;
  for (let from = 0; from < last; from += chunk) {
    job.progress({ stage: `Reading the text: ${policy}`, done: from, total: last });
    const part = ids.slice(from, Math.min(from + chunk, last));
    const step = await decoder.step(part, 'all', job);
    ms += step.ms;
    cacheBytes = step.cacheBytes;
    const width = step.logits.length / step.rows;
    for (let row = 0; row < step.rows; row++) {
      const position = from + row + 1;
      found.add(step.logits.subarray(row * width, (row + 1) * width), ids[position]!, position);
    }
  }
  return { buckets: found.buckets, perplexity: found.perplexity, msPerToken: ms / last, cacheBytes };
}
