import { float, int, ints, string } from '../ir/attribute.ts';
import { CodedError } from '../base/error.ts';
import { defined } from '../base/assert.ts';
import type { Attribute, Model, Node } from '../ir/model.ts';
import { floats, int64s, type Tensor } from '../ir/tensor.ts';
import { isFloat, sizeOf, staticShape, type DataType, type NodeId, type ValueId } from '../ir/types.ts';
import { Inference } from '../analysis/inference.ts';
import { isTensor } from '../ops/shapes.ts';

/** Where a training graph will run: some operators pay, or exist, on one of them only. */
export type TrainBackend = 'wasm' | 'webgpu';

/** From the gradient of a value to those of what it is computed from, each written only if it is asked for. */
export type OwnRule = (gradient: ValueId) => readonly (readonly [ValueId, () => ValueId])[];

/** Whole numbers are `int`, lists of them `ints`, text `string`; a float is written `real(0.5)`. */
export type Attributes = Readonly<Record<string, number | readonly number[] | string | Attribute>>;
export const real = (value: number): Attribute => float(value);

const toAttribute = (value: number | readonly number[] | string | Attribute): Attribute => {
  if (typeof value === 'number') return int(value);
  if (typeof value === 'string') return string(value);
  return isList(value) ? ints(value) : value;
};
const isList = (value: readonly number[] | Attribute): value is readonly number[] => Array.isArray(value);

/**
 * Writes operators behind those of a model, and knows the type of everything at once: the shape of each result is
 * inferred as its node is added. What it writes holds for ai.onnx 18 and later.
 */
export class Emit {
  readonly model: Model;
  readonly backend: TrainBackend;
  private readonly inference: Inference;
  private readonly constants = new Map<string, ValueId>();
  private readonly names = new Map<string, number>();
  private scope = '';
  private readonly own = new Map<NodeId, OwnRule>();

  /** Types are inferred from the model's inputs, whose sizes have to be numbers. */
  constructor(model: Model, backend: TrainBackend) {
    this.model = model;
    this.backend = backend;
    this.inference = new Inference(model, {});
    this.inference.run();
  }

  /** Nodes that `write` adds are named in this scope: `backward/conv_1`. */
  in<T>(scope: string, write: () => T): T {
    const outer = this.scope;
    this.scope = outer === '' ? scope : `${outer}/${scope}`;
    try {
      return write();
    } finally {
      this.scope = outer;
    }
  }

  /** A node with as many new outputs. */
  node(
    opType: string,
    inputs: readonly (ValueId | null)[],
    attributes: Attributes = {},
    { outputs = 1, domain = '' } = {},
  ): Node {
    const name = this.unique(opType);
    const node = this.model.addNode(this.model.graph, {
      opType,
      domain,
      name,
      inputs,
      outputs: Array.from({ length: outputs }, (_, index) => (outputs === 1 ? `${name}:0` : `${name}:${index}`)),
      attributes: Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)] as const),
    });
    this.inference.extend(node);
    return node;
  }

  /** A node that gives an existing value without a producer, which keeps its name and its readers. */
  give(output: ValueId, opType: string, inputs: readonly ValueId[], attributes: Attributes = {}): void {
    const node = this.model.addNode(this.model.graph, {
      opType,
      name: this.unique(opType),
      inputs,
      outputs: [output],
      attributes: Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)] as const),
    });
    this.inference.extend(node);
  }

  /** Takes a node out; `write` has to give its outputs anew. The caller sorts the model when all is done. */
  replace(node: Node, write: () => void): void {
    for (const output of node.outputs) if (output !== null) this.model.detachOutput(output);
    this.in(node.name || node.opType, write);
    this.model.removeNode(node.id);
  }

  /**
   * The gradient of a value that several nodes compute is known as a whole: `rule` tells, for each value that it reads,
   * how to write what flows back to it. The nodes between are passed by.
   */
  differentiate(value: ValueId, rule: OwnRule): void {
    this.own.set(defined(this.model.getValue(value).producer, 'a producer').node, rule);
  }
  ownRule = (node: NodeId): OwnRule | undefined => this.own.get(node);

  op(opType: string, inputs: readonly (ValueId | null)[], attributes: Attributes = {}, domain = ''): ValueId {
    return defined(this.node(opType, inputs, attributes, { domain }).outputs[0], 'an output');
  }

  /** An output of a node that it can give and does not yet. */
  further(node: Node, index: number): ValueId {
    const given = node.outputs[index] ?? null;
    if (given !== null) return given;
    const value = this.model.addValue(this.model.graph, `${this.unique(node.opType)}:${index}`);
    this.model.moveOutput(value.id, node, index);
    this.inference.extend(node);
    return value.id;
  }

  /** An input of the graph, as a training step is given its weights and coefficients. */
  input(name: string, dtype: DataType, shape: readonly number[]): ValueId {
    const value = this.model.addValue(this.model.graph, name, { kind: 'tensor', dtype, shape });
    this.model.graph.inputs.push(value.id);
    return value.id;
  }

  /** A constant; equal small ones are written once. */
  constant(tensor: Tensor): ValueId {
    const key = tensor.size <= 16 ? `${tensor.dtype} ${tensor.shape.join('×')}: ${[...tensor.read()].join(' ')}` : null;
    const known = key === null ? undefined : this.constants.get(key);
    if (known !== undefined) return known;
    const { id } = this.model.addInitializer(this.model.graph, this.unique('constant'), tensor);
    this.inference.extendConstant(id, tensor);
    if (key !== null) this.constants.set(key, id);
    return id;
  }

  /** A float32 number. */
  scalar = (value: number): ValueId => this.constant(floats([], [value]));

  /** A vector of whole numbers: axes, shapes, sizes. */
  ints(values: readonly number[]): ValueId {
    return this.constant(int64s(values));
  }

  /** The sizes of a value; throws `unsupported` where they do not follow from those of the inputs. */
  shape(value: ValueId): readonly number[] {
    const type = this.inference.typeOf(value);
    const shape = isTensor(type) ? staticShape(type.shape) : null;
    if (shape) return shape;
    throw new CodedError(
      'unsupported',
      `The sizes of ${this.nameOf(value)} do not follow from those of the inputs, which a gradient needs. Fold constants and materialize shapes first.`,
      { value: this.nameOf(value) },
    );
  }

  rank = (value: ValueId): number => this.shape(value).length;
  size = (value: ValueId): number => sizeOf(this.shape(value));

  dtype(value: ValueId): DataType {
    const type = this.inference.typeOf(value);
    return isTensor(type) ? type.dtype : 'undefined';
  }
  isFloat = (value: ValueId): boolean => isFloat(this.dtype(value));

  /** Whole numbers that a value is known to hold: a constant, or arithmetic of shapes; null: unknown. */
  known(value: ValueId | null | undefined): readonly number[] | null {
    const contents = value === null || value === undefined ? null : this.inference.contentsOf(value);
    return contents?.every((each) => typeof each === 'number') ? contents : null;
  }

  /** The numbers that a value is known to hold, whole or not; null: unknown. */
  knownNumbers(value: ValueId): readonly number[] | null {
    const tensor = this.inference.constants.get(value);
    return tensor ? Array.from(tensor.numbers()) : this.known(value);
  }

  nameOf = (value: ValueId): string => this.model.getValue(value).name;

  add = (a: ValueId, b: ValueId): ValueId => this.op('Add', [a, b]);
  sub = (a: ValueId, b: ValueId): ValueId => this.op('Sub', [a, b]);
  mul = (a: ValueId, b: ValueId): ValueId => this.op('Mul', [a, b]);
  div = (a: ValueId, b: ValueId): ValueId => this.op('Div', [a, b]);
  neg = (a: ValueId): ValueId => this.op('Neg', [a]);
  matmul = (a: ValueId, b: ValueId): ValueId => this.op('MatMul', [a, b]);
  /** Times a number. */
  scale = (a: ValueId, by: number): ValueId => (by === 1 ? a : this.mul(a, this.scalar(by)));
  /** Plus a number. */
  shift = (a: ValueId, by: number): ValueId => (by === 0 ? a : this.add(a, this.scalar(by)));

  reshape(a: ValueId, shape: readonly number[]): ValueId {
    return same(this.shape(a), shape) ? a : this.op('Reshape', [a, this.ints(shape)]);
  }
  transpose(a: ValueId, perm: readonly number[]): ValueId {
    return perm.every((axis, i) => axis === i) ? a : this.op('Transpose', [a], { perm });
  }
  expand(a: ValueId, shape: readonly number[]): ValueId {
    return same(this.shape(a), shape) ? a : this.op('Expand', [a, this.ints(shape)]);
  }
  /** `ReduceSum`, `ReduceMean`, `ReduceMax` over some axes; none: `a` itself. */
  reduce(opType: `Reduce${'Sum' | 'Mean' | 'Max'}`, a: ValueId, axes: readonly number[], keepdims = true): ValueId {
    return axes.length === 0 ? a : this.op(opType, [a, this.ints(axes)], { keepdims: Number(keepdims) });
  }
  sum = (a: ValueId, axes: readonly number[], keepdims = true): ValueId => this.reduce('ReduceSum', a, axes, keepdims);
  /** All of them together. WebGPU has no kernel for Sum, and would leave it to the processor. */
  total(values: readonly ValueId[]): ValueId {
    if (this.backend === 'wasm' && values.length > 1) return this.op('Sum', values);
    return values.reduce((sum, each) => this.add(sum, each));
  }
  /** `starts` to `ends` along `axes`, every `steps`. */
  slice(
    a: ValueId,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[],
    steps?: readonly number[],
  ): ValueId {
    const lists = [starts, ends, axes, ...(steps ? [steps] : [])].map((each) => this.ints(each));
    return this.op('Slice', [a, ...lists]);
  }
  cast(a: ValueId, dtype: 'float32' | 'int64' | 'bool' | 'int32'): ValueId {
    return this.dtype(a) === dtype
      ? a
      : this.op('Cast', [a], { to: { float32: 1, int64: 7, bool: 9, int32: 6 }[dtype] });
  }
  /** 1 where a condition holds, else 0. */
  mask = (condition: ValueId): ValueId => this.cast(condition, 'float32');

  /**
   * The gradient of a broadcast: summed over the axes that a value of `shape` was repeated along (ONNX,
   * multidirectional broadcasting).
   */
  sumTo(gradient: ValueId, shape: readonly number[]): ValueId {
    const from = this.shape(gradient);
    const lead = from.length - shape.length;
    const axes = from.flatMap((size, axis) => (axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : []));
    return this.reshape(this.sum(gradient, axes), shape);
  }

  private unique(what: string): string {
    const wish = this.scope === '' ? what : `${this.scope}/${what}`;
    const seen = this.names.get(wish) ?? 0;
    this.names.set(wish, seen + 1);
    return seen === 0 ? wish : `${wish}_${seen}`;
  }
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);
