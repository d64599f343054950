import { seeded, type Random } from '../base/random.ts';
import {
  crossed,
  keyOf,
  mutated,
  nearerGenome,
  randomGenome,
  smallest,
  uniform,
  whole,
  type Gene,
  type Genome,
} from './genome.ts';
import { crowding, fronts, type Direction, type Scored } from './pareto.ts';

/** A genome with what was found of it. */
export interface Found extends Scored {
  readonly genome: Genome;
}

/** Proposes genomes, and learns from what they came to. What was told once is never asked again. */
export interface Searcher {
  /** Fewer than asked for where the space has no more. */
  ask(count: number): Genome[];
  tell(found: readonly Found[]): void;
  /** Those that were asked for and are not looked at after all: they may be asked for again. */
  release(genomes: readonly Genome[]): void;
}

export interface EvolutionOptions {
  readonly seed: number;
  /** Members that have children. */
  readonly population: number;
  /** Chance that a child has two parents. */
  readonly crossover: number;
  /** Chance of each gene of a child to be drawn anew; null: one gene on average. */
  readonly mutation: number | null;
}

export const EVOLUTION: EvolutionOptions = { seed: 0, population: 40, crossover: 0.9, mutation: null };

/** A child that is known is changed further, so often at most. */
const TRIES = 50;

/** Genomes that were given out or told, and new ones that were not. */
class Fresh {
  private readonly genes: readonly Gene[];
  private readonly random: Random;
  private readonly known = new Set<string>();

  constructor(genes: readonly Gene[], random: Random) {
    this.genes = genes;
    this.random = random;
  }
  /** Whether it is new; it is known from now on. */
  claim(genome: Genome): boolean {
    const key = keyOf(genome);
    if (this.known.has(key)) return false;
    this.known.add(key);
    return true;
  }
  free(genomes: readonly Genome[]): void {
    for (const genome of genomes) this.known.delete(keyOf(genome));
  }
  /** Walks on from a genome until there is a new one; null: none was met. */
  near(genome: Genome): Genome | null {
    let current = genome;
    for (let i = 0; i < TRIES; i++) {
      if (this.claim(current)) return current;
      current = mutated(current, this.genes, 1 / current.length, this.random);
    }
    return null;
  }
}

/** Genomes drawn at random: what every other search is held against. */
export class RandomSearch implements Searcher {
  private readonly genes: readonly Gene[];
  private readonly random: Random;
  private readonly fresh: Fresh;

  constructor(genes: readonly Gene[], seed: number) {
    this.genes = genes;
    this.random = seeded(seed);
    this.fresh = new Fresh(genes, this.random);
  }
  ask(count: number): Genome[] {
    const asked: Genome[] = [];
    for (let i = 0; i < count; i++) {
      const genome = this.fresh.near(randomGenome(this.genes, this.random));
      if (genome) asked.push(genome);
    }
    return asked;
  }
  tell(found: readonly Found[]): void {
    for (const { genome } of found) this.fresh.claim(genome);
  }
  release(genomes: readonly Genome[]): void {
    this.fresh.free(genomes);
  }
}

/**
 * NSGA-II (Deb et al. 2002): parents are drawn by binary tournaments, the better front first, then the lonelier place
 * in it; parents and children together are cut back to the population. It begins with the model itself, the smallest
 * sub-network, a few at the same share of everything, and random ones from all over the range of sizes. Children may be asked for one by one.
 */
export class Evolution implements Searcher {
  private readonly genes: readonly Gene[];
  private readonly directions: readonly Direction[];
  private readonly options: EvolutionOptions;
  private readonly random: Random;
  private readonly fresh: Fresh;
  private readonly first: Genome[];
  private members: Found[] = [];
  private rank: Int32Array = new Int32Array(0);
  private lonely = new Float64Array(0);

  constructor(genes: readonly Gene[], directions: readonly Direction[], options: Partial<EvolutionOptions> = {}) {
    this.genes = genes;
    this.directions = directions;
    this.options = { ...EVOLUTION, ...options };
    this.random = seeded(this.options.seed);
    this.fresh = new Fresh(genes, this.random);
    this.first = [whole(genes), smallest(genes), ...[0.25, 0.5, 0.75].map((share) => uniform(genes, share))];
  }

  ask(count: number): Genome[] {
    const asked: Genome[] = [];
    for (let i = 0; i < count; i++) {
      const genome = this.fresh.near(this.next());
      if (genome) asked.push(genome);
    }
    return asked;
  }

  tell(found: readonly Found[]): void {
    for (const { genome } of found) this.fresh.claim(genome);
    this.members.push(...found);
    this.rate();
    if (this.members.length <= this.options.population) return;
    const order = [...this.members.keys()].sort((a, b) => this.compare(a, b));
    this.members = order.slice(0, this.options.population).map((i) => this.members[i] as Found);
    this.rate();
  }

  release(genomes: readonly Genome[]): void {
    this.fresh.free(genomes);
  }

  private next(): Genome {
    const first = this.first.shift();
    if (first) return first;
    if (this.members.length < this.options.population / 2) return nearerGenome(this.genes, this.random);
    const { crossover, mutation } = this.options;
    const parent = this.chosen();
    const child = this.random() < crossover ? crossed(parent, this.chosen(), this.random) : parent;
    return mutated(child, this.genes, mutation ?? 1 / this.genes.length, this.random);
  }

  /** The better of two. */
  private chosen(): Genome {
    const draw = (): number => Math.min(this.members.length - 1, Math.floor(this.random() * this.members.length));
    const [a, b] = [draw(), draw()];
    return (this.members[this.compare(a, b) <= 0 ? a : b] as Found).genome;
  }

  private compare(a: number, b: number): number {
    return (this.rank[a] ?? 0) - (this.rank[b] ?? 0) || (this.lonely[b] ?? 0) - (this.lonely[a] ?? 0) || a - b;
  }

  private rate(): void {
    this.rank = fronts(this.members, this.directions);
    this.lonely = new Float64Array(this.members.length);
    for (let front = 0; ; front++) {
      const indices = [...this.rank.keys()].filter((i) => this.rank[i] === front);
      if (indices.length === 0) return;
      const distance = crowding(
        indices.map((i) => this.members[i] as Found),
        this.directions,
      );
      indices.forEach((i, k) => (this.lonely[i] = distance[k] ?? 0));
    }
  }
}
