import { float, int, ints, string } from '../ir/attribute.ts';
import { Model, type Attribute } from '../ir/model.ts';
import { derivedTensor, int64s, floats, type Tensor } from '../ir/tensor.ts';
import { sizeOf, tensorType, type DataType, type Dim, type ValueId } from '../ir/types.ts';
import { normal, seeded } from '../base/random.ts';
import { defined } from '../base/assert.ts';

type Simple = number | readonly number[] | string;

/** Node attributes in short: integers, lists of integers, strings; floats are wrapped by `real`. */
export type Attributes = Readonly<Record<string, Simple | Attribute>>;
export const real = (value: number): Attribute => float(value);

function toAttribute(value: Simple | Attribute): Attribute {
  if (typeof value === 'number') return int(value);
  if (typeof value === 'string') return string(value);
  return Array.isArray(value) ? ints(value as number[]) : (value as Attribute);
}

/**
 * Writes a sample network down as an exporter would. Weights are drawn from a seeded stream when they are first read,
 * so that listing or drawing a sample costs nothing.
 */
export class Net {
  readonly model = new Model();
  private scope = '';
  private seed: number;
  private readonly names = new Set<string>();

  constructor(name: string, seed: number, opset = 17) {
    this.seed = seed;
    this.model.irVersion = 8;
    this.model.producerName = 'whittle-samples';
    this.model.opsetImports.set('', opset);
    this.model.addGraph(name);
  }

  /** Names made inside carry the scope, as PyTorch's exporter writes them. */
  in<T>(scope: string, build: () => T): T {
    const outer = this.scope;
    this.scope = `${outer}/${scope}`;
    const result = build();
    this.scope = outer;
    return result;
  }

  private unique(wish: string): string {
    let name = wish;
    for (let i = 1; this.names.has(name); i++) name = `${wish}_${i}`;
    this.names.add(name);
    return name;
  }

  input(name: string, dtype: DataType, shape: readonly Dim[]): ValueId {
    const value = this.model.addValue(this.model.graph, name, tensorType(dtype, shape));
    this.model.graph.inputs.push(value.id);
    return value.id;
  }

  output(value: ValueId, name: string, shape: readonly Dim[], dtype: DataType = 'float32'): void {
    const target = this.model.getValue(value);
    target.name = name;
    target.type = tensorType(dtype, shape);
    this.model.graph.outputs.push(value);
  }

  node(opType: string, inputs: readonly (ValueId | null)[], attributes: Attributes = {}, label = opType): ValueId {
    const name = this.unique(`${this.scope}/${label}`);
    const node = this.model.addNode(this.model.graph, {
      opType,
      name,
      inputs,
      outputs: [`${name}_output_0`],
      attributes: Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)] as const),
    });
    return defined(node.outputs[0], 'an output');
  }

  constant(label: string, tensor: Tensor): ValueId {
    const name = this.unique(`${this.scope.slice(1).replaceAll('/', '.')}.${label}`);
    return this.model.addInitializer(this.model.graph, name, tensor).id;
  }

  scalar(label: string, value: number): ValueId {
    return this.constant(label, floats([], [value]));
  }

  /** A whole number, without axes. */
  index(label: string, value: number): ValueId {
    return this.constant(label, int64s([value], []));
  }

  int64(label: string, values: readonly number[]): ValueId {
    return this.constant(label, int64s(values));
  }

  /**
   * Normal weights with standard deviation `deviation`. Rows of the first axis differ in strength (log-normal, as
   * trained filters do), so that importance has something to rank.
   */
  weight(label: string, shape: readonly number[], deviation: number): ValueId {
    const seed = this.seed++;
    const tensor = derivedTensor('float32', shape, () => drawRows(shape, deviation, seed));
    return this.constant(label, tensor);
  }

  /** Normal values around `mean`, never below `least`. */
  vector(label: string, length: number, mean: number, deviation: number, least = -Infinity): ValueId {
    const draw = normal(seeded(this.seed++));
    return this.constant(
      label,
      floats(
        [length],
        Float32Array.from({ length }, () => Math.max(least, mean + deviation * draw())),
      ),
    );
  }
}

function drawRows(shape: readonly number[], deviation: number, seed: number): Uint8Array {
  const draw = normal(seeded(seed));
  const rows = shape[0] ?? 1;
  const width = sizeOf(shape) / rows;
  const data = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const strength = deviation * Math.exp(0.35 * draw());
    for (let i = 0; i < width; i++) data[row * width + i] = strength * draw();
  }
  return new Uint8Array(data.buffer);
}
