import type { GraphView } from '../ir/view.ts';

/** Nodes of the main graph: what is said of a model counts those, not what lies inside of them. */
export const nodeCount = ({ holders }: GraphView): number =>
  holders.reduce((sum, holder) => sum + (holder < 0 ? 1 : 0), 0);
