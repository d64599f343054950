import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import type { DataType, Shape } from '../../ir/types.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPasses, fusionRecords, recordModel, unmet } from '../../testing/ort-fusion.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared } from '../../testing/shared.ts';
import { eliminateIdentity } from '../cleanup/eliminate-identity.ts';
import { fuseBiasGelu } from './fuse-bias-gelu.ts';
import { fuseFastGelu } from './fuse-fast-gelu.ts';
import { fuseGelu } from './fuse-gelu.ts';

interface Kind {
  readonly type: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeInit>>;
  readonly into: string;
}
const KINDS: readonly Kind[] = [
  { type: 'Gelu', domain: 'com.microsoft', into: 'BiasGelu' },
  { type: 'FastGelu', domain: 'com.microsoft', into: 'FastGelu' },
  { type: 'Gelu', into: 'BiasGelu' },
  { type: 'Gelu', attributes: { approximate: 'tanh' }, into: 'FastGelu' },
];

interface Sum {
  readonly x?: Shape;
  /** Constant. */
  readonly bias?: readonly number[];
  /** An input. */
  readonly given?: Shape;
  readonly dtype?: DataType;
  readonly swapped?: boolean;
}

function sumOf(g: GraphBuilder, { x = [2, 3, 8], bias = [8], given, dtype = 'float32', swapped = false }: Sum) {
  const input = g.input('x', x, dtype);
  const added = given === undefined ? g.weight('b', bias, { dtype }) : g.input('b', given, dtype);
  return g.op('Add', swapped ? [added, input] : [input, added], {}, { name: 'sum' });
}

const modelOf = (sum: Sum, { type, domain = '', attributes = {} }: Kind = KINDS[0]!): Model =>
  buildModel({ opset: 20, domains: { 'com.microsoft': 1 } }, (g) =>
    g.output(g.op(type, [sumOf(g, sum)], attributes, { domain }), 'y'),
  );

async function expectFused(before: Model, operator: string): Promise<void> {
  const { model: after } = await afterPass(before, fuseBiasGelu);
  expect(countOps(after)).toEqual({ [`com.microsoft.${operator}`]: 1 });
  await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
}

const reasons = async (before: Model): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseBiasGelu);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

describe('fuse-bias-gelu', () => {
  it.each(KINDS)('adds the bias inside $domain $type $attributes', async (kind) => {
    await expectFused(modelOf({}, kind), kind.into);
    await expectFused(modelOf({ swapped: true, x: ['n', 8] }, kind), kind.into);
  });

  it('takes a bias that is computed or given, if its length is known', async () => {
    await expectFused(modelOf({ given: [8] }), 'BiasGelu');
    await expectFused(modelOf({ x: ['n', 'm'], given: ['m'] }), 'BiasGelu');
    expect(await reasons(modelOf({ x: ['n', 'm'], given: ['k'] }))).toMatch(/not proven to be as long/);
    expect(await reasons(modelOf({ x: ['n', null], given: [8] }))).toMatch(/not proven to be as long/);
  });

  it('takes a constant with leading axes of size 1', async () => {
    await expectFused(modelOf({ bias: [1, 1, 8] }), 'BiasGelu');
    expect(await reasons(modelOf({ x: [3, 8], bias: [1, 1, 8] }))).toMatch(/has 3 axes, and what it is added to 2/);
    expect(await reasons(modelOf({ bias: [3, 8] }))).toMatch(/no vector/);
    expect(await reasons(modelOf({ given: [1, 1, 8] }))).toMatch(/no vector/);
  });

  it('leaves a bias alone that is not as long as the last axis', async () => {
    expect(await reasons(modelOf({ bias: [1] }))).toMatch(/bias has 1 elements, and the last axis 8/);
    expect(await reasons(modelOf({ x: [2, 3, 1] }))).toMatch(/bias has 8 elements, and the last axis 1/);
    expect(await reasons(modelOf({ bias: [] }))).toMatch(/no vector/);
    expect(await reasons(modelOf({ given: [2, 3, 8] }))).toMatch(/no vector/);
  });

  it('fuses in float16, and leaves float64 alone', async () => {
    await expectFused(modelOf({ dtype: 'float16' }), 'BiasGelu');
    const wide = buildModel({ domains: { 'com.microsoft': 1 } }, (g) => {
      const sum = g.op('Add', [g.input('x', [2, 8], 'float64'), g.input('b', [8], 'float64')]);
      g.output(g.op('FastGelu', [sum], {}, { domain: 'com.microsoft' }), 'y');
    });
    expect(await reasons(wide)).toMatch(/float64/);
  });

  it('leaves a sum alone that something else reads, and a FastGelu that has a bias', async () => {
    const read = buildModel({ opset: 20 }, (g) => {
      const sum = sumOf(g, {});
      g.output(g.op('Relu', [sum], {}, { name: 'reader' }), 'z');
      g.output(g.op('Gelu', [sum]), 'y');
    });
    expect(await reasons(read)).toMatch(/read by Relu reader too/);
    const biased = buildModel({ domains: { 'com.microsoft': 1 } }, (g) =>
      g.output(g.op('FastGelu', [sumOf(g, {}), g.weight('c', [8])], {}, { domain: 'com.microsoft' }), 'y'),
    );
    expect(await reasons(biased)).toBe('');
  });

  it('is refused for portable graphs', async () => {
    await expect(afterPass(modelOf({}), fuseBiasGelu, { backend: 'portable' })).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  it.skipIf(!haveShared())("reaches what ONNX Runtime's own tests expect", async () => {
    const records = fusionRecords(/BiasGeluFusion/);
    for (const record of records) {
      const passes = [eliminateIdentity, fuseGelu, fuseFastGelu, fuseBiasGelu];
      expect(unmet(record, await afterPasses(recordModel(record), passes)), record.file).toEqual([]);
    }
    expect(records.length).toBeGreaterThanOrEqual(4);
  });
});
