import { getInt, subgraphs } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import type { Dim, NodeId, ValueId } from '../../ir/types.ts';
import { bindDim, subDims, symbolsOf } from '../../ops/dim.ts';
import { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { contentsOf, dtypeOf, shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';

/** A symbol of shapes that stands for another size from now on. */
export interface Change {
  readonly symbol: string;
  /** `[1]`, int64: what the size is larger by (`sign` 1) or smaller by (−1). */
  readonly by: ValueId;
  readonly sign: 1 | -1;
}

export interface Resizing {
  readonly rule: string;
  /** Values that follow sizes alone, not what tensors hold. */
  readonly lengths: ReadonlySet<ValueId>;
  /** Symbols whose sizes change. */
  readonly symbols: readonly string[];
  /** Values that others take the place of. */
  readonly replaced?: ReadonlyMap<ValueId, ValueId>;
}

/** How much larger a dimension is when a symbol is by one; null: it is not linear in it, or not known. */
export function perSymbol(dim: Dim, symbol: string): number | null {
  if (dim === null) return null;
  if (typeof dim === 'number' || !symbolsOf(dim).has(symbol)) return 0;
  const [zero, one, two] = [0, 1, 2].map((size) => bindDim(dim, { [symbol]: size })) as [Dim, Dim, Dim];
  const [first, second] = [subDims(one, zero), subDims(two, one)];
  return typeof first === 'number' && first === second ? first : null;
}

/** What values that follow sizes are worth for other sizes: whether that can be told. */
export class Sizes {
  protected readonly context: PassContext;
  protected readonly how: Resizing;

  constructor(context: PassContext, how: Resizing) {
    this.context = context;
    this.how = how;
  }

  protected follows = (dim: Dim): boolean => {
    const symbols = symbolsOf(dim);
    return this.how.symbols.some((symbol) => symbols.has(symbol));
  };

  /** Whether a value stays as it is. */
  isFree(value: ValueId): boolean {
    if (this.how.replaced?.has(value)) return false;
    if (!this.how.lengths.has(value)) return true;
    const known = [...(contentsOf(this.context, value) ?? [null]), ...(shapeOf(this.context, value) ?? [null])];
    return known.every((dim) => dim !== null && !this.follows(dim));
  }

  /** Why a value cannot be had for other sizes; null: it can. */
  reason(value: ValueId, seen: Set<ValueId> = new Set()): string | null {
    const { model } = this.context;
    if (seen.has(value) || this.isFree(value) || this.how.replaced?.has(value)) return null;
    seen.add(value);
    const { producer, name } = model.getValue(value);
    if (!producer) return `${name} follows the length of the text, and nothing computes it`;
    const node = model.getNode(producer.node);
    if ([...subgraphs(node)].length > 0) return `${label(model, node)} has subgraphs`;
    if (node.opType === 'Size') return `${label(model, node)} counts elements`;
    const [input = null] = node.inputs;
    if (node.opType === 'Shape' && input !== null && !this.how.lengths.has(input)) {
      const told = shapeOf(this.context, input)?.every((dim) =>
        this.how.symbols.every((symbol) => perSymbol(dim, symbol) !== null),
      );
      return told
        ? null
        : `the shape of ${model.getValue(input).name} follows the length of the text in ways that are not told`;
    }
    for (const each of node.inputs) {
      const reason = each === null ? null : this.reason(each, seen);
      if (reason !== null) return reason;
    }
    return null;
  }
}

/** Makes values that follow sizes anew, for other sizes. Callers ask `reason` first. */
export class Resized extends Sizes {
  private readonly changes: readonly Change[];
  private readonly clones = new Map<NodeId, readonly (ValueId | null)[]>();

  constructor(context: PassContext, how: Omit<Resizing, 'symbols'>, changes: readonly Change[]) {
    super(context, { ...how, symbols: changes.map(({ symbol }) => symbol) });
    this.changes = changes;
  }

  of(value: ValueId): ValueId {
    const replaced = this.how.replaced?.get(value);
    if (replaced !== undefined) return replaced;
    if (this.isFree(value)) return value;
    const { producer } = this.context.model.getValue(value);
    if (!producer) return value;
    const node = this.context.model.getNode(producer.node);
    const [input = null] = node.inputs;
    const known = this.clones.get(node.id);
    if (known) return known[producer.index] ?? value;
    const looks = node.opType === 'Shape' && input !== null && !this.how.lengths.has(input);
    const clone = looks ? [this.shape(node, input)] : this.clone(node);
    this.clones.set(node.id, clone);
    return clone[producer.index] ?? value;
  }

  protected builder = (anchor: Node): Build => new Build(this.context, this.how.rule, anchor);

  /** A Range that begins and ends later by the same: its size stays as it is, and is known. */
  private shifted(node: Node): ValueId | null {
    const [change, ...more] = this.changes;
    const [start = null, limit = null] = node.inputs;
    const result = node.outputs[0] ?? null;
    if (node.opType !== 'Range' || !change || more.length > 0 || start === null || limit === null || result === null)
      return null;
    if (this.how.replaced || dtypeOf(this.context, result) !== 'int64') return null;
    const moves = [start, limit].map((each) => perSymbol(contentsOf(this.context, each)?.[0] ?? null, change.symbol));
    if (!moves.every((move) => move === 1) || change.sign !== 1) return null;
    const build = this.builder(node);
    return build.output(build.node('Add', [result, change.by], { label: 'later' }), 'later', null);
  }

  private clone(node: Node): readonly (ValueId | null)[] {
    const shifted = this.shifted(node);
    if (shifted !== null) return [shifted];
    const inputs = node.inputs.map((each) => (each === null ? null : this.of(each)));
    const build = this.builder(node);
    const made = build.node(node.opType, inputs, { domain: node.domain, attributes: node.attributes, label: 'all' });
    return node.outputs.map((output, index) =>
      output === null ? null : build.output(made, index === 0 ? 'all' : `all-${index}`, null, index),
    );
  }

  /** The shape, with the sizes of symbols as they are from now on. */
  private shape(node: Node, input: ValueId): ValueId {
    const build = this.builder(node);
    const dims = shapeOf(this.context, input) ?? [];
    const [start, end] = [getInt(node, 'start', 0), getInt(node, 'end', dims.length)];
    let shape = node.outputs[0] ?? input;
    for (const [index, { symbol, by, sign }] of this.changes.entries()) {
      const marks = dims.map((dim) => sign * (perSymbol(dim, symbol) ?? 0)).slice(start, end);
      if (marks.every((mark) => mark === 0)) continue;
      const names = index === 0 ? ['axes', 'longer', 'shape'] : [`axes-${index}`, `longer-${index}`, `shape-${index}`];
      const [axes = '', longer = '', changed = ''] = names;
      const product = build.node('Mul', [by, build.constant(axes, int64s(marks))], { label: longer });
      const sum = build.node('Add', [shape, build.output(product, longer, null)], { label: changed });
      shape = build.output(sum, changed, null);
    }
    return shape;
  }
}
