import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { readFacts } from '../runtime/facts.ts';
import { planFeeds } from '../runtime/feed-plan.ts';
import { CHECK_ATTEMPTS } from '../runtime/feed-sizes.ts';
import type { RuntimeSession } from '../runtime/types.ts';
import type { VerifyRequest, VerifyResult } from './types.ts';
import type { Runtimes } from './verify.ts';

/**
 * Where nothing of a result answers to its original, it is at least run once. That proves nothing about its values: the
 * verdict is `uninformative`, or `differs` where it does not run.
 */
export async function runsAlone(
  runtimes: Runtimes,
  model: Uint8Array,
  request: VerifyRequest,
  job: Job,
  started: number,
): Promise<VerifyResult> {
  job.progress({ stage: 'Running the result' });
  const refusal = await refusalOf(runtimes, model, request, job);
  const notes = request.ports?.notes ?? [];
  const said = refusal === null ? 'The result itself runs.' : `The result does not run: ${refusal}`;
  return {
    ok: false,
    verdict: refusal === null ? 'uninformative' : 'differs',
    class: request.class,
    message: [refusal === null ? 'Uninformative: nothing could be compared.' : 'Differs.', ...notes, said].join(' '),
    outputs: [],
    runs: [],
    level: 'disabled',
    backend: 'wasm',
    inputs: [],
    ms: performance.now() - started,
  };
}

/** Why it does not run on plain ground; null: it does. */
async function refusalOf(
  { wasm }: Runtimes,
  model: Uint8Array,
  { threads }: VerifyRequest,
  job: Job,
): Promise<string | null> {
  let session: RuntimeSession | null = null;
  try {
    session = await wasm.createSession(model, { backend: 'wasm', level: 'disabled', threads }, job);
    await planFeeds(session, { attempts: CHECK_ATTEMPTS, count: 1, limits: readFacts(model).limits }, job);
    return null;
  } catch (error) {
    if (error instanceof CodedError && error.code === 'runtime') return error.message;
    throw error;
  } finally {
    await session?.release();
  }
}
