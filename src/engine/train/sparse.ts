import { analyze } from '../../analysis/analyze.ts';
import type { TrainingStep } from '../../grad/step.ts';
import type { Model } from '../../ir/model.ts';
import { sizeOf, type ValueId } from '../../ir/types.ts';
import { readersByGroup } from '../../prune/dead/readers.ts';
import type { ChannelGraph, ChannelGroup } from '../../prune/groups.ts';
import type { Reader } from '../../prune/importance/activations.ts';
import { channelGraph, groupNames } from '../../prune/plan.ts';
import { labelOf } from '../../prune/relation.ts';
import type { WeightLayout } from '../../prune/sparsity/types.ts';
import { findWeights } from '../../prune/sparsity/weights.ts';
import type { BlockShape, SparseLayer, SparseSlices, SparsitySetup } from '../../train/sparsity.ts';
import type { SparseRequest, TrainRequest } from './types.ts';

/** What becomes zero while a student is trained, and what cannot. */
export interface SparseParts {
  readonly layers: readonly SparseLayer[];
  /** Of groups that take part, their keys; empty where weights go one by one or in blocks. */
  readonly groups: readonly string[];
  /** What stays whole, and why: sentences. */
  readonly notes: readonly string[];
}

/** The zeros that a request asks for; null: none. Steps of `begin` and `end` are counted from shares of the run. */
export function sparsityOf(
  { sparsity, steps }: Pick<TrainRequest, 'sparsity' | 'steps'>,
  layers: readonly SparseLayer[],
): SparsitySetup | null {
  if (!sparsity) return null;
  const { block: _, begin, end, ...rest } = sparsity;
  return { ...rest, layers, begin: Math.round(begin * steps), end: Math.round(end * steps) };
}

type Trained = ReadonlyMap<ValueId, number>;

/**
 * Units of a student that a request ranks: weights or blocks `outputs x inputs` as `prune-weights` has them, or channels
 * and heads as `prune-channels` and `prune-heads` have them. Of a channel the weights that read it become zero: whoever
 * makes it goes on getting a gradient from what reads it still, and without readers it can be cut with all its group.
 */
export function sparseParts(student: Model, { block }: SparseRequest, step: TrainingStep): SparseParts {
  const trained = new Map(
    step.parameters.flatMap(({ value }, index) => (value === null ? [] : [[value, index] as const])),
  );
  return typeof block === 'string' ? slices(student, block, trained) : blocks(student, block, trained);
}

function blocks(student: Model, { height, width }: { height: number; width: number }, trained: Trained): SparseParts {
  const single = height * width === 1;
  const notes: string[] = [];
  const layers = findWeights(student, { embeddings: false }).weights.flatMap((weight): SparseLayer[] => {
    const tensor = trained.get(weight.value);
    if (tensor === undefined) return [];
    if (weight.ambiguous && !single) {
      notes.push(`${weight.name} stays whole: it is read along different axes, so blocks of it have no meaning.`);
      return [];
    }
    return [{ kind: 'blocks', tensor, blocks: blockShape(weight.layout, height, width) }];
  });
  return { layers, groups: [], notes };
}

/** Blocks are outputs × inputs, however the weight is stored. */
function blockShape({ matrices, outputs, reduction, order }: WeightLayout, height: number, width: number): BlockShape {
  return order === 'output-major'
    ? { matrices, rows: outputs, columns: reduction, height, width }
    : { matrices, rows: reduction, columns: outputs, height: width, width: height };
}

function slices(student: Model, what: 'channel' | 'head', trained: Trained): SparseParts {
  const graph = channelGraph(student, analyze(student));
  const readers = readersByGroup(graph);
  const names = groupNames(graph);
  const [layers, groups, notes]: [SparseLayer[], string[], string[]] = [[], [], []];
  for (const group of graph.groups) {
    if (group.isHeads !== (what === 'head')) continue;
    const members = membersOf(graph, group, readers[group.index] ?? null, trained);
    if (typeof members === 'string') {
      notes.push(`Whole stays ${names.get(group.key) ?? group.key}: ${members}.`);
      continue;
    }
    layers.push({ kind: 'slices', units: group.atoms.length, members });
    groups.push(group.key);
  }
  return { layers, groups, notes };
}

/** The weights that read a group, a slice for each of its atoms; text: why the group has to stay. */
function membersOf(
  graph: ChannelGraph,
  group: ChannelGroup,
  readers: readonly Reader[] | null,
  trained: Trained,
): readonly SparseSlices[] | string {
  const { model } = graph.space;
  if (!readers) return 'what reads it multiplies it with something that is not known';
  const members = new Map<string, SparseSlices>();
  for (const { node, weight, input } of readers) {
    const { place, dim } = weight;
    const reader = labelOf(model, model.getNode(node));
    const tensor = trained.get(place.value);
    const axis = graph.space.root(place.axes[dim] ?? -1);
    if (tensor === undefined && model.getValue(place.value).producer !== null)
      return `the weight of ${reader}, which reads it, is computed by another node; “Fold constants” first`;
    if (tensor === undefined) return `${reader}, which reads it, has no weight that is trained`;
    if (axis !== graph.space.root(input.place.axes[input.dim] ?? -1)) return `${reader} reads it in groups`;
    const uses = model.getValue(place.value).uses.map((use) => use.node);
    if (uses.some((use) => !readers.some((each) => each.node === use && each.weight.place.value === place.value)))
      return `the weight of ${reader}, which reads it, is read elsewhere too`;
    const shape = place.tensor?.shape ?? [];
    const atoms = graph.axes.get(axis);
    const units = Int32Array.from(atoms?.groups ?? [], (each, i) =>
      each === group.index ? (atoms?.atoms[i] ?? -1) : -1,
    );
    const slice = { tensor, outer: sizeOf(shape.slice(0, dim)), inner: sizeOf(shape.slice(dim + 1)), units };
    members.set(`${place.value}:${dim}`, slice);
  }
  return members.size > 0 ? [...members.values()] : 'nothing reads it';
}
