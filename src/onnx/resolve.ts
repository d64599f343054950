import { CodedError } from '../base/error.ts';
import { formatInteger, plural } from '../base/format.ts';
import { Model, nodesBelow, type Attribute, type Graph, type Node, type Value } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { GraphId, ValueId, ValueType } from '../ir/types.ts';
import type { ReadContext } from './context.ts';
import { extrasOf, extrasOfInfo, mergeExtras, plainDomain, withOpsets } from './extras.ts';
import type {
  AttributeDraft,
  FunctionDraft,
  GraphDraft,
  ModelDraft,
  NodeDraft,
  OpsetDraft,
  ValueInfoDraft,
} from './model-proto.ts';
import { attributeOf, sparseOf, tensorOf, type Place } from './resolve-attribute.ts';

/** Names of one graph; what is not found here is looked for outside. */
interface Scope {
  readonly names: Map<string, ValueId>;
  readonly outer: Scope | null;
}

function lookUp(scope: Scope, name: string): ValueId | undefined {
  for (let at: Scope | null = scope; at; at = at.outer) {
    const found = at.names.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The parts that a graph and a function body share. */
type Body = Pick<
  GraphDraft,
  'inputs' | 'outputs' | 'nodes' | 'valueInfo' | 'initializers' | 'sparseInitializers' | 'name'
>;

/** Messages → model: names become values, inner scopes first. Throws `invalid-graph` naming node and value. */
export function resolveModel(draft: ModelDraft, graph: GraphDraft, context: ReadContext): Model {
  return new Resolver(context, draft.irVersion ?? 0).resolve(draft, graph);
}

class Resolver {
  private readonly model = new Model();
  private readonly context: ReadContext;
  /** Outputs of nodes that have not been added yet: a use of one of them means that the file is not in order. */
  private readonly pending = new Set<ValueId>();
  private unsorted = false;
  /** Function bodies with their operator sets. */
  private readonly bodies = new Map<GraphId, Map<string, number>>();

  constructor(context: ReadContext, irVersion: number) {
    this.context = context;
    this.model.irVersion = irVersion;
  }

  resolve(draft: ModelDraft, graph: GraphDraft): Model {
    const { model } = this;
    model.producerName = draft.producerName;
    model.producerVersion = draft.producerVersion;
    model.domain = draft.domain;
    model.modelVersion = draft.modelVersion;
    model.trainingInfo = draft.training;
    model.extras = withOpsets(extrasOf(draft), draft.opsets);
    for (const [domain, version] of opsets(draft.opsets)) model.opsetImports.set(domain, version);
    if (model.opsetImports.size === 0) {
      model.opsetImports.set('', 1);
      this.context.warnings.others.push('The file imports no operator set; ai.onnx 1 is assumed.');
    }
    this.main(graph);
    for (const each of draft.functions) this.addFunction(each);
    this.importUsedDomains();
    if (this.unsorted) {
      this.context.warnings.others.push('Nodes do not stand in the order in which they run; they were sorted.');
      model.sort();
    }
    return model;
  }

  /** ONNX Runtime opens files that do not import the custom domains they use; these have one version, which is 1. */
  private importUsedDomains(): void {
    const { model } = this;
    const added = new Set<string>();
    for (const [root, imports] of [[model.graph.id, model.opsetImports] as const, ...this.bodies]) {
      for (const node of nodesBelow(model, model.getGraph(root))) {
        if (imports.has(node.domain)) continue;
        if (node.domain === '') throw noVersion(node);
        imports.set(node.domain, 1);
        added.add(node.domain);
      }
    }
    for (const domain of added) {
      this.context.warnings.others.push(
        `Operators of ${domain} are used, but the domain is not imported; version 1 is assumed.`,
      );
    }
  }

  private main(draft: GraphDraft): void {
    const graph = this.model.addGraph(draft.name);
    this.fill(graph, draft, null);
    this.finish(graph, draft);
  }

  private subgraph(draft: GraphDraft, owner: Graph['owner'], outer: Scope): GraphId {
    const graph = this.model.addGraph(draft.name, owner, { function: owner === null });
    this.fill(graph, draft, outer);
    this.finish(graph, draft);
    return graph.id;
  }

  private finish(graph: Graph, draft: GraphDraft): void {
    graph.extras = extrasOf(draft);
    graph.quantizationAnnotations = draft.annotations.map((each) => ({
      tensor: each.tensor,
      parameters: each.parameters.map((entry) => [entry.key, entry.value] as const),
      ...(each.unknown === null ? {} : { unknown: each.unknown }),
    }));
  }

  private addFunction(draft: FunctionDraft): void {
    const graph = this.model.addGraph(draft.name, null, { function: true });
    const scope = this.fill(graph, { ...draft, ...ports(draft), initializers: [], sparseInitializers: [] }, null);
    const opsetImports = opsets(draft.opsets);
    this.bodies.set(graph.id, opsetImports);
    this.model.functions.push({
      name: draft.name,
      domain: plainDomain(draft.domain),
      overload: draft.overload,
      graph: graph.id,
      attributes: draft.attributes,
      defaults: new Map(
        draft.defaults.map((each) => [each.name, this.attribute(each, () => `function ${draft.name}`, null, scope)]),
      ),
      opsetImports,
      extras: withOpsets(extrasOf(draft), draft.opsets),
    });
  }

  private fill(graph: Graph, draft: Body, outer: Scope | null): Scope {
    const scope: Scope = { names: new Map(), outer };
    const body = { ...draft, nodes: this.withoutRepeatedConstants(draft.nodes) };
    for (const info of body.inputs) this.input(graph, body, scope, info);
    this.initializers(graph, body, scope);
    const outputs = body.nodes.map((node, index) => this.declareOutputs(graph, body, scope, node, index));
    this.types(graph, body, scope);
    body.nodes.forEach((node, index) => this.node(graph, scope, node, index, outputs[index] ?? []));
    for (const info of body.outputs) this.output(graph, scope, info);
    return scope;
  }

  /**
   * Some exporters wrote the same name for several Constant nodes. ONNX Runtime turns these into initializers and
   * takes the last one; so does Whittle, and says so.
   */
  private withoutRepeatedConstants(nodes: readonly NodeDraft[]): NodeDraft[] {
    const last = new Map<string, NodeDraft>();
    for (const node of nodes) if (isConstant(node)) last.set(node.outputs[0] ?? '', node);
    const kept = nodes.filter((node) => !isConstant(node) || last.get(node.outputs[0] ?? '') === node);
    const dropped = nodes.length - kept.length;
    if (dropped > 0) {
      this.context.warnings.others.push(
        `The names of ${plural(dropped, 'Constant node')} are defined again by a later Constant, which counts, as in ONNX Runtime.`,
      );
    }
    return kept;
  }

  private declare(graph: Graph, scope: Scope, name: string, type: ValueType | null): Value {
    const value = this.model.addValue(graph, name, type);
    scope.names.set(name, value.id);
    return value;
  }

  private input(graph: Graph, body: Body, scope: Scope, info: ValueInfoDraft): void {
    if (scope.names.has(info.name)) throw twice(`Two inputs of graph ${body.name} are named ${info.name}.`, info.name);
    const value = this.declare(graph, scope, info.name, info.type?.type ?? null);
    value.extras = extrasOfInfo(info);
    graph.inputs.push(value.id);
  }

  private initializers(graph: Graph, body: Body, scope: Scope): void {
    for (const draft of body.initializers) {
      const tensor = tensorOf(draft);
      const id = this.constant(graph, body, scope, draft.name, tensor);
      graph.initializers.set(id, tensor);
    }
    for (const draft of body.sparseInitializers) {
      const sparse = sparseOf(draft);
      const id = this.constant(graph, body, scope, draft.values.name, null);
      graph.sparseInitializers.set(id, sparse);
      this.model.getValue(id).type ??= { kind: 'tensor', dtype: sparse.values.dtype, shape: sparse.shape };
    }
  }

  /** The value of an initializer. Before IR version 4 constants had to be listed as inputs: they leave the inputs. */
  private constant(graph: Graph, body: Body, scope: Scope, name: string, tensor: Tensor | null): ValueId {
    const listed = scope.names.get(name);
    if (listed === undefined) return this.declare(graph, scope, name, tensor && typeOfTensor(tensor)).id;
    if (graph.initializers.has(listed) || graph.sparseInitializers.has(listed)) {
      throw twice(`Two initializers of graph ${body.name} are named ${name}.`, name);
    }
    const value = this.model.getValue(listed);
    if (this.model.irVersion < 4) {
      graph.inputs.splice(graph.inputs.indexOf(listed), 1);
      if (tensor && !agrees(value.type, tensor)) value.type = typeOfTensor(tensor);
    } else if (tensor) value.type ??= typeOfTensor(tensor);
    return listed;
  }

  private declareOutputs(
    graph: Graph,
    body: Body,
    scope: Scope,
    node: NodeDraft,
    index: number,
  ): readonly (ValueId | null)[] {
    if (node.opType === '') {
      throw new CodedError('invalid-graph', `Node ${formatInteger(index)} of graph ${body.name} has no operator.`, {
        node: node.name,
      });
    }
    return node.outputs.map((name) => {
      if (name === '') return null;
      const taken = scope.names.get(name);
      if (taken !== undefined) throw this.twoProducers(graph, body, name, taken, describe(node, index));
      const value = this.declare(graph, scope, name, null);
      this.pending.add(value.id);
      return value.id;
    });
  }

  private twoProducers(graph: Graph, body: Body, name: string, taken: ValueId, second: string): CodedError {
    const index = body.nodes.findIndex((each) => each.outputs.includes(name));
    const first = body.nodes[index];
    const isConstant = graph.initializers.has(taken) || graph.sparseInitializers.has(taken);
    const problem = graph.inputs.includes(taken)
      ? `${second} produces ${name}, which is an input of the graph.`
      : isConstant || !first
        ? `${second} produces ${name}, which is an initializer.`
        : `Two nodes produce ${name}: ${describe(first, index)} and ${second}.`;
    return twice(problem, name);
  }

  private types(graph: Graph, body: Body, scope: Scope): void {
    for (const info of [...body.valueInfo, ...body.outputs]) {
      const id = scope.names.get(info.name);
      if (id === undefined) {
        if (!lookUp(scope, info.name) && body.valueInfo.includes(info))
          this.context.warnings.strayTypes.push(info.name);
        continue;
      }
      const value = this.model.getValue(id);
      const tensor = graph.initializers.get(id);
      const type = info.type?.type ?? null;
      if (type && (!tensor || graph.inputs.includes(id) || agrees(type, tensor))) value.type = type;
      value.extras = mergeExtras(value.extras, extrasOfInfo(info));
    }
  }

  private node(
    graph: Graph,
    scope: Scope,
    draft: NodeDraft,
    index: number,
    outputs: readonly (ValueId | null)[],
  ): void {
    const place = (): string => describe(draft, index);
    const node = this.model.addNode(graph, {
      opType: draft.opType,
      domain: plainDomain(draft.domain),
      overload: draft.overload,
      name: draft.name,
      inputs: draft.inputs.map((name) => (name === '' ? null : this.use(scope, name, () => `${place()} reads`))),
      outputs,
    });
    node.extras = extrasOf(draft);
    for (const each of draft.attributes) this.nodeAttribute(node, each, place, scope);
    for (const output of outputs) if (output !== null) this.pending.delete(output);
  }

  private nodeAttribute(node: Node, draft: AttributeDraft, place: Place, scope: Scope): void {
    if (node.attributes.has(draft.name)) {
      throw new CodedError('invalid-graph', `${place()} has two attributes named ${draft.name}.`, { node: node.name });
    }
    node.attributes.set(draft.name, this.attribute(draft, place, node, scope));
  }

  private attribute(draft: AttributeDraft, place: Place, node: Node | null, scope: Scope): Attribute {
    const owner = node && { node: node.id, attribute: draft.name };
    return attributeOf(draft, place, (graph) => this.subgraph(graph, owner, scope));
  }

  private output(graph: Graph, scope: Scope, info: ValueInfoDraft): void {
    const id = this.use(scope, info.name, () => `Graph ${graph.name} returns`);
    this.model.getValue(id).type ??= info.type?.type ?? null;
    graph.outputs.push(id);
  }

  private use(scope: Scope, name: string, who: Place): ValueId {
    const id = lookUp(scope, name);
    if (id === undefined) {
      throw new CodedError('invalid-graph', `${who()} ${name || 'a value without a name'}, which nothing defines.`, {
        value: name,
      });
    }
    if (this.pending.has(id)) this.unsorted = true;
    return id;
  }
}

const typeOfTensor = (tensor: Tensor): ValueType => ({ kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape });

/** Whether a declared type says no less than the constant itself. */
const agrees = (type: ValueType | null, tensor: Tensor): boolean =>
  type?.kind === 'tensor' &&
  type.dtype === tensor.dtype &&
  type.shape?.length === tensor.shape.length &&
  type.shape.every((dim, axis) => dim === tensor.shape[axis]);

const isConstant = (node: NodeDraft): boolean =>
  node.opType === 'Constant' && plainDomain(node.domain) === '' && node.outputs.length === 1;

/** "Conv conv1", or "Conv (node 12)" where it has no name. */
const describe = (node: NodeDraft, index: number): string =>
  node.name === '' ? `${node.opType} (node ${formatInteger(index)})` : `${node.opType} ${node.name}`;

const noVersion = (node: Node): CodedError =>
  new CodedError(
    'invalid-graph',
    `${node.opType} ${node.name} is an operator of ai.onnx, of which the model imports no version.`,
    { node: node.name },
  );

const twice = (message: string, value: string): CodedError => new CodedError('invalid-graph', message, { value });

/** Function ports are bare names; their types stand in the function's `value_info`. */
function ports(draft: FunctionDraft): Pick<Body, 'inputs' | 'outputs'> {
  return { inputs: draft.inputs.map(bareInfo), outputs: draft.outputs.map(bareInfo) };
}
const bareInfo = (name: string): ValueInfoDraft => ({
  name,
  type: null,
  docString: null,
  metadata: null,
  unknown: null,
});

function opsets(drafts: readonly OpsetDraft[]): Map<string, number> {
  const imports = new Map<string, number>();
  for (const { domain, version } of drafts) {
    const plain = plainDomain(domain);
    const other = imports.get(plain);
    if (other !== undefined && other !== version) {
      throw new CodedError(
        'invalid-graph',
        `Operator set ${plain || 'ai.onnx'} is imported twice, as version ${other} and as version ${version}.`,
        { domain: plain },
      );
    }
    imports.set(plain, version);
  }
  return imports;
}
