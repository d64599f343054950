import { CodedError } from '../../base/error.ts';
import { median } from '../../bench/statistics.ts';
import type { Job } from '../../base/job.ts';
import { decodeText } from '../../data/csv.ts';
import type { Tokenizer } from '../../data/tokenizer.ts';
import { firstIds } from '../../generate/prompt.ts';
import type { Model } from '../../ir/model.ts';
import { watched } from '../../generate/watched.ts';
import type { CachePolicy } from '../../kv/types.ts';
import type { RuntimePort } from '../ports.ts';
import { drawnText } from '../train/drawn.ts';
import type { MeasureAsk, MeasuredPolicy, MeasureProgress, MeasureResult } from './lab-types.ts';
import { perplexity, type PerplexityRequest } from './perplexity.ts';
import type { PolicyName } from './policies.ts';

/** What is read: a person's own text, or the stories that the bundled decoder was not shown. */
export type TextSource = 'stories' | { readonly name: string; bytes(): Promise<Uint8Array> };

export interface MeasureJob extends Omit<Job, 'progress'> {
  progress(progress: MeasureProgress): void;
}

async function idsOf(source: TextSource, tokenizer: Tokenizer | null, tokens: number): Promise<number[]> {
  if (!tokenizer)
    throw new CodedError('bad-request', 'The model names no tokenizer. Give it, and the text can be read.');
  const text = source === 'stories' ? drawnText() : decodeText(source.name, await source.bytes());
  return firstIds(tokenizer, text, tokens);
}

/** Tokens before the first that are timed: compilers of the runtime are at work by then. */
const WARM = 256;

async function warmUp(
  base: Model,
  asked: Pick<PerplexityRequest, 'policies' | 'ids' | 'settings'>,
  port: RuntimePort,
  job: MeasureJob,
): Promise<void> {
  job.progress({ stage: 'Warming up' });
  const quiet: Job = { signal: job.signal, progress: () => {}, checkpoint: () => job.checkpoint() };
  await perplexity(base, { ...asked, bucket: WARM, chunk: 1, sinks: 0 }, port, quiet);
}

/**
 * Perplexity of a text under each policy, every token by itself as text is generated, so that times are those of tokens.
 * Each result is told once it is there.
 *
 * @param baseOf the model from which a policy can be had
 */
export async function measure(
  { policies, tokens, bucket, sinks, backend, threads }: MeasureAsk,
  source: TextSource,
  tokenizer: Tokenizer | null,
  baseOf: (policy: CachePolicy) => Promise<Model>,
  port: RuntimePort,
  job: MeasureJob,
): Promise<MeasureResult> {
  job.progress({ stage: 'Reading the text' });
  const ids = await idsOf(source, tokenizer, tokens);
  const settings = { backend, threads, level: 'all' } as const;
  const found: MeasuredPolicy[] = [];
  let times: number[] = [];
  const timed: RuntimePort = {
    ...port,
    decode: async (...asked) => watched(await port.decode(...asked), ({ ms }) => times.push(ms)),
  };
  let last: Pick<MeasureResult, 'extended' | 'attention'> = { extended: null, attention: null };
  for (const policy of policies) {
    if (policy.kind === 'none') continue;
    const { kind, ...options } = policy;
    const asked: { policy: PolicyName; options: typeof options } = { policy: kind, options };
    const base = await baseOf(policy);
    if (found.length === 0) await warmUp(base, { policies: [asked], ids: ids.slice(0, WARM), settings }, port, job);
    times = [];
    // Attention is that of the model: it is looked at once.
    const request = { policies: [asked], ids, bucket, chunk: 1, sinks: found.length === 0 ? sinks : 0, settings };
    const {
      policies: [result],
      extended,
      attention,
    } = await perplexity(base, request, timed, job);
    last = { extended: extended ?? last.extended, attention: attention ?? last.attention };
    if (!result) continue;
    const each: MeasuredPolicy =
      'reason' in result
        ? { policy, reason: result.reason }
        : {
            policy,
            reason: null,
            ...{ buckets: result.buckets, perplexity: result.perplexity },
            // What else the machine does for a while is in a mean, not in this.
            ...{ msPerToken: median(times), cacheBytes: result.cacheBytes },
          };
    found.push(each);
    job.progress({ stage: 'Measured', found: each });
  }
  return { tokens: ids.length - 1, bucket, ...last, policies: found };
}
