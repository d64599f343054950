import { analyze, type Analysis } from '../analysis/analyze.ts';
import type { Job } from '../base/job.ts';
import type { BenchRequest, Profile } from '../bench/types.ts';
import type { Model } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';
import { writeModel } from '../onnx/write.ts';
import type { Parcel, RuntimePort } from './ports.ts';
import { attribute, profileName, type Attribution } from './profile/attribute.ts';

export interface NodeTimes {
  readonly profile: Profile;
  /**
   * Measured time of each node as the runtime runs it, ms, with what it moves for it: what was fused into another node
   * has none of its own.
   */
  readonly times: ReadonlyMap<NodeId, number>;
  /** Of kernels that no node is known for, ms. */
  readonly rest: number;
  readonly attribution: Attribution;
  /** With the symbols bound to the sizes that the model was run with. */
  readonly analysis: Analysis;
}

/** The written model, each node with a name that tells its id in a profile. */
export function namedParcel(model: Model, name: string): Parcel {
  const named = model.clone();
  for (const node of named.nodes.values()) node.name = profileName(node.id);
  return { name, bytes: writeModel(named) };
}

/** Times every node of a model by the runtime's own profile. */
export async function nodeTimes(
  model: Model,
  name: string,
  request: BenchRequest,
  port: RuntimePort,
  job: Job,
): Promise<NodeTimes> {
  return timesIn(model, await port.profile(namedParcel(model, name), request, job));
}

/** @param profile of the model as `namedParcel` writes it */
export function timesIn(model: Model, profile: Profile): NodeTimes {
  const atLoad = analyze(model);
  const analysis = asRun(atLoad, profile);
  const attribution = attribute(model, atLoad, analysis, profile.kernels);
  const times = new Map<NodeId, number>();
  let rest = 0;
  profile.kernels.forEach(({ ms }, place) => {
    const node = attribution.places[place]?.node ?? null;
    if (node === null) rest += ms;
    else times.set(node, (times.get(node) ?? 0) + ms);
  });
  return { profile, times, rest, attribution, analysis };
}

/** With each symbol of the inputs at the size of the run. */
function asRun(atLoad: Analysis, { inputs }: Profile): Analysis {
  if (atLoad.symbols.length === 0) return atLoad;
  const { model } = atLoad;
  const bind: Record<string, number> = {};
  for (const id of model.graph.inputs) {
    const sizes = inputs[model.getValue(id).name];
    atLoad.shape(id)?.forEach((dim, axis) => {
      const size = sizes?.[axis];
      if (typeof dim === 'string' && size !== undefined) bind[dim] = size;
    });
  }
  return analyze(model, { bind });
}
