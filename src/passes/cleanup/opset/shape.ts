import { int } from '../../../ir/attribute.ts';
import { floatOf, floatScalar, int64Vector, intsOf, stringOf, withAttributes, withInput } from './draft.ts';
import type { Adapter, AdapterTable, Draft } from './types.ts';

/** A list of integers that was an attribute becomes input `index`; an absent one stays absent. */
const intsToInput =
  (name: string, index: number): Adapter =>
  (draft) => {
    const values = intsOf(draft, name);
    if (values === null) return draft;
    return withInput(withAttributes(draft, { [name]: null }), index, int64Vector(values));
  };

/** As `intsToInput`, for lists that mean nothing where they are empty. */
const listToInput =
  (name: string, index: number): Adapter =>
  (draft, facts) =>
    intsOf(draft, name)?.length === 0
      ? withAttributes(draft, { [name]: null })
      : intsToInput(name, index)(draft, facts);

/** Version 1 counts axes from 0 where it names none; later ones want as many bounds as there are axes. */
const slice: Adapter = (draft) => {
  const starts = intsOf(draft, 'starts') ?? [];
  const ends = intsOf(draft, 'ends') ?? [];
  const axes = intsOf(draft, 'axes') ?? starts.map((_, axis) => BigInt(axis));
  if (starts.length !== ends.length || starts.length !== axes.length)
    return 'its starts, ends and axes differ in number';
  const inputs = [starts, ends, axes].map(int64Vector);
  const bare = withAttributes(draft, { starts: null, ends: null, axes: null });
  return inputs.reduce<Draft>((before, input, i) => withInput(before, i + 1, input), bare);
};

/** `pads` becomes input 1, `value` input 2, of the element type of the data. */
const pad: Adapter = (draft, facts) => {
  const pads = intsOf(draft, 'pads') ?? [];
  const value = stringOf(draft, 'mode', 'constant') === 'constant' ? floatOf(draft, 'value', 0) : 0;
  const padded = withInput(withAttributes(draft, { pads: null, value: null }), 1, int64Vector(pads));
  if (value === 0) return padded;
  const scalar = floatScalar(facts.dtype(draft.inputs[0]), value);
  return scalar ? withInput(padded, 2, scalar) : 'the element type of its padding value is not known, or no float';
};

/** Without sizes, the number of parts is said from version 18 on; before, it was that of the results. */
const countParts: Adapter = (draft) =>
  (draft.inputs[1] ?? null) === null ? withAttributes(draft, { num_outputs: int(draft.outputs.length) }) : draft;

export const SHAPE: AdapterTable = {
  Squeeze: { 13: listToInput('axes', 1) },
  Unsqueeze: { 13: intsToInput('axes', 1) },
  Slice: { 10: slice },
  Pad: { 11: pad },
  Split: { 13: listToInput('split', 1), 18: countParts },
};
