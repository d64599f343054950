import { getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Dim } from '../../ir/types.ts';
import { axesOf } from '../../ops/shapes.ts';
import { sliceRange } from '../../ops/slicing.ts';
import { constantInts, rankOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { inputOf } from './ends.ts';

/** What a Slice takes of one axis: from `start`, before `end`, every `step`. Negative ones count from the end. */
export interface Cut {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** No axis is this long: exporters write it, or INT64_MAX, for "to the end". */
const BEYOND_ANY_AXIS = 1e9;
const TO_THE_END = Number.MAX_SAFE_INTEGER;
const isOpen = (end: number): boolean => end >= BEYOND_ANY_AXIS;

/** The cuts of a Slice by axis, counted from the front; null: not all of them are constant. Attributes before opset 10. */
export function cutsOf(context: PassContext, slice: Node): ReadonlyMap<number, Cut> | null {
  const read = (name: string, index: number): readonly number[] | null | undefined => {
    const given = getInts(slice, name, null);
    const input = slice.inputs[index] ?? null;
    return given ?? (input === null ? undefined : constantInts(context, input));
  };
  const [starts, ends] = [read('starts', 1), read('ends', 2)];
  if (!starts || !ends) return null;
  const axes = read('axes', 3) ?? (slice.inputs[3] ? null : starts.map((_, i) => i));
  const steps = read('steps', 4) ?? (slice.inputs[4] ? null : starts.map(() => 1));
  const places = axes && fromFront(context, slice, axes);
  const lengths = [starts, ends, places, steps].map((each) => each?.length);
  if (!places || !steps || new Set(lengths).size !== 1 || new Set(places).size !== places.length) return null;
  const cuts = places.map(
    (axis, i) => [axis, { start: starts[i] ?? 0, end: ends[i] ?? 0, step: steps[i] ?? 0 }] as const,
  );
  return cuts.every(([, cut]) => cut.step !== 0) ? new Map(cuts) : null;
}

function fromFront(context: PassContext, slice: Node, axes: readonly number[]): readonly number[] | null {
  if (axes.every((axis) => axis >= 0)) return axes;
  const rank = rankOf(context, inputOf(slice));
  return rank === null ? null : axesOf(axes, rank);
}

/** The cut that two cuts of an axis make, one after the other; null: it depends on how long the axis is. */
export const cutTwice = (size: Dim, first: Cut, second: Cut): Cut | null =>
  typeof size === 'number' ? cutKnown(size, first, second) : cutOpen(first, second);

/** Element k of the second is element first2 + k·step2 of the first, which is element first1 + that·step1 of x. */
function cutKnown(size: number, first: Cut, second: Cut): Cut {
  const one = sliceRange(size, first.start, first.end, first.step);
  const two = sliceRange(one.count, second.start, second.end, second.step);
  if (one.count === 0 || two.count === 0) return { start: 0, end: 0, step: 1 };
  return cutOf(size, one.first + two.first * first.step, two.count, first.step * second.step);
}

/** The cut that takes `count` > 0 elements from `start` on, of an axis of a known size. */
export function cutOf(size: number, start: number, count: number, step: number): Cut {
  const last = start + (count - 1) * step;
  // Before the first element of all: an end of -1 would be the last one.
  return { start, end: step > 0 ? last + 1 : last > 0 ? last - 1 : -size - 1, step };
}

/** Whatever the length, where both go forwards from a start that is counted from the front. */
function cutOpen(first: Cut, second: Cut): Cut | null {
  if (first.start < 0 || second.start < 0 || first.step < 0 || second.step < 0) return null;
  const end = endOfBoth(first, second);
  return end === null ? null : { start: first.start + second.start * first.step, end, step: first.step * second.step };
}

function endOfBoth(first: Cut, second: Cut): number | null {
  if (isOpen(second.end)) return isOpen(first.end) ? TO_THE_END : first.end;
  if (second.end >= 0) {
    const end = first.start + second.end * first.step;
    if (isOpen(first.end)) return end;
    return first.end >= 0 ? Math.min(first.end, end) : null;
  }
  // Counted from the end of the first, which is the end of x, or lies a fixed way before it.
  if (first.step !== 1 || (first.end >= 0 && !isOpen(first.end))) return null;
  return isOpen(first.end) ? second.end : first.end + second.end;
}
