import { ints } from '../../ir/attribute.ts';
import { Model, type Attribute } from '../../ir/model.ts';
import { floats, int64s } from '../../ir/tensor.ts';
import { sizeOf, tensorType, type ValueId } from '../../ir/types.ts';
import { normal, seeded } from '../../base/random.ts';
import { defined } from '../../base/assert.ts';

/** A model that does one thing, to find out how fast this device does it at best. */
export interface ProbeModel {
  readonly model: Model;
  /** Name of the nodes that count begins so. */
  readonly counted: string;
  readonly what: string;
}

/** Floating point operations of the counted node, 2 a multiply-accumulate. */
export interface ComputeProbe extends ProbeModel {
  readonly flops: number;
}
/** Bytes that each counted node reads and writes. */
export interface MemoryProbe extends ProbeModel {
  readonly bytes: number;
}

const COUNTED = 'probe';

class Probe {
  readonly model = new Model();

  constructor() {
    this.model.irVersion = 8;
    this.model.producerName = 'whittle';
    this.model.opsetImports.set('', 17);
    this.model.addGraph('probe');
  }

  input(shape: readonly number[]): ValueId {
    const { id } = this.model.addValue(this.model.graph, 'x', tensorType('float32', shape));
    this.model.graph.inputs.push(id);
    return id;
  }

  /** Seeded normal numbers: zeros or denormals could take another time. */
  weight(name: string, shape: readonly number[]): ValueId {
    const next = normal(seeded(1));
    const data = Float32Array.from({ length: sizeOf(shape) }, () => 0.1 * next());
    return this.model.addInitializer(this.model.graph, name, floats(shape, data)).id;
  }

  sizes(name: string, values: readonly number[]): ValueId {
    return this.model.addInitializer(this.model.graph, name, int64s(values)).id;
  }

  node(
    opType: string,
    name: string,
    inputs: readonly ValueId[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): ValueId {
    const parts = { opType, name, inputs, outputs: [`${name}_out`], attributes: Object.entries(attributes) };
    return defined(this.model.addNode(this.model.graph, parts).outputs[0], 'an output');
  }

  end(value: ValueId, shape: readonly number[]): Model {
    const target = this.model.getValue(value);
    target.name = 'y';
    target.type = tensorType('float32', shape);
    this.model.graph.outputs.push(value);
    return this.model;
  }
}

/** [n, n] · [n, n]. */
export function gemmProbe(n: number): ComputeProbe {
  const probe = new Probe();
  const product = probe.node('MatMul', COUNTED, [probe.input([n, n]), probe.weight('w', [n, n])]);
  return { model: probe.end(product, [n, n]), counted: COUNTED, flops: 2 * n ** 3, what: `MatMul ${n}×${n}×${n}` };
}

/** A convolution of `channels` to as many, [1, channels, size, size], padded to the same size. */
export function convProbe(channels: number, size: number, kernel: number): ComputeProbe {
  const probe = new Probe();
  const pad = (kernel - 1) / 2;
  const shape = [1, channels, size, size];
  const w = probe.weight('w', [channels, channels, kernel, kernel]);
  const attributes = { kernel_shape: ints([kernel, kernel]), pads: ints([pad, pad, pad, pad]) };
  const result = probe.node('Conv', COUNTED, [probe.input(shape), w], attributes);
  return {
    model: probe.end(result, shape),
    counted: COUNTED,
    flops: 2 * channels ** 2 * kernel ** 2 * size ** 2,
    what: `Conv ${kernel}×${kernel}, ${channels} channels, ${size}×${size}`,
  };
}

/**
 * `nodes` elementwise nodes in a row on a float32 array that is made in the graph and of which one element leaves it:
 * neither inputs nor outputs cross to the page. Each reads and writes all of it.
 */
export function memoryProbe(elements: number, nodes: number): MemoryProbe {
  const probe = new Probe();
  let value = probe.node('Expand', 'spread', [probe.input([1]), probe.sizes('size', [elements])]);
  for (let i = 0; i < nodes; i++) value = probe.node('Neg', `${COUNTED}${i}`, [value]);
  const ends = [probe.sizes('from', [0]), probe.sizes('to', [1])];
  const one = probe.node('Slice', 'one', [value, ...ends]);
  return { model: probe.end(one, [1]), counted: COUNTED, bytes: 8 * elements, what: 'Neg' };
}

/** `nodes` nodes in a row that do next to nothing. */
export function chainProbe(nodes: number): ProbeModel {
  const probe = new Probe();
  let value = probe.input([1]);
  for (let i = 0; i < nodes; i++) value = probe.node('Neg', `${COUNTED}${i}`, [value]);
  return { model: probe.end(value, [1]), counted: COUNTED, what: `${nodes} tiny nodes` };
}
