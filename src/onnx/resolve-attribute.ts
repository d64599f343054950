import { CodedError } from '../base/error.ts';
import { defined } from '../base/assert.ts';
import type { Attribute, AttributeType, SparseTensor } from '../ir/model.ts';
import { Tensor } from '../ir/tensor.ts';
import type { GraphId, ValueType } from '../ir/types.ts';
import { withExtras } from './extras.ts';
import { ATTRIBUTE_TYPES, type AttributeDraft, type GraphDraft } from './model-proto.ts';
import type { SparseDraft, TensorDraft } from './tensor-proto.ts';
import type { TypeDraft } from './type-proto.ts';

type MakeGraph = (draft: GraphDraft) => GraphId;
/** Names the holder of an attribute, for errors. */
export type Place = () => string;

/** Where an attribute keeps its value, by the type that the field stands for. */
const FIELDS: readonly {
  readonly type: Exclude<AttributeType, 'undefined'>;
  readonly get: (draft: AttributeDraft) => unknown;
}[] = [
  { type: 'float', get: (draft) => draft.float },
  { type: 'int', get: (draft) => draft.int },
  { type: 'string', get: (draft) => draft.string },
  { type: 'tensor', get: (draft) => draft.tensor },
  { type: 'graph', get: (draft) => draft.graph },
  { type: 'sparse-tensor', get: (draft) => draft.sparse },
  { type: 'type', get: (draft) => draft.typeProto },
  { type: 'floats', get: (draft) => draft.floats },
  { type: 'ints', get: (draft) => draft.ints },
  { type: 'strings', get: (draft) => draft.strings },
  { type: 'tensors', get: (draft) => draft.tensors },
  { type: 'graphs', get: (draft) => draft.graphs },
  { type: 'sparse-tensors', get: (draft) => draft.sparses },
  { type: 'types', get: (draft) => draft.types },
];

/** An attribute with its type; IR version 1 did not say it, then the field in use tells. `place` names the node. */
export function attributeOf(draft: AttributeDraft, place: Place, makeGraph: MakeGraph): Attribute {
  const declared = defined(ATTRIBUTE_TYPES[draft.type], 'the attribute type');
  if (draft.reference !== '') return withExtras({ type: 'reference', name: draft.reference, of: declared }, draft);
  const inUse = FIELDS.find((field) => field.get(draft) !== null)?.type;
  const type = declared === 'undefined' ? (inUse ?? 'undefined') : declared;
  const other = FIELDS.find((field) => field.type !== type && field.get(draft) !== null)?.type;
  if (other !== undefined) throw bad(draft, place, `is of type ${type} and carries a value of type ${other}`);
  return withExtras(valueOf(draft, type, place, makeGraph), draft);
}

function valueOf(draft: AttributeDraft, type: AttributeType, place: Place, makeGraph: MakeGraph): Attribute {
  const needed = <T>(value: T | null): T => {
    if (value === null) throw bad(draft, place, `is of type ${type} and has no value`);
    return value;
  };
  switch (type) {
    case 'float':
      return { type, value: draft.float ?? 0 };
    case 'int':
      return { type, value: draft.int ?? 0n };
    case 'string':
      return { type, value: draft.string ?? new Uint8Array(0) };
    case 'tensor':
      return { type, value: namedTensor(needed(draft.tensor)) };
    case 'graph':
      return { type, value: makeGraph(needed(draft.graph)) };
    case 'sparse-tensor':
      return { type, value: sparseOf(needed(draft.sparse)) };
    case 'type':
      return { type, value: needed(needed(draft.typeProto).type) };
    case 'floats':
      return { type, value: draft.floats ?? [] };
    case 'ints':
      return { type, value: draft.ints ?? [] };
    case 'strings':
      return { type, value: draft.strings ?? [] };
    case 'tensors':
      return { type, value: (draft.tensors ?? []).map(namedTensor) };
    case 'graphs':
      return { type, value: (draft.graphs ?? []).map(makeGraph) };
    case 'sparse-tensors':
      return { type, value: (draft.sparses ?? []).map(sparseOf) };
    case 'types':
      return { type, value: (draft.types ?? []).map((each: TypeDraft): ValueType => needed(each.type)) };
    case 'undefined':
      throw bad(draft, place, 'has neither a type nor a value');
  }
}

export const tensorOf = (draft: TensorDraft): Tensor => defined(draft.tensor, `the tensor ${draft.name}`);

/** A tensor that no value names keeps the name that it has itself. */
function namedTensor(draft: TensorDraft): Tensor {
  const tensor = tensorOf(draft);
  if (draft.name === '') return tensor;
  return new Tensor(tensor.dtype, tensor.shape, tensor.source, { ...tensor.extras, name: draft.name });
}

export const sparseOf = (draft: SparseDraft): SparseTensor => ({
  values: namedTensor(draft.values),
  indices: namedTensor(draft.indices),
  shape: draft.dims,
  ...(draft.unknown === null ? {} : { unknown: draft.unknown }),
});

const bad = (draft: AttributeDraft, place: Place, problem: string): CodedError =>
  new CodedError('bad-file', `Attribute ${draft.name} of ${place()} ${problem}.`, {
    node: place(),
    attribute: draft.name,
  });
