import type { Analysis } from '../../analysis/analyze.ts';
import { Model, type Node } from '../../ir/model.ts';
import { floats, int64s, tensorOf, type Tensor } from '../../ir/tensor.ts';
import { staticShape, tensorType, type ValueId, type ValueType } from '../../ir/types.ts';
import { isTensor } from '../../ops/shapes.ts';
import type { Folded } from './folded.ts';
import type { Fragment } from './fragments.ts';
import { endsOf } from './keys.ts';
import { shapeAt, typeAt } from './sized.ts';

const MARK = 'part';
/**
 * Share of the numbers that a fragment reads which lie below 0. A kernel that compares with 0 takes up to ten times as
 * long where every sign is a surprise as where none is; in real models neighbours mostly agree.
 */
const BELOW = 0.125;
/** Operators that give nothing sensible for a number below 0. */
const POSITIVE: ReadonlySet<string> = new Set(['Sqrt', 'Log', 'Pow', 'Acosh']);

/** The fragment that a kernel of a micro-model belongs to, by its name, which the runtime may have added to; null: none. */
export function fragmentOf(kernel: string): number | null {
  const digits = /part#(\d+)(?!\d)/.exec(kernel)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The fragment before or behind which a kernel stands that is no part of it; null: it is no such kernel. */
export function aroundOf(kernel: string): number | null {
  const digits = /(?:feed|take)#(\d+)\./.exec(kernel)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** A fragment, and the model that it is of. */
export interface PlacedFragment {
  readonly fragment: Fragment;
  readonly analysis: Analysis;
  readonly folded: Folded;
}

/**
 * One model of many fragments side by side, of one model or of several with the same opsets. Each reads what a kernel has just written, as it would in its own model
 * (a given input moved so that some of it lies below 0), and of what it writes one element is handed out, so that
 * copies of whole outputs do not push everything else out of the cache.
 */
export function microModel(placed: readonly PlacedFragment[]): Model {
  const model = new Model();
  const writers = new Map<Analysis, MicroWriter>();
  model.addGraph('micro');
  for (const [index, { fragment, analysis, folded }] of placed.entries()) {
    const { irVersion, opsetImports } = analysis.model;
    model.irVersion = Math.max(model.irVersion, irVersion, 4);
    for (const [domain, version] of opsetImports) model.opsetImports.set(domain, version);
    const writer = writers.get(analysis) ?? new MicroWriter(model, analysis, folded, writers.size);
    writers.set(analysis, writer);
    writer.add(fragment, index);
  }
  model.sort();
  return model;
}

class MicroWriter {
  private readonly model: Model;
  private readonly analysis: Analysis;
  private readonly folded: Folded;
  private readonly source: number;
  /** Constants are shared by fragments, as they are in the model. */
  private readonly constants = new Map<ValueId, ValueId>();
  private centre: ValueId | null = null;

  /** @param source tells names of this model's values from those of others */
  constructor(model: Model, analysis: Analysis, folded: Folded, source: number) {
    this.model = model;
    this.analysis = analysis;
    this.folded = folded;
    this.source = source;
  }

  add(fragment: Fragment, index: number): void {
    const { graph } = this.model;
    const ends = endsOf(this.analysis, fragment, this.folded);
    const values = new Map<ValueId, ValueId>();
    for (const [place, value] of ends.inputs.entries()) {
      const positive = fragment.nodes.some(({ opType }) => POSITIVE.has(opType));
      values.set(value, this.feed(typeAt(this.analysis, value), `${index}.${place}`, positive));
    }
    for (const [place, node] of fragment.nodes.entries()) this.copy(node, `${MARK}#${index}.${place}`, values);
    for (const [place, value] of ends.outputs.entries()) {
      const made = values.get(value);
      if (made === undefined) continue;
      this.model.getValue(made).type = typeAt(this.analysis, value);
      // The runtime would move a transposition behind the slice.
      const whole = fragment.nodes.some(({ opType }) => opType === 'Transpose');
      graph.outputs.push(whole ? made : this.take(made, typeAt(this.analysis, value), `${index}.${place}`));
    }
  }

  private feed(type: ValueType | null, name: string, positive: boolean): ValueId {
    const { model } = this;
    const input = model.addValue(model.graph, `x${name}`, type);
    model.graph.inputs.push(input.id);
    if (!isTensor(type) || type.dtype !== 'float32') return input.id;
    const node = model.addNode(model.graph, {
      opType: positive ? 'Abs' : 'Sub',
      name: `feed#${name}`,
      inputs: positive ? [input.id] : [input.id, this.shift()],
      outputs: [`feed ${name}`],
    });
    return first(node);
  }

  private shift(): ValueId {
    this.centre ??= this.model.addInitializer(this.model.graph, `shift ${this.source}`, floats([], [BELOW])).id;
    return this.centre;
  }

  private copy(node: Node, name: string, values: Map<ValueId, ValueId>): void {
    const { graph } = this.model;
    const inputs = node.inputs.map((value) => (value === null ? null : (values.get(value) ?? this.constant(value))));
    const outputs = node.outputs.map((value, index) => (value === null ? null : `${name} ${index}`));
    const made = this.model.addNode(graph, {
      opType: node.opType,
      domain: node.domain,
      overload: node.overload,
      name,
      inputs,
      outputs,
      attributes: node.attributes,
    });
    node.outputs.forEach((value, index) => {
      const copy = made.outputs[index];
      if (value !== null && copy !== null && copy !== undefined) values.set(value, copy);
    });
  }

  /** What the runtime folds on loading is given as it is, or with what it is folded from. */
  private constant(value: ValueId): ValueId {
    const known = this.constants.get(value);
    if (known !== undefined) return known;
    const { model } = this;
    const given = this.analysis.model.graph.initializers.get(value);
    const tensor = this.analysis.constant(value) ?? given ?? contentsOf(this.analysis, value);
    if (tensor) {
      const id = model.addInitializer(model.graph, `c${this.source}.${value}`, tensor).id;
      // A default of an input is no constant to the runtime.
      if (given && !this.folded.has(value)) model.graph.inputs.push(id);
      this.constants.set(value, id);
      return id;
    }
    const producer = this.analysis.model.getValue(value).producer;
    const node = producer && this.analysis.model.getNode(producer.node);
    if (!node) throw new Error(`invariant: value ${value} is no constant`);
    this.copy(node, `constant#${this.source}.${value}`, this.constants);
    const made = this.constants.get(value);
    if (made === undefined) throw new Error(`invariant: value ${value} was copied`);
    return made;
  }

  private take(value: ValueId, type: ValueType | null, name: string): ValueId {
    const { model } = this;
    const shape = isTensor(type) ? staticShape(type.shape) : null;
    if (!shape || shape.length === 0 || !isTensor(type) || type.dtype === 'string') return value;
    const rank = shape.length;
    const starts = shape.map(() => 0);
    const ends = shape.map((size) => Math.min(1, size));
    const attributes = { starts, ends };
    const isOld = model.opset() < 10;
    const list = (label: string, data: readonly number[]): ValueId =>
      model.addInitializer(model.graph, `${label} ${name}`, int64s(data)).id;
    const node = model.addNode(model.graph, {
      opType: 'Slice',
      name: `take#${name}`,
      inputs: isOld ? [value] : [value, list('starts', starts), list('ends', ends)],
      outputs: [`y${name}`],
      ...(isOld
        ? {
            attributes: Object.entries(attributes).map(
              ([key, data]) => [key, { type: 'ints', value: data.map(BigInt) }] as const,
            ),
          }
        : {}),
    });
    const taken = first(node);
    model.getValue(taken).type = tensorType(
      type.dtype,
      Array.from({ length: rank }, (_, axis) => ends[axis] ?? 1),
    );
    return taken;
  }
}

function first(node: Node): ValueId {
  const [output] = node.outputs;
  if (output === null || output === undefined) throw new Error('invariant: a node of a micro-model has an output');
  return output;
}

/** Whole numbers that follow from fixed shapes. */
function contentsOf(analysis: Analysis, value: ValueId): Tensor | null {
  const contents = analysis.ints(value);
  const shape = staticShape(shapeAt(analysis, value));
  if (!contents || !shape || !contents.every((each) => typeof each === 'number')) return null;
  const dtype = analysis.dtype(value);
  if (dtype === 'int64') return int64s(contents, shape);
  return dtype === 'int32' ? tensorOf('int32', shape, Int32Array.from(contents)) : null;
}
