import type { Dim, Shape } from '../../ir/types.ts';

/** Sizes as Reshape's constant takes them: 0 copies the input's, -1 takes what is left. Or a clause: why there are none. */
export type Target = { readonly sizes: readonly number[] } | { readonly reason: string };

/**
 * Writes the sizes of a result down, for all values that symbols may have: a size that is the input's at the same place
 * is copied, a single other one that is not known takes what is left. With a 0 among the others that would have no
 * meaning (0 · n = 0 for every n), so they must all be known.
 *
 * @param wanted sizes of the result; -1 where what is left is wanted already
 */
export function targetOf(wanted: readonly Dim[], input: Shape): Target {
  const sizes = wanted.map((dim, i) => {
    if (dim !== null && dim === input?.[i]) return dim === 0 || typeof dim === 'string' ? 0 : dim;
    return typeof dim === 'number' && dim !== 0 ? dim : null;
  });
  return wanted.some((dim, i) => dim === 0 && sizes[i] === null)
    ? { reason: 'its result has a size of 0' }
    : withOneLeft(sizes);
}

/** Sizes as Reshape takes them, with one that is not known left to it; `null`: not known. */
export function withOneLeft(sizes: readonly (number | null)[]): Target {
  const open = sizes.indexOf(null);
  if (open < 0) return { sizes: sizes as number[] };
  const others = sizes.toSpliced(open, 1);
  if (others.includes(null)) return { reason: 'more than one size of its result is only known when it runs' };
  return others.every((size) => size !== null && size > 0)
    ? { sizes: sizes.with(open, -1) as number[] }
    : { reason: 'a size of its result is only known when it runs, and -1 says nothing where another one is 0' };
}
