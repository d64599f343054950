import type { Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import { label } from './graphs.ts';
import type { PassContext } from './pass.ts';
import { COMMUTATIVE, type Constant, type OpPattern, type Pattern, type Slot } from './pattern.ts';

/** A structural match before its preconditions are looked at. */
export interface Candidate {
  readonly slots: Slots;
  /** Matched nodes, the root first; those that the pattern keeps are not among them. */
  readonly nodes: readonly NodeId[];
  /** Inputs that should be constant and are not, one phrase each. */
  readonly misses: readonly string[];
}

/** What captures hold: each binding adds to those before it, which other ways to match go on from. */
export class Slots {
  private readonly name: string;
  private readonly value: unknown;
  private readonly before: Slots | null;

  constructor(name = '', value: unknown = undefined, before: Slots | null = null) {
    this.name = name;
    this.value = value;
    this.before = before;
  }

  /** `undefined`: not bound. */
  get(name: string): unknown {
    return this.name === name ? this.value : this.before?.get(name);
  }
  with = (name: string, value: unknown): Slots => new Slots(name, value, this);
}

const NONE = new Slots();

/** Where in the pattern a value stands, for the words of a near miss. */
interface Place {
  readonly node: Node;
  readonly index: number;
}

/** Pathological patterns (many commutative levels) are cut off here. */
const MOST_CANDIDATES = 64;

/** All ways in which the pattern matches with `root` as its last node; those without misses come first. */
export function candidates(context: PassContext, pattern: OpPattern, root: Node): Candidate[] {
  if (!isLikely(context, pattern, root)) return [];
  const found: Candidate[] = [];
  const matcher = new Matcher(context, root);
  for (const candidate of matcher.node(pattern, root, { slots: NONE, nodes: [], misses: [] })) {
    found.push(candidate);
    if (found.length === MOST_CANDIDATES) break;
  }
  return found.sort((a, b) => a.misses.length - b.misses.length);
}

/** Whether the operators that the pattern wants right before the root are there: true of few nodes, and quick to see. */
function isLikely({ model }: PassContext, pattern: OpPattern, root: Node): boolean {
  const swaps = orders(pattern, root).length > 1;
  return pattern.inputs.every((wanted, index) => {
    if (wanted?.form !== 'op') return true;
    const places = swaps ? root.inputs : [root.inputs[index] ?? null];
    return places.some((input) => {
      const producer = input === null ? null : model.getValue(input).producer;
      return producer !== null && wanted.types.includes(model.getNode(producer.node).opType);
    });
  });
}

class Matcher {
  private readonly context: PassContext;
  private readonly root: Node;

  constructor(context: PassContext, root: Node) {
    this.context = context;
    this.root = root;
  }

  *node(pattern: OpPattern, node: Node, before: Candidate): Generator<Candidate> {
    if (!pattern.types.includes(node.opType) || (pattern.domain ?? '') !== node.domain) return;
    const named = pattern.as ? bind(before, pattern.as, node) : before;
    if (!named) return;
    const taken = pattern.keep || named.nodes.includes(node.id);
    const start = taken ? named : { ...named, nodes: [...named.nodes, node.id] };
    for (const inputs of orders(pattern, node)) yield* this.inputs(pattern, node, inputs, 0, start);
  }

  private *inputs(
    pattern: OpPattern,
    node: Node,
    inputs: readonly (ValueId | null)[],
    index: number,
    before: Candidate,
  ): Generator<Candidate> {
    if (index >= Math.max(inputs.length, pattern.inputs.length)) {
      yield before;
      return;
    }
    const wanted = pattern.inputs[index];
    const value = inputs[index] ?? null;
    if (wanted === null || wanted === undefined) {
      if (value === null || (wanted === undefined && pattern.more)) {
        yield* this.inputs(pattern, node, inputs, index + 1, before);
      }
      return;
    }
    for (const next of this.value(wanted, value, { node, index }, before)) {
      yield* this.inputs(pattern, node, inputs, index + 1, next);
    }
  }

  private *value(pattern: Pattern, value: ValueId | null, place: Place, before: Candidate): Generator<Candidate> {
    switch (pattern.form) {
      case 'slot':
        yield* this.slot(pattern, value, place, before);
        return;
      case 'maybe':
        if (value === null) yield before;
        else yield* this.value(pattern.pattern, value, place, before);
        return;
      case 'either':
        for (const each of pattern.patterns) yield* this.value(each, value, place, before);
        return;
      case 'scalar':
        if (value !== null && this.isScalar(value, pattern.value, pattern.tolerance)) yield before;
        return;
      case 'op':
        yield* this.producer(pattern, value, before);
        return;
      default:
        pattern satisfies never;
    }
  }

  /** Producers in an outer graph are no part of a match: they run under another condition. */
  private *producer(pattern: OpPattern, value: ValueId | null, before: Candidate): Generator<Candidate> {
    const producer = value === null ? null : this.context.model.getValue(value).producer;
    if (!producer || producer.index !== (pattern.output ?? 0)) return;
    const node = this.context.model.getNode(producer.node);
    if (node.graph === this.root.graph) yield* this.node(pattern, node, before);
  }

  private *slot(slot: Slot<unknown>, value: ValueId | null, place: Place, before: Candidate): Generator<Candidate> {
    if (value === null) {
      if (slot.kind.optional) {
        const bound = bind(before, slot, null);
        if (bound) yield bound;
      }
      return;
    }
    if (slot.kind.what !== 'constant') {
      const bound = bind(before, slot, value);
      if (bound) yield bound;
      return;
    }
    const tensor = constantOf(this.context, value);
    if (slot.kind.strict && !tensor && this.context.model.getValue(value).producer) return;
    const old = before.slots.get(slot.name) as Constant | undefined;
    if (old !== undefined && old?.value !== value) return;
    const slots = before.slots.with(slot.name, { value, tensor });
    if (tensor) yield { ...before, slots };
    else {
      const miss = `input ${place.index} of ${label(this.context.model, place.node)} is not a constant`;
      yield { ...before, slots, misses: [...before.misses, miss] };
    }
  }

  private isScalar(value: ValueId, wanted: number, tolerance: number): boolean {
    const tensor = constantOf(this.context, value);
    if (!tensor || tensor.size !== 1 || tensor.dtype === 'string') return false;
    return Math.abs((tensor.numbers()[0] ?? NaN) - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
  }
}

/**
 * The constant behind a value. An initializer that is also a graph input is only a default, which whoever runs the
 * model may override (IR version 4 on). The model is asked before the analysis, which may be older.
 */
export function constantOf(context: PassContext, value: ValueId): Tensor | null {
  const graph = context.model.getGraph(context.model.getValue(value).graph);
  if (graph.inputs.includes(value)) return null;
  return graph.initializers.get(value) ?? context.analysis.constant(value);
}

function bind(before: Candidate, slot: Slot<unknown>, bound: unknown): Candidate | null {
  const old = before.slots.get(slot.name);
  if (old !== undefined) return old === bound ? before : null;
  return { ...before, slots: before.slots.with(slot.name, bound) };
}

function orders(pattern: OpPattern, node: Node): (readonly (ValueId | null)[])[] {
  const [first, second] = node.inputs;
  const swaps = !pattern.ordered && node.domain === '' && COMMUTATIVE.has(node.opType) && node.inputs.length === 2;
  return swaps && first !== undefined && second !== undefined && first !== second
    ? [node.inputs, [second, first]]
    : [node.inputs];
}
