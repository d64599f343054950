import type { Node } from '../../ir/model.ts';
import { label } from '../../rewrite/graphs.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Where } from '../../rewrite/rule.ts';
import { linearCaptures, type Linear } from './channel-rows.ts';
import { folding, type Affine, type Layout } from './fold-affine.ts';
import { growthReason, scaleShiftOf, stepCaptures, type ChannelAxis, type Step } from './scale-shift.ts';

/** A linear operator and a step beside it. */
export const captures = { ...stepCaptures, ...linearCaptures };
export type Parts = Step & Linear;

export const rankOfWeight = (m: Linear): number => m.weight.tensor.shape.length;

/** The step as a map of the channels that `layout` gives. */
export const affine = (m: Parts, layout: Layout, axis: ChannelAxis): Affine | string =>
  folding(m, { constants: [m.by], called: `the constant of ${m.step.opType}` }, layout, (channels) =>
    scaleShiftOf(m, channels, axis),
  );

export const what = (m: Parts, { model }: Where): string =>
  `Folds ${label(model, m.step)} into the weights of ${label(model, m.linear)}.`;

/** Why a step before the operator cannot become a change of its weights. */
export function beforeReason(m: Parts, where: Where, layout: Layout, axis: ChannelAxis): string | null {
  const map = affine(m, layout, axis);
  if (typeof map === 'string') return map;
  return growthReason(where, m.x, m, layout(m).channels, axis) ?? wholeReason(where, m);
}

const STEPS: ReadonlySet<string> = new Set(['Mul', 'Div', 'Add', 'Sub']);
/** Steps with constants in a row, at most: scale and shift of a normalization, and some more. */
const LONGEST = 4;

/**
 * Gelu and HardSwish end with a constant factor, layer and RMS normalization with a scale and a shift: whoever takes these
 * away hides an operator that is worth more as one. They all scale a product, a quotient or a clipped value.
 */
function wholeReason(where: Where, m: Parts): string | null {
  const { model } = where;
  let value = m.x;
  for (let i = 0; i < LONGEST; i++) {
    const producer = model.getValue(value).producer;
    if (!producer) return null;
    const node = model.getNode(producer.node);
    const computed = node.inputs.filter((each) => each !== null && constantOf(where, each) === null);
    if (node.opType === 'Clip') return `${label(model, m.step)} may be the end of an activation that is clipped`;
    if (!STEPS.has(node.opType)) return null;
    const [only, ...others] = computed;
    if (only === undefined || only === null) return null;
    if (others.length > 0) {
      const product = node.opType === 'Mul' || node.opType === 'Div';
      return product ? `${label(model, m.step)} may be the end of an activation or a normalization` : null;
    }
    value = only;
  }
  return null;
}

export const isScale = (step: Node): boolean => step.opType === 'Mul' || step.opType === 'Div';
