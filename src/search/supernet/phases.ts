import { CodedError } from '../../base/error.ts';
import type { Random } from '../../base/random.ts';
import type { GeneKind, Genome } from '../genome.ts';
import type { GeneView } from '../types.ts';

/** Kinds of genes that training can make elastic. */
export const ELASTIC: readonly GeneKind[] = ['kernel', 'depth', 'width', 'heads'];

/** Throws `bad-request` for a kind that no training makes elastic. */
export function requireElastic(kinds: readonly string[]): readonly GeneKind[] {
  return kinds.map((kind) => {
    const known = ELASTIC.find((each) => each === kind);
    if (known) return known;
    throw new CodedError('bad-request', `Sub-networks are trained for ${ELASTIC.join(', ')}, not for ${kind}.`);
  });
}

/** A part of a training: which kinds of genes are drawn, for how many steps. */
export interface Phase {
  readonly kinds: readonly GeneKind[];
  readonly steps: number;
}

/** In the order in which a network is made to shrink (Cai et al. 2020, section 3.3): kernels, depth, widths. */
const ORDER: readonly (readonly GeneKind[])[] = [['kernel'], ['depth'], ['width', 'heads']];

/** Steps of the last phase, as a multiple of those of each before it: widths take longest to learn. */
const LAST = 4;

/**
 * Progressive shrinking: kinds of genes join one after the other, those that the space has. In the last phase all take
 * part: it has four times the steps of each before it.
 *
 * @param known kinds that a supernet was trained in before: they take part from the first step on
 */
export function phasesOf(genes: readonly GeneView[], steps: number, known: ReadonlySet<GeneKind>): readonly Phase[] {
  const searched = new Set(genes.filter((gene) => gene.searched).map(({ kind }) => kind));
  const ready = ELASTIC.filter((kind) => searched.has(kind) && known.has(kind));
  const joining = ORDER.map((kinds) => kinds.filter((kind) => searched.has(kind) && !known.has(kind))).filter(
    (kinds) => kinds.length > 0,
  );
  if (joining.length === 0) return [{ kinds: ready, steps }];
  const each = Math.floor(steps / (joining.length - 1 + LAST));
  return joining.map((_, i): Phase => ({
    kinds: [...ready, ...joining.slice(0, i + 1).flat()],
    steps: i === joining.length - 1 ? steps - i * each : each,
  }));
}

/** The phase that a step lies in, and its place in it. */
export function phaseAt(phases: readonly Phase[], step: number): { readonly phase: Phase; readonly at: number } {
  let at = step;
  for (const phase of phases) {
    if (at < phase.steps) return { phase, at };
    at -= phase.steps;
  }
  throw new Error('invariant: a step lies in a phase');
}

/** A genome of those genes that take part; what does not stays whole. `choose` picks among the indices of a gene. */
export const chosenBy = (
  genes: readonly GeneView[],
  kinds: readonly GeneKind[],
  choose: (allowed: readonly number[]) => number,
): Genome =>
  genes.map(({ kind, searched, allowed, choices }) =>
    searched && kinds.includes(kind) ? choose(allowed) : choices.length - 1,
  );

/**
 * The sub-networks of a step: the largest, the smallest, and `random` ones between them (the sandwich rule, Yu & Huang
 * 2019, Universally Slimmable Networks).
 */
export function sandwich(
  genes: readonly GeneView[],
  kinds: readonly GeneKind[],
  random: number,
  draw: Random,
): readonly Genome[] {
  const largest = chosenBy(genes, [], () => 0);
  const smallest = chosenBy(genes, kinds, (allowed) => allowed[0] ?? 0);
  const toss = (allowed: readonly number[]): number =>
    allowed[Math.min(allowed.length - 1, Math.floor(draw() * allowed.length))] ?? 0;
  const between = Array.from({ length: random }, () => chosenBy(genes, kinds, toss));
  return [largest, smallest, ...between];
}

/** Halfway between the smallest and the largest in every gene. */
export const middle = (genes: readonly GeneView[], kinds: readonly GeneKind[]): Genome =>
  chosenBy(genes, kinds, (allowed) => allowed[Math.floor((allowed.length - 1) / 2)] ?? 0);
