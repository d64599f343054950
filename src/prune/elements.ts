import { defined } from '../base/assert.ts';
import { gcd, lcm } from './arithmetic.ts';
import type { Freeze, ReshapeBlock, Space, StridedAxis } from './space.ts';
import { UnionFind } from './union.ts';

/**
 * Classes of channels: union-find over the indices of every joined axis. Two indices of one class are cut together; a
 * class with a freeze in it is never cut.
 */
export class Elements {
  readonly space: Space;
  private readonly classes = new UnionFind();
  /** By root axis: its first element. */
  private readonly firsts = new Map<number, number>();
  /** By leading element: 1 + index into `space.freezes`; 0: free. */
  private readonly frozen: Int32Array;

  constructor(space: Space) {
    this.space = space;
    for (const { axis, size } of space.axes.map((each, axis) => ({ axis, size: each.size }))) {
      if (space.root(axis) === axis) this.firsts.set(axis, this.classes.add(size));
    }
    this.frozen = new Int32Array(this.classes.size);
    space.freezes.forEach((_, index) => this.freezeAxis(index));
    for (const map of space.maps) map.pairs((i, j) => this.union(this.element(map.a, i), this.element(map.b, j)));
    this.decideAll(space.blocks.filter((each) => !each.constant));
    this.decideAll(space.blocks.filter((each) => each.constant).reverse());
  }

  /** Leading element of the class of an axis' index. */
  class(axis: number, index: number): number {
    return this.classes.find(this.element(axis, index));
  }

  /** Why a class cannot be cut; null: it can. */
  freezeOf(leader: number): Freeze | null {
    const at = this.frozen[leader] ?? 0;
    return at === 0 ? null : (this.space.freezes[at - 1] ?? null);
  }

  private element(axis: number, index: number): number {
    return defined(this.firsts.get(this.space.root(axis)), `elements of axis ${axis}`) + index;
  }

  private union(a: number, b: number): void {
    const [x, y] = [this.classes.find(a), this.classes.find(b)];
    const reasons = [this.frozen[x] ?? 0, this.frozen[y] ?? 0].filter((each) => each > 0);
    const leader = this.classes.union(x, y);
    if (reasons.length > 0) this.frozen[leader] = Math.min(...reasons);
  }

  private freezeAxis(index: number): void {
    const { axis } = defined(this.space.freezes[index], 'the freeze');
    const { size } = this.space.axis(axis);
    for (let i = 0; i < size; i++) {
      const leader = this.class(axis, i);
      if ((this.frozen[leader] ?? 0) === 0) this.frozen[leader] = index + 1;
    }
  }

  private freezeLate(axis: number, block: ReshapeBlock, reason: string): void {
    this.space.freeze(axis, block.node, reason);
    this.freezeAxis(this.space.freezes.length - 1);
  }

  /** What follows by itself comes first: blocks that nothing can pass, then those with one way, then the first of the rest. */
  private decideAll(blocks: readonly ReshapeBlock[]): void {
    let pending = blocks;
    while (pending.length > 0) {
      const left = this.decideWhere(pending, (ways) => ways === 0) ?? this.decideWhere(pending, (ways) => ways === 1);
      if (!left) this.decide(defined(pending[0], 'a block'));
      pending = left ?? pending.slice(1);
    }
  }

  /** Decides the blocks with a fitting number of pairs that could pass; the others are returned. Null: none fits. */
  private decideWhere(
    blocks: readonly ReshapeBlock[],
    fits: (ways: number) => boolean,
  ): readonly ReshapeBlock[] | null {
    const left = blocks.filter((block) => {
      const [inputs, outputs] = [this.usable(block.inputs), this.usable(block.outputs)];
      if (!fits(inputs.length * outputs.length)) return true;
      this.decide(block);
      return false;
    });
    return left.length < blocks.length ? left : null;
  }

  private usable(axes: readonly StridedAxis[]): StridedAxis[] {
    return axes.filter((each) => each.stride > 0 && this.size(each) > 1 && this.freeCount(each) > 0);
  }

  /**
   * At most one axis on each side of a reshape's run can be cut: linear element L has index ⌊L/s⌋ mod d on each, so
   * tying ⌊L/s⌋ mod d to ⌊L/t⌋ mod e for every L keeps both sides equal element by element, in row-major order, as long
   * as all other axes stay whole. The pair that leaves the most classes free is taken; the others freeze.
   */
  private decide(block: ReshapeBlock): void {
    const best = this.candidates(block)[0];
    for (const { axis } of [...block.inputs, ...block.outputs]) {
      if (axis !== best?.input.axis && axis !== best?.output.axis) {
        this.freezeLate(axis, block, 'merges this axis with others that are not cut');
      }
    }
    if (best) {
      linearPairs(best.input, this.size(best.input), best.output, this.size(best.output), (i, j) =>
        this.union(this.element(best.input.axis, i), this.element(best.output.axis, j)),
      );
    }
  }

  private candidates(block: ReshapeBlock): { input: StridedAxis; output: StridedAxis; score: number }[] {
    const outputs = this.usable(block.outputs);
    return this.usable(block.inputs)
      .flatMap((input) => outputs.map((output) => ({ input, output })))
      .map((pair) => ({ ...pair, score: this.score(pair.input, pair.output) }))
      .filter((pair) => pair.score > 0)
      .sort((a, b) => b.score - a.score);
  }

  /** How many free classes would be left on the pair, were it tied. */
  private score(input: StridedAxis, output: StridedAxis): number {
    const [d, e] = [this.size(input), this.size(output)];
    const leaders = [
      ...Array.from({ length: d }, (_, i) => this.class(input.axis, i)),
      ...Array.from({ length: e }, (_, j) => this.class(output.axis, j)),
    ];
    const local = new Map<number, number>();
    for (const leader of leaders) if (!local.has(leader)) local.set(leader, local.size);
    const trial = new UnionFind();
    trial.add(local.size);
    const at = (index: number): number => local.get(leaders[index] ?? -1) ?? 0;
    linearPairs(input, d, output, e, (i, j) => trial.union(at(i), at(d + j)));
    const free = new Map<number, boolean>();
    for (const [leader, index] of local) {
      const root = trial.find(index);
      free.set(root, (free.get(root) ?? true) && this.freezeOf(leader) === null);
    }
    return [...free.values()].filter(Boolean).length;
  }

  private size(axis: StridedAxis): number {
    return this.space.axis(axis.axis).size;
  }

  private freeCount({ axis }: StridedAxis): number {
    const { size } = this.space.axis(axis);
    let count = 0;
    for (let i = 0; i < size; i++) if (this.freezeOf(this.class(axis, i)) === null) count++;
    return count;
  }
}

/** All pairs (⌊L/s⌋ mod d, ⌊L/t⌋ mod e) that occur while L runs over a common period. */
export function linearPairs(
  a: StridedAxis,
  d: number,
  b: StridedAxis,
  e: number,
  visit: (i: number, j: number) => void,
): void {
  const [s, t] = [a.stride, b.stride];
  const step = gcd(s, t);
  const period = lcm(s * d, t * e);
  for (let at = 0; at < period; at += step) visit(Math.floor(at / s) % d, Math.floor(at / t) % e);
}
