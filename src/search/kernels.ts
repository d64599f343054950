import type { NodeId } from '../ir/types.ts';
import {
  convolutions,
  kernelConv,
  kernelSizes,
  kernelText,
  shrunkPads,
  smallerKernel,
  type KernelConv,
} from '../prune/kernels/window.ts';
import { placeOf } from '../prune/names.ts';
import { anchorName, label } from '../rewrite/graphs.ts';
import type { PassContext } from '../rewrite/pass.ts';
import type { InvertedResidual } from './blocks.ts';
import type { SpaceGene } from './space.ts';

/** The smallest kernel of a search: below, a convolution sees no neighbours. */
const SMALLEST = 3;
const MOST_NOTES = 3;

/**
 * A gene for each convolution whose kernel can shrink (the elastic kernel size of Cai et al. 2020): odd sizes from 3 on, a
 * size being that of the largest axis. With notes on large kernels that cannot.
 *
 * @param spared why a node is left as it is unless somebody says otherwise
 */
export function kernelGenes(
  context: PassContext,
  blocks: readonly InvertedResidual[],
  spared: (node: NodeId) => string | null,
): { readonly genes: readonly SpaceGene[]; readonly notes: readonly string[] } {
  const { model } = context;
  const inside = new Map(blocks.flatMap(({ name, depthwise }) => depthwise.map((id) => [id, name] as const)));
  const genes: SpaceGene[] = [];
  const notes: string[] = [];
  for (const node of convolutions(context)) {
    const kernel = kernelSizes(context, node) ?? [];
    if (node.graph !== model.graph.id || !kernel.some((size) => Number(size) > SMALLEST)) continue;
    const conv = kernelConv(context, node);
    const sizes = typeof conv === 'string' ? [] : sizesOf(conv);
    if (typeof conv === 'string' || sizes.length < 2) {
      notes.push(`The ${kernelText(kernel)} kernel of ${label(model, node)} is not searched. ${reasonOf(conv)}`);
      continue;
    }
    genes.push({
      id: `kernel:${anchorName(model, node)}`,
      kind: 'kernel',
      name: `${inside.get(node.id) ?? placeOf(model, [node])} kernel`,
      choices: sizes,
      labels: sizes.map((size) => kernelText(smallerKernel(conv.kernel, size))),
      nodes: [node.id],
      place: { kind: 'kernel', key: anchorName(model, node) },
      spared: spared(node.id),
    });
  }
  const more = notes.length - MOST_NOTES;
  return {
    genes,
    notes: more > 1 ? [...notes.slice(0, MOST_NOTES), `${more} more large kernels are not searched.`] : notes,
  };
}

/** Ascending, the last being what the convolution has. */
function sizesOf(conv: KernelConv): number[] {
  const most = Math.max(...conv.kernel);
  const sizes: number[] = [];
  for (let size = SMALLEST; size < most; size += 2) if (typeof shrunkPads(conv, size) !== 'string') sizes.push(size);
  return [...sizes, most];
}

function reasonOf(conv: KernelConv | string): string {
  if (typeof conv === 'string') return conv;
  const reason = shrunkPads(conv, SMALLEST);
  return typeof reason === 'string' ? reason : '';
}
