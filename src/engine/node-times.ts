import type { Job } from '../base/job.ts';
import type { BenchRequest, Profile } from '../bench/types.ts';
import type { Model } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';
import { writeModel } from '../onnx/write.ts';
import type { RuntimePort } from './ports.ts';

export interface NodeTimes {
  readonly profile: Profile;
  /** Measured time of each node as the runtime runs it, ms: what it fused into another node has none of its own. */
  readonly times: ReadonlyMap<NodeId, number>;
  /** Of nodes that the runtime made itself, ms. */
  readonly rest: number;
}

/** Times every node of a model by the runtime's own profile. */
export async function nodeTimes(
  model: Model,
  name: string,
  request: BenchRequest,
  port: RuntimePort,
  job: Job,
): Promise<NodeTimes> {
  const named = model.clone();
  // The profile knows nodes by name only, and files may leave names out.
  for (const node of named.nodes.values()) node.name = labelOf(node.id);
  const profile = await port.profile({ name, bytes: writeModel(named) }, request, job);
  const times = new Map<NodeId, number>();
  let rest = 0;
  for (const kernel of profile.kernels) {
    const id = idOf(kernel.node);
    if (id === null) rest += kernel.ms;
    else times.set(id, (times.get(id) ?? 0) + kernel.ms);
  }
  return { profile, times, rest };
}

const labelOf = (id: NodeId): string => `#${id}`;
/** The runtime names a node that it fused after the first one: `#12`, `#12_nchwc`, `#12/MatMulAddFusion`. */
function idOf(name: string): NodeId | null {
  const digits = /#(\d+)(?!\d)/.exec(name)?.[1];
  return digits === undefined ? null : (Number(digits) as NodeId);
}
