import { float } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { searchPass, type Found } from '../../rewrite/search.ts';
import { CONTRIB, operatorFor, toFound, type Choice } from './gated-operator.ts';
import { argumentOf, gatesOf, type Gated } from './gated.ts';

const operatorOf = (alpha: number): Choice => ({
  standard: { opType: 'Swish', domain: '', attributes: [['alpha', float(alpha)]], since: 24 },
  contrib: { opType: 'QuickGelu', domain: CONTRIB, attributes: [['alpha', float(alpha)]] },
});

/** x·sigmoid(u) with u a multiple of x. */
const isGated = ({ slope, shift, argument }: Gated): boolean =>
  slope === 1 && shift === 0 && argument[1] !== 0 && argument.every((each, degree) => degree === 1 || each === 0);

/** x·sigmoid(α·x); α = 1 is SiLU. */
function search(context: PassContext, seed: Node): Found | null {
  const gated = gatesOf(context, seed, argumentOf(seed)).find(isGated);
  if (!gated) return null;
  const alpha = gated.argument[1] ?? 1;
  const operator = operatorFor(context, operatorOf(alpha));
  const constants = Number.isFinite(Math.fround(alpha)) ? 'exact' : 'other';
  const formula = `x·sigmoid(${alpha === 1 ? '' : `${Number(alpha.toPrecision(6))}·`}x)`;
  const otherwise = 'its factor is not finite';
  return toFound(context, { rule: 'quick-gelu', seed, gated, operator, formula, constants, otherwise });
}

/** SiLU, also called Swish, and QuickGELU. */
export const fuseQuickGelu: Pass = searchPass({
  id: 'fuse-quick-gelu',
  group: 'fusion',
  title: 'Fuse SiLU and QuickGELU',
  why: 'One kernel reads and writes the tensor once, where its parts do so two or three times.',
  options: {},
  preserves: 'kernel',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  seeds: ['Sigmoid'],
  search,
  looksFor: { chains: ['Sigmoid → Mul'], operators: ['Sigmoid', 'Mul'] },
});
