import { describe, expect, it } from 'vitest';
import { normal, seeded } from '../base/random.ts';
import { Sparsifier, sparsityAt, unitsGone, type SparseLayer, type SparsitySetup } from './sparsity.ts';

const SETUP: Omit<SparsitySetup, 'layers'> = {
  kind: 'movement',
  target: 0.5,
  begin: 0,
  end: 0,
  scoreRate: 1,
  threshold: 0.5,
  penalty: 0,
};
const blocks = (rows: number, columns: number, height = 1, width = 1, matrices = 1): SparseLayer => ({
  kind: 'blocks',
  tensor: 0,
  blocks: { matrices, rows, columns, height, width },
});
const tensors = (...data: readonly (readonly number[])[]) => data.map((each) => ({ data: Float32Array.from(each) }));
const maskOf = (sparsifier: Sparsifier, tensor: number, size: number): number[] =>
  Array.from(sparsifier.masked(tensor, new Float32Array(size).fill(1)) ?? []);

describe('the share of zeros', () => {
  it('rises along a cubic between its steps, and stays', () => {
    const setup = { ...SETUP, layers: [], target: 0.8, begin: 10, end: 30 };
    expect([0, 10, 20, 30, 99].map((step) => sparsityAt(step, setup).toFixed(3))).toEqual([
      '0.000',
      '0.000',
      '0.700',
      '0.800',
      '0.800',
    ]);
  });

  it('leaves one of the slices, whatever is asked for', () => {
    const slices: SparseLayer = { kind: 'slices', units: 4, members: [] };
    expect([0.5, 0.7, 1].map((share) => unitsGone(slices, share))).toEqual([2, 2, 3]);
    expect(unitsGone(blocks(1, 10), 0.7)).toBe(7);
    expect(unitsGone(blocks(1, 10), 1)).toBe(10);
  });
});

describe('weights become zero', () => {
  it('by size: the smallest', () => {
    const sparsifier = new Sparsifier(tensors([3, -1, 0.5, -4]), {
      ...SETUP,
      kind: 'magnitude',
      layers: [blocks(2, 2)],
    });
    expect(maskOf(sparsifier, 0, 4)).toEqual([1, 0, 0, 1]);
  });

  it('by movement: those that move towards 0, large or small, and they may come back', () => {
    const sparsifier = new Sparsifier(tensors([3, -1, 0.5, -4]), { ...SETUP, layers: [blocks(2, 2)] });
    // A step goes against the gradient: 3 falls, −1 sinks away from 0, 0.5 rises, −4 rises towards 0.
    sparsifier.learn([Float32Array.of(1, 1, -1, -1)], 0.1);
    sparsifier.hold(1);
    expect(maskOf(sparsifier, 0, 4)).toEqual([0, 1, 1, 0]);
    sparsifier.learn([Float32Array.of(-9, 1, 1, 9)], 0.1);
    sparsifier.hold(2);
    expect(maskOf(sparsifier, 0, 4)).toEqual([1, 0, 0, 1]);
  });

  it('the score is −rate · Σ w·∂L/∂w, as Sanh et al. write it', () => {
    const sparsifier = new Sparsifier(tensors([2, -3]), { ...SETUP, scoreRate: 5, layers: [blocks(1, 2)] });
    sparsifier.learn([Float32Array.of(0.5, 4)], 0.1);
    const [scores] = sparsifier.state().scores;
    expect(Array.from(scores!, (each) => each.toFixed(4))).toEqual(['-0.5000', '6.0000']);
  });

  it('in blocks, of each matrix by itself, cut off at its edges', () => {
    const data = [5, 5, 1, 5, 5, 1, 1, 1, 9, /**/ 1, 1, 9, 1, 1, 9, 9, 9, 1];
    const layers = [blocks(3, 3, 2, 2, 2)];
    const sparsifier = new Sparsifier(tensors(data), { ...SETUP, kind: 'magnitude', layers });
    expect(maskOf(sparsifier, 0, 18)).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 1, /**/ 0, 0, 1, 0, 0, 1, 1, 1, 0]);
  });

  it('with equal scores, as many as are asked for', () => {
    const sparsifier = new Sparsifier(tensors([0, 0, 0, 0, 0]), { ...SETUP, target: 0.6, layers: [blocks(1, 5)] });
    expect(maskOf(sparsifier, 0, 5)).toEqual([0, 0, 0, 1, 1]);
  });

  it('are the least of many, as sorting finds them', () => {
    const draw = normal(seeded(4));
    const data = Array.from({ length: 997 }, () => Math.round(20 * draw()) / 20);
    const setup = { ...SETUP, kind: 'magnitude', target: 0.83, layers: [blocks(1, 997)] } as const;
    const mask = maskOf(new Sparsifier(tensors(data), setup), 0, 997);
    const sizes = data.map(Math.abs);
    const gone = sizes.filter((_, i) => mask[i] === 0).sort((a, b) => a - b);
    expect(gone).toHaveLength(Math.floor(0.83 * 997));
    expect(gone).toEqual([...sizes].sort((a, b) => a - b).slice(0, gone.length));
  });
});

describe('slices that go together', () => {
  /** Units 0 and 1 along axis 1 of [2, 3] (the third is none) and along axis 0 of [2, 2]. */
  const layer: SparseLayer = {
    kind: 'slices',
    units: 2,
    members: [
      { tensor: 0, outer: 2, inner: 1, units: Int32Array.of(0, 1, -1) },
      { tensor: 1, outer: 1, inner: 2, units: Int32Array.of(1, 0) },
    ],
  };

  it('are scored by all of their weights, in every tensor, and are zero in all', () => {
    const sparsifier = new Sparsifier(tensors([1, 1, 1, 1, 1, 1], [1, 1, 1, 1]), { ...SETUP, layers: [layer] });
    sparsifier.learn([Float32Array.of(-2, 1, -9, -1, 1, -9), Float32Array.of(-1, -1, 2, 2)], 1);
    // Unit 0: 2 + 1 − 2 − 2; unit 1: −1 − 1 + 1 + 1.
    expect(Array.from(sparsifier.state().scores[0]!)).toEqual([-1, 0]);
    sparsifier.hold(1);
    expect(maskOf(sparsifier, 0, 6)).toEqual([0, 1, 1, 0, 1, 1]);
    expect(maskOf(sparsifier, 1, 4)).toEqual([1, 1, 0, 0]);
  });

  it('go on from their state as if nothing had happened', () => {
    const setup = { ...SETUP, layers: [layer] };
    const make = () => new Sparsifier(tensors([1, 2, 3, 4, 5, 6], [1, -1, 2, -2]), setup);
    const [first, second] = [make(), make()];
    first.learn([Float32Array.of(3, 1, 0, 2, 1, 0), Float32Array.of(1, 1, 1, 1)], 0.5);
    first.hold(1);
    second.restore(first.state());
    expect(second.state()).toEqual(first.state());
    expect(maskOf(second, 1, 4)).toEqual(maskOf(first, 1, 4));
  });
});
