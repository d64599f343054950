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
  const columns = [...directions.map((_, i) => (point: Known) => point.values[i] ?? 0), ({ broken }: Known) => broken];
  const predictors = columns.map((of, i) =>
    usable.every((point) => of(point) === of(usable[0]!))
      ? null
      : learnPredictor(
          genes,
          usable.map((point) => ({ genome: point.genome, value: of(point) })),
          {
            seed: seed + i,
            steps: 150,
          },
        ),
  );
  const scored = all.map((genome): Scored => {
    const told = predictors.map((predictor, i) => predictor?.predict(genome).value ?? columns[i]!(usable[0]!));
    return { values: told.slice(0, -1), broken: Math.max(0, told.at(-1) ?? 0) };
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
