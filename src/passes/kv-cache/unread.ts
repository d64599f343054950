import type { Model } from '../../ir/model.ts';
import { removeUpwards } from '../../rewrite/build.ts';
import { outputsOf } from '../../rewrite/graphs.ts';

/** Rewrites a model; nodes that something read before and nothing reads afterwards go. What was unread already stays. */
export function withoutUnread(model: Model, rewrite: () => void): void {
  const read = [...model.graph.nodes].filter((id) =>
    outputsOf(model.getNode(id)).some((output) => model.isUsed(output)),
  );
  rewrite();
  for (const id of read.reverse()) {
    const node = model.nodes.get(id);
    if (node) removeUpwards(model, node);
  }
}
