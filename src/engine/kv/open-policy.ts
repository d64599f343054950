import type { Job } from '../../base/job.ts';
import type { Decoder } from '../../generate/decoder.ts';
import type { Model } from '../../ir/model.ts';
import { writeModel } from '../../onnx/write.ts';
import type { OptionValues } from '../../rewrite/pass.ts';
import type { SessionSettings } from '../../runtime/types.ts';
import { decoderFacts, openDecoder } from '../generate/open.ts';
import type { RuntimePort } from '../ports.ts';
import { forHeavyHitters, HEAVY_DEFAULTS, openManaged } from './managed.ts';
import { POLICIES, withPolicy, type PolicyName, type Refused } from './policies.ts';

/** Policies that can be held against one another: those of passes, and one of a manager outside the graph. */
export const COMPARED = [...POLICIES, 'heavy-hitter'] as const;
export type ComparedName = PolicyName | 'heavy-hitter';

export interface AskedPolicy {
  readonly policy: ComparedName;
  /** Sizes of the policy: `window`, `sinks`, `group`, `residual`, `block`; `heavy` and `recent` of heavy hitters. */
  readonly options: OptionValues;
}

/** A decoder that keeps its cache by a policy, whatever has to be done to the model for that. */
export async function openPolicy(
  base: Model,
  { policy, options }: AskedPolicy,
  settings: SessionSettings,
  port: RuntimePort,
  job: Job,
): Promise<Decoder | Refused> {
  job.progress({ stage: `Preparing the policy ${policy}` });
  if (policy === 'heavy-hitter') {
    const model = await forHeavyHitters(base, job);
    if ('reason' in model) return model;
    return openManaged(model, { kind: policy, ...HEAVY_DEFAULTS, ...options }, settings, port, job);
  }
  const made = await withPolicy(base, policy, options, job);
  if ('reason' in made) return made;
  const parcel = { name: policy, bytes: writeModel(made.model) };
  return openDecoder(decoderFacts(made.model), parcel, { recompute: false, settings }, port, job);
}

/** Policies of which many tokens at once say something else than one by one: what comes together is not rounded or dropped yet. */
const ONE_BY_ONE: ReadonlySet<ComparedName> = new Set(['int8', 'heavy-hitter']);

/** Tokens of a run, so that each is foretold as where text is generated. */
export const chunkOf = (policy: ComparedName, chunk: number): number => (ONE_BY_ONE.has(policy) ? 1 : chunk);
