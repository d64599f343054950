import { float, int, ints, string, tensorAttribute, floatsAttribute } from '../ir/attribute.ts';
import { defined } from '../base/assert.ts';
import { normal, seeded, type Random } from '../base/random.ts';
import { Model, type Attribute, type Graph, type Node } from '../ir/model.ts';
import { numberToFloat16 } from '../ir/float.ts';
import { floats, int64s, Tensor, tensorOf } from '../ir/tensor.ts';
import { sizeOf, tensorType, type DataType, type Shape, type ValueId } from '../ir/types.ts';

/**
 * What an attribute may be written as. Whole numbers are `int`, others `float` (write `float(1)` for a whole float);
 * lists likewise; a function builds a subgraph.
 */
export type AttributeInit = Attribute | Tensor | string | number | readonly number[] | ((inner: GraphBuilder) => void);

export interface NodeInit {
  readonly domain?: string;
  readonly name?: string;
  /** Names of the outputs, one per output (`null`: left out); default: one output, named after node or operator. */
  readonly outputs?: readonly (string | null)[];
}

export interface BuildOptions {
  /** Version of ai.onnx; default 17. */
  readonly opset?: number;
  readonly irVersion?: number;
  /** Further operator sets, by domain. */
  readonly domains?: Readonly<Record<string, number>>;
  /** Seed of `weight`. */
  readonly seed?: number;
}

/** Adds to one graph of a model; values are handled by their ids. */
export class GraphBuilder {
  readonly model: Model;
  readonly graph: Graph;
  private readonly random: Random;
  /** How often each name was asked for, over all graphs of the model. */
  private readonly names: Map<string, number>;

  constructor(model: Model, graph: Graph, random: Random, names: Map<string, number>) {
    this.model = model;
    this.graph = graph;
    this.random = random;
    this.names = names;
  }

  input(name: string, shape: Shape, dtype: DataType = 'float32'): ValueId {
    const value = this.model.addValue(this.graph, this.unique(name), tensorType(dtype, shape));
    this.graph.inputs.push(value.id);
    return value.id;
  }

  /** Declares a graph output, renaming its value where a name is given. */
  output(value: ValueId, name?: string, type?: { dtype?: DataType; shape: Shape }): void {
    const target = this.model.getValue(value);
    if (name !== undefined) target.name = name;
    if (type) target.type = tensorType(type.dtype ?? 'float32', type.shape);
    this.graph.outputs.push(value);
  }

  tensor(name: string, tensor: Tensor): ValueId {
    return this.model.addInitializer(this.graph, this.unique(name), tensor).id;
  }

  /** A float32 initializer with the given elements (one number: every element). */
  floats(name: string, shape: readonly number[], data: readonly number[] | number): ValueId {
    return this.tensor(name, floats(shape, typeof data === 'number' ? fill(shape, data) : data));
  }

  int64s(name: string, data: readonly number[], shape?: readonly number[]): ValueId {
    return this.tensor(name, int64s(data, shape));
  }

  /** A float32 (or float16) initializer of seeded normal numbers, times `scale`, plus `offset`. */
  weight(name: string, shape: readonly number[], { scale = 0.5, offset = 0, dtype = 'float32' } = {}): ValueId {
    const data = Float32Array.from({ length: sizeOf(shape) }, () => this.random() * scale + offset);
    if (dtype === 'float32') return this.tensor(name, floats(shape, data));
    return this.tensor(name, tensorOf('float16', shape, Uint16Array.from(data, numberToFloat16)));
  }

  /** Adds a node and returns its first output. */
  op(
    opType: string,
    inputs: readonly (ValueId | null)[],
    attributes: Readonly<Record<string, AttributeInit>> = {},
    init: NodeInit = {},
  ): ValueId {
    const outputs = this.node(opType, inputs, attributes, init).outputs;
    return defined(
      outputs.find((each) => each !== null),
      'an output',
    );
  }

  node(
    opType: string,
    inputs: readonly (ValueId | null)[],
    attributes: Readonly<Record<string, AttributeInit>> = {},
    init: NodeInit = {},
  ): Node {
    const name = this.unique(init.name ?? opType.toLowerCase());
    const node = this.model.addNode(this.graph, {
      opType,
      domain: init.domain ?? '',
      name,
      inputs,
      outputs: (init.outputs ?? [`${name}_out`]).map((each) => (each === null ? null : this.unique(each))),
    });
    for (const [key, value] of Object.entries(attributes)) {
      node.attributes.set(key, typeof value === 'function' ? this.subgraph(node, key, value) : toAttribute(value));
    }
    return node;
  }

  private subgraph(node: Node, attribute: string, build: (inner: GraphBuilder) => void): Attribute {
    const graph = this.model.addGraph(`${node.name}_${attribute}`, { node: node.id, attribute });
    build(new GraphBuilder(this.model, graph, this.random, this.names));
    return { type: 'graph', value: graph.id };
  }

  private unique(name: string): string {
    const seen = this.names.get(name) ?? 0;
    this.names.set(name, seen + 1);
    return seen === 0 ? name : this.unique(`${name}_${seen + 1}`);
  }
}

function toAttribute(value: Exclude<AttributeInit, (inner: GraphBuilder) => void>): Attribute {
  if (value instanceof Tensor) return tensorAttribute(value);
  if (typeof value === 'string') return string(value);
  if (typeof value === 'number') return Number.isInteger(value) ? int(value) : float(value);
  if (isNumbers(value)) return value.every(Number.isInteger) ? ints(value) : floatsAttribute(value);
  return value;
}

const isNumbers = (value: Attribute | readonly number[]): value is readonly number[] => Array.isArray(value);

const fill = (shape: readonly number[], value: number): number[] => Array.from({ length: sizeOf(shape) }, () => value);

/**
 * A model for a test: `buildModel({ opset: 13 }, (g) => g.output(g.op('Relu', [g.input('x', [1, 4])]), 'y'))`. Weights
 * are seeded; names are made unique.
 */
export function buildModel(options: BuildOptions, build: (g: GraphBuilder) => void): Model {
  const model = new Model();
  model.irVersion = options.irVersion ?? 8;
  model.producerName = 'whittle-tests';
  model.opsetImports.set('', options.opset ?? 17);
  for (const [domain, version] of Object.entries(options.domains ?? {})) model.opsetImports.set(domain, version);
  build(new GraphBuilder(model, model.addGraph('main'), normal(seeded(options.seed ?? 1)), new Map()));
  model.sort();
  return model;
}
