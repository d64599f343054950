import type { Analysis } from '../analysis/analyze.ts';
import { subgraphs } from '../ir/attribute.ts';
import type { Graph, Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { ValueId } from '../ir/types.ts';
import { activationTerms } from './activation.ts';
import type { ChannelGraph } from './groups.ts';
import { byConstant, leafGroups, type LeafGroup } from './leaves.ts';
import { merge, pack, productTerms, type Term } from './terms.ts';
import type { AddedCost, CopyCost, ForecastTable } from './types.ts';

/**
 * The costs of the model as polynomials of the groups' widths. `fileBytes`: size of the written model; without it only
 * the constants' bytes are counted.
 */
export function buildForecast(
  model: Model,
  analysis: Analysis,
  graph: ChannelGraph,
  fileBytes: number | null = null,
): ForecastTable {
  const constants = modelConstants(model, analysis);
  const leaves = byConstant(leafGroups(graph));
  const payload = [...constants.keys()].reduce((sum, tensor) => sum + tensor.byteLength, 0);
  const rest: Term = { coefficient: fileBytes === null ? 0 : fileBytes - payload, groups: [] };
  const sizes = (measure: (tensor: Tensor) => number): Term[] =>
    [...constants.keys()].flatMap((tensor) => constantTerms(graph, tensor, leaves.get(tensor) ?? [], measure));
  return {
    macs: pack(merge(macsTerms(model, analysis, graph))),
    parameters: pack(merge(sizes((tensor) => tensor.size))),
    bytes: pack(merge([...sizes((tensor) => tensor.byteLength), rest])),
    activation: activationTerms(analysis, graph),
    copies: [...leaves].flatMap(([tensor, groups]) => copyCosts(model, graph, tensor, groups, constants)),
    added: addedCosts(graph),
  };
}

/** MACs of every node, unknown ones left out as in the sum that is shown. */
function macsTerms(model: Model, analysis: Analysis, graph: ChannelGraph): Term[] {
  return [...model.graph.nodes].flatMap((id) => {
    const macs = analysis.cost(model.getNode(id)).macs ?? 0;
    return macs > 0 ? productTerms(graph, macs, graph.space.work.get(id) ?? []) : [];
  });
}

/** Tensors of all initializers and Constant nodes, those of subgraphs too, with the values that hold them. */
function modelConstants(model: Model, analysis: Analysis): Map<Tensor, ValueId[]> {
  const constants = new Map<Tensor, ValueId[]>();
  const add = (tensor: Tensor, value: ValueId): void => {
    constants.set(tensor, [...(constants.get(tensor) ?? []), value]);
  };
  const visit = (graph: Graph): void => {
    for (const [value, tensor] of graph.initializers) add(tensor, value);
    for (const id of graph.nodes) {
      const node = model.getNode(id);
      const output = node.opType === 'Constant' && node.domain === '' ? node.outputs[0] : null;
      const tensor = output ? analysis.constant(output) : null;
      if (tensor && output) add(tensor, output);
      for (const [, inner] of subgraphs(node)) visit(model.getGraph(inner));
    }
  };
  visit(model.graph);
  return constants;
}

/** A slice for each group of uses, or the constant as it is. */
function constantTerms(
  graph: ChannelGraph,
  tensor: Tensor,
  leaves: readonly LeafGroup[],
  measure: (tensor: Tensor) => number,
): Term[] {
  if (leaves.length === 0) return [{ coefficient: measure(tensor), groups: [] }];
  return leaves.flatMap((leaf) => productTerms(graph, measure(tensor), leaf.place.axes));
}

/** Groups whose cut reaches one of the axes. */
function groupsOn(graph: ChannelGraph, axes: readonly number[]): number[] {
  const found = new Set<number>();
  for (const axis of axes) {
    for (const group of graph.axes.get(graph.space.root(axis))?.groups ?? []) if (group >= 0) found.add(group);
  }
  return [...found].sort((a, b) => a - b);
}

/** Where uses of one tensor want different slices, or some want it whole. */
function copyCosts(
  model: Model,
  graph: ChannelGraph,
  tensor: Tensor,
  leaves: readonly LeafGroup[],
  constants: ReadonlyMap<Tensor, readonly ValueId[]>,
): CopyCost[] {
  const covered = leaves.reduce((sum, leaf) => sum + leaf.places.length, 0);
  const holders = constants.get(tensor) ?? [];
  const uses = holders.reduce((sum, value) => sum + model.getValue(value).uses.length, 0);
  const kept = (value: ValueId): boolean => model.isGraphOutput(value) || model.getValue(value).uses.length === 0;
  const always = uses > covered || holders.some(kept);
  if (leaves.length === 1 && !always) return [];
  const byLeaf = leaves.map((leaf) => groupsOn(graph, leaf.axes));
  return [{ elements: tensor.size, bytes: tensor.byteLength, uses: byLeaf, always }];
}

function addedCosts(graph: ChannelGraph): AddedCost[] {
  return graph.space.added
    .map(({ axes, elements, bytes }) => ({ elements, bytes, groups: groupsOn(graph, axes) }))
    .filter((each) => each.groups.length > 0);
}
