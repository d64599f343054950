import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { CachePolicy } from '../kv/types.ts';
import type { Runtime, SessionSettings } from '../runtime/types.ts';
import { createDriver } from './create-driver.ts';
import type { Decoder, DecoderSetup } from './decoder.ts';
import { ManagedDriver } from './managed-driver.ts';
import { CachedDecoder, RecomputingDecoder } from './session-decoder.ts';

/** Where a text that is given at once, with an empty cache, says what it says by and by. */
const SAME_ANEW: ReadonlySet<CachePolicy['kind']> = new Set(['none', 'dense', 'sliding-window']);

/**
 * A decoder over a session of its own, which goes with it.
 *
 * @throws CodedError `unsupported` where the setup cannot be run here, and as sessions do
 */
export async function openSession(
  runtime: Runtime,
  model: Uint8Array,
  { io, policy, recompute, managed, blocks }: DecoderSetup,
  settings: SessionSettings,
  job: Job,
): Promise<Decoder> {
  if (recompute || policy.kind === 'none') {
    if (!SAME_ANEW.has(policy.kind)) {
      throw new CodedError(
        'unsupported',
        `With a cache that is ${policy.kind}, the whole text given at once says something else. Open the model from before it was rewritten.`,
      );
    }
    const session = await runtime.createSession(model, settings, job);
    return orReleased(session, () => new RecomputingDecoder(session, io));
  }
  if (policy.kind === 'int8') await requireHalves(runtime, settings);
  const driver = managed ? new ManagedDriver(io, managed) : createDriver(io, policy, blocks ?? null);
  if (!runtime.createKeeping) throw new CodedError('unsupported', 'The runtime here keeps nothing between steps.');
  const session = await runtime.createKeeping(model, settings, driver.keeps, job);
  return orReleased(session, () => new CachedDecoder(session, io, driver));
}

/** Scales of whole numbers are float16, which not every device computes with. */
async function requireHalves(runtime: Runtime, { backend }: SessionSettings): Promise<void> {
  if (backend !== 'webgpu' || (await runtime.capabilities()).webgpu?.f16 !== false) return;
  throw new CodedError(
    'unsupported',
    'The scales of an INT8 cache are float16, and WebGPU computes no float16 on this device (no shader-f16). Run it on WASM.',
  );
}

async function orReleased(session: { release(): Promise<void> }, make: () => Decoder): Promise<Decoder> {
  try {
    return make();
  } catch (error) {
    await session.release();
    throw error;
  }
}
