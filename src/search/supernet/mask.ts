import type { Analysis } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import { defined } from '../../base/assert.ts';
import type { Model } from '../../ir/model.ts';
import { floats, type Tensor } from '../../ir/tensor.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { readersByGroup } from '../../prune/dead/readers.ts';
import type { Reader } from '../../prune/importance/activations.ts';
import { channelGraph } from '../../prune/plan.ts';
import { labelOf } from '../../prune/relation.ts';
import { residualBlocks } from '../../prune/residual/blocks.ts';
import type { Genome } from '../genome.ts';
import type { SearchSpace } from '../space.ts';
import { maskKernel, type KernelMask } from './kernel.ts';

/** A constant of a masked model that follows from the genome. */
export interface Mask {
  readonly value: ValueId;
  readonly name: string;
  of(genome: Genome): Tensor;
}

/** Mul takes shapes that differ; for kernels, Slice and Pad take inputs. */
const OPSET = 7;
const KERNEL_OPSET = 11;

/** Every sub-network of a space in one model of one size. */
export interface MaskedModel {
  /** As the whole genome has it; constants of the model that it was made of keep their ids. */
  readonly model: Model;
  readonly masks: readonly Mask[];
  readonly kernels: readonly KernelMask[];
}

/**
 * Writes a space into its model: constants of ones and zeros take the place of slicing. A channel that goes is multiplied
 * by 0 wherever it is read (what makes it goes on: a batch norm behind it sees the same channels as in the sliced
 * network), a block that goes is multiplied by 0 before it is added to its skip (y = x + g·F(x)), and a smaller kernel
 * lies in zeros of the size of the largest one. Narrower widths keep the first channels.
 *
 * @param takes whether a gene takes part; what others change stays whole
 * @throws CodedError `unsupported` for an operator set below 7, with kernels below 11, and for a group of channels that something reads which multiplies it with what is not known
 */
export function maskedModel(
  model: Model,
  analysis: Analysis,
  space: SearchSpace,
  takes: (gene: number) => boolean = () => true,
): MaskedModel {
  const isKernel = space.genes.some(({ place }, gene) => place.kind === 'kernel' && takes(gene));
  const least = isKernel ? KERNEL_OPSET : OPSET;
  if (model.opset() < least) {
    throw new CodedError(
      'unsupported',
      `Masks of ${isKernel ? 'kernels' : 'channels'} are written in operator set ${least}, and this model is of ${model.opset()}. Apply convert-opset first${isKernel ? ', or leave kernels out' : ''}.`,
    );
  }
  const masked = model.clone();
  const kernels = space.genes.flatMap(({ place, choices }, gene): KernelMask[] =>
    place.kind === 'kernel' && takes(gene) ? [maskKernel(masked, { gene, choices, conv: place.key })] : [],
  );
  const masks = [
    ...kernels.flatMap((kernel) => kernel.masks),
    ...widthMasks(model, masked, analysis, space, takes),
    ...depthMasks(model, masked, analysis, space, takes),
  ];
  masked.sort();
  const all = space.genes.map(({ choices }) => choices.length - 1);
  for (const mask of masks) masked.setInitializer(mask.value, mask.of(all));
  return { model: masked, masks, kernels };
}

/** The masked model as one genome has it. */
export function atGenome({ model, masks }: MaskedModel, genome: Genome): Model {
  const copy = model.clone();
  for (const mask of masks) copy.setInitializer(mask.value, mask.of(genome));
  return copy;
}

/** One for each axis that weights read and each number of axes behind it. */
function widthMasks(
  model: Model,
  masked: Model,
  analysis: Analysis,
  { genes }: SearchSpace,
  takes: (gene: number) => boolean,
): Mask[] {
  const graph = channelGraph(model, analysis);
  const readers = readersByGroup(graph);
  const byKey = new Map(
    genes.map(({ place }, gene) => [place.kind === 'group' && takes(gene) ? place.key : null, gene]),
  );
  /** By index of a group: its gene. */
  const owners = graph.groups.map(({ key }) => byKey.get(key) ?? -1);
  const slots = new Map<string, Reader>();
  graph.groups.forEach((group) => {
    if (owners[group.index] === -1) return;
    for (const reader of requireReaders(group.key, readers[group.index])) slots.set(slotKey(reader), reader);
  });
  const made = new Map<string, Mask>();
  for (const reader of slots.values()) {
    const { space, axes } = graph;
    const root = (axis: Reader['weight']): number => space.root(axis.place.axes[axis.dim] ?? -1);
    // The weight, which is smaller than what it reads; but for weights of groups, whose axis has another meaning.
    const at = root(reader.weight) === root(reader.input) ? reader.weight : reader.input;
    const node = masked.getNode(reader.node);
    const slot = slotOf(model, reader, at);
    const behind = at.place.shape.length - 1 - at.dim;
    const atoms = defined(axes.get(root(at)), 'the atoms of an axis that a group lies on');
    const key = `${root(at)}:${behind}`;
    const mask =
      made.get(key) ??
      widthMask(masked, `supernet/width ${made.size}`, behind, atoms, (group, genome) => {
        const gene = owners[group] ?? -1;
        const count = graph.groups[group]?.atoms.length ?? 1;
        return gene === -1 ? count : Math.round((genes[gene]?.choices[genome[gene] ?? 0] ?? 1) * count);
      });
    made.set(key, mask);
    multiply(masked, node.id, slot, mask.value);
  }
  return [...made.values()];
}

const slotKey = ({ node, weight, input }: Reader): string => `${node}:${weight.place.id}:${weight.dim}:${input.dim}`;

function requireReaders(key: string, readers: readonly Reader[] | null | undefined): readonly Reader[] {
  if (readers) return readers;
  throw new CodedError(
    'unsupported',
    `The channels of ${key} are multiplied with what is not known, so that they cannot be masked. Leave that width out: protect it, or train without widths.`,
    { value: key },
  );
}

/** The input of the reader that a weight or a value comes in by. */
function slotOf(model: Model, { node }: Reader, { place }: Reader['weight']): number {
  const slot = place.use?.node === node ? place.use.index : model.getNode(node).inputs.indexOf(place.value);
  if (slot >= 0) return slot;
  const reader = model.getNode(node);
  throw new CodedError(
    'unsupported',
    `What ${reader.name || reader.opType} reads cannot be masked: it comes in by no input of its own.`,
    { node },
  );
}

function widthMask(
  masked: Model,
  name: string,
  behind: number,
  { groups, atoms }: { readonly groups: Int32Array; readonly atoms: Int32Array },
  kept: (group: number, genome: Genome) => number,
): Mask {
  const shape = [groups.length, ...Array.from({ length: behind }, () => 1)];
  const { id } = masked.addInitializer(masked.graph, name, floats(shape, new Float32Array(groups.length)));
  return {
    value: id,
    name,
    of: (genome) =>
      floats(
        shape,
        Float32Array.from(groups, (group, i) => Number(group < 0 || (atoms[i] ?? 0) < kept(group, genome))),
      ),
  };
}

/** One for each unit of blocks that go together. */
function depthMasks(
  model: Model,
  masked: Model,
  analysis: Analysis,
  { genes }: SearchSpace,
  takes: (gene: number) => boolean,
): Mask[] {
  const { blocks } = residualBlocks(model, analysis);
  const bySum = new Map(blocks.map((block) => [model.getValue(block.y).name, block]));
  return genes.flatMap(({ place, choices }, gene): Mask[] => {
    if (place.kind !== 'stage' || !takes(gene)) return [];
    const units = choices.at(-1) ?? 0;
    const perUnit = place.sums.length / Math.max(1, units);
    return Array.from({ length: units }, (_, unit): Mask => {
      const name = `supernet/depth ${gene}.${unit}`;
      const { id } = masked.addInitializer(masked.graph, name, floats([], [1]));
      for (const sum of place.sums.slice(unit * perUnit, (unit + 1) * perUnit)) {
        const { add, branch } = defined(bySum.get(sum), `the block that ends with ${sum}`);
        multiply(masked, add.id, add.inputs.lastIndexOf(branch), id);
      }
      return { value: id, name, of: (genome) => floats([], [Number(unit < (choices[genome[gene] ?? 0] ?? 0))]) };
    });
  });
}

/** What a node reads is multiplied with a mask first. */
function multiply(masked: Model, id: NodeId, slot: number, mask: ValueId): void {
  const node = masked.getNode(id);
  const read = defined(node.inputs[slot], `input ${slot} of ${labelOf(masked, node)}`);
  const { outputs } = masked.addNode(masked.graph, {
    opType: 'Mul',
    name: `${node.name || node.opType}/mask ${slot}`,
    inputs: [read, mask],
    outputs: [`${masked.getValue(read).name}/masked for ${node.name || node.id}`],
  });
  masked.setInput(node, slot, defined(outputs[0], 'an output'));
}
