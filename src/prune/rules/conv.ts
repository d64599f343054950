import { getInt, int } from '../../ir/attribute.ts';
import { staticShape } from '../../ir/types.ts';
import { setAttribute, type AxisRule, type Relation } from '../relation.ts';
import type { Place } from '../space.ts';
import { blocksOf, residues } from './pairs.ts';

/** Conv and FusedConv: W [Cout, Cin/g, …], B [Cout], Z like Y. MACs = N·∏Out·∏K · Cout · Cin/g. */
function relateConv(r: Relation): void {
  const [x, w, bias, z, y] = [r.input(0), r.input(1), r.input(2), r.input(3), r.output()];
  const shape = staticShape(w?.shape);
  if (!x || !w || !y || !shape || !r.constant(w)) return r.refuseWeights(w, 0);
  const group = getInt(r.node, 'group', 1);
  const [out = 0, perGroup = 0] = shape;
  r.weighs(w);
  r.same(x, 0, y, 0);
  r.same(w, 0, y, 1);
  r.same(bias, 0, y, 1);
  r.sameAll(z, y);
  r.work([w, 0], [w, 1]);
  if (perGroup === 1 && group > 1) return depthwise(r, x, y, out / group);
  if (group === 1) r.same(w, 1, x, 1);
  else {
    r.map(x, 1, w, 1, residues(group * perGroup, perGroup));
    r.map(y, 1, y, 1, residues(out, out / group));
  }
  r.produces(w, 0);
  r.consumes(w, 1);
}

/** One input channel makes `multiplier` outputs, next to one another; `group` follows the inputs. */
function depthwise(r: Relation, x: Place, y: Place, multiplier: number): void {
  if (multiplier === 1) r.same(x, 1, y, 1);
  else r.map(y, 1, x, 1, blocksOf(typeof y.shape[1] === 'number' ? y.shape[1] : 0, multiplier));
  followGroup(r, x);
}

function followGroup(r: Relation, x: Place): void {
  const axis = x.axes[1];
  if (axis !== undefined) r.onCut([[x, 1]], (cut) => setAttribute(r, cut, 'group', int(cut.count(axis))));
}

/** ConvTranspose: W [Cin, Cout/g, …]. MACs = N·∏In·∏K · Cin · Cout/g. */
function relateConvTranspose(r: Relation): void {
  const [x, w, bias, y] = [r.input(0), r.input(1), r.input(2), r.output()];
  const shape = staticShape(w?.shape);
  if (!x || !w || !y || !shape || !r.constant(w)) return r.refuseWeights(w, 1);
  const group = getInt(r.node, 'group', 1);
  const [channels = 0, perGroup = 0] = shape;
  r.weighs(w);
  r.same(x, 0, y, 0);
  r.same(w, 0, x, 1);
  r.same(bias, 0, y, 1);
  r.work([w, 0], [w, 1]);
  if (group === channels && group > 1) return depthwise(r, x, y, perGroup);
  if (group === 1) r.same(w, 1, y, 1);
  else {
    r.map(x, 1, x, 1, residues(channels, channels / group));
    r.map(y, 1, w, 1, residues(group * perGroup, perGroup));
  }
  r.produces(w, 1);
  r.consumes(w, 0);
}

const barrier = 'slides over this axis';

export const convRules: Readonly<Record<string, AxisRule>> = {
  Conv: { role: 'in ≡ out', why: 'has one filter per channel', barrier, relate: relateConv },
  'com.microsoft.FusedConv': { role: 'in ≡ out', why: 'has one filter per channel', barrier, relate: relateConv },
  ConvTranspose: { role: 'in ≡ out', why: 'has one filter per channel', barrier, relate: relateConvTranspose },
};
