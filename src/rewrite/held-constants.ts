import type { Graph, Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import { bodyGraphs } from './graphs.ts';
import { parseSiteKey, structuralHash } from './hash.ts';
import { NO_NODE, type Site } from './pass.ts';

/** Before this version of the IR every constant is an input that a caller may feed. */
export const CONSTANT_IR = 4;

/** A constant of a graph, with the nodes that read it. */
export interface HeldConstant {
  readonly graph: Graph;
  readonly value: ValueId;
  readonly tensor: Tensor;
  readonly nodes: readonly NodeId[];
}

/** Constants of the graph and of those inside it that are read, as far as they are wanted. */
export const heldConstants = (model: Model, wanted: (tensor: Tensor) => boolean): HeldConstant[] =>
  bodyGraphs(model).flatMap((graph) =>
    [...graph.initializers]
      .filter(([value, tensor]) => model.isUsed(value) && wanted(tensor))
      .map(([value, tensor]) => ({ graph, value, tensor, nodes: readersOf(model, value) })),
  );

const readersOf = (model: Model, value: ValueId): NodeId[] => [
  ...new Set(model.getValue(value).uses.map((use) => use.node)),
];

/** Why somebody outside of the graph may see another value there, or this one as it is; null: nobody does. */
export function seenOutside(model: Model, { graph, value }: HeldConstant): string | null {
  const { name } = model.getValue(value);
  if (graph.inputs.includes(value)) return `${name} is a graph input with a default.`;
  return model.isGraphOutput(value) ? `${name} is a graph output.` : null;
}

/** A site that is a constant: it is found again by its name and by what reads it. */
export function constantSite(model: Model, { value, nodes }: HeldConstant, rule: string, what: string): Site {
  const { name } = model.getValue(value);
  return { key: `${rule}:${name}:${structuralHash(model, nodes)}`, rule, anchor: nodes[0] ?? NO_NODE, nodes, what };
}

/** The constant of such a site among others; undefined: it is not there any more. */
export function constantAt(model: Model, site: Site, all: readonly HeldConstant[]): HeldConstant | undefined {
  const { name } = parseSiteKey(site.key);
  return all
    .filter(({ value }) => model.getValue(value).name === name)
    .find((held) => constantSite(model, held, site.rule, '').key === site.key);
}
