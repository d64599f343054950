import type { Node } from '../../ir/model.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { searchPass, type Found } from '../../rewrite/search.ts';
import { CONTRIB, nearness, operatorFor, toFound, type Choice, type Nearness } from './gated-operator.ts';
import { argumentOf, gatesOf, withPositiveSlope, type Gated } from './gated.ts';
import { near } from './scalar-algebra.ts';

const GELU: Choice = {
  standard: { opType: 'Gelu', domain: '', since: 20 },
  contrib: { opType: 'Gelu', domain: CONTRIB },
};

/** Constants as far off as this are meant to be those of the formula. */
const MEANT = 1e-3;
/** 5e-5 of √2 moves results by less than 1.5e-5; a half that is none moves those of large negative inputs. */
const ROOT = 5e-5;
const HALF = 3e-7;

/** x·(½·erf(u) + ½) with u a multiple of x. */
const isHalved = ({ slope, shift, argument }: Gated): boolean =>
  near(slope, 0.5, MEANT) && near(shift, 0.5, MEANT) && argument.every((each, degree) => degree === 1 || each === 0);

const factorOf = ({ argument }: Gated): number => argument[1] ?? 0;

const nearnessOf = (gated: Gated): Nearness =>
  nearness(gated.dtype, [
    { found: factorOf(gated), wanted: Math.SQRT1_2, tolerance: ROOT },
    { found: gated.slope, wanted: 0.5, tolerance: HALF },
    { found: gated.shift, wanted: 0.5, tolerance: HALF },
  ]);

function reasonOf(gated: Gated): string {
  const factor = factorOf(gated);
  return near(factor, Math.SQRT1_2, ROOT)
    ? 'its factor is not exactly one half'
    : `its erf is that of x/${(1 / factor).toPrecision(7)}, and the erf of GELU that of x/√2 = x/1.414214`;
}

/** x·Φ(x) = x·½·(1 + erf(x/√2)), Φ the normal distribution (Hendrycks and Gimpel, 2016). */
function search(context: PassContext, seed: Node): Found | null {
  const ways = gatesOf(context, seed, argumentOf(seed)).map(withPositiveSlope).filter(isHalved);
  const gated = ways.find((way) => near(factorOf(way), Math.SQRT1_2, MEANT)) ?? ways[0];
  if (!gated) return null;
  return toFound(context, {
    rule: 'gelu',
    seed,
    gated,
    operator: operatorFor(context, GELU),
    formula: 'x·(1 + erf(x/√2))/2',
    constants: nearnessOf(gated),
    otherwise: reasonOf(gated),
  });
}

/** The Gaussian error linear unit in its exact form, in whatever order its factors stand. */
export const fuseGelu: Pass = searchPass({
  id: 'fuse-gelu',
  group: 'fusion',
  title: 'Fuse GELU',
  why: 'One kernel reads and writes the tensor once, where its parts do so five times.',
  options: {},
  preserves: 'kernel',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  seeds: ['Erf'],
  search,
  looksFor: { chains: ['Erf → Add → Mul'], operators: ['Erf', 'Add', 'Mul', 'Div'] },
});
