import type { ChannelGraph } from './groups.ts';
import type { CostTerms } from './types.ts';

/** One term: coefficient times the shares of `groups`. */
export interface Term {
  readonly coefficient: number;
  readonly groups: readonly number[];
}

/** The size of an axis: a constant part and the parts that groups hold, each proportional to its group's kept share. */
function axisTerms(graph: ChannelGraph, axis: number): readonly Term[] {
  const { size } = graph.space.axis(axis);
  const atoms = graph.axes.get(graph.space.root(axis));
  if (!atoms) return [{ coefficient: size, groups: [] }];
  const counts = new Map<number, number>();
  for (const group of atoms.groups) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts].map(([group, coefficient]) => ({ coefficient, groups: group < 0 ? [] : [group] }));
}

/** `total` = unit · Π axis sizes, as terms; equal products of groups are merged. */
export function productTerms(graph: ChannelGraph, total: number, axes: readonly number[]): readonly Term[] {
  const cut = axes.filter((axis) => graph.axes.has(graph.space.root(axis)));
  const unit = total / cut.reduce((product, axis) => product * graph.space.axis(axis).size, 1);
  let terms: readonly Term[] = [{ coefficient: unit, groups: [] }];
  for (const axis of cut) {
    const factors = axisTerms(graph, axis);
    terms = merge(terms.flatMap((term) => factors.map((factor) => multiply(term, factor))));
  }
  return terms;
}

const multiply = (a: Term, b: Term): Term => ({
  coefficient: a.coefficient * b.coefficient,
  groups: [...a.groups, ...b.groups].sort((x, y) => x - y),
});

/** Terms over the same groups added up. */
export function merge(terms: Iterable<Term>): readonly Term[] {
  const sums = new Map<string, Term>();
  for (const term of terms) {
    const key = term.groups.join();
    const known = sums.get(key);
    sums.set(key, known ? { ...known, coefficient: known.coefficient + term.coefficient } : term);
  }
  return [...sums.values()];
}

export function pack(terms: readonly Term[]): CostTerms {
  const starts = new Int32Array(terms.length + 1);
  terms.forEach((term, i) => {
    starts[i + 1] = (starts[i] ?? 0) + term.groups.length;
  });
  return {
    coefficients: Float64Array.from(terms, (term) => term.coefficient),
    starts,
    groups: Int32Array.from(terms.flatMap((term) => term.groups)),
  };
}
