import { defined } from '../../base/assert.ts';
import { float } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { searchPass, type Found } from '../../rewrite/search.ts';
import { clampOf, CLAMPS, type Clamp } from './clamp.ts';
import { nearness, operatorFor, toFound, type Choice, type Nearness } from './gated-operator.ts';
import { gatesOf, type Gated } from './gated.ts';
import { near } from './scalar-algebra.ts';

const HARD_SWISH: Choice = { standard: { opType: 'HardSwish', domain: '', since: 14 }, contrib: null };

/** Constants as far off as this are meant to be those of the formula. */
const MEANT = 1e-2;
/** 0.16667 for 1/6 is 2e-5 off, which moves results by less than 3e-5. */
const ROUNDED = 2.5e-5;
const SIXTH = 1 / 6;

/** y = x·clamp(slope·x + shift, least, most), all scalar factors multiplied in; null: something is added. */
function parametersOf(gated: Gated, clamp: Clamp): readonly [number, number, number, number] | null {
  const [constant = 0, linear = 0, ...higher] = gated.argument;
  if (gated.shift !== 0 || higher.some((each) => each !== 0)) return null;
  const { slope } = gated;
  return [
    slope * clamp.slope * linear,
    slope * (clamp.slope * constant + clamp.shift),
    slope * clamp.least,
    slope * clamp.most,
  ];
}

/** How near the parameters are to those of hard swish: 1/6, 1/2, 0 and 1. */
function nearnessOf(gated: Gated, clamp: Clamp, tolerance = ROUNDED): Nearness {
  const parameters = parametersOf(gated, clamp);
  if (parameters?.[2] !== 0) return 'other';
  const wanted = [SIXTH, 0.5, 0, 1];
  return nearness(
    gated.dtype,
    parameters.map((found, i) => ({ found, wanted: wanted[i] ?? 0, tolerance })),
  );
}

/** From zero to one around ½: some gate of the kind, if not hard swish. */
const isHardGate = (found: ReturnType<typeof parametersOf>): boolean =>
  found !== null && found[0] > 0 && found[2] === 0 && near(found[1], 0.5, MEANT) && near(found[3], 1, MEANT);

const reasonOf = (gated: Gated, clamp: Clamp): string =>
  `it is x·clamp(${parametersOf(gated, clamp)?.[0].toPrecision(6)}·x + …), and HardSwish x·clamp(x/6 + ½)`;

/** x·max(0, min(1, x/6 + ½)) (Howard et al., MobileNetV3, 2019). */
function search(context: PassContext, seed: Node): Found | null {
  const clamp = clampOf(context, seed);
  if (!clamp) return null;
  const ways = gatesOf(context, seed, clamp.input, clamp.nodes.slice(1), clamp.rank);
  const gated =
    ways.find((way) => nearnessOf(way, clamp, MEANT) !== 'other') ??
    ways.find((way) => isHardGate(parametersOf(way, clamp)));
  if (!gated) return null;
  const spelt = {
    rule: 'hard-swish',
    seed,
    gated,
    formula: 'x·max(0, min(1, x/6 + ½))',
    constants: nearnessOf(gated, clamp),
    otherwise: reasonOf(gated, clamp),
  };
  const operator = operatorFor(context, HARD_SWISH);
  if (typeof operator !== 'string' || gated.nodes.length <= 2) return toFound(context, { ...spelt, operator });
  return withHardSigmoid(toFound(context, { ...spelt, operator: HARD_SWISH.standard }), gated);
}

/** Before version 14: the shortest spelling, x·HardSigmoid(x). */
const withHardSigmoid = (found: Found, gated: Gated): Found => ({
  ...found,
  what: found.what.replace('one HardSwish', 'HardSigmoid and a product'),
  apply: (build) => {
    const attributes = [
      ['alpha', float(SIXTH)],
      ['beta', float(0.5)],
    ] as const;
    const gate = build.node('HardSigmoid', [gated.x], { attributes, label: 'gate' });
    const product = build.node('Mul', [gated.x, build.output(gate, 'gate', null)]);
    build.take(defined(gated.anchor.outputs[0], 'the result'), product);
  },
});

/** Hard swish, written with Clip, with Min and Max, or with HardSigmoid. */
export const fuseHardSwish: Pass = searchPass({
  id: 'fuse-hard-swish',
  group: 'fusion',
  title: 'Fuse hard swish',
  why: 'One or two kernels read and write the tensor, where its parts do so four times.',
  options: {},
  preserves: 'kernel',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  seeds: CLAMPS,
  search,
  looksFor: { chains: ['Add → Clip → Mul → Div', 'HardSigmoid → Mul'], operators: [...CLAMPS, 'Add', 'Mul', 'Div'] },
});
