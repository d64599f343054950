import { subgraphs } from '../../ir/attribute.ts';
import type { ValueId } from '../../ir/types.ts';
import { symbolsOf } from '../../ops/dim.ts';
import { label } from '../../rewrite/graphs.ts';
import { contentsOf, shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { lengthAxes } from '../flow/places.ts';
import type { Uncached } from '../flow/types.ts';

/** What values are worth when the text is longer than what is new of it: those that follow its length alone. */
export class Lengths {
  protected readonly context: PassContext;
  protected readonly of: Uncached;

  constructor(context: PassContext, of: Uncached) {
    this.context = context;
    this.of = of;
  }

  protected follows = (dim: string): boolean => symbolsOf(dim).has(this.of.length);

  /** Axes as long as the text; null: not told. */
  axes = (value: ValueId): readonly number[] | null => lengthAxes(this.context, value, this.of.length, this.follows);

  /** Whether a value is the same however long the text is. */
  isFree(value: ValueId): boolean {
    if (this.of.flows.get(value)?.kind !== 'length') return true;
    if (value === this.of.mask) return false;
    const contents = contentsOf(this.context, value);
    const known = [...(contents ?? [null]), ...(shapeOf(this.context, value) ?? [null])];
    return known.every((dim) => dim !== null && (typeof dim === 'number' || !this.follows(dim)));
  }

  /** Why a value cannot be had for a longer text; null: it can. */
  reason(value: ValueId, seen: Set<ValueId> = new Set()): string | null {
    const { model } = this.context;
    if (seen.has(value) || this.isFree(value) || value === this.of.mask) return null;
    seen.add(value);
    const { producer, name } = model.getValue(value);
    if (!producer) return `${name} follows the length of the text, and nothing computes it`;
    const node = model.getNode(producer.node);
    const [input = null] = node.inputs;
    if ([...subgraphs(node)].length > 0) return `${label(model, node)} has subgraphs`;
    if (node.opType === 'Shape' && input !== null && this.of.flows.get(input)?.kind === 'tokens')
      return this.axes(input)
        ? null
        : `the shape of ${model.getValue(input).name} follows the text in more ways than by its length`;
    if (node.opType === 'Size') return `${label(model, node)} counts elements`;
    for (const each of node.inputs) {
      const reason = each === null ? null : this.reason(each, seen);
      if (reason !== null) return reason;
    }
    return null;
  }
}
