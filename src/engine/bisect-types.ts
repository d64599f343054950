import type { Verdict } from '../verify/types.ts';

/** The site at which the results part. */
export interface BrokenSite {
  readonly key: string;
  /** Its place among the sites of the step, from 1. */
  readonly number: number;
  readonly of: number;
  /** What the pass says of it; null: it is offered only once others are applied. */
  readonly what: string | null;
  /** Nodes as a person finds them. */
  readonly nodes: readonly string[];
}

/** The first value in running order that is not what it was. */
export interface BrokenValue {
  readonly name: string;
  readonly producer: string;
  readonly maxAbs: number;
  /** Relative to max|y| of that value before. */
  readonly maxRel: number;
  readonly allowed: number;
}

/** Where a result parts from the original. */
export interface Bisection {
  /** Of the whole recipe against the original; everything else is null unless it is `differs`. */
  readonly verdict: Verdict;
  readonly step: { readonly index: number; readonly pass: string; readonly title: string } | null;
  readonly site: BrokenSite | null;
  readonly value: BrokenValue | null;
  /** Comparisons that it took. */
  readonly checks: number;
  readonly message: string;
}
