import type { Analysis } from '../analysis/analyze.ts';
import { getInt, getInts } from '../ir/attribute.ts';
import type { Model, Node } from '../ir/model.ts';
import { isInteger, type ValueId } from '../ir/types.ts';

/** Where one integer of a shape vector comes from. */
export type SizeSource =
  /** Element `index` of the constant that node `node` reads at `slot`. `exclusive`: nothing else depends on it. */
  | {
      readonly kind: 'constant';
      readonly value: number;
      readonly node: Node;
      readonly slot: number;
      readonly index: number;
      readonly exclusive: boolean;
    }
  /** The size of an axis: follows a cut by itself. */
  | { readonly kind: 'size'; readonly value: ValueId; readonly dim: number }
  /** Computed in a way that is not followed. */
  | { readonly kind: 'opaque' };

/**
 * Follows small integer vectors back through the data movement that exporters emit around `Shape`. A vector of unknown
 * length is null.
 */
export class SizeTracer {
  private readonly model: Model;
  private readonly analysis: Analysis;
  private readonly known = new Map<string, readonly SizeSource[] | null>();

  constructor(model: Model, analysis: Analysis) {
    this.model = model;
    this.analysis = analysis;
  }

  /** What input `slot` of `node` holds. */
  input(node: Node, slot: number): readonly SizeSource[] | null {
    const key = `${node.id}:${slot}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.known.set(key, null);
    const traced = this.trace(node, slot);
    this.known.set(key, traced);
    return traced;
  }

  /** The same for a value, as a graph output sees it. Null: nothing is known of it. */
  output(value: ValueId): readonly SizeSource[] | null {
    const producer = this.producer(value);
    const rank = this.analysis.shape(value)?.length;
    if (producer === null || rank === undefined || rank > 1) return null;
    if (isShape(producer)) return this.shapeOf(producer);
    return follows(producer)?.(this, producer) ?? null;
  }

  /** The integers of a constant input; null: not constant. */
  constants(node: Node, slot: number): readonly number[] | null {
    const value = node.inputs[slot];
    const tensor = value === null || value === undefined ? null : this.analysis.constant(value);
    if (tensor === null || !isInteger(tensor.dtype) || tensor.shape.length > 1) return null;
    return Array.from(tensor.numbers());
  }

  private trace(node: Node, slot: number): readonly SizeSource[] | null {
    const value = node.inputs[slot];
    if (value === null || value === undefined) return null;
    const constants = this.constants(node, slot);
    if (constants) {
      return constants.map((each, index) => ({ kind: 'constant', value: each, node, slot, index, exclusive: true }));
    }
    const sources = this.output(value) ?? this.unfollowed(value);
    const target = this.model.getValue(value);
    const shared = target.uses.length > 1 || this.model.isGraphOutput(value);
    if (sources === null || !shared) return sources;
    return sources.map((each) => (each.kind === 'constant' ? { ...each, exclusive: false } : each));
  }

  private unfollowed(value: ValueId): readonly SizeSource[] | null {
    const shape = this.analysis.shape(value);
    const length = shape?.length === 1 ? shape[0] : shape?.length === 0 ? 1 : null;
    return typeof length === 'number' ? Array.from({ length }, () => ({ kind: 'opaque' }) as const) : null;
  }

  private shapeOf(node: Node): readonly SizeSource[] | null {
    const value = node.inputs[0];
    const rank = value ? (this.analysis.shape(value)?.length ?? null) : null;
    if (!value || rank === null) return null;
    const dims = Array.from({ length: rank }, (_, dim) => ({ kind: 'size', value, dim }) as const);
    return dims.slice(getInt(node, 'start', 0), getInt(node, 'end', rank));
  }

  private producer(value: ValueId): Node | null {
    const producer = this.model.getValue(value).producer;
    return producer ? this.model.getNode(producer.node) : null;
  }
}

type Follow = (tracer: SizeTracer, node: Node) => readonly SizeSource[] | null;

const isShape = (node: Node): boolean => node.domain === '' && node.opType === 'Shape';
const through: Follow = (tracer, node) => tracer.input(node, 0);

/** Operators that move integers without changing them. */
const FOLLOWED: Readonly<Record<string, Follow>> = {
  Identity: through,
  Unsqueeze: through,
  Squeeze: through,
  Reshape: through,
  Cast: through,
  Concat: (tracer, node) => {
    const parts = node.inputs.map((_, slot) => tracer.input(node, slot));
    return parts.every((part) => part !== null) ? parts.flat() : null;
  },
  Gather: (tracer, node) => {
    const data = tracer.input(node, 0);
    const indices = tracer.constants(node, 1);
    if (!data || !indices) return null;
    const once = new Set(indices).size === indices.length;
    return indices.map((index) => {
      const source = data.at(index) ?? { kind: 'opaque' };
      return once || source.kind !== 'constant' ? source : { ...source, exclusive: false };
    });
  },
  Slice: (tracer, node) => {
    const data = tracer.input(node, 0);
    const starts = tracer.constants(node, 1) ?? getInts(node, 'starts', null);
    const ends = tracer.constants(node, 2) ?? getInts(node, 'ends', null);
    const steps = node.inputs[4] ? tracer.constants(node, 4) : [1];
    if (!data || starts?.length !== 1 || ends?.length !== 1 || steps?.[0] !== 1) return null;
    return data.slice(starts[0], ends[0]);
  },
};

/** Reshape, Squeeze, … move sizes only while the vector stays one; a cast must stay among integers (attribute `to`). */
function follows(node: Node): Follow | null {
  if (node.domain !== '') return null;
  if (node.opType === 'Cast' && ![6, 7].includes(getInt(node, 'to', 0))) return null;
  return Object.hasOwn(FOLLOWED, node.opType) ? (FOLLOWED[node.opType] ?? null) : null;
}
