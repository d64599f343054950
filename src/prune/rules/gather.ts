import { getInt } from '../../ir/attribute.ts';
import { fromFront } from '../arithmetic.ts';
import { integers, type AxisRule, type Relation } from '../relation.ts';
import type { Place } from '../space.ts';

/** Gather with a constant vector of indices: entry k of the result is entry indices[k]; indices are renumbered. */
function relateGather(r: Relation): void {
  const [x, indices, y] = [r.input(0), r.input(1), r.output()];
  if (!x || !y || !indices) return;
  const axis = fromFront(getInt(r.node, 'axis', 0), x.shape.length);
  const grown = indices.shape.length - 1;
  x.shape.forEach((_, i) => {
    if (i !== axis) r.same(x, i, y, i < axis ? i : i + grown);
  });
  const constants = r.tracer.constants(r.node, 1);
  const size = x.shape[axis];
  if (!constants || indices.shape.length !== 1 || typeof size !== 'number') return relateLookup(r, x, axis, y);
  const picked = constants.map((index) => fromFront(index, size));
  r.same(indices, 0, y, axis);
  r.map(y, axis, x, axis, (visit) => picked.forEach((index, k) => visit(k, index)));
  const [from, to] = [x.axes[axis], y.axes[axis]];
  if (from === undefined || to === undefined) return;
  r.own(indices, [
    [x, axis],
    [y, axis],
  ]);
  r.onCut(
    [
      [x, axis],
      [y, axis],
    ],
    (cut) => {
      const place = new Map(cut.kept(from).map((index, position) => [index, position]));
      const renumbered = cut.kept(to).map((k) => place.get(picked[k] ?? -1) ?? 0);
      cut.setLeaf(indices, integers(indices.tensor ?? cut.leaf(indices), renumbered));
    },
  );
}

/** Indices that come at run time read an embedding table: its other axes are what it makes. */
function relateLookup(r: Relation, x: Place, axis: number, y: Place): void {
  if (!r.constant(x) || !y) return;
  x.shape.forEach((_, i) => {
    if (i !== axis) r.produces(x, i);
  });
  r.weighs(x);
}

export const gatherRules: Readonly<Record<string, AxisRule>> = {
  Gather: {
    role: 'index map',
    why: 'picks channels by index',
    barrier: 'gathers along this axis',
    relate: relateGather,
  },
};
