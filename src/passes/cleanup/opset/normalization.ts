import { int } from '../../../ir/attribute.ts';
import { derivedTensor, type Tensor } from '../../../ir/tensor.ts';
import { DATA_TYPES } from '../../../ir/types.ts';
import { floatOf, floatScalar, int64Vector, intOf, make, withAttributes, withInput } from './draft.ts';
import type { Adapter, AdapterTable, Draft, Facts, Operand } from './types.ts';

/** Statistics are per channel from version 9 on. */
const spatial: Adapter = (draft) => {
  if (intOf(draft, 'spatial', 1) === 0) return 'it normalises each place on its own (spatial is 0)';
  return draft.attributes.has('spatial') ? withAttributes(draft, { spatial: null }) : draft;
};

/** Before version 14 the number of results says whether it is training. */
const inference: Adapter = (draft) =>
  draft.outputs.slice(1).some((output) => output !== null) ? 'it is in training form: it gives statistics too' : draft;

/** Scale and bias are per group up to version 18, per channel from 21 on; version 18 computes in the type of its input. */
const groupNorm: Adapter = (draft, facts) => {
  const [x = null, scale = null, bias = null] = draft.inputs;
  const groups = intOf(draft, 'num_groups', 0);
  const channels = facts.shape(x)?.[1];
  if (typeof channels !== 'number') return 'the number of its channels is not known';
  if (groups < 1 || channels % groups !== 0) return `its ${channels} channels cannot be parted into ${groups} groups`;
  const dtype = facts.dtype(x);
  if (dtype === null) return 'the element type of its input is not known';
  const times = channels / groups;
  const spread =
    times === 1
      ? draft
      : { ...draft, inputs: [x, ...[scale, bias].map((each) => repeated(each, groups, times, facts))] };
  return dtype === 'float32' ? spread : withAttributes(spread, { stash_type: int(DATA_TYPES.indexOf(dtype)) });
};

/** [G] → [G · times], each element `times` times. */
function repeated(operand: Operand, groups: number, times: number, facts: Facts): Operand {
  const tensor = facts.constant(operand);
  if (tensor?.size === groups) return repeatedConstant(tensor, times);
  const column = make('Reshape', [operand, int64Vector([-1n, 1n])]);
  const rows = make('Expand', [column, int64Vector([1n, BigInt(times)])]);
  return make('Reshape', [rows, int64Vector([-1n])]);
}

const repeatedConstant = (tensor: Tensor, times: number): Tensor =>
  derivedTensor(tensor.dtype, [tensor.size * times], () => {
    const bytes = tensor.bytes();
    const width = bytes.byteLength / Math.max(1, tensor.size);
    const out = new Uint8Array(bytes.byteLength * times);
    for (let i = 0; i < tensor.size * times; i++) {
      const from = Math.floor(i / times) * width;
      out.set(bytes.subarray(from, from + width), i * width);
    }
    return out;
  });

/** Before version 17 it is ONNX Runtime's own, which takes parameters of another type, and attributes of any name. */
const layerNorm: Adapter = (draft, facts) => {
  const [dtype = null, ...others] = draft.inputs.filter((input) => input !== null).map((input) => facts.dtype(input));
  if (dtype === null || others.some((each) => each !== dtype)) {
    return 'its input and its parameters are not known to be of one type';
  }
  const strange = [...draft.attributes.keys()].filter((name) => !['axis', 'epsilon', 'stash_type'].includes(name));
  return strange.length === 0 ? draft : withAttributes(draft, Object.fromEntries(strange.map((name) => [name, null])));
};

const maskIsRead = (draft: Draft, facts: Facts): boolean => {
  const mask = draft.outputs[1] ?? null;
  return mask !== null && facts.isRead(mask);
};

/** The mask was of the type of the data, and is bool from version 10 on: one that nobody reads goes. */
const boolMask: Adapter = (draft, facts) => {
  if (maskIsRead(draft, facts)) return 'its mask is read, and is of another type from version 10 on';
  return draft.outputs.length > 1 ? { ...draft, outputs: draft.outputs.slice(0, 1) } : draft;
};

/** `ratio` becomes input 1. Without `training_mode` nothing is dropped, and the mask says so from version 12 on. */
const ratioToInput: Adapter = (draft, facts) => {
  if (maskIsRead(draft, facts)) return 'its mask is read, and means another thing from version 12 on';
  const ratio = floatOf(draft, 'ratio', null);
  if (ratio === null) return draft;
  return withInput(withAttributes(draft, { ratio: null }), 1, floatScalar('float32', ratio));
};

export const NORMALIZATION: AdapterTable = {
  BatchNormalization: { 9: spatial, 14: inference },
  LayerNormalization: { 17: layerNorm },
  GroupNormalization: { 21: groupNorm },
  Dropout: { 10: boolMask, 12: ratioToInput },
};
