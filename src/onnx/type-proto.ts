import type { DataType, Dim, Shape, ValueType } from '../ir/types.ts';
import type { Draft, Message } from './cursor.ts';
import { intField, messageField, messagesField, textField } from './fields.ts';
import { dataTypeAt } from './tensor-data.ts';

/** A part of a `TypeProto`; `foreign`: it, or something inside it, has fields that this build does not know. */
interface Part extends Draft {
  foreign: boolean;
}

interface DimDraft extends Part {
  value: number | null;
  param: string;
  denotation: string;
}
interface ShapeDraft extends Part {
  readonly dims: DimDraft[];
}
/** `TypeProto.Tensor` and `TypeProto.SparseTensor`, which have the same fields. */
interface TensorTypeDraft extends Part {
  elemType: number;
  shape: ShapeDraft | null;
  dtype: DataType;
}
/** `TypeProto.Sequence` and `TypeProto.Optional`. */
interface ElementDraft extends Part {
  element: TypeDraft | null;
}
interface MapDraft extends Part {
  keyType: number;
  key: DataType;
  value: TypeDraft | null;
}
interface OpaqueDraft extends Part {
  domain: string;
  name: string;
}

export interface TypeDraft extends Part {
  denotation: string;
  tensor: TensorTypeDraft | null;
  sparse: TensorTypeDraft | null;
  sequence: ElementDraft | null;
  optional: ElementDraft | null;
  map: MapDraft | null;
  opaque: OpaqueDraft | null;
  /** Set once the message is complete; null: no case of the union is there. */
  type: ValueType | null;
  /** The encoded message, kept when it holds fields that this build does not know. */
  encoded: Uint8Array | null;
}

export const typeDraft = (): TypeDraft => ({
  unknown: null,
  foreign: false,
  denotation: '',
  tensor: null,
  sparse: null,
  sequence: null,
  optional: null,
  map: null,
  opaque: null,
  type: null,
  encoded: null,
});
const tensorTypeDraft = (): TensorTypeDraft => ({
  unknown: null,
  foreign: false,
  elemType: 0,
  shape: null,
  dtype: 'undefined',
});
const elementDraft = (): ElementDraft => ({ unknown: null, foreign: false, element: null });

/** Once a part is complete: it is foreign when it or a part inside it has unknown fields. */
function mark(draft: Part, inner: Part | null = null): void {
  draft.foreign ||= draft.unknown !== null || (inner?.foreign ?? false);
}

const DIM: Message<DimDraft> = {
  done: (_, draft) => mark(draft),
  fields: {
    1: intField('dim_value', (draft, value) => (draft.value = value)),
    2: textField('dim_param', (draft, value) => (draft.param = value)),
    3: textField('denotation', (draft, value) => (draft.denotation = value)),
  },
};

const SHAPE: Message<ShapeDraft> = {
  done: (cursor, draft) => {
    mark(draft);
    for (const dim of draft.dims) {
      mark(draft, dim);
      if (dim.value === null || dim.value >= 0) continue;
      dim.value = null;
      cursor.context.warnings.negativeDims.push(cursor.path());
    }
  },
  fields: {
    1: messagesField(
      'dim',
      () => DIM,
      (draft) => draft.dims,
      () => ({ unknown: null, foreign: false, value: null, param: '', denotation: '' }),
    ),
  },
};

const TENSOR_TYPE: Message<TensorTypeDraft> = {
  done: (cursor, draft) => {
    mark(draft, draft.shape);
    draft.dtype = dataTypeAt(cursor, draft.elemType);
  },
  fields: {
    1: intField('elem_type', (draft, value) => (draft.elemType = value)),
    2: messageField(
      'shape',
      () => SHAPE,
      (draft) => (draft.shape ??= { unknown: null, foreign: false, dims: [] }),
    ),
  },
};

const ELEMENT: Message<ElementDraft> = {
  done: (_, draft) => mark(draft, draft.element),
  fields: {
    1: messageField(
      'elem_type',
      () => TYPE,
      (draft) => (draft.element ??= typeDraft()),
    ),
  },
};

const MAP: Message<MapDraft> = {
  done: (cursor, draft) => {
    mark(draft, draft.value);
    draft.key = dataTypeAt(cursor, draft.keyType);
  },
  fields: {
    1: intField('key_type', (draft, value) => (draft.keyType = value)),
    2: messageField(
      'value_type',
      () => TYPE,
      (draft) => (draft.value ??= typeDraft()),
    ),
  },
};

const OPAQUE: Message<OpaqueDraft> = {
  done: (_, draft) => mark(draft),
  fields: {
    1: textField('domain', (draft, value) => (draft.domain = value)),
    2: textField('name', (draft, value) => (draft.name = value)),
  },
};

/** `TypeProto`. */
export const TYPE: Message<TypeDraft> = {
  done: (cursor, draft, start) => {
    mark(draft, draft.tensor ?? draft.sequence ?? draft.optional ?? draft.map ?? draft.sparse ?? draft.opaque);
    const type = typeOf(draft);
    draft.type = type && draft.denotation !== '' ? { ...type, denotation: draft.denotation } : type;
    draft.encoded = draft.foreign ? cursor.bytes.subarray(start, cursor.position) : null;
  },
  fields: {
    1: messageField(
      'tensor_type',
      () => TENSOR_TYPE,
      (draft) => (draft.tensor ??= tensorTypeDraft()),
    ),
    4: messageField(
      'sequence_type',
      () => ELEMENT,
      (draft) => (draft.sequence ??= elementDraft()),
    ),
    5: messageField(
      'map_type',
      () => MAP,
      (draft) => (draft.map ??= { unknown: null, foreign: false, keyType: 0, key: 'undefined', value: null }),
    ),
    6: textField('denotation', (draft, value) => (draft.denotation = value)),
    7: messageField(
      'opaque_type',
      () => OPAQUE,
      (draft) => (draft.opaque ??= { unknown: null, foreign: false, domain: '', name: '' }),
    ),
    8: messageField(
      'sparse_tensor_type',
      () => TENSOR_TYPE,
      (draft) => (draft.sparse ??= tensorTypeDraft()),
    ),
    9: messageField(
      'optional_type',
      () => ELEMENT,
      (draft) => (draft.optional ??= elementDraft()),
    ),
  },
};

function typeOf(draft: TypeDraft): ValueType | null {
  if (draft.tensor) return tensorTypeOf(draft.tensor);
  if (draft.sparse) return { kind: 'sparse-tensor', dtype: draft.sparse.dtype, shape: shapeOf(draft.sparse.shape) };
  if (draft.sequence) return { kind: 'sequence', element: draft.sequence.element?.type ?? null };
  if (draft.optional) return { kind: 'optional', element: draft.optional.element?.type ?? null };
  if (draft.map) return { kind: 'map', key: draft.map.key, value: draft.map.value?.type ?? null };
  if (draft.opaque) return { kind: 'opaque', domain: draft.opaque.domain, name: draft.opaque.name };
  return null;
}

function tensorTypeOf(draft: TensorTypeDraft): ValueType {
  const type = { kind: 'tensor', dtype: draft.dtype, shape: shapeOf(draft.shape) } as const;
  const denotations = draft.shape?.dims.map((dim) => dim.denotation) ?? [];
  return denotations.some((each) => each !== '') ? { ...type, dimDenotations: denotations } : type;
}

const shapeOf = (draft: ShapeDraft | null): Shape => draft?.dims.map(dimOf) ?? null;
const dimOf = (dim: DimDraft): Dim => dim.value ?? (dim.param === '' ? null : dim.param);
