import { keyOf, type Genome } from './genome.ts';
import type { Gene } from './genome.ts';
import type { Searcher } from './evolution.ts';
import { crowding, fronts, type Direction, type Scored } from './pareto.ts';
import { learnPredictor } from './predictor.ts';

/** Children that are thought of for each that is looked at. */
const THOUGHT_OF = 6;
/** Of those that are looked at, the share that is not chosen by what was learnt: it would only confirm itself. */
const FREE = 0.2;
/** Points that something can be learnt from. */
const FEWEST = 24;

/** Steps of each network: more change nothing that ranks. */
const STEPS = 150;
/** A constraint that is foretold to be broken by less may hold. */
const UNSURE = 0.02;

export interface Known {
  readonly genome: Genome;
  /** In the order of the objectives, and after them how far constraints are broken. */
  readonly values: readonly number[];
  readonly broken: number;
}

/** What was foretold of a genome: its objectives. */
export type Foretold = ReadonlyMap<string, readonly number[]>;

/**
 * Genomes to look at next: children of a search, chosen among more by networks that were taught what the known ones came
 * to, first the foretold front, then lonelier places; and a few that were not chosen.
 */
export function proposed(
  searcher: Searcher,
  count: number,
  known: readonly Known[],
  {
    genes,
    directions,
    seed,
    uses,
  }: { genes: readonly Gene[]; directions: readonly Direction[]; seed: number; uses: boolean },
): { readonly genomes: readonly Genome[]; readonly foretold: Foretold } {
  const usable = known.filter(({ values }) => values.every(Number.isFinite));
  if (!uses || usable.length < FEWEST) return { genomes: searcher.ask(count), foretold: new Map() };
  const free = Math.round(count * FREE);
  const all = searcher.ask(count * THOUGHT_OF);
  const columns = directions.map((direction, i) =>
    learnt(genes, usable, ({ values }) => values[i] ?? 0, linkOf(direction), seed + i),
  );
  const broken = learnt(genes, usable, (point) => point.broken, PLAIN, seed + directions.length);
  const scored = all.map((genome): Scored => {
    const values = columns.map((column) => column(genome));
    return { values, broken: Math.max(0, broken(genome) - UNSURE) };
  });
  const order = byPromise(scored, directions);
  const chosen = order.slice(0, count - free);
  // Those that a search without a predictor would have asked for first.
  const others = all
    .map((_, i) => i)
    .filter((i) => !chosen.includes(i))
    .slice(0, free);
  const taken = [...chosen, ...others];
  const genomes = taken.map((i) => all[i]!);
  const kept = new Set(genomes.map(keyOf));
  searcher.release(all.filter((genome) => !kept.has(keyOf(genome))));
  return { genomes, foretold: new Map(taken.map((i) => [keyOf(all[i]!), scored[i]!.values])) };
}

/** What a network learns in place of a value, and back. */
interface Link {
  readonly to: (value: number) => number;
  readonly from: (learnt: number) => number;
}
const PLAIN: Link = { to: (value) => value, from: (value) => value };
/** Times and sizes: what genes take away multiplies. */
const LOG: Link = { to: (value) => Math.log(Math.max(value, 1e-12)), from: Math.exp };
/** Shares between 0 and 1, neither of which is infinitely far. */
const END = 0.01;
const LOGIT: Link = {
  to: (value) => Math.log((value + END) / (1 + END - Math.min(1, value))),
  from(value) {
    const odds = Math.exp(value);
    return (odds * (1 + END) - END) / (1 + odds);
  },
};
const linkOf = (direction: Direction): Link => (direction === 'more' ? LOGIT : LOG);

function learnt(
  genes: readonly Gene[],
  points: readonly Known[],
  of: (point: Known) => number,
  { to, from }: Link,
  seed: number,
): (genome: Genome) => number {
  const [first] = points;
  if (!first || points.every((point) => of(point) === of(first))) return () => (first ? of(first) : 0);
  const samples = points.map((point) => ({ genome: point.genome, value: to(of(point)) }));
  const predictor = learnPredictor(genes, samples, { seed, steps: STEPS });
  return (genome) => from(predictor.predict(genome).value);
}

/** Indices, the most promising first. */
export function byPromise(points: readonly Scored[], directions: readonly Direction[]): number[] {
  const rank = fronts(points, directions);
  const lonely = new Float64Array(points.length);
  for (let front = 0; front <= Math.max(...rank, -1); front++) {
    const indices = [...rank.keys()].filter((i) => rank[i] === front);
    const distance = crowding(
      indices.map((i) => points[i]!),
      directions,
    );
    indices.forEach((i, k) => (lonely[i] = distance[k] ?? 0));
  }
  return [...points.keys()].sort((a, b) => rank[a]! - rank[b]! || lonely[b]! - lonely[a]! || a - b);
}
