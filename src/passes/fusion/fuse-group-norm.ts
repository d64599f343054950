import { float, getFloat, int } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { backendsWith } from '../../rewrite/kernels.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { found as foundNodes, searchPass, type Found } from '../../rewrite/search.ts';
import { otherOperand, Walk } from '../../rewrite/walk.ts';
import { eagerly, isFoldable } from '../../rewrite/weights.ts';
import { parametersOf, type Groups, type Parameters } from './group-parameters.ts';

const RULE = 'group-norm';

const outputOf = (node: Node): ValueId => node.outputs[0]!;
const endOf = ({ back, scale, shift }: Groups): Node => shift ?? scale ?? back;

/** Where the statistics are those of whole groups: an instance norm, or a layer norm over the rest of three axes. */
const isGroupwise = (norm: Node): boolean =>
  norm.domain === '' && (norm.opType === 'InstanceNormalization' || norm.opType === 'LayerNormalization');

function groupsOf(walk: Walk, norm: Node): Groups | null {
  const to = walk.producer(norm.inputs[0], 'Reshape');
  const [x = null] = to?.inputs ?? [];
  const back = walk.readers(outputOf(norm))?.find((node) => node.opType === 'Reshape');
  if (!to || x === null || back?.opType !== 'Reshape' || back.domain !== '' || back.inputs[0] !== outputOf(norm))
    return null;
  const scale = affineNode(walk, back, 'Mul');
  const shift = affineNode(walk, scale ?? back, 'Add');
  const nodes = [norm, to, back, ...(scale ? [scale] : []), ...(shift ? [shift] : [])];
  return { x, norm, back, scale, shift, nodes };
}

/** The one reader, if it is of this operator and its other operand is a constant. */
function affineNode(walk: Walk, before: Node, type: 'Mul' | 'Add'): Node | null {
  const node = walk.reader(outputOf(before));
  const other = node ? otherOperand(node, outputOf(before)) : null;
  if (node?.opType !== type || node.domain !== '' || other === null) return null;
  return constantOf(walk.context, other) ? node : null;
}

function recognise(context: PassContext, norm: Node): Found | null {
  if (!isGroupwise(norm) || context.model.opset() < 7) return null;
  const walk = new Walk(context, norm);
  const found = groupsOf(walk, norm);
  if (!found) return null;
  const parameters = parametersOf(context, found);
  if (norm.opType === 'LayerNormalization' && typeof parameters === 'string') return null;
  const end = endOf(found);
  const reason = typeof parameters === 'string' ? parameters : otherReason(context, found);
  return foundNodes({
    rule: RULE,
    nodes: found.nodes,
    ends: [end],
    reason,
    what: `Computes ${label(context.model, end)} and the ${found.nodes.length - 1} nodes before it as GroupNormalization.`,
    apply: (build) => {
      if (typeof parameters !== 'string') emit(build, context, found, parameters);
    },
  });
}

function otherReason(context: PassContext, { x }: Groups): string | null {
  const type = dtypeOf(context, x);
  if (!isFoldable(type)) return `it is computed in ${type ?? 'an unknown type'}`;
  // Versions 18 to 20 have a scale for each group and are deprecated.
  return context.model.opset() < 21
    ? 'GroupNormalization with a scale for each channel needs opset 21, and this model has an older one'
    : null;
}

function emit(build: Build, context: PassContext, found: Groups, { groups, scale, shift }: Parameters): void {
  const type = dtypeOf(context, found.x)!;
  const origin = (node: Node | null, before: Node): ValueId | null => node && otherOperand(node, outputOf(before));
  const inputs = [
    found.x,
    build.constant('scale', eagerly(type, [scale.length], scale), origin(found.scale, found.back)),
    build.constant('shift', eagerly(type, [shift.length], shift), origin(found.shift, found.scale ?? found.back)),
  ];
  const attributes = [
    ['epsilon', float(getFloat(found.norm, 'epsilon', 1e-5))] as const,
    ['num_groups', int(groups)] as const,
  ];
  build.take(outputOf(endOf(found)), build.node('GroupNormalization', inputs, { attributes }));
}

/** Reshape, instance norm, Reshape and a scale for each channel are a group normalization (Wu and He 2018, Group Normalization). */
export const fuseGroupNorm: Pass = searchPass({
  id: 'fuse-group-norm',
  group: 'fusion',
  title: 'Fuse group normalization',
  why: 'One node in place of five, as the model was written before its export.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: [...backendsWith('GroupNormalization'), 'portable'],
  repeats: false,
  looksFor: {
    chains: ['Reshape → InstanceNormalization or LayerNormalization → Reshape → Mul → Add'],
    operators: ['Reshape', 'InstanceNormalization', 'LayerNormalization'],
  },
  seeds: ['InstanceNormalization', 'LayerNormalization'],
  search: recognise,
});
