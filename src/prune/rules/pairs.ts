import type { Pairs } from '../space.ts';

/** Index i goes with i mod `period`: the same channel of every group. */
export const residues =
  (count: number, period: number): Pairs =>
  (visit) => {
    for (let i = 0; i < count; i++) visit(i, i % period);
  };

/** Index i of the first axis goes with ⌊i / block⌋ of the second. */
export const blocksOf =
  (count: number, block: number): Pairs =>
  (visit) => {
    for (let i = 0; i < count; i++) visit(i, Math.floor(i / block));
  };

/** Index i of `part` is index i + `offset` of `whole`. */
export const shifted =
  (count: number, offset: number): Pairs =>
  (visit) => {
    for (let i = 0; i < count; i++) visit(i, i + offset);
  };
