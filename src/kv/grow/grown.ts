import { getInt, getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { symbolsOf } from '../../ops/dim.ts';
import type { Build } from '../../rewrite/build.ts';
import { constantInts, intsOf, rankOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { lengthAxes } from '../flow/places.ts';
import type { Uncached } from '../flow/types.ts';
import { Resized, type Resizing } from './resized.ts';

const END = Number.MAX_SAFE_INTEGER;

/** What grows with a text: all that follows its length; the mask is given for the whole of it. */
export const growing = ({ flows, mask, length }: Uncached): Resizing => ({
  rule: 'kv-cache',
  lengths: new Set([...flows].flatMap(([value, { kind }]) => (kind === 'length' ? [value] : []))),
  symbols: [length],
  ...(mask !== null && { replaced: new Map([[mask, mask]]) }),
});

export const textAxes = (context: PassContext, { length }: Uncached, value: ValueId): readonly number[] | null =>
  lengthAxes(context, value, length, (dim) => symbolsOf(dim).has(length));

/**
 * Values that follow the length of a text, made anew for a text that is longer than what is new of it by `past`. Callers
 * ask `reason` first.
 */
export class Grown extends Resized {
  private readonly text: Uncached;
  /** `[1]`, int64: positions that are kept. */
  private readonly past: ValueId;
  private readonly cuts = new Map<string, ValueId>();

  constructor(context: PassContext, text: Uncached, past: ValueId) {
    super(context, growing(text), [{ symbol: text.length, by: past, sign: 1 }]);
    this.text = text;
    this.past = past;
  }

  /** Axes as long as the text; null: not told. */
  axes = (value: ValueId): readonly number[] | null => textAxes(this.context, this.text, value);

  /** What of the whole text lies at new positions, along an axis that is as long as the text. */
  rows(value: ValueId, axis: number): ValueId {
    if (this.isFree(value)) return value;
    const key = `${value} ${axis}`;
    const known = this.cuts.get(key);
    if (known !== undefined) return known;
    const made = this.inside(value, axis) ?? this.cut(value, axis);
    this.cuts.set(key, made);
    return made;
  }

  /** What lies at new positions along one axis more. */
  shortened(anchor: Node, value: ValueId, axis: number): ValueId {
    return this.slice(this.builder(anchor), value, this.past, axis);
  }

  private cut(value: ValueId, axis: number): ValueId {
    const producer = this.context.model.getValue(value).producer;
    const anchor = producer
      ? this.context.model.getNode(producer.node)
      : this.context.model.getNode(this.context.model.getValue(value).uses[0]?.node ?? (0 as NodeId));
    const build = this.builder(anchor);
    return this.slice(build, this.of(value), this.past, axis);
  }

  private slice(build: Build, value: ValueId, from: ValueId, axis: number, to: ValueId | null = null): ValueId {
    const ends = to ?? build.constant(`end-${axis}`, int64s([END]));
    const axes = build.constant(`axis-${axis}`, int64s([axis]));
    const node = build.node('Slice', [value, from, ends, axes], { label: `new-${axis}` });
    return build.output(node, `new-${axis}`, null);
  }

  /** The same, cut before it is computed: a table as large as text by text is not made for one row. Null: not known how. */
  private inside(value: ValueId, axis: number): ValueId | null {
    const { producer } = this.context.model.getValue(value);
    const node = producer && this.context.model.getNode(producer.node);
    if (!node || node.domain !== '' || producer.index !== 0) return null;
    if (POINTWISE.has(node.opType)) return this.pointwise(node, value, axis);
    switch (node.opType) {
      case 'Unsqueeze':
      case 'Squeeze':
        return this.squeezed(node, value, axis);
      case 'Transpose': {
        const rank = rankOf(this.context, value) ?? 0;
        const perm = getInts(node, 'perm', null) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
        return this.carried(node, perm[axis] ?? axis);
      }
      case 'Slice':
        return this.sliced(node, axis);
      case 'Range':
        return this.range(node);
      case 'Gather':
        return this.gathered(node, value, axis);
      case 'Concat': {
        const given = getInt(node, 'axis', 0);
        const own = given < 0 ? given + (rankOf(this.context, value) ?? 0) : given;
        return own === axis ? null : this.pointwise(node, value, axis);
      }
      default:
        return null;
    }
  }

  private remade(node: Node, inputs: readonly (ValueId | null)[]): ValueId {
    const build = this.builder(node);
    const made = build.node(node.opType, inputs, { attributes: node.attributes, label: 'new' });
    return build.output(made, 'new', null);
  }

  private carried(node: Node, axis: number): ValueId | null {
    const [input = null, ...more] = node.inputs;
    if (input === null || !this.axes(input)?.includes(axis)) return null;
    return this.remade(node, [this.rows(input, axis), ...more.map((each) => each && this.of(each))]);
  }

  private pointwise(node: Node, value: ValueId, axis: number): ValueId | null {
    const rank = rankOf(this.context, value);
    if (rank === null) return null;
    const inputs: (ValueId | null)[] = [];
    for (const input of node.inputs) {
      if (input === null) {
        inputs.push(null);
        continue;
      }
      const own = rankOf(this.context, input);
      const axes = this.axes(input);
      if (own === null || axes === null) return null;
      const at = axis - (rank - own);
      inputs.push(at >= 0 && axes.includes(at) ? this.rows(input, at) : this.of(input));
    }
    return this.remade(node, inputs);
  }

  private squeezed(node: Node, value: ValueId, axis: number): ValueId | null {
    const [input = null, second = null] = node.inputs;
    const [from, to] = [input === null ? null : rankOf(this.context, input), rankOf(this.context, value)];
    const given = getInts(node, 'axes', null) ?? (second === null ? null : constantInts(this.context, second));
    if (from === null || to === null || !given) return null;
    const rank = Math.max(from, to);
    const ones = new Set(given.map((each) => (each < 0 ? each + rank : each)));
    const kept = Array.from({ length: rank }, (_, i) => i).filter((each) => !ones.has(each));
    const before = node.opType === 'Unsqueeze' ? kept.indexOf(axis) : (kept[axis] ?? -1);
    return before < 0 ? null : this.carried(node, before);
  }

  /** `table[0 : length]`, which begins later now; of a cut along another axis, what is cut. */
  private sliced(node: Node, axis: number): ValueId | null {
    const [input = null, starts = null, ends = null, axes = null, steps = null] = node.inputs;
    if (input === null || starts === null || ends === null || axes === null) return null;
    const [at, ...more] = constantInts(this.context, axes) ?? [];
    const rank = rankOf(this.context, input);
    if (at === undefined || more.length > 0 || rank === null) return null;
    const isPlain = steps === null || constantInts(this.context, steps)?.[0] === 1;
    if ((at < 0 ? at + rank : at) !== axis) return this.carried(node, axis);
    if (
      !isPlain ||
      constantInts(this.context, starts)?.[0] !== 0 ||
      intsOf(this.context, ends)?.[0] !== this.text.length
    )
      return null;
    return this.slice(this.builder(node), this.of(input), this.past, axis, this.of(ends));
  }

  /** 0, 1, …: from the past on. */
  private range(node: Node): ValueId | null {
    const [start = null, limit = null, delta = null] = node.inputs;
    if (start === null || limit === null || delta === null) return null;
    if (constantInts(this.context, start)?.[0] !== 0 || constantInts(this.context, delta)?.[0] !== 1) return null;
    if (intsOf(this.context, limit)?.[0] !== this.text.length) return null;
    const build = this.builder(node);
    const scalar = build.constant('scalar', int64s([]));
    const from = build.node('Reshape', [this.past, scalar], { label: 'from' });
    return this.remade(node, [build.output(from, 'from', null), this.of(limit), delta]);
  }

  private gathered(node: Node, value: ValueId, axis: number): ValueId | null {
    const [data = null, ids = null] = node.inputs;
    const [rank, own] = [rankOf(this.context, value), ids === null ? null : rankOf(this.context, ids)];
    if (data === null || ids === null || rank === null || own === null || !this.isFree(data)) return null;
    const given = getInt(node, 'axis', 0);
    const first = given < 0 ? given + (rankOf(this.context, data) ?? 0) : given;
    const at = axis - first;
    if (at < 0 || at >= own || !this.axes(ids)?.includes(at)) return null;
    return this.remade(node, [data, this.rows(ids, at)]);
  }
}

/** z[i] = f(x[i], y[i], …), broadcast. */
const POINTWISE: ReadonlySet<string> = new Set(
  (
    'Abs Neg Ceil Floor Round Sqrt Reciprocal Exp Log Sin Cos Not Cast Identity Clip Add Sub Mul Div Mod Pow Max Min ' +
    'Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Where'
  ).split(' '),
);
