import type { Analysis } from '../../analysis/analyze.ts';
import { bytesOf } from '../../analysis/cost.ts';
import { holdsGraphs } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';

/** What a kernel computes and moves in one call; null: unknown. */
export interface KernelWork {
  readonly macs: number | null;
  /** 2 for each MAC, and elementwise operations. */
  readonly flops: number | null;
  /** Each value that goes in or out, once: what stays between the nodes of one kernel is not moved. */
  readonly bytes: number | null;
}

const UNKNOWN: KernelWork = { macs: null, flops: null, bytes: null };

/** @param nodes of one kernel: the node that it is told as, and what is computed inside of it */
export function workOf(nodes: readonly Node[], model: Model, analysis: Analysis): KernelWork {
  // What runs inside of a node is told for itself.
  if (nodes.some(holdsGraphs)) return UNKNOWN;
  const costs = nodes.map((node) => analysis.cost(node));
  const sum = (of: (cost: (typeof costs)[number]) => number | null): number | null =>
    costs.reduce<number | null>((total, cost) => {
      const own = of(cost);
      return total === null || own === null ? null : total + own;
    }, 0);
  const bytes = nodes.length === 1 ? (costs[0]?.movedBytes ?? null) : boundaryBytes(nodes, model, analysis);
  return {
    macs: sum(({ macs }) => macs),
    flops: sum(({ macs, elementwise }) => (macs === null || elementwise === null ? null : 2 * macs + elementwise)),
    bytes,
  };
}

function boundaryBytes(nodes: readonly Node[], model: Model, analysis: Analysis): number | null {
  const within = new Set(nodes.map(({ id }) => id));
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const crossing = new Set<ValueId>();
  for (const { inputs, outputs } of nodes) {
    for (const id of inputs) if (id !== null && !made.has(id)) crossing.add(id);
    for (const id of outputs) {
      if (id === null) continue;
      const isRead = model.getValue(id).uses.some((use) => !within.has(use.node));
      if (isRead || model.graph.outputs.includes(id)) crossing.add(id);
    }
  }
  let total = 0;
  for (const id of crossing) {
    const bytes = bytesOf(analysis.assumedType(id));
    if (bytes === null) return null;
    total += bytes;
  }
  return total;
}
