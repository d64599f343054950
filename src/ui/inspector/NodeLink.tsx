import { plainOperator } from '../../base/format.ts';
import type { NodeRef } from '../../engine/detail-types.ts';
import type { App } from '../../state/app.ts';
import { useDocument } from '../kit/use-store.ts';

/** `Conv 21`: operator and count, as the canvas calls it. A node of a subgraph that is not drawn is named, not linked. */
export function NodeLink({ app, node }: { readonly app: App; readonly node: NodeRef }) {
  const ordinal = useDocument(app, ({ picture }) => {
    const row = picture?.view.nodeIds.indexOf(node.node) ?? -1;
    return row < 0 ? null : (picture?.view.nodeOrdinals[row] ?? null);
  });
  const operator = plainOperator(node.opType);
  if (ordinal === null) {
    return (
      <span className="text-ink-3" title={node.name}>
        {operator} in a subgraph
      </span>
    );
  }
  return (
    <button
      type="button"
      className="ins-node-link"
      title={node.name}
      aria-label={`Go to ${operator} ${ordinal}`}
      onClick={() => app.actions.focusNode(node.node)}
    >
      {operator} {ordinal}
    </button>
  );
}
