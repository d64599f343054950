import { string } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { searchPass, type Found } from '../../rewrite/search.ts';
import { CONTRIB, nearness, operatorFor, toFound, type Choice, type Nearness } from './gated-operator.ts';
import { argumentOf, gatesOf, withPositiveSlope, type Gated } from './gated.ts';
import { near } from './scalar-algebra.ts';

const FAST_GELU: Choice = {
  standard: { opType: 'Gelu', domain: '', attributes: [['approximate', string('tanh')]], since: 20 },
  contrib: { opType: 'FastGelu', domain: CONTRIB },
};

/** √(2/π) */
const LINEAR = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715 * LINEAR;
/** Constants as far off as this are meant to be those of the formula. */
const MEANT = 1e-2;
/** 5e-5 of the linear term moves results by less than 1.2e-5; the cubic term counts for a tenth of that. */
const LINEAR_TOLERANCE = 5e-5;
const CUBIC_TOLERANCE = 5e-4;
const HALF = 3e-7;

/** x·(½·tanh(u) + ½) with u an odd cubic polynomial of x. */
const isHalved = ({ slope, shift, argument }: Gated): boolean =>
  near(slope, 0.5, 1e-3) && near(shift, 0.5, 1e-3) && argument.length === 4 && argument[0] === 0 && argument[2] === 0;

const nearnessOf = ({ dtype, argument, slope, shift }: Gated): Nearness =>
  nearness(dtype, [
    { found: argument[1] ?? 0, wanted: LINEAR, tolerance: LINEAR_TOLERANCE },
    { found: argument[3] ?? 0, wanted: CUBIC, tolerance: CUBIC_TOLERANCE },
    { found: slope, wanted: 0.5, tolerance: HALF },
    { found: shift, wanted: 0.5, tolerance: HALF },
  ]);

function reasonOf({ argument }: Gated): string {
  const [, linear = 0, , cubic = 0] = argument;
  if (!near(linear, LINEAR, LINEAR_TOLERANCE)) {
    return `its tanh is that of ${linear.toPrecision(7)}·(x + …), and the tanh of GELU that of √(2/π) = 0.7978846 times it`;
  }
  return near(cubic, CUBIC, CUBIC_TOLERANCE)
    ? 'its factor is not exactly one half'
    : `its cubic term is ${(cubic / linear).toPrecision(6)}·x³, and that of GELU 0.044715·x³`;
}

/** ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the approximation of GELU in its own paper. */
function search(context: PassContext, seed: Node): Found | null {
  const ways = gatesOf(context, seed, argumentOf(seed)).map(withPositiveSlope).filter(isHalved);
  const gated = ways.find((way) => near(way.argument[1] ?? 0, LINEAR, MEANT)) ?? ways[0];
  if (!gated) return null;
  return toFound(context, {
    rule: 'fast-gelu',
    seed,
    gated,
    operator: operatorFor(context, FAST_GELU),
    formula: 'x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2',
    constants: nearnessOf(gated),
    otherwise: reasonOf(gated),
  });
}

/** GELU by tanh, as GPT-2 and many others have it, in whatever order its terms and factors stand. */
export const fuseFastGelu: Pass = searchPass({
  id: 'fuse-fast-gelu',
  group: 'fusion',
  title: 'Fuse tanh GELU',
  why: 'One kernel reads and writes the tensor once, where its parts do so eight times.',
  options: {},
  preserves: 'kernel',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  seeds: ['Tanh'],
  search,
  looksFor: { chains: ['Pow or Mul → Add → Tanh → Add → Mul'], operators: ['Tanh', 'Add', 'Mul', 'Pow'] },
});
