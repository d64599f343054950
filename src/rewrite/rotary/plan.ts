import type { ValueId } from '../../ir/types.ts';
import { sameShape, shapeOf } from '../known.ts';
import type { PassContext } from '../pass.ts';
import { atomsOf, sizeOfAtoms, type Axes } from '../attention/atoms.ts';
import { best, formsOf, headCount, type Form } from '../attention/heads.ts';
import { coverOf, typeReason } from '../attention/scores.ts';
import { viewOf, viewsOf } from '../attention/views.ts';
import type { Rotation } from './rotation.ts';
import { isDoubled, tableOf, type Table } from './tables.ts';

/** A rotation that the operator can do. */
export interface RotaryPlan {
  readonly rotation: Rotation;
  /** What goes in: `[batch, positions, heads·width]`, or x as it is, `[batch, heads, positions, width]`. */
  readonly form: Form;
  readonly heads: number;
  /** Of one head: D. */
  readonly width: number;
  /** x is `[batch, heads, positions, width]`; else `[batch, positions, heads, width]`. */
  readonly headsFirst: boolean;
  readonly rank: number;
  /** Every sequence has its own rows. */
  readonly perBatch: boolean;
  readonly tables: { readonly cos: Table; readonly sin: Table } | null;
}

/** The plan, or the clause that says what is missing. */
export function rotaryPlan(context: PassContext, rotation: Rotation): RotaryPlan | string {
  const { x, cos, sin, last } = rotation;
  const shape = shapeOf(context, x);
  const result = last.outputs[0] ?? null;
  if (!shape || result === null) return 'the shape of what is rotated is not known';
  if (shape.length !== 3 && shape.length !== 4) return `what is rotated has ${shape.length} axes`;
  const typed = typeReason(context, x);
  if (typed !== null) return typed;
  if (!sameShape(context, x, result)) return 'the result is not proven to have the shape of what is rotated';
  const width = shape.at(-1);
  if (typeof width !== 'number' || width % 2 !== 0) return 'the width of a head is not known to be even';
  const axes = shape.map((dim, i) => atomsOf(i === shape.length - 1 ? 'width' : `a${i}`, dim));
  const place = placeOf(context, rotation, axes, width);
  if (typeof place === 'string') return place;
  if (rotation.table === 'full' && ![cos, sin].every((each) => isDoubled(context, each, rotation.mode))) {
    return 'cos and sin are not proven to hold each number twice';
  }
  const position = place.headsFirst && shape.length === 4 ? 2 : 1;
  const outer = shape.length === 4 ? ['a0', `a${3 - position}`] : ['a0'];
  const views = viewsOf(context, context.model.getValue(x).graph, viewOf(x, axes));
  const forms = views
    .filter((view) => view.scale === 1 && view.repeated.length === 0)
    .flatMap((view) => formsOf(view, { outer, position: `a${position}`, width: 'width' }));
  const heads = shape.length === 4 ? (shape[3 - position] ?? null) : 1;
  if (typeof heads !== 'number') return 'the count of heads is not known';
  const form = chosen(forms, heads);
  if (!form) return 'what is rotated is not proven to be split into heads';
  const [cosTable, sinTable] = [tableOf(context, cos), tableOf(context, sin)];
  const tables =
    cosTable && sinTable && agree(cosTable, sinTable, place.perBatch) ? { cos: cosTable, sin: sinTable } : null;
  return {
    rotation,
    form,
    heads,
    width,
    headsFirst: place.headsFirst,
    rank: shape.length,
    perBatch: place.perBatch,
    tables,
  };
}

/** Rows by id are for each sequence; rows from 0 on are for all. */
const agree = (cos: Table, sin: Table, perBatch: boolean): boolean =>
  cos.ids === sin.ids && (cos.ids === null) === !perBatch;

/** Flat where that is free, heads first where x is that, else flat. */
function chosen(forms: readonly Form[], heads: number): Form | null {
  const own = forms.filter((form) => headCount(form) === heads && form.part === null);
  const flat = best(own.filter((form) => form.to === 'flat'));
  const asIs = own.find((form) => form.to === 'heads' && form.cost === 0);
  return flat && (flat.cost === 0 || !asIs) ? flat : (asIs ?? null);
}

/** Which axis counts positions; a clause where cos and sin do not lie over x as the operator has it. */
function placeOf(
  context: PassContext,
  { cos, sin, table }: Rotation,
  axes: Axes,
  width: number,
): { readonly headsFirst: boolean; readonly perBatch: boolean } | string {
  const turned = [...axes.slice(0, -1), atomsOf('width', table === 'full' ? width : width / 2)];
  const places = [cos, sin].map((each) => ownAxes(context, each, turned));
  const [first, second] = places;
  if (typeof first === 'string') return first;
  if (typeof second === 'string') return second;
  if (!first || !second || first.join() !== second.join()) return 'cos and sin differ in shape';
  const moves = first.filter((axis) => axis !== axes.length - 1);
  const perBatch = moves.includes(0);
  const positions = moves.filter((axis) => axis !== 0);
  if (!first.includes(axes.length - 1)) return 'cos and sin are the same for all pairs of a head';
  if (positions.length > 1) return 'cos and sin differ from head to head';
  const one = sizeOfAtoms(axes.at(-2) ?? []) === 1;
  if (positions.length === 0 && !(axes.length === 4 ? one : sizeOfAtoms(axes[1] ?? []) === 1))
    return 'cos and sin do not depend on the position';
  return { headsFirst: axes.length === 4 && (positions[0] ?? 2) === 2, perBatch };
}

/** Axes of x along which a table has more than one element. */
function ownAxes(context: PassContext, value: ValueId, axes: Axes): readonly number[] | string {
  const cover = coverOf(context, value, axes);
  if (typeof cover === 'string') return cover.replace('mask', 'table');
  if (cover.includes('unknown'))
    return `the table ${context.model.getValue(value).name} is not proven to be 1 or full along an axis`;
  const shape = shapeOf(context, value) ?? [];
  const lead = axes.length - shape.length;
  return shape.flatMap((dim, i) => (dim === 1 ? [] : [lead + i]));
}
