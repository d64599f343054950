import type { Analysis } from '../analysis/analyze.ts';
import type { NodeId } from '../ir/types.ts';
import type { PassContext } from './pass.ts';

const known = new WeakMap<Analysis, ReadonlySet<NodeId>>();

/**
 * Nodes on whose results one depends that the file declares with another number of axes than it has. The runtime refuses
 * such a model as soon as it can work the shape out, and runs it as long as it cannot: what hides the shape has to stay.
 */
export function hidingNodes({ model, analysis }: PassContext): ReadonlySet<NodeId> {
  const ready = known.get(analysis);
  if (ready) return ready;
  const hiding = new Set<NodeId>();
  const { proven } = analysis;
  for (const { id, producer, type } of model.values.values()) {
    if (!producer || type?.kind !== 'tensor' || !type.shape) continue;
    const rank = proven.shape(id)?.length ?? type.shape.length;
    if (rank !== type.shape.length) hiding.add(producer.node);
  }
  for (const id of hiding) {
    for (const input of model.nodes.get(id)?.inputs ?? []) {
      const producer = input === null ? null : model.getValue(input).producer;
      if (producer) hiding.add(producer.node);
    }
  }
  known.set(analysis, hiding);
  return hiding;
}

export const HIDES =
  'a result behind it is declared with another number of axes than it has, and the runtime would see it';
