/** What is better in an objective: less (a time) or more (an accuracy). */
export type Direction = 'less' | 'more';

/** A value for each objective, with how far constraints are broken: 0 where all hold. */
export interface Scored {
  readonly values: readonly number[];
  readonly broken: number;
}

/** As costs: less is better in all. */
export const costs = (values: readonly number[], directions: readonly Direction[]): number[] =>
  values.map((value, index) => (directions[index] === 'more' ? -value : value));

/** No worse in any, better in one. */
export function dominates(a: readonly number[], b: readonly number[]): boolean {
  let better = false;
  for (let i = 0; i < a.length; i++) {
    const [mine = NaN, theirs = NaN] = [a[i], b[i]];
    if (mine > theirs) return false;
    if (mine < theirs) better = true;
  }
  return better;
}

/** Where constraints are broken, less so is better; where they hold, costs decide (Deb et al. 2002, section VI). */
export function constrainedDominates(a: Scored, b: Scored, directions: readonly Direction[]): boolean {
  if (a.broken > 0 || b.broken > 0) return a.broken < b.broken;
  return dominates(costs(a.values, directions), costs(b.values, directions));
}

/**
 * Fronts of a population: 0 is not dominated, 1 only by 0, and so on (fast non-dominated sorting, Deb et al. 2002).
 *
 * @returns the front of each, by index
 */
export function fronts(population: readonly Scored[], directions: readonly Direction[]): Int32Array {
  const rank = new Int32Array(population.length).fill(-1);
  const below = population.map((): number[] => []);
  const above = new Int32Array(population.length);
  population.forEach((a, i) =>
    population.forEach((b, j) => {
      if (i === j || !constrainedDominates(a, b, directions)) return;
      below[i]?.push(j);
      above[j] = (above[j] ?? 0) + 1;
    }),
  );
  let current = [...above.keys()].filter((i) => above[i] === 0);
  for (let front = 0; current.length > 0; front++) {
    const next: number[] = [];
    for (const i of current) rank[i] = front;
    for (const i of current) {
      for (const j of below[i] ?? []) {
        above[j] = (above[j] ?? 0) - 1;
        if (above[j] === 0) next.push(j);
      }
    }
    current = next;
  }
  return rank;
}

/** Indices of what nothing dominates, each point once, and only where constraints hold. */
export function paretoFront(population: readonly Scored[], directions: readonly Direction[]): number[] {
  const rank = fronts(population, directions);
  const seen = new Set<string>();
  return [...rank.keys()].filter((i) => {
    const key = population[i]?.values.join() ?? '';
    if (rank[i] !== 0 || population[i]?.broken !== 0 || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/**
 * How lonely each member of a front is: the sum over objectives of the distance between its neighbours, as a share of
 * the front's extent; the ends are infinitely so (Deb et al. 2002).
 */
export function crowding(front: readonly Scored[], directions: readonly Direction[]): Float64Array {
  const distance = new Float64Array(front.length);
  directions.forEach((_, objective) => {
    const at = (i: number): number => front[i]?.values[objective] ?? 0;
    const order = [...front.keys()].sort((a, b) => at(a) - at(b));
    const [first = 0, last = 0] = [order[0], order.at(-1)];
    const extent = at(last) - at(first);
    distance[first] = Infinity;
    distance[last] = Infinity;
    if (extent === 0) return;
    for (let k = 1; k < order.length - 1; k++) {
      const [before = 0, i = 0, after = 0] = order.slice(k - 1, k + 2);
      distance[i] = (distance[i] ?? 0) + (at(after) - at(before)) / extent;
    }
  });
  return distance;
}
