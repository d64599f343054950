import { plural } from '../../base/format.ts';
import type { GeneKind, Genome } from '../../search/genome.ts';
import type { GeneView } from '../../search/types.ts';

/** A part of a network, as a bar. */
export interface StripeBar {
  /** Ids of the genes that it shows, the one of its height first. */
  readonly genes: readonly string[];
  readonly kind: GeneKind;
  /** Height: the share that is kept, 0 to 1. */
  readonly share: number;
  /** It lies in a block that is dropped. */
  readonly gone: boolean;
  /** Its kernels are smaller than the model's. */
  readonly smallKernel: boolean;
}

interface Unit {
  readonly depth: number;
  readonly unit: number;
}

/** Blocks of a stage: its nodes come block by block, and blocks are built alike. */
function unitOf(genes: readonly GeneView[], { nodes }: GeneView): Unit | null {
  for (const [depth, { kind, nodes: inside, choices }] of genes.entries()) {
    if (kind !== 'depth' || nodes.length === 0) continue;
    const places = nodes.map((node) => inside.indexOf(node));
    if (places.includes(-1)) continue;
    const units = choices.at(-1) ?? 1;
    return { depth, unit: Math.floor((Math.min(...places) / inside.length) * units) };
  }
  return null;
}

/** What does not depend on the sub-network. */
export interface StripePlan {
  readonly slots: readonly Slot[];
  readonly genes: readonly GeneView[];
}
interface Slot {
  /** Index of the gene of its height; null: a block without one. */
  readonly gene: number | null;
  readonly block: Unit | null;
  /** Index of the gene of its kernels; null: none. */
  readonly kernel: number | null;
}

/** Bars from the input to the output. Made once for a space. */
export function planStripe(genes: readonly GeneView[], order: readonly number[]): StripePlan {
  const kernels = [...genes.keys()].filter((index) => genes[index]?.kind === 'kernel');
  const kernelOf = (nodes: readonly number[]): number | null =>
    kernels.find((index) => genes[index]?.nodes.some((node) => nodes.includes(node))) ?? null;
  const inside = new Map(
    [...genes.entries()].flatMap(([index, gene]) => (gene.kind === 'depth' ? [] : [[index, unitOf(genes, gene)]])),
  );
  const shown = new Set<number>();
  const slots = order.flatMap((index): readonly Slot[] => {
    const gene = genes[index];
    if (!gene || gene.kind === 'resolution' || gene.kind === 'kernel') return [];
    if (gene.kind !== 'depth') {
      const kernel = kernelOf(gene.nodes);
      if (kernel !== null) shown.add(kernel);
      return [{ gene: index, block: inside.get(index) ?? null, kernel }];
    }
    // Blocks that have no width of their own.
    const units = Array.from({ length: gene.choices.at(-1) ?? 0 }, (_, unit) => unit);
    const own = new Set([...inside.values()].flatMap((unit) => (unit?.depth === index ? [unit.unit] : [])));
    return units
      .filter((unit) => !own.has(unit))
      .map((unit) => ({ gene: null, block: { depth: index, unit }, kernel: null }));
  });
  // Kernels that no bar tells of.
  const others = order
    .filter((index) => kernels.includes(index) && !shown.has(index))
    .map((kernel): Slot => ({ gene: null, block: inside.get(kernel) ?? null, kernel }));
  return { slots: [...slots, ...others], genes };
}

export function barsOf({ slots, genes }: StripePlan, genome: Genome): readonly StripeBar[] {
  const choice = (index: number): number => genes[index]?.choices[genome[index] ?? 0] ?? 1;
  const last = (index: number): number => genes[index]?.choices.at(-1) ?? 1;
  return slots.map(({ gene, block, kernel }) => ({
    genes: [gene, kernel, block?.depth ?? null].flatMap((index) => (index === null ? [] : (genes[index]?.id ?? []))),
    kind: gene === null ? (kernel === null ? 'depth' : 'kernel') : (genes[gene]?.kind ?? 'width'),
    share: gene === null ? 1 : choice(gene) / last(gene),
    gone: block !== null && block.unit >= choice(block.depth),
    smallKernel: kernel !== null && choice(kernel) < last(kernel),
  }));
}

/** The side of the input where it is searched; null: it is not. */
export function resolutionOf(genes: readonly GeneView[], genome: Genome): string | null {
  const at = genes.findIndex(({ kind }) => kind === 'resolution');
  return at < 0 ? null : (genes[at]?.labels[genome[at] ?? 0] ?? null);
}

/** Genes that are told one by one in words. */
const TOLD = 4;

/** A sub-network in words: `5 of 16 genes smaller: stem 16, stage depth 1 of 2 blocks, … and 3 more`. */
export function genomeWords(genes: readonly GeneView[], order: readonly number[], genome: Genome): string {
  const smaller = order.filter((index) => (genome[index] ?? 0) < (genes[index]?.choices.length ?? 1) - 1);
  if (smaller.length === 0) return 'as the model is';
  const told = smaller
    .slice(0, TOLD)
    .map((index) => `${genes[index]?.name} ${genes[index]?.labels[genome[index] ?? 0]}`);
  const rest = smaller.length - told.length;
  return `${smaller.length} of ${plural(genes.length, 'gene')} smaller: ${told.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
