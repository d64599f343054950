import type { Analysis } from '../../analysis/analyze.ts';
import { diffModels } from '../../analysis/graph-diff.ts';
import type { Job } from '../../base/job.ts';
import type { Model, ValueOrigin } from '../../ir/model.ts';
import type { DataType, ValueId } from '../../ir/types.ts';
import { isHostType } from '../../runtime/tensors.ts';
import type { Slice } from '../../verify/values-types.ts';
import { commonShape, partsOf } from '../counterpart.ts';
import { alignValues } from './align.ts';

export interface End {
  readonly model: Model;
  readonly analysis: Analysis;
}

/** A value of A and the one of B that must equal it. */
export interface Pair {
  readonly a: ValueId;
  readonly b: ValueId;
  readonly slice: Slice | null;
}
export interface Unpaired {
  readonly b: ValueId;
  readonly reason: string;
}
export interface Pairing {
  /** In running order of B. */
  readonly pairs: readonly Pair[];
  readonly unpaired: readonly Unpaired[];
  /** Values that B computes. */
  readonly of: number;
  readonly by: 'steps' | 'structure';
}

type Found = { readonly a: ValueId; readonly slice: Slice | null } | { readonly reason: string };

const ONLY_B = 'only B computes it';

/** Values that nodes of the main graph give, in running order; constants are no values. */
function computed({ analysis }: End): ValueId[] {
  return analysis.order
    .flatMap((node) => node.outputs)
    .filter((id): id is ValueId => id !== null && analysis.constant(id) === null);
}

function collect(a: End, b: End, by: Pairing['by'], parts: number, find: (b: ValueId) => Found): Pairing {
  const pairs: Pair[] = [];
  const unpaired: Unpaired[] = [];
  const taken = new Set<ValueId>();
  const values = computed(b);
  for (const id of values) {
    const found = find(id);
    if ('reason' in found) {
      unpaired.push({ b: id, reason: found.reason });
      continue;
    }
    const reason = taken.has(found.a) ? ONLY_B : incomparable(a, b, { ...found, b: id }, parts);
    if (reason !== null) unpaired.push({ b: id, reason });
    else {
      taken.add(found.a);
      pairs.push({ ...found, b: id });
    }
  }
  return { pairs, unpaired, of: values.length, by };
}

/** Why two values cannot be held against each other at all; null: they can. */
function incomparable({ analysis: a }: End, { analysis: b }: End, pair: Pair, parts: number): string | null {
  if ([a.type(pair.a), b.type(pair.b)].some((type) => type !== null && type.kind !== 'tensor'))
    return 'it is no tensor';
  const types = [a.dtype(pair.a), b.dtype(pair.b)];
  const [type] = types;
  if (types.includes(null)) return 'its type is not known';
  if (type !== types[1]) return `it is ${types[1]} in B and ${type} in A`;
  if (!isHostType(type as DataType)) return `the runtime hands out no ${type}`;
  const [left, right] = [a.shape(pair.a), b.shape(pair.b)];
  if (parts > 1) return partsOf(left, right) === parts ? null : 'its first dimension is not the batch';
  if (pair.slice || left === null || right === null || commonShape(left, right) !== null) return null;
  return 'its shape is another one';
}

/**
 * Values of two stops of one recipe, told apart by ids and by what became of them. `b` follows `a` unless `reversed`.
 *
 * @param parts A runs on so many equal parts of the batch
 */
export function pairBySteps(a: End, b: End, reversed: boolean, parts: number): Pairing {
  if (!reversed) return collect(a, b, 'steps', parts, (id) => earlierOf(a.model, b.model, id, 'original'));
  // Ids lead from the later model to the earlier one: they are followed backwards.
  const later = new Map<ValueId, Found>();
  for (const id of computed(a)) {
    const found = earlierOf(b.model, a.model, id, 'result');
    if ('a' in found && !later.has(found.a)) later.set(found.a, { a: id, slice: found.slice });
  }
  return collect(a, b, 'steps', parts, (id) => later.get(id) ?? { reason: ONLY_B });
}

const isSame = (origin: ValueOrigin | null): boolean => origin === null || origin.relation === 'same';

/** What a value of the later model is in the earlier one. `whole` says which of the two is the uncut one. */
function earlierOf(before: Model, after: Model, id: ValueId, whole: Slice['of']): Found {
  const { origin } = after.getValue(id);
  const main = (value: ValueId) => {
    const found = before.values.get(value);
    return found?.graph === before.graph.id ? found : null;
  };
  const itself = main(id);
  if (itself && (origin === itself.origin || origin === null)) return { a: id, slice: null };
  if (origin === null || origin.relation === 'new') return { reason: ONLY_B };
  const source = main(origin.value);
  if (!source) return { reason: ONLY_B };
  if (origin.relation === 'scaled') {
    return { reason: `a step scaled "${source.name}" by factors that the recipe does not keep` };
  }
  if (origin.relation !== 'sliced') return isSame(source.origin) ? { a: source.id, slice: null } : { reason: ONLY_B };
  const kept = keptOf(source.origin, origin);
  if (!kept) return { reason: `it keeps other channels of "${source.name}" than A does` };
  return { a: source.id, slice: { of: whole, axis: origin.axis, kept } };
}

/** What was kept of a value that may have been cut before: places in what was left of it then. */
function keptOf(
  earlier: ValueOrigin | null,
  { axis, kept }: Extract<ValueOrigin, { relation: 'sliced' }>,
): readonly number[] | null {
  if (isSame(earlier)) return kept;
  if (earlier?.relation !== 'sliced' || earlier.axis !== axis) return null;
  const places = kept.map((place) => earlier.kept.indexOf(place));
  return places.includes(-1) ? null : places;
}

/** Bytes of weights that are read to tell nodes of two files apart. */
const WEIGHTS = 256e6;

/** Values of two files without a common history: of nodes that structure, weights and names show to be the same. */
export async function pairFiles(
  a: End,
  b: End,
  outputs: readonly (readonly [ValueId, ValueId])[],
  job: Job,
): Promise<Pairing> {
  const diff = await diffModels(a.analysis, b.analysis, { lineage: false, weightBudget: WEIGHTS, job });
  const aligned = alignValues(a.model, b.model, diff, outputs);
  const taken = new Set(aligned.values());
  const byName = new Map(computed(a).map((id) => [a.model.getValue(id).name, id]));
  return collect(a, b, 'structure', 1, (id) => {
    const found = aligned.get(id);
    if (found !== undefined) return { a: found, slice: null };
    // Tools that rewrite a file keep the names of what they leave.
    const named = byName.get(b.model.getValue(id).name);
    if (named !== undefined && !taken.has(named)) return { a: named, slice: null };
    return { reason: 'no node of A was found to be the same' };
  });
}
