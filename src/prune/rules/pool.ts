import { getInt, getInts } from '../../ir/attribute.ts';
import { fromFront } from '../arithmetic.ts';
import type { AxisRule, Relation } from '../relation.ts';

/** [N, C, …]: batch and channels pass. */
function relatePool(r: Relation): void {
  if (r.used(1)) return r.freezeAll('returns indices into the whole tensor');
  for (const axis of [0, 1]) r.same(r.input(0), axis, r.output(), axis);
}

/** Axes that are not reduced pass; with `keepdims` 0 they move up. */
function relateReduce(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  const reduced = x && reducedAxes(r, x.shape.length);
  if (!reduced) return r.freezeAll('reduces over axes that are not known');
  const keep = getInt(r.node, 'keepdims', 1) !== 0;
  let j = 0;
  x.shape.forEach((_, i) => {
    if (!reduced.has(i)) r.same(x, i, y, j);
    // A mean over the channels that stay is what a norm spelt out makes of them.
    else if (r.node.opType === 'ReduceMean') r.takesStatistics(x, i);
    if (!reduced.has(i) || keep) j++;
  });
}

/** Axes come as an attribute or, later, as an input; none given: all, or none with `noop_with_empty_axes`. */
function reducedAxes(r: Relation, rank: number): Set<number> | null {
  const given = r.node.inputs[1] ? r.tracer.constants(r.node, 1) : getInts(r.node, 'axes', []);
  if (given === null) return null;
  const all = given.length === 0 && getInt(r.node, 'noop_with_empty_axes', 0) === 0;
  return new Set(all ? range(rank) : given.map((axis) => fromFront(axis, rank)));
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** ArgMax and ArgMin: one axis, default 0. */
function relateArg(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  const axis = getInt(r.node, 'axis', 0);
  const at = fromFront(axis, x?.shape.length ?? 0);
  const keep = getInt(r.node, 'keepdims', 1) !== 0;
  x?.shape.forEach((_, i) => {
    if (i !== at) r.same(x, i, y, i > at && !keep ? i - 1 : i);
  });
}

const pool: AxisRule = {
  role: 'per channel',
  why: 'pools every channel by itself',
  barrier: 'pools over this axis',
  relate: relatePool,
};
const reduce: AxisRule = {
  role: 'per channel',
  why: 'reduces every channel by itself',
  barrier: 'reduces over this axis, so every result would change',
  relate: relateReduce,
};

const POOLS = [
  ...['AveragePool', 'MaxPool', 'LpPool', 'GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool', 'GridSample'],
];
const REDUCES = [
  ...['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin'],
  ...['ReduceProd', 'ReduceSum', 'ReduceSumSquare'],
];

export const poolRules: Readonly<Record<string, AxisRule>> = {
  ...Object.fromEntries(POOLS.map((op) => [op, pool])),
  ...Object.fromEntries(REDUCES.map((op) => [op, reduce])),
  ArgMax: { ...reduce, relate: relateArg },
  ArgMin: { ...reduce, relate: relateArg },
};
