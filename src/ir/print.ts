import { subgraphs } from './attribute.ts';
import type { Attribute, AttributeExtras, Extras, Graph, Model, Node, SparseTensor } from './model.ts';
import type { Tensor, TensorExtras } from './tensor.ts';
import type { Shape, ValueId, ValueType } from './types.ts';

/** Constants of at most this many elements are printed with their elements. */
const SMALL = 8;

/**
 * A model as text: complete but for the elements of larger tensors, the same for equal models, and without ids, so that
 * it can be compared and kept as a snapshot.
 */
export function printModel(model: Model): string {
  const lines = [
    `model ir ${model.irVersion}${label('producer', model.producerName)}${label('producer-version', model.producerVersion)}` +
      `${label('domain', model.domain)} version ${model.modelVersion}${printExtras(model.extras)}`,
    ...opsets(model.opsetImports),
    ...model.trainingInfo.map((bytes) => `training-info ${digest(bytes)}`),
    ...printGraph(model, model.graph, 'graph', ''),
  ];
  for (const def of model.functions) {
    const name = [def.domain, def.name, def.overload].filter((part) => part !== '').join('.');
    lines.push(
      `function ${name}(${def.attributes.join(', ')})${printExtras(def.extras)}`,
      ...opsets(def.opsetImports),
      ...[...def.defaults].map(([key, value]) => `  default ${key} = ${printAttribute(model, value)}`),
      ...printGraph(model, model.getGraph(def.graph), 'body', '  '),
    );
  }
  return `${lines.join('\n')}\n`;
}

const opsets = (imports: ReadonlyMap<string, number>): string[] =>
  [...imports].map(([domain, version]) => `opset ${domain || 'ai.onnx'} ${version}`);

const label = (key: string, text: string): string => (text === '' ? '' : ` ${key} ${JSON.stringify(text)}`);

function printGraph(model: Model, graph: Graph, what: string, indent: string): string[] {
  const typed = (id: ValueId): string => printValue(model, id);
  const lines = [
    `${indent}${what} ${graph.name}(${graph.inputs.map(typed).join(', ')}) -> (${graph.outputs.map(typed).join(', ')})${printExtras(graph.extras)}`,
  ];
  for (const [id, tensor] of graph.initializers) {
    lines.push(`${indent}  constant ${typed(id)} = ${printTensor(tensor)}`);
  }
  for (const [id, sparse] of graph.sparseInitializers) {
    lines.push(`${indent}  sparse-constant ${typed(id)} = ${printSparse(sparse)}`);
  }
  for (const each of graph.quantizationAnnotations) {
    const parameters = each.parameters.map(([key, value]) => `${key} = ${value}`);
    lines.push(
      `${indent}  annotation ${each.tensor} { ${parameters.join(', ')} }${printExtras({ unknown: each.unknown ?? [] })}`,
    );
  }
  for (const id of graph.nodes) lines.push(...printNode(model, model.getNode(id), `${indent}  `));
  return lines;
}

function printNode(model: Model, node: Node, indent: string): string[] {
  const op = [node.domain, node.opType, node.overload].filter((part) => part !== '').join('.');
  const inputs = node.inputs.map((id) => (id === null ? '_' : model.getValue(id).name));
  const outputs = node.outputs.map((id) => (id === null ? '_' : printValue(model, id)));
  const attributes = [...node.attributes].map(([key, value]) => `${key} = ${printAttribute(model, value)}`);
  const braces = attributes.length === 0 ? '' : ` { ${attributes.join(', ')} }`;
  const lines = [
    `${indent}${op}${label('name', node.name)}(${inputs.join(', ')}) -> (${outputs.join(', ')})${braces}${printExtras(node.extras)}`,
  ];
  for (const [name, graph] of subgraphs(node)) {
    lines.push(...printGraph(model, model.getGraph(graph), name, `${indent}  `));
  }
  return lines;
}

function printValue(model: Model, id: ValueId): string {
  const { name, type, extras } = model.getValue(id);
  return `${name}${type ? `: ${printType(type)}` : ''}${printExtras(extras)}`;
}

/** `float32[batch, 3, ?, 224]`; without brackets where the rank is unknown. */
export function printType(type: ValueType | null): string {
  if (!type) return '?';
  const denotation = label('denotes', type.denotation ?? '');
  switch (type.kind) {
    case 'tensor':
      return `${type.dtype}${printShape(type.shape)}${denotation}${type.dimDenotations ? ` axes ${JSON.stringify(type.dimDenotations)}` : ''}`;
    case 'sparse-tensor':
      return `sparse(${type.dtype}${printShape(type.shape)})${denotation}`;
    case 'map':
      return `map(${type.key}, ${printType(type.value)})${denotation}`;
    case 'opaque':
      return `opaque(${type.domain}, ${type.name})${denotation}`;
    default:
      return `${type.kind}(${printType(type.element)})${denotation}`;
  }
}

const printShape = (shape: Shape): string => (shape ? `[${shape.map((dim) => dim ?? '?').join(', ')}]` : '');

function printAttribute(model: Model, attribute: Attribute): string {
  return `${printValueOf(model, attribute)}${printExtras(attribute.extras ?? {})}`;
}

const list = <T>(items: readonly T[], print: (item: T) => string): string => `[${items.map(print).join(', ')}]`;

function printValueOf(model: Model, attribute: Attribute): string {
  switch (attribute.type) {
    case 'float':
      return `${printNumber(attribute.value)}f`;
    case 'int':
      return String(attribute.value);
    case 'string':
      return printText(attribute.value);
    case 'tensor':
      return printTensor(attribute.value);
    case 'sparse-tensor':
      return printSparse(attribute.value);
    case 'type':
      return printType(attribute.value);
    case 'graph':
      return `graph ${model.getGraph(attribute.value).name}`;
    case 'floats':
      return `${list(attribute.value, printNumber)}f`;
    case 'ints':
      return list(attribute.value, String);
    case 'strings':
      return list(attribute.value, printText);
    case 'tensors':
      return list(attribute.value, printTensor);
    case 'sparse-tensors':
      return list(attribute.value, printSparse);
    case 'types':
      return list(attribute.value, printType);
    case 'graphs':
      return list(attribute.value, (id) => `graph ${model.getGraph(id).name}`);
    case 'reference':
      return `@${attribute.name}: ${attribute.of}`;
  }
}

const printNumber = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const printText = (bytes: Uint8Array): string => JSON.stringify(decoder.decode(bytes));

function printTensor(tensor: Tensor): string {
  const elements = tensor.size <= SMALL && tensor.source.kind !== 'external' ? ` ${printElements(tensor)}` : '';
  return `${tensor.dtype}${printShape(tensor.shape)}${elements}${printExtras(tensor.extras)}`;
}

function printElements(tensor: Tensor): string {
  const elements =
    tensor.dtype === 'string'
      ? tensor.strings().map(printText)
      : tensor.dtype === 'int64' || tensor.dtype === 'uint64'
        ? Array.from(tensor.read(), String)
        : Array.from(tensor.numbers(), printNumber);
  return `{${elements.join(', ')}}`;
}

const printSparse = (sparse: SparseTensor): string =>
  `sparse${printShape(sparse.shape)} of ${printTensor(sparse.values)} at ${printTensor(sparse.indices)}${printExtras({ unknown: sparse.unknown ?? [] })}`;

function printExtras(extras: Extras | AttributeExtras | TensorExtras): string {
  const parts: string[] = [];
  if ('name' in extras) parts.push(`name ${JSON.stringify(extras.name)}`);
  if (extras.docString !== undefined) parts.push(`doc ${JSON.stringify(extras.docString)}`);
  if ('metadataProps' in extras) {
    for (const [key, value] of extras.metadataProps ?? [])
      parts.push(`${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  }
  for (const field of extras.unknown ?? []) parts.push(`unknown ${digest(field)}`);
  if ('encodedTypes' in extras) for (const each of extras.encodedTypes ?? []) parts.push(`type ${digest(each.bytes)}`);
  if ('opsetUnknown' in extras) {
    for (const [domain, fields] of extras.opsetUnknown ?? [])
      parts.push(`opset ${domain} ${fields.map(digest).join(' ')}`);
  }
  return parts.length === 0 ? '' : ` #(${parts.join(', ')})`;
}

/** Length and FNV-1a hash: enough to tell two byte strings apart in a comparison. */
function digest(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${bytes.length}:${(hash >>> 0).toString(16).padStart(8, '0')}`;
}
