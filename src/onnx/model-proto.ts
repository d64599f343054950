import { WireType } from '@bufbuild/protobuf/wire';
import type { AttributeType } from '../ir/model.ts';
import { keepUnknown, type Cursor, type Draft, type Field, type Message } from './cursor.ts';
import {
  bytesField,
  floatField,
  floatsField,
  int64Field,
  int64sField,
  intField,
  messageField,
  messagesField,
  metadataField,
  readEntry,
  textField,
  type Entry,
} from './fields.ts';
import { SPARSE_TENSOR, sparseDraft, TENSOR, tensorDraft, type SparseDraft, type TensorDraft } from './tensor-proto.ts';
import { TYPE, typeDraft, type TypeDraft } from './type-proto.ts';

/**
 * ONNX's messages as read (onnx.proto3 of ONNX 1.20): values are still names, weights are ranges of the file. There are
 * many of them, so what is rare is null until it occurs.
 */
export interface Documented extends Draft {
  docString: string | null;
  metadata: Map<string, string> | null;
}

export interface ValueInfoDraft extends Documented {
  name: string;
  type: TypeDraft | null;
}

export interface AttributeDraft extends Draft {
  name: string;
  reference: string;
  docString: string | null;
  type: number;
  float: number | null;
  int: bigint | null;
  string: Uint8Array | null;
  tensor: TensorDraft | null;
  graph: GraphDraft | null;
  sparse: SparseDraft | null;
  typeProto: TypeDraft | null;
  floats: number[] | null;
  ints: bigint[] | null;
  strings: Uint8Array[] | null;
  tensors: TensorDraft[] | null;
  graphs: GraphDraft[] | null;
  sparses: SparseDraft[] | null;
  types: TypeDraft[] | null;
}

export interface NodeDraft extends Documented {
  readonly inputs: string[];
  readonly outputs: string[];
  name: string;
  opType: string;
  domain: string;
  overload: string;
  readonly attributes: AttributeDraft[];
}

export interface AnnotationDraft extends Draft {
  tensor: string;
  readonly parameters: Entry[];
}

export interface GraphDraft extends Documented {
  name: string;
  readonly nodes: NodeDraft[];
  readonly initializers: TensorDraft[];
  readonly sparseInitializers: SparseDraft[];
  readonly inputs: ValueInfoDraft[];
  readonly outputs: ValueInfoDraft[];
  readonly valueInfo: ValueInfoDraft[];
  readonly annotations: AnnotationDraft[];
}

export interface OpsetDraft extends Draft {
  domain: string;
  version: number;
}

export interface FunctionDraft extends Documented {
  name: string;
  domain: string;
  overload: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: string[];
  readonly defaults: AttributeDraft[];
  readonly nodes: NodeDraft[];
  readonly opsets: OpsetDraft[];
  readonly valueInfo: ValueInfoDraft[];
}

export interface ModelDraft extends Documented {
  /** Null: the field is not there. */
  irVersion: number | null;
  producerName: string;
  producerVersion: string;
  domain: string;
  modelVersion: bigint;
  graph: GraphDraft | null;
  readonly opsets: OpsetDraft[];
  readonly training: Uint8Array[];
  readonly functions: FunctionDraft[];
}

const doc = <D extends Documented>(): Field<D> =>
  textField('doc_string', (draft, value) => {
    draft.docString = value;
  });

export const modelDraft = (): ModelDraft => ({
  docString: null,
  metadata: null,
  unknown: null,
  irVersion: null,
  producerName: '',
  producerVersion: '',
  domain: '',
  modelVersion: 0n,
  graph: null,
  opsets: [],
  training: [],
  functions: [],
});
const graphDraft = (): GraphDraft => ({
  docString: null,
  metadata: null,
  unknown: null,
  name: '',
  nodes: [],
  initializers: [],
  sparseInitializers: [],
  inputs: [],
  outputs: [],
  valueInfo: [],
  annotations: [],
});
const nodeDraft = (): NodeDraft => ({
  docString: null,
  metadata: null,
  unknown: null,
  inputs: [],
  outputs: [],
  name: '',
  opType: '',
  domain: '',
  overload: '',
  attributes: [],
});
const valueInfoDraft = (): ValueInfoDraft => ({
  docString: null,
  metadata: null,
  unknown: null,
  name: '',
  type: null,
});
const attributeDraft = (): AttributeDraft => ({
  name: '',
  reference: '',
  docString: null,
  type: 0,
  float: null,
  int: null,
  string: null,
  tensor: null,
  graph: null,
  sparse: null,
  typeProto: null,
  floats: null,
  ints: null,
  strings: null,
  tensors: null,
  graphs: null,
  sparses: null,
  types: null,
  unknown: null,
});
const functionDraft = (): FunctionDraft => ({
  docString: null,
  metadata: null,
  unknown: null,
  name: '',
  domain: '',
  overload: '',
  inputs: [],
  outputs: [],
  attributes: [],
  defaults: [],
  nodes: [],
  opsets: [],
  valueInfo: [],
});

/**
 * The type of a value. Thousands of values share a few types: one that has been read before is found by its bytes, and
 * not read again.
 */
function readSharedType(cursor: Cursor): TypeDraft {
  const { types, warnings } = cursor.context;
  const hash = cursor.hashAhead();
  const known = hash === null ? undefined : types.get(hash);
  if (known && cursor.isAhead(known.field)) {
    cursor.blob();
    return known.draft;
  }
  const start = cursor.position;
  const warned = warnings.negativeDims.length;
  const draft = cursor.message(TYPE, typeDraft(), 'type');
  if (hash !== null && warnings.negativeDims.length === warned) {
    types.set(hash, { field: cursor.bytes.subarray(start, cursor.position), draft });
  }
  return draft;
}

const LENGTH = [WireType.LengthDelimited];

const VALUE_INFO: Message<ValueInfoDraft> = {
  label: (draft) => draft.name,
  fields: {
    1: textField('name', (draft, value) => (draft.name = value)),
    2: {
      name: 'type',
      wires: LENGTH,
      read: (cursor, draft) => {
        if (draft.type === null) draft.type = readSharedType(cursor);
        else cursor.message(TYPE, draft.type, 'type');
      },
    },
    3: doc(),
    4: metadataField(),
  },
};

/** `AttributeProto.AttributeType`: the index is the number on the wire. */
export const ATTRIBUTE_TYPES: readonly AttributeType[] = [
  'undefined',
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
  'tensors',
  'graphs',
  'sparse-tensor',
  'sparse-tensors',
  'type',
  'types',
];

const ATTRIBUTE: Message<AttributeDraft> = {
  label: (draft) => draft.name,
  done: (cursor, draft) => {
    if (ATTRIBUTE_TYPES[draft.type] === undefined) {
      throw cursor.fail(`has type ${draft.type}, which ONNX does not define`);
    }
  },
  fields: {
    1: textField('name', (draft, value) => (draft.name = value)),
    2: floatField('f', (draft, value) => (draft.float = value)),
    3: int64Field('i', (draft, value) => (draft.int = value)),
    4: bytesField('s', (draft, value) => (draft.string = value)),
    5: messageField(
      't',
      () => TENSOR,
      (draft) => (draft.tensor ??= tensorDraft()),
    ),
    6: messageField(
      'g',
      () => GRAPH,
      (draft) => (draft.graph ??= graphDraft()),
    ),
    7: floatsField('floats', (draft, value) => (draft.floats ??= []).push(value)),
    8: int64sField('ints', (draft, value) => (draft.ints ??= []).push(value)),
    9: bytesField('strings', (draft, value) => (draft.strings ??= []).push(value)),
    10: messagesField(
      'tensors',
      () => TENSOR,
      (draft) => (draft.tensors ??= []),
      tensorDraft,
    ),
    11: messagesField(
      'graphs',
      () => GRAPH,
      (draft) => (draft.graphs ??= []),
      graphDraft,
    ),
    13: textField('doc_string', (draft, value) => (draft.docString = value)),
    14: messageField(
      'tp',
      () => TYPE,
      (draft) => (draft.typeProto ??= typeDraft()),
    ),
    15: messagesField(
      'type_protos',
      () => TYPE,
      (draft) => (draft.types ??= []),
      typeDraft,
    ),
    20: intField('type', (draft, value) => (draft.type = value)),
    21: textField('ref_attr_name', (draft, value) => (draft.reference = value)),
    22: messageField(
      'sparse_tensor',
      () => SPARSE_TENSOR,
      (draft) => (draft.sparse ??= sparseDraft()),
    ),
    23: messagesField(
      'sparse_tensors',
      () => SPARSE_TENSOR,
      (draft) => (draft.sparses ??= []),
      sparseDraft,
    ),
  },
};

const NODE: Message<NodeDraft> = {
  label: (draft) => [draft.opType, draft.name].filter((each) => each !== '').join(' '),
  fields: {
    1: textField('input', (draft, value) => draft.inputs.push(value)),
    2: textField('output', (draft, value) => draft.outputs.push(value)),
    3: textField('name', (draft, value) => (draft.name = value)),
    4: textField('op_type', (draft, value) => (draft.opType = value)),
    5: messagesField(
      'attribute',
      () => ATTRIBUTE,
      (draft) => draft.attributes,
      attributeDraft,
    ),
    6: doc(),
    7: textField('domain', (draft, value) => (draft.domain = value)),
    8: textField('overload', (draft, value) => (draft.overload = value)),
    9: metadataField(),
  },
};

const ANNOTATION: Message<AnnotationDraft> = {
  fields: {
    1: textField('tensor_name', (draft, value) => (draft.tensor = value)),
    2: {
      name: 'quant_parameter_tensor_names',
      wires: LENGTH,
      read: (cursor, draft, _, start) => {
        const entry = readEntry(cursor, 'quant_parameter_tensor_names', draft.parameters.length);
        if (entry.unknown === null) draft.parameters.push(entry);
        else keepUnknown(draft, cursor.bytes.subarray(start, cursor.position));
      },
    },
  },
};

const GRAPH: Message<GraphDraft> = {
  fields: {
    1: messagesField(
      'node',
      () => NODE,
      (draft) => draft.nodes,
      nodeDraft,
    ),
    2: textField('name', (draft, value) => (draft.name = value)),
    5: messagesField(
      'initializer',
      () => TENSOR,
      (draft) => draft.initializers,
      tensorDraft,
    ),
    10: doc(),
    11: messagesField(
      'input',
      () => VALUE_INFO,
      (draft) => draft.inputs,
      valueInfoDraft,
    ),
    12: messagesField(
      'output',
      () => VALUE_INFO,
      (draft) => draft.outputs,
      valueInfoDraft,
    ),
    13: messagesField(
      'value_info',
      () => VALUE_INFO,
      (draft) => draft.valueInfo,
      valueInfoDraft,
    ),
    14: messagesField(
      'quantization_annotation',
      () => ANNOTATION,
      (draft) => draft.annotations,
      () => ({ tensor: '', parameters: [], unknown: null }),
    ),
    15: messagesField(
      'sparse_initializer',
      () => SPARSE_TENSOR,
      (draft) => draft.sparseInitializers,
      sparseDraft,
    ),
    16: metadataField(),
  },
};

const OPSET: Message<OpsetDraft> = {
  fields: {
    1: textField('domain', (draft, value) => (draft.domain = value)),
    2: intField('version', (draft, value) => (draft.version = value)),
  },
};
const opsetDraft = (): OpsetDraft => ({ domain: '', version: 0, unknown: null });

const FUNCTION: Message<FunctionDraft> = {
  label: (draft) => draft.name,
  fields: {
    1: textField('name', (draft, value) => (draft.name = value)),
    4: textField('input', (draft, value) => draft.inputs.push(value)),
    5: textField('output', (draft, value) => draft.outputs.push(value)),
    6: textField('attribute', (draft, value) => draft.attributes.push(value)),
    7: messagesField(
      'node',
      () => NODE,
      (draft) => draft.nodes,
      nodeDraft,
    ),
    8: doc(),
    9: messagesField(
      'opset_import',
      () => OPSET,
      (draft) => draft.opsets,
      opsetDraft,
    ),
    10: textField('domain', (draft, value) => (draft.domain = value)),
    11: messagesField(
      'attribute_proto',
      () => ATTRIBUTE,
      (draft) => draft.defaults,
      attributeDraft,
    ),
    12: messagesField(
      'value_info',
      () => VALUE_INFO,
      (draft) => draft.valueInfo,
      valueInfoDraft,
    ),
    13: textField('overload', (draft, value) => (draft.overload = value)),
    14: metadataField(),
  },
};

export const MODEL: Message<ModelDraft> = {
  fields: {
    1: intField('ir_version', (draft, value) => (draft.irVersion = value)),
    2: textField('producer_name', (draft, value) => (draft.producerName = value)),
    3: textField('producer_version', (draft, value) => (draft.producerVersion = value)),
    4: textField('domain', (draft, value) => (draft.domain = value)),
    5: int64Field('model_version', (draft, value) => (draft.modelVersion = value)),
    6: doc(),
    7: messageField(
      'graph',
      () => GRAPH,
      (draft) => (draft.graph ??= graphDraft()),
    ),
    8: messagesField(
      'opset_import',
      () => OPSET,
      (draft) => draft.opsets,
      opsetDraft,
    ),
    14: metadataField(),
    20: bytesField('training_info', (draft, value) => draft.training.push(value)),
    25: messagesField(
      'functions',
      () => FUNCTION,
      (draft) => draft.functions,
      functionDraft,
    ),
  },
};
