import { defined } from '../../base/assert.ts';
import { getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { constantInts, rankOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';

/** What a Slice takes along one axis; bounds as written, which may be negative or beyond the end. */
export interface Range {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export interface SliceParts {
  readonly node: Node;
  readonly x: ValueId;
  /** Axes counted from the front, each at most once. */
  readonly ranges: readonly Range[];
}

/** A Slice with constant bounds, or what is missing. Attributes before version 10, inputs from then on. */
export function sliceParts(context: PassContext, node: Node): SliceParts | string {
  const x = defined(node.inputs[0], 'the input of Slice');
  const given = context.model.opset() < 10 ? fromAttributes(node) : fromInputs(context, node);
  if (typeof given === 'string') return given;
  const { starts, ends, steps } = given;
  const rank = rankOf(context, x);
  const axes = (given.axes ?? starts.map((_, i) => i)).map((axis) => (axis < 0 && rank !== null ? axis + rank : axis));
  if (axes.some((axis) => axis < 0)) return 'the rank of what it slices is not known';
  if (new Set(axes).size !== axes.length || [ends, axes].some((each) => each.length !== starts.length)) {
    return 'its bounds do not agree in number';
  }
  const ranges = axes.map((axis, i) => ({ axis, start: starts[i] ?? 0, end: ends[i] ?? 0, step: steps?.[i] ?? 1 }));
  return { node, x, ranges };
}

interface Given {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[] | null;
  readonly steps: readonly number[] | null;
}

function fromAttributes(node: Node): Given | string {
  const [starts, ends] = [getInts(node, 'starts', null), getInts(node, 'ends', null)];
  if (!starts || !ends) return 'its bounds are missing';
  return { starts, ends, axes: getInts(node, 'axes', null), steps: null };
}

function fromInputs(context: PassContext, node: Node): Given | string {
  const read = (index: number): readonly number[] | null | undefined => {
    const input = node.inputs[index] ?? null;
    return input === null ? undefined : constantInts(context, input);
  };
  const [starts, ends, axes, steps] = [read(1), read(2), read(3), read(4)];
  if (!starts || !ends || axes === null || steps === null) return 'its bounds are not constant';
  return { starts, ends, axes: axes ?? null, steps: steps ?? null };
}

/** The places that a range with a positive step takes of an axis of `size`: first, and the end (operator specification). */
export function clamped({ start, end }: Range, size: number): { readonly from: number; readonly to: number } {
  const within = (at: number): number => Math.min(size, Math.max(0, at < 0 ? at + size : at));
  return { from: within(start), to: within(end) };
}
