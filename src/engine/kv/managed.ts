import { analyze } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { Decoder } from '../../generate/decoder.ts';
import type { Managed, ManagedPolicy } from '../../generate/managed-driver.ts';
import type { Model } from '../../ir/model.ts';
import { tensorType } from '../../ir/types.ts';
import { writeModel } from '../../onnx/write.ts';
import { passById } from '../../passes/index.ts';
import { attentionsOf } from '../../kv/report/attentions.ts';
import { noFacts } from '../../rewrite/facts.ts';
import { findSites, runPass } from '../../rewrite/run.ts';
import type { SessionSettings } from '../../runtime/types.ts';
import { decoderFacts } from '../generate/open.ts';
import type { RuntimePort } from '../ports.ts';
import { withPolicy, type Refused } from './policies.ts';

/**
 * A dense decoder whose keys and values are kept by a manager outside the graph.
 *
 * @throws CodedError `unsupported` where the cache is not dense, where weights of attention are wanted and not given, or
 * where positions are dropped that the graph goes on counting
 */
export async function openManaged(
  model: Model,
  policy: ManagedPolicy,
  settings: SessionSettings,
  port: RuntimePort,
  job: Job,
): Promise<Decoder> {
  const managed = await managedBy(model, policy);
  const setup = { ...decoderFacts(model), recompute: false, managed };
  return port.decode({ name: policy.kind, bytes: writeModel(model) }, setup, settings, job);
}

/** What a manager has to be told of a decoder. */
export async function managedBy(model: Model, policy: ManagedPolicy): Promise<Managed> {
  const { io, policy: now } = decoderFacts(model);
  if (now.kind !== 'dense') {
    const cure = now.kind === 'none' ? 'Put add-kv-cache on it first.' : 'Open the model from before that.';
    throw new CodedError(
      'unsupported',
      `A manager outside the graph wants a dense cache; here it is ${now.kind}. ${cure}`,
    );
  }
  if (policy.kind !== 'heavy-hitter') return { policy, attention: [] };
  if (io.positions === null && !(await countsPlaces(model))) {
    throw new CodedError(
      'unsupported',
      'Its positions are counted by what is kept, and heavy hitters let some of it go. Put defer-rotary on it, or give a decoder that is told its positions.',
    );
  }
  return { policy, attention: weightsOf(model) };
}

/** Positions come in where queries meet keys alone, by their places in the cache: what `streaming-cache` wants too. */
async function countsPlaces(model: Model): Promise<boolean> {
  const { sites } = await findSites(model, passById('streaming-cache'), { backend: 'wasm' });
  return sites.length > 0;
}

/** Outputs that are weights of attention, one for each. */
function weightsOf(model: Model): readonly string[] {
  const context = { model, analysis: analyze(model), facts: noFacts, options: {}, decided: new Map() };
  const { found } = attentionsOf({ ...context, backend: 'wasm' });
  const weights = found.flatMap(({ plan }) => plan?.softmax.outputs[0] ?? []);
  const hidden = weights.filter((id) => !model.isGraphOutput(id)).map((id) => model.getValue(id).name);
  if (weights.length > 0 && hidden.length === 0) return weights.map((id) => model.getValue(id).name);
  const cure = hidden.length > 0 ? `Make them outputs with add-output: ${hidden.join(', ')}.` : 'Undo fuse-attention.';
  throw new CodedError(
    'unsupported',
    `Heavy hitters are told by weights of attention, which the model does not give. ${cure}`,
    {
      values: hidden,
    },
  );
}

/** Positions that heavy hitters keep by themselves: those with most attention, and the last ones. */
export const HEAVY_DEFAULTS = { heavy: 64, recent: 64 } as const;

/** A copy of a decoder that a manager can keep heavy hitters of: dense, keys rotated later, weights of attention given. */
export async function forHeavyHitters(model: Model, job: Job): Promise<Model | Refused> {
  const made = await withPolicy(model, 'dense', {}, job);
  if ('reason' in made) return made;
  const isTold = decoderFacts(made.model).io.positions !== null;
  const settings = { backend: 'wasm', copies: true, job } as const;
  const { model: later } = isTold ? made : await runPass(made.model, passById('defer-rotary'), settings);
  const shown = later === model ? later.clone() : later;
  const context = { model: shown, analysis: analyze(shown), facts: noFacts, options: {}, decided: new Map() };
  for (const { plan } of attentionsOf({ ...context, backend: 'wasm' }).found) {
    const output = plan?.softmax.outputs[0] ?? null;
    if (output === null || shown.isGraphOutput(output)) continue;
    shown.getValue(output).type ??= tensorType('float32', null);
    shown.graph.outputs.push(output);
  }
  try {
    await managedBy(shown, { kind: 'heavy-hitter', ...HEAVY_DEFAULTS });
    return shown;
  } catch (error) {
    return { reason: (error as CodedError).message };
  }
}
