import { describe, expect, it } from 'vitest';
import type { Json } from '../../base/json.ts';
import { getFloat, getInts } from '../../ir/attribute.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import type { ValueId } from '../../ir/types.ts';
import { userRule } from './user-rule.ts';

const model = (build: (g: GraphBuilder, x: ValueId) => ValueId) =>
  buildModel({}, (g) => g.output(g.op('Tanh', [build(g, g.input('x', [2, 3, 4]))]), 'y'));
const withRule = (rule: Json) => ({ options: { rule } });
const refusalOf = async (rule: Json): Promise<string> =>
  sitesOf(
    model((g, x) => g.op('Relu', [x])),
    userRule,
    withRule(rule),
  ).then(
    () => '',
    (error: Error) => error.message,
  );

const swish = { name: 'swish', pattern: 'Mul(x, Sigmoid(x))', replace: 'com.microsoft.QuickGelu[alpha=1](x)' };

describe('user-rule', () => {
  it('has no site without a rule', async () => {
    expect(
      await sitesOf(
        model((g, x) => g.op('Relu', [x])),
        userRule,
      ),
    ).toEqual({ sites: [], refusals: [] });
  });

  it('replaces a pattern, commutative operands in both orders, with attributes of the type that the operator wants', async () => {
    const before = model((g, x) => g.op('Mul', [g.op('Sigmoid', [x]), x]));
    const { model: after, result } = await afterPass(before, userRule, withRule(swish));
    expect(countOps(after)).toEqual({ 'com.microsoft.QuickGelu': 1, Tanh: 1 });
    const fused = [...after.nodes.values()].find(({ opType }) => opType === 'QuickGelu')!;
    expect(getFloat(fused, 'alpha', 0)).toBe(1);
    expect(result.applied[0]!.preserves).toBe('order');
    await expectEquivalent(before, after, { class: 'order' });
  });

  it('takes over attributes, holds the pattern to those that it names, and to constants', async () => {
    const rule = {
      name: 'one-reshape',
      pattern: 'Relu(Conv[strides=[1, 1]](Relu(x), w:const, b?))',
      replace: 'Relu(Conv[strides=[1, 1]](x, w, b))',
    };
    const conv = (strides: number[]) =>
      buildModel({}, (g) => {
        const x = g.op('Relu', [g.input('x', [1, 2, 5, 5])]);
        g.output(g.op('Relu', [g.op('Conv', [x, g.weight('w', [2, 2, 3, 3])], { strides })]), 'y');
      });
    expect((await sitesOf(conv([1, 1]), userRule, withRule(rule))).sites).toHaveLength(1);
    expect((await sitesOf(conv([2, 2]), userRule, withRule(rule))).sites).toHaveLength(0);
    const labelled = {
      ...rule,
      pattern: 'Relu(c:Conv(x, w:const, b?))',
      replace: 'Relu(Relu(Conv[*c, dilations=[1, 1]](x, w, b)))',
    };
    const { model: after } = await afterPass(conv([2, 1]), userRule, withRule(labelled));
    const made = [...after.nodes.values()].find(({ opType }) => opType === 'Conv')!;
    expect(getInts(made, 'strides', null)).toEqual([2, 1]);
    await expectEquivalent(conv([2, 1]), after, { class: 'order' });
  });

  it('makes constants of numbers, and takes a value of the pattern as the whole replacement', async () => {
    const halved = { name: 'half', pattern: 'Div(x, 2)', replace: 'Mul(x, 0.5)', class: 'bits' };
    const before = model((g, x) => g.op('Div', [x, g.floats('two', [], 2)]));
    const { model: after } = await afterPass(before, userRule, withRule(halved));
    expect(countOps(after)).toEqual({ Mul: 1, Tanh: 1 });
    await expectEquivalent(before, after, { class: 'bits' });
    const twice = model((g, x) => g.op('Neg', [g.op('Neg', [x])]));
    const gone = await afterPass(twice, userRule, withRule({ name: 'neg', pattern: 'Neg(Neg(x))', replace: 'x' }));
    expect(countOps(gone.model)).toEqual({ Tanh: 1 });
  });

  it.each([
    ['rank(x) = 3', 1],
    ['rank(x) = 4', 0],
    ['dim(x, -1) = 4', 1],
    ['dim(x, 0) = 4', 0],
    ['dtype(x) = float32', 1],
    ['dtype(x) = float16', 0],
    ['same(x, x)', 1],
    ['size(x) = 1', 0],
  ])('asks whether %s', async (condition, sites) => {
    const before = model((g, x) => g.op('Mul', [x, g.op('Sigmoid', [x])]));
    const found = await sitesOf(before, userRule, withRule({ ...swish, where: [condition] }));
    expect(found.sites).toHaveLength(sites);
    if (sites === 0) expect(found.refusals[0]!.reason).toContain(condition);
  });

  it('says that a needed intermediate result is why it does not apply', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2]);
      const gate = g.op('Sigmoid', [x]);
      g.output(g.op('Mul', [x, gate]), 'y');
      g.output(gate, 'gate');
    });
    const { sites, refusals } = await sitesOf(before, userRule, withRule(swish));
    expect(sites).toEqual([]);
    expect(refusals[0]!.reason).toMatch(/is a graph output/);
  });

  it.each<[Json, RegExp]>([
    ['Relu(x)', /JSON object/],
    [{ name: 'a b', pattern: 'Relu(x)', replace: 'x' }, /"name"/],
    [{ name: 'a', replace: 'x' }, /The pattern is missing/],
    [{ name: 'a', pattern: 'x', replace: 'x' }, /a pattern is an operator/],
    [{ name: 'a', pattern: 'Relu(x', replace: 'x' }, /The pattern, at character 7: .*comma or a closing bracket/],
    [{ name: 'a', pattern: 'Relu(x) y', replace: 'x' }, /character 9: Here the rule should end/],
    [{ name: 'a', pattern: 'Relu{x}', replace: 'x' }, /character 5: "\{" has no meaning/],
    [{ name: 'a', pattern: 'Relu(x)', replace: 'Relu(z)' }, /the pattern has no "z"/],
    [{ name: 'a', pattern: 'Relu(x)', replace: 'Relu[*c](x)' }, /no node of the pattern is labelled "c"/],
    [{ name: 'a', pattern: 'Relu(x)', replace: 'x', where: ['rank(x) > 2'] }, /is none of/],
    [{ name: 'a', pattern: 'Relu(x)', replace: 'x', where: ['rank(z) = 2'] }, /the pattern has no "z"/],
    [{ name: 'a', pattern: 'Relu(x)', replace: 'x', class: 'approximation' }, /"class"/],
  ])('refuses %j with its place', async (rule, message) => {
    expect(await refusalOf(rule)).toMatch(message);
  });
});
