import { analyze, type Analysis } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { Model } from '../../ir/model.ts';
import { readDecoderIo } from '../../kv/io.ts';
import { policyOf } from '../../kv/policy.ts';
import { isFusedAttention } from '../../kv/report/attentions.ts';
import { passById } from '../../passes/index.ts';
import type { OptionValues } from '../../rewrite/pass.ts';
import { runPass, type PassResult } from '../../rewrite/run.ts';

/** Ways of keeping keys and values that passes can give a decoder. */
export const POLICIES = ['dense', 'sliding-window', 'streaming', 'int8', 'paged'] as const;
export type PolicyName = (typeof POLICIES)[number];

/** The pass that leaves a dense cache kept so; null: none is needed. */
export const PASS_OF: Readonly<Record<PolicyName, string | null>> = {
  dense: null,
  'sliding-window': 'sliding-window-cache',
  streaming: 'streaming-cache',
  int8: 'quantize-kv-cache',
  paged: 'page-kv-cache',
};
export const ADD_CACHE = 'add-kv-cache';
const DEFER = 'defer-rotary';
/** What `defer-rotary` says where there is nothing for it to do. */
const NONE_ROTATED = /^No keys are rotated/;

const FUSED = 'Undo fuse-attention: policies are put on attention as it is written out.';

export interface PolicyStep {
  readonly pass: string;
  readonly options: OptionValues;
}

/** A decoder as a policy wants it, and the steps to it. */
export interface WithPolicy {
  readonly model: Model;
  readonly analysis: Analysis;
  readonly steps: readonly PolicyStep[];
}

/** Why not, in words that end with a point. */
export interface Refused {
  readonly reason: string;
}

/** Whether a model is given keys and values of earlier tokens. */
export function hasCache(model: Model): boolean {
  try {
    return readDecoderIo(model).cache.length > 0;
  } catch {
    // It is no decoder that can be read; the passes say what they see in it.
    return false;
  }
}

const refusalOf = ({ refusals }: PassResult, pass: string): Refused => ({
  reason: refusals[0]?.reason ?? `${passById(pass).title} finds nothing to do: there is no decoder of text here.`,
});

/**
 * A copy of a decoder that keeps its keys and values by a policy: a cache is added where there is none, and keys are
 * rotated later where sinks want that. One that keeps them so already, and is asked for no other sizes, stays as it is.
 *
 * @param options of the policy's pass: `window`, `sinks`, `group`, `residual`, `block`
 */
export async function withPolicy(
  model: Model,
  policy: PolicyName,
  options: OptionValues,
  job: Job,
): Promise<WithPolicy | Refused> {
  if (hasCache(model) && policyOf(model).kind === policy && Object.keys(options).length === 0)
    return { model, analysis: analyze(model), steps: [] };
  if ([...model.graph.nodes].some((id) => isFusedAttention(model.getNode(id)))) return { reason: FUSED };
  const steps: PolicyStep[] = [];
  let [at, analysis] = [model, analyze(model)];
  const run = async (pass: string, given: OptionValues): Promise<Refused | null> => {
    const found: PassResult = await runPass(at, passById(pass), {
      backend: 'wasm',
      options: given,
      analysis,
      copies: true,
      job,
    });
    if (found.applied.length === 0) return refusalOf(found, pass);
    [at, analysis] = [found.model, found.analysis];
    steps.push({ pass, options: given });
    return null;
  };
  if (!hasCache(model)) {
    const refused = await run(ADD_CACHE, {});
    if (refused) return refused;
  }
  const pass = PASS_OF[policy];
  if (pass === null) return { model: at, analysis, steps };
  const later = policy === 'streaming' ? await run(DEFER, {}) : null;
  const refused = await run(pass, options);
  if (!refused) return { model: at, analysis, steps };
  const why =
    later && !NONE_ROTATED.test(later.reason) && later.reason !== refused.reason ? ` ${DEFER}: ${later.reason}` : '';
  return { reason: `${refused.reason}${why}` };
}

const EXTEND = 'extend-positions';

/** Tables of positions made so long that a text has room; refused where they follow no formula. */
export async function withPositions(model: Model, positions: number, job: Job): Promise<WithPolicy | Refused> {
  const options = { positions };
  const result = await runPass(model, passById(EXTEND), { backend: 'wasm', options, copies: true, job });
  const [refusal] = result.refusals;
  if (refusal) return { reason: refusal.reason };
  const steps = result.applied.length > 0 ? [{ pass: EXTEND, options }] : [];
  return { model: result.model, analysis: result.analysis, steps };
}

/** @throws CodedError `unsupported` with the reason why the policy does not fit */
export async function requirePolicy(
  model: Model,
  policy: PolicyName,
  options: OptionValues,
  job: Job,
): Promise<WithPolicy> {
  const made = await withPolicy(model, policy, options, job);
  if ('reason' in made)
    throw new CodedError('unsupported', `The policy ${policy} cannot be had: ${made.reason}`, { policy });
  return made;
}
