import { int } from '../../ir/attribute.ts';
import { int64s } from '../../ir/tensor.ts';
import { tensorType, type Dim, type ValueId } from '../../ir/types.ts';
import type { Build } from '../build.ts';
import { sizeOfAtoms, type Atom, type Axes } from './atoms.ts';

/** A size: known, or read off an axis of a value, or a sum of such. */
export type Size = number | { readonly of: ValueId; readonly axis: number } | { readonly sum: readonly Size[] };

/** Where the sizes of factors are found, by root. */
export interface Sizes {
  readonly batch: { readonly atoms: readonly Atom[]; readonly size: Size };
  readonly byRoot: ReadonlyMap<string, Size>;
}

/** An axis as sizes to multiply; null: one of its factors is not to be had. */
export function factorsOf(atoms: readonly Atom[], sizes: Sizes): readonly Size[] | null {
  const whole = sizeOfAtoms(atoms);
  if (typeof whole === 'number') return [whole];
  const factors: Size[] = [];
  let batch = sizes.batch.atoms.length;
  for (const atom of atoms) {
    if (sizes.batch.atoms.some((each) => each.root === atom.root && each.path === atom.path)) {
      if (batch-- === sizes.batch.atoms.length) factors.push(sizes.batch.size);
      continue;
    }
    const known: Dim | Size | undefined = typeof atom.size === 'number' ? atom.size : sizes.byRoot.get(atom.root);
    if (known === undefined || (typeof known !== 'number' && atom.path !== '')) return null;
    factors.push(known);
  }
  return batch === 0 || batch === sizes.batch.atoms.length ? factors : null;
}

/** Every axis as factors; null: one is not to be had. */
export function shapeFactors(axes: Axes, sizes: Sizes): readonly (readonly Size[])[] | null {
  const factors = axes.map((atoms) => factorsOf(atoms, sizes));
  return factors.every((each) => each !== null) ? factors : null;
}

/** Makes int64 vectors out of sizes; what is asked for twice is made once. */
export class SizeBuilder {
  private readonly build: Build;
  private readonly made = new Map<string, ValueId>();

  constructor(build: Build) {
    this.build = build;
  }

  /** `[n]`, each entry a product. */
  vector(entries: readonly (readonly Size[])[]): ValueId {
    const known = entries.map((factors) => product(factors));
    if (known.every((each) => each !== null)) return this.constant(known);
    return this.once(`vector ${JSON.stringify(entries)}`, () => {
      const parts = entries.map((factors) => this.entry(factors));
      const concat = this.build.node('Concat', parts, { attributes: [['axis', int(0)]], label: 'shape' });
      return this.build.output(concat, 'shape', tensorType('int64', [entries.length]));
    });
  }

  /** One number of rank 0. */
  scalar(factors: readonly Size[]): ValueId {
    const known = product(factors);
    if (known !== null) return this.build.constant('size', int64s([known], []));
    const shape = this.build.constant('rank-0', int64s([], [0]));
    const node = this.build.node('Reshape', [this.entry(factors), shape], { label: 'count' });
    return this.build.output(node, 'count', tensorType('int64', []));
  }

  private entry(factors: readonly Size[]): ValueId {
    const known = product(factors);
    if (known !== null) return this.constant([known]);
    const [first = 1, ...rest] = factors;
    return rest.reduce<ValueId>((made, factor) => this.binary('Mul', made, this.one(factor)), this.one(first));
  }

  private one(size: Size): ValueId {
    if (typeof size === 'number') return this.constant([size]);
    if ('sum' in size) {
      const [first = 0, ...rest] = size.sum;
      return rest.reduce<ValueId>((made, each) => this.binary('Add', made, this.one(each)), this.one(first));
    }
    return this.once(`dim ${size.of} ${size.axis}`, () => {
      const whole = this.once(`shape ${size.of}`, () =>
        this.build.output(this.build.node('Shape', [size.of], { label: 'sizes' }), 'sizes', null),
      );
      const gather = this.build.node('Gather', [whole, this.constant([size.axis])], {
        attributes: [['axis', int(0)]],
        label: 'size',
      });
      return this.build.output(gather, 'size', tensorType('int64', [1]));
    });
  }

  private binary(opType: string, a: ValueId, b: ValueId): ValueId {
    return this.once(`${opType} ${a} ${b}`, () =>
      this.build.output(this.build.node(opType, [a, b], { label: 'size' }), 'size', tensorType('int64', [1])),
    );
  }

  constant(numbers: readonly number[]): ValueId {
    return this.once(`constant ${numbers.join()}`, () => this.build.constant('sizes', int64s(numbers)));
  }

  private once(key: string, make: () => ValueId): ValueId {
    const made = this.made.get(key) ?? make();
    this.made.set(key, made);
    return made;
  }
}

function product(factors: readonly Size[]): number | null {
  let all = 1;
  for (const each of factors) {
    if (typeof each !== 'number') return null;
    all *= each;
  }
  return all;
}
