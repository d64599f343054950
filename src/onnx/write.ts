import { defined } from '../base/assert.ts';
import type { Attribute, Extras, FunctionDef, Graph, Model, Node, Value } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { staticShape, type ValueId } from '../ir/types.ts';
import { ATTRIBUTE_TYPES } from './model-proto.ts';
import { assignNames, type Names } from './names.ts';
import { encode, measure, type Sink } from './sink.ts';
import { putEntry, putMetadata, putUnknown, sparseBody, tensorBody, type Placement } from './write-tensor.ts';
import { placeTensors, type ExternalChunks } from './write-external.ts';
import { putType } from './write-types.ts';

export interface WriteOptions {
  /** Initializers of at least `threshold` bytes go to the file `location` beside the model. */
  readonly externalData?: { readonly location: string; readonly threshold: number };
}

export interface WrittenFiles {
  readonly model: Uint8Array<ArrayBuffer>;
  /** Null: everything is in the model. */
  readonly external: ExternalChunks | null;
}

/**
 * The model as an `.onnx` file: deterministic, weights as `raw_data`, fields in the order of their numbers, as ONNX's
 * own tools write. One buffer is made, of the final size; each tensor is read once, when its place is filled.
 * Throws `unsupported` above 2 GB (use external data), `external-data` when a tensor's file is missing.
 */
export const writeModel = (model: Model, options: WriteOptions = {}): Uint8Array<ArrayBuffer> =>
  writeFiles(model, options).model;

/** As `writeModel`, with what goes to the external file. */
export function writeFiles(model: Model, options: WriteOptions = {}): WrittenFiles {
  const placed = options.externalData ? placeTensors(model, options.externalData) : null;
  const bytes = encode(encoder(model, placed?.placements ?? new Map()));
  return { model: bytes, external: placed && placed.placements.size > 0 ? placed.chunks : null };
}

/** Bytes that `writeModel` would give, without reading a weight. */
export const modelByteLength = (model: Model): number => measure(encoder(model, new Map()));

const encoder = (model: Model, placements: ReadonlyMap<Tensor, Placement>): ((sink: Sink) => void) => {
  const names = assignNames(model);
  return (sink) => new Encoder(model, sink, names, placements).model();
};

class Encoder {
  private readonly ir: Model;
  private readonly sink: Sink;
  private readonly names: Names;
  private readonly placements: ReadonlyMap<Tensor, Placement>;

  constructor(ir: Model, sink: Sink, names: Names, placements: ReadonlyMap<Tensor, Placement>) {
    this.ir = ir;
    this.sink = sink;
    this.names = names;
    this.placements = placements;
  }

  model(): void {
    const { ir, sink } = this;
    sink.int(1, ir.irVersion);
    if (ir.producerName !== '') sink.text(2, ir.producerName);
    if (ir.producerVersion !== '') sink.text(3, ir.producerVersion);
    if (ir.domain !== '') sink.text(4, ir.domain);
    if (ir.modelVersion !== 0n) sink.int(5, ir.modelVersion);
    this.doc(6, ir.extras);
    sink.message(7, () => this.graph(ir.graph));
    this.opsets(8, ir.opsetImports, ir.extras);
    putMetadata(sink, 14, ir.extras.metadataProps);
    for (const bytes of ir.trainingInfo) sink.blob(20, bytes.length, () => bytes);
    for (const each of ir.functions) sink.message(25, () => this.function(each));
    putUnknown(sink, ir.extras.unknown);
  }

  private graph(graph: Graph): void {
    const { ir, sink, names } = this;
    for (const id of graph.nodes) sink.message(1, () => this.node(ir.getNode(id)));
    if (graph.name !== '') sink.text(2, graph.name);
    for (const [id, tensor] of graph.initializers) {
      sink.message(5, () => tensorBody(sink, names.value(id), tensor, this.placements.get(tensor) ?? null));
    }
    this.doc(10, graph.extras);
    for (const id of this.fileInputs(graph)) this.valueInfo(11, id);
    for (const id of graph.outputs) this.valueInfo(12, id);
    for (const id of this.inner(graph)) this.valueInfo(13, id);
    for (const each of graph.quantizationAnnotations) {
      sink.message(14, () => {
        if (each.tensor !== '') sink.text(1, each.tensor);
        for (const [key, value] of each.parameters) putEntry(sink, 2, key, value);
        putUnknown(sink, each.unknown);
      });
    }
    for (const [id, sparse] of graph.sparseInitializers) {
      sink.message(15, () => sparseBody(sink, names.value(id), sparse));
    }
    putMetadata(sink, 16, graph.extras.metadataProps);
    putUnknown(sink, graph.extras.unknown);
  }

  /** Before IR version 4 every initializer had to be listed as an input too. */
  private fileInputs(graph: Graph): Iterable<ValueId> {
    if (this.ir.irVersion >= 4) return graph.inputs;
    return new Set([...graph.inputs, ...graph.initializers.keys(), ...graph.sparseInitializers.keys()]);
  }

  /** Values whose type or remarks go to `value_info`: neither inputs nor outputs, nor constants that say it all. */
  private inner(graph: Graph): ValueId[] {
    const ports = new Set([...this.fileInputs(graph), ...graph.outputs]);
    const found: ValueId[] = [];
    for (const [id, tensor] of graph.initializers) {
      if (!ports.has(id) && saysMore(this.ir.getValue(id), tensor)) found.push(id);
    }
    for (const id of graph.sparseInitializers.keys()) {
      if (!ports.has(id) && Object.keys(this.ir.getValue(id).extras).length > 0) found.push(id);
    }
    for (const node of graph.nodes) {
      for (const id of this.ir.getNode(node).outputs) {
        if (id !== null && !ports.has(id) && isDescribed(this.ir.getValue(id))) found.push(id);
      }
    }
    return found;
  }

  private valueInfo(field: number, id: ValueId): void {
    const { sink } = this;
    const { type, extras } = this.ir.getValue(id);
    sink.message(field, () => {
      sink.text(1, this.names.value(id));
      if (type) putType(sink, 2, type, extras.encodedTypes);
      this.doc(3, extras);
      putMetadata(sink, 4, extras.metadataProps);
      putUnknown(sink, extras.unknown);
    });
  }

  private node(node: Node): void {
    const { sink } = this;
    const name = this.names.node(node.id);
    for (const id of node.inputs) sink.text(1, id === null ? '' : this.names.value(id));
    for (const id of node.outputs) sink.text(2, id === null ? '' : this.names.value(id));
    if (name !== '') sink.text(3, name);
    sink.text(4, node.opType);
    for (const [key, attribute] of node.attributes) sink.message(5, () => this.attribute(key, attribute));
    this.doc(6, node.extras);
    if (node.domain !== '') sink.text(7, node.domain);
    if (node.overload !== '') sink.text(8, node.overload);
    putMetadata(sink, 9, node.extras.metadataProps);
    putUnknown(sink, node.extras.unknown);
  }

  private attribute(name: string, attribute: Attribute): void {
    const { sink } = this;
    sink.text(1, name);
    this.early(attribute);
    if (attribute.extras?.docString !== undefined) sink.text(13, attribute.extras.docString);
    if (attribute.type === 'type') putType(sink, 14, attribute.value, attribute.extras?.encodedTypes);
    if (attribute.type === 'types') {
      for (const each of attribute.value) putType(sink, 15, each, attribute.extras?.encodedTypes);
    }
    sink.int(20, ATTRIBUTE_TYPES.indexOf(attribute.type === 'reference' ? attribute.of : attribute.type));
    if (attribute.type === 'reference') sink.text(21, attribute.name);
    if (attribute.type === 'sparse-tensor') sink.message(22, () => sparseBody(sink, '', attribute.value));
    if (attribute.type === 'sparse-tensors') {
      for (const each of attribute.value) sink.message(23, () => sparseBody(sink, '', each));
    }
    putUnknown(sink, attribute.extras?.unknown);
  }

  /** The values whose field number is below that of `doc_string`. */
  private early(attribute: Attribute): void {
    const { ir, sink } = this;
    switch (attribute.type) {
      case 'float':
        return sink.float(2, attribute.value);
      case 'int':
        return sink.int(3, attribute.value);
      case 'string':
        return sink.blob(4, attribute.value.length, () => attribute.value);
      case 'tensor':
        return sink.message(5, () => tensorBody(sink, '', attribute.value));
      case 'graph':
        return sink.message(6, () => this.graph(ir.getGraph(attribute.value)));
      case 'floats':
        return attribute.value.forEach((each) => sink.float(7, each));
      case 'ints':
        return attribute.value.forEach((each) => sink.int(8, each));
      case 'strings':
        return attribute.value.forEach((each) => sink.blob(9, each.length, () => each));
      case 'tensors':
        return attribute.value.forEach((each) => sink.message(10, () => tensorBody(sink, '', each)));
      case 'graphs':
        return attribute.value.forEach((each) => sink.message(11, () => this.graph(ir.getGraph(each))));
      default:
        return undefined;
    }
  }

  private function(def: FunctionDef): void {
    const { ir, sink } = this;
    const graph = ir.getGraph(def.graph);
    const name = (id: ValueId): string => this.names.value(id);
    sink.text(1, def.name);
    for (const id of graph.inputs) sink.text(4, name(id));
    for (const id of graph.outputs) sink.text(5, name(id));
    for (const each of def.attributes) sink.text(6, each);
    for (const id of graph.nodes) sink.message(7, () => this.node(ir.getNode(id)));
    this.doc(8, def.extras);
    this.opsets(9, def.opsetImports, def.extras);
    sink.text(10, def.domain);
    for (const [key, attribute] of def.defaults) sink.message(11, () => this.attribute(key, attribute));
    const ports = new Set([...graph.inputs, ...graph.outputs]);
    for (const id of [...ports].filter((each) => isDescribed(ir.getValue(each)))) this.valueInfo(12, id);
    for (const id of this.inner(graph)) this.valueInfo(12, id);
    if (def.overload !== '') sink.text(13, def.overload);
    putMetadata(sink, 14, def.extras.metadataProps);
    putUnknown(sink, def.extras.unknown);
  }

  private opsets(field: number, imports: ReadonlyMap<string, number>, extras: Extras): void {
    for (const [domain, version] of imports) {
      this.sink.message(field, () => {
        this.sink.text(1, domain);
        this.sink.int(2, version);
        putUnknown(this.sink, extras.opsetUnknown?.get(domain));
      });
    }
  }

  private doc(field: number, extras: Extras): void {
    if (extras.docString !== undefined) this.sink.text(field, extras.docString);
  }
}

const isDescribed = (value: Value): boolean => value.type !== null || Object.keys(value.extras).length > 0;

/** Whether an initializer's value says more than dtype and shape, which the tensor says itself. */
function saysMore(value: Value, tensor: Tensor): boolean {
  if (Object.keys(value.extras).length > 0) return true;
  const type = defined(value.type, `the type of ${value.name}`);
  if (type.kind !== 'tensor' || type.denotation !== undefined || type.dimDenotations !== undefined) return true;
  const shape = staticShape(type.shape);
  return type.dtype !== tensor.dtype || shape?.join() !== tensor.shape.join();
}
