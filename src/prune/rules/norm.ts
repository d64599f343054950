import { getInt, getInts, int } from '../../ir/attribute.ts';
import { fromFront } from '../arithmetic.ts';
import { setAttribute, type AxisRule, type Relation } from '../relation.ts';
import { blocksOf } from './pairs.ts';

const perChannel = { role: 'per channel', why: 'has parameters of its own for every channel' };
const STATISTICS = 'normalises over this axis, and its statistics would change';

/** BatchNormalization in inference form: scale, B, mean, variance [C]. */
function relateBatchNorm(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  if (!x || !y) return;
  if (getInt(r.node, 'training_mode', 0) !== 0 || r.used(1) || r.used(2)) {
    return r.freezeAll('computes batch statistics (training mode)');
  }
  r.sameAll(x, y);
  for (const slot of [1, 2, 3, 4]) r.same(r.input(slot), 0, x, 1);
  r.weighs(r.input(1));
}

function relateInstanceNorm(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  for (const axis of [0, 1]) r.same(x, axis, y, axis);
  for (const slot of [1, 2]) r.same(r.input(slot), 0, x, 1);
}

/** Whole groups of C / num_groups neighbours go; scale and bias are [C] (opset 21) or [num_groups] (opset 18). */
function relateGroupNorm(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  const channels = x?.shape[1];
  const groups = getInt(r.node, 'num_groups', 0);
  const axis = x?.axes[1];
  if (!x || !y || axis === undefined || typeof channels !== 'number' || channels % groups !== 0) return;
  const width = channels / groups;
  r.same(x, 0, y, 0);
  r.same(x, 1, y, 1);
  r.map(x, 1, x, 1, (visit) => blocksOf(channels, width)((i, block) => visit(i, block * width)));
  for (const slot of [1, 2]) {
    const parameter = r.input(slot);
    if (parameter?.shape[0] === channels) r.same(parameter, 0, x, 1);
    else r.map(x, 1, parameter, 0, blocksOf(channels, width));
  }
  r.onCut([[x, 1]], (cut) => setAttribute(r, cut, 'num_groups', int(cut.count(axis) / width)));
}

/** Axes before `axis` pass; those from it on are normalised over. */
function relateTrailingNorm(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  const rank = x?.shape.length ?? 0;
  const axis = getInt(r.node, 'axis', -1);
  const first = fromFront(axis, rank);
  for (let i = 0; i < first; i++) for (const output of r.outputs) r.same(x, i, output, i);
  for (let i = first; i < rank; i++) {
    if (r.takesStatistics(x, i)) {
      r.same(x, i, y, i);
      for (const slot of [1, 2]) r.same(r.input(slot), i - first, x, i);
    }
  }
}

/** The norm of a sum: statistics over the last axis of x + skip (+ bias); the sum is an output too. */
function relateSkipNorm(r: Relation): void {
  const [x, y, sum] = [r.input(0), r.output(), r.output(3)];
  const last = (x?.shape.length ?? 0) - 1;
  if (!x || !r.takesStatistics(x, last)) return;
  for (const each of [r.input(1), y, sum]) r.same(each, (each?.shape.length ?? 0) - 1, x, last);
  for (const slot of [2, 3, 4]) r.same(r.input(slot), 0, x, last);
}

/** Operators that mix along the axes of an attribute and pass the others. */
const mixing =
  (name: string, fallback: readonly number[]) =>
  (r: Relation): void => {
    const [x, y] = [r.input(0), r.output()];
    const rank = x?.shape.length ?? 0;
    const given = r.node.attributes.get(name);
    const axes = given?.type === 'int' ? [getInt(r.node, name, -1)] : getInts(r.node, name, fallback);
    const mixed = new Set(axes.map((axis) => fromFront(axis, rank)));
    for (let i = 0; i < rank; i++) if (!mixed.has(i)) r.same(x, i, y, i);
  };

/** Before opset 13 softmax flattened everything from `axis` (default 1) on into one axis. */
function relateSoftmax(r: Relation): void {
  if (r.opset >= 13) return mixing('axis', [-1])(r);
  const x = r.input(0);
  const axis = getInt(r.node, 'axis', 1);
  const first = fromFront(axis, x?.shape.length ?? 0);
  for (let i = 0; i < first; i++) r.same(x, i, r.output(), i);
}

/** The scan axis comes as an input. */
function relateCumSum(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  const axis = r.tracer.constants(r.node, 1)?.[0];
  if (axis === undefined || !x) return;
  const at = fromFront(axis, x.shape.length);
  for (let i = 0; i < x.shape.length; i++) if (i !== at) r.same(x, i, y, i);
}

const norm: Omit<AxisRule, 'relate'> = { ...perChannel, barrier: STATISTICS };
const sums: Omit<AxisRule, 'relate'> = {
  role: 'per channel',
  why: 'treats every channel alike',
  barrier: 'sums over this axis, so every result would change',
};

export const normRules: Readonly<Record<string, AxisRule>> = {
  BatchNormalization: { ...norm, relate: relateBatchNorm },
  InstanceNormalization: { ...norm, relate: relateInstanceNorm },
  GroupNormalization: { ...norm, why: 'normalises groups of channels', relate: relateGroupNorm },
  LayerNormalization: { ...norm, relate: relateTrailingNorm },
  RMSNormalization: { ...norm, relate: relateTrailingNorm },
  SimplifiedLayerNormalization: { ...norm, relate: relateTrailingNorm },
  'com.microsoft.SkipLayerNormalization': { ...norm, relate: relateSkipNorm },
  'com.microsoft.SkipSimplifiedLayerNormalization': { ...norm, relate: relateSkipNorm },
  MeanVarianceNormalization: { ...norm, relate: mixing('axes', [0, 2, 3]) },
  LpNormalization: { ...norm, relate: mixing('axis', [-1]) },
  LRN: { ...norm, relate: () => {} },
  DynamicQuantizeLinear: { ...norm, barrier: 'takes its scale from all elements', relate: () => {} },
  Softmax: { ...sums, relate: relateSoftmax },
  LogSoftmax: { ...sums, relate: relateSoftmax },
  Hardmax: { ...sums, relate: relateSoftmax },
  TopK: { ...sums, barrier: 'ranks along this axis', relate: mixing('axis', [-1]) },
  CumSum: { ...sums, relate: relateCumSum },
};
