import type { Random } from '../base/random.ts';

/** What a gene changes. */
export type GeneKind = 'width' | 'heads' | 'depth' | 'kernel' | 'resolution';

/** One decision of the search: a list of choices in order, from the smallest to what the model has. */
export interface Gene {
  /** The same in every model that has the same place: part of a genome's key. */
  readonly id: string;
  readonly kind: GeneKind;
  /** As a person calls it: `features.3 expand ratio`. */
  readonly name: string;
  /** Width and heads: share kept, 0 to 1. Depth: units of blocks that stay. Ascending. */
  readonly choices: readonly number[];
}

/** Index of a choice for each gene of a space. */
export type Genome = readonly number[];

export const keyOf = (genome: Genome): string => genome.join('.');

/** The model as it is: the last choice of every gene. */
export const whole = (genes: readonly Gene[]): Genome => genes.map(({ choices }) => choices.length - 1);
/** The smallest of the space. */
export const smallest = (genes: readonly Gene[]): Genome => genes.map(() => 0);

const toss = (random: Random, count: number): number => Math.min(count - 1, Math.floor(random() * count));

/** Every choice of every gene is equally likely. */
export const randomGenome = (genes: readonly Gene[], random: Random): Genome =>
  genes.map(({ choices }) => toss(random, choices.length));

/**
 * Some genes drawn, the others as the model has them; how many are, and how far they go, is drawn as well. Where every
 * gene is drawn from all its choices, hardly any sub-network is near the model: of one that was not trained for it, all
 * would be far too small.
 */
export function nearerGenome(genes: readonly Gene[], random: Random): Genome {
  const [share, depth] = [random(), random()];
  return genes
    .map(({ choices }) => {
      const last = choices.length - 1;
      return random() < share ? last - toss(random, 2 + Math.floor(depth * last)) : last;
    })
    .map((choice) => Math.max(0, choice));
}

/** Each gene from one parent or the other (uniform crossover, as in Once-for-all's evolution, Cai et al. 2020). */
export const crossed = (a: Genome, b: Genome, random: Random): Genome =>
  a.map((choice, index) => (random() < 0.5 ? choice : (b[index] ?? choice)));

/** Each gene is drawn anew with the given probability (Cai et al. 2020); at least one is. */
export function mutated(genome: Genome, genes: readonly Gene[], probability: number, random: Random): Genome {
  const chosen = genome.map(() => random() < probability);
  if (!chosen.includes(true)) chosen[toss(random, genome.length)] = true;
  return genome.map((choice, index) => {
    const count = genes[index]?.choices.length ?? 1;
    if (!chosen[index] || count < 2) return choice;
    // Another one than it has.
    const drawn = toss(random, count - 1);
    return drawn >= choice ? drawn + 1 : drawn;
  });
}

/** The same share of every gene: what a person would try by hand. `share` 0 is the smallest, 1 the whole model. */
export const uniform = (genes: readonly Gene[], share: number): Genome =>
  genes.map(({ choices }) => Math.round(share * (choices.length - 1)));
