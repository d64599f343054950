import { plural, THIN } from '../../base/format.ts';
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

/** What does not depend on the sub-network. */
export interface StripePlan {
  readonly slots: readonly Slot[];
  readonly genes: readonly GeneView[];
}
interface Slot {
  /** Index of the gene of its height; null: a block without one. */
  readonly gene: number | null;
  /** The block that it lies in; null: it always stays. */
  readonly block: GeneView['inside'];
  /** Index of the gene of its kernels; null: none. */
  readonly kernel: number | null;
}

/** Bars from the input to the output. Made once for a space. */
export function planStripe(genes: readonly GeneView[], order: readonly number[]): StripePlan {
  const kernels = [...genes.keys()].filter((index) => genes[index]?.kind === 'kernel');
  const kernelOf = (nodes: readonly number[]): number | null =>
    kernels.find((index) => genes[index]?.nodes.some((node) => nodes.includes(node))) ?? null;
  const shown = new Set<number>();
  const slots = order.flatMap((index): readonly Slot[] => {
    const gene = genes[index];
    if (!gene || gene.kind === 'resolution' || gene.kind === 'kernel') return [];
    if (gene.kind !== 'depth') {
      const kernel = kernelOf(gene.nodes);
      if (kernel !== null) shown.add(kernel);
      return [{ gene: index, block: gene.inside, kernel }];
    }
    // Blocks that have no width of their own.
    const own = new Set(genes.map(({ inside }) => (inside?.gene === index ? inside.below : null)));
    return Array.from({ length: gene.choices.at(-1) ?? 0 }, (_, block) => block + 1)
      .filter((below) => !own.has(below))
      .map((below) => ({ gene: null, block: { gene: index, below }, kernel: null }));
  });
  // Kernels that no bar tells of.
  const others = order
    .filter((index) => kernels.includes(index) && !shown.has(index))
    .map((kernel): Slot => ({ gene: null, block: genes[kernel]?.inside ?? null, kernel }));
  return { slots: [...slots, ...others], genes };
}

export function barsOf({ slots, genes }: StripePlan, genome: Genome): readonly StripeBar[] {
  const choice = (index: number): number => genes[index]?.choices[genome[index] ?? 0] ?? 1;
  const last = (index: number): number => genes[index]?.choices.at(-1) ?? 1;
  return slots.map(({ gene, block, kernel }) => ({
    genes: [gene, kernel, block?.gene ?? null].flatMap((index) => (index === null ? [] : (genes[index]?.id ?? []))),
    kind: gene === null ? (kernel === null ? 'depth' : 'kernel') : (genes[gene]?.kind ?? 'width'),
    share: gene === null ? 1 : choice(gene) / last(gene),
    gone: block !== null && choice(block.gene) < block.below,
    smallKernel: kernel !== null && choice(kernel) < last(kernel),
  }));
}

/** The size of the input where it is searched, of a square its side; null: it is not. */
export function resolutionOf(genes: readonly GeneView[], genome: Genome): string | null {
  const at = genes.findIndex(({ kind }) => kind === 'resolution');
  const label = genes[at]?.labels[genome[at] ?? 0];
  return label?.replace(/^(\d+) × \1$/, `$1${THIN}px`) ?? null;
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

/** Kinds of change, those that change most first. */
const BY_KIND: readonly (readonly [GeneKind, what: string, how: string])[] = [
  ['resolution', 'resolution', 'smaller'],
  ['depth', 'stage', 'shorter'],
  ['width', 'width', 'narrower'],
  ['heads', 'layer', 'with fewer heads'],
  ['kernel', 'kernel', 'smaller'],
];
const LINES = 3;

/** What of the model is changed, in three lines at most: by name where it is little, else how much of each kind. */
export function changeLines(genes: readonly GeneView[], order: readonly number[], genome: Genome): readonly string[] {
  const smaller = order.filter((index) => (genome[index] ?? 0) < (genes[index]?.choices.length ?? 1) - 1);
  const named = (index: number): string => `${genes[index]?.name}: ${genes[index]?.labels[genome[index] ?? 0]}`;
  if (smaller.length <= LINES) return smaller.map(named);
  const lines = BY_KIND.flatMap(([kind, what, how]): readonly string[] => {
    const [own = -1, ...others] = smaller.filter((index) => genes[index]?.kind === kind);
    if (own < 0) return [];
    if (others.length === 0) return [named(own)];
    const all = genes.filter((gene) => gene.kind === kind).length;
    return [`${others.length + 1} of ${plural(all, what)} ${how}`];
  });
  return [...lines.slice(0, LINES - 1), ...(lines.length < LINES ? [] : [lines.slice(LINES - 1).join(', ')])];
}
