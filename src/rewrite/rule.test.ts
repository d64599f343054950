import { describe, expect, it } from 'vitest';
import { getFloat } from '../ir/attribute.ts';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { afterPass, countOps, sitesOf } from '../testing/passes.ts';
import type { Model } from '../ir/model.ts';
import type { Pass } from './pass.ts';
import {
  any,
  constant,
  either,
  looksFor,
  maybe,
  node,
  onlyConstant,
  op,
  optional,
  scalar,
  slotsOf,
} from './pattern.ts';
import { rule, rulePass, type Rule } from './rule.ts';

const passOf = (...rules: Rule[]): Pass =>
  rulePass({
    id: 'test-pass',
    group: 'fusion',
    title: 'Test',
    why: 'For tests.',
    options: {},
    preserves: 'bits',
    needs: [],
    backends: ['wasm'],
    repeats: false,
    rules,
  });

/** A rule that only matches: what it bound is shown in `what`. */
const looking = (pattern: Parameters<typeof rule>[0]['pattern']): Pass =>
  passOf(
    rule({
      name: 'look',
      captures: { x: any, y: optional(any), c: optional(constant), first: optional(node), second: optional(node) },
      pattern: pattern,
      what: (m, { model }) => [m.x, m.y, m.c?.value].map((each) => (each ? model.getValue(each).name : '-')).join(' '),
      apply: () => {},
    }),
  );

const whats = async (model: Model, pass: Pass): Promise<string[]> =>
  (await sitesOf(model, pass)).sites.map((site) => site.what);

const model = (build: (g: GraphBuilder) => void): Model => buildModel({}, build);

const negated = (output: number) =>
  model((g) => {
    const split = g.node('Split', [g.input('x', [4])], { axis: 0 }, { outputs: ['a', 'b'] });
    g.output(g.op('Neg', [split.outputs[output]!]), 'y');
  });

const divided = (value: number, shape: number[]) =>
  model((g) => g.output(g.op('Div', [g.input('x', [2]), g.floats('c', shape, value)]), 'y'));

const gated = (same: boolean) =>
  model((g) => {
    const x = g.input('x', [2]);
    g.output(g.op('Mul', [g.op('Sigmoid', [x]), same ? x : g.input('z', [2])]), 'y');
  });

const negatedAfter = (type: string) => model((g) => g.output(g.op('Neg', [g.op(type, [g.input('x', [2])])]), 'y'));

const clip = (inputs: number) =>
  model((g) => {
    const limits = [1, 2].map((each) => g.floats(`c${each}`, [], each)).slice(0, inputs);
    g.output(g.op('Clip', [g.input('x', [2]), ...limits]), 'y');
  });

const constantFirst = (type: string) =>
  model((g) => g.output(g.op(type, [g.floats('c', [], 2), g.op('Relu', [g.input('x', [2])])]), 'y'));

describe('a pattern', () => {
  it('tries the operands of a commutative operator in both orders, of others in one', async () => {
    const pass = (type: string) => looking((c) => op(type, [op('Relu', [c['x']!]), c['c']!]));
    expect(await whats(constantFirst('Mul'), pass('Mul'))).toEqual(['x - c']);
    expect(await whats(constantFirst('Sub'), pass('Sub'))).toEqual([]);
    const ordered = looking((c) => op('Mul', [op('Relu', [c['x']!]), c['c']!], { ordered: true }));
    expect(await whats(constantFirst('Mul'), ordered)).toEqual([]);
  });

  it('binds an input that is left out to null, and refuses inputs that it does not list', async () => {
    const pass = looking((c) => op('Clip', [c['x']!, c['c']!]));
    expect(await whats(clip(0), pass)).toEqual(['x - -']);
    expect(await whats(clip(1), pass)).toEqual(['x - c1']);
    expect(await whats(clip(2), pass)).toEqual([]);
    expect(
      await whats(
        clip(2),
        looking((c) => op('Clip', [c['x']!, c['c']!], { more: true })),
      ),
    ).toEqual(['x - c1']);
  });

  it('takes the first alternative that leads to a whole match', async () => {
    const pass = looking((c) => op('Neg', [either(op('Relu', [c['x']!]), op('Abs', [c['x']!]), c['x']!)]));
    expect(await whats(negatedAfter('Relu'), pass)).toEqual(['x - -']);
    expect(await whats(negatedAfter('Abs'), pass)).toEqual(['x - -']);
    expect(await whats(negatedAfter('Exp'), pass)).toEqual(['exp_out - -']);
  });

  it('wants the same value where a capture comes twice', async () => {
    const pass = looking((c) => op('Mul', [c['x']!, op('Sigmoid', [c['x']!])]));
    expect(await whats(gated(true), pass)).toEqual(['x - -']);
    expect(await whats(gated(false), pass)).toEqual([]);
  });

  it('takes constants with one element within a tolerance', async () => {
    const pass = looking((c) => op('Div', [c['x']!, scalar(0.044715, 1e-3)]));
    expect(await whats(divided(0.0447, []), pass)).toHaveLength(1);
    expect(await whats(divided(0.0451, [1]), pass)).toHaveLength(1);
    expect(await whats(divided(1.5, []), pass)).toHaveLength(0);
    expect(await whats(divided(0.0447, [2]), pass)).toHaveLength(0);
  });

  it('goes through the output that it names', async () => {
    const pass = looking((c) => op('Neg', [op('Split', [c['x']!, maybe(c['c']!)], { output: 1 })]));
    expect(await whats(negated(1), pass)).toEqual(['x - -']);
    expect(await whats(negated(0), pass)).toEqual([]);
  });
});

describe('what a pass looks for', () => {
  const c = slotsOf({ x: any, y: any });

  it('is read off its patterns: chains of operators, producers first', () => {
    const pattern = op(['Relu', 'Clip'], [op('Add', [op('Conv', [c.x]), c.y])]);
    expect(looksFor([pattern])).toEqual({
      chains: ['Conv → Add → Relu or Clip'],
      operators: ['Conv', 'Add', 'Relu', 'Clip'],
    });
  });

  it('follows every branch, names domains, and says nothing twice', () => {
    const gelu = op('Gelu', [c.x], { domain: 'com.microsoft' });
    const pattern = op('Mul', [either(gelu, op('Sigmoid', [c.x])), maybe(op('Cast', [c.y]))]);
    expect(looksFor([pattern, pattern, op('Neg', [scalar(1)])])).toEqual({
      chains: ['com.microsoft.Gelu → Mul', 'Sigmoid → Mul', 'Cast → Mul', 'Neg'],
      operators: ['com.microsoft.Gelu', 'Mul', 'Sigmoid', 'Cast', 'Neg'],
    });
  });
});

describe('a near miss', () => {
  const pass = looking((c) => op('Neg', [op('Mul', [c['x']!, c['c']!])]));
  const reason = async (build: (g: GraphBuilder) => void): Promise<string> => {
    const { sites, refusals } = await sitesOf(model(build), pass);
    expect(sites).toEqual([]);
    expect(refusals).toHaveLength(1);
    expect(refusals[0]?.nodes).toHaveLength(2);
    return refusals[0]!.reason;
  };

  it('names the input that is not constant', async () => {
    const said = await reason((g) => g.output(g.op('Neg', [g.op('Mul', [g.input('x', [2]), g.input('c', [2])])]), 'y'));
    expect(said).toBe('Input 1 of Mul mul is not a constant.');
  });

  it('says nothing of a computed value where only a constant counts, and does of a graph input', async () => {
    const strict = passOf(
      rule({
        name: 'strict',
        captures: { x: any, c: onlyConstant },
        pattern: (c) => op('Mul', [op('Relu', [c.x]), c.c]),
        what: () => 'found',
        apply: () => {},
      }),
    );
    const scaled = (by: (g: GraphBuilder) => ReturnType<GraphBuilder['input']>) =>
      model((g) => g.output(g.op('Mul', [g.op('Relu', [g.input('x', [2])]), by(g)]), 'y'));
    const found = (by: Parameters<typeof scaled>[0]) => sitesOf(scaled(by), strict);
    expect((await found((g) => g.floats('c', [2], 1))).sites).toHaveLength(1);
    expect((await found((g) => g.input('z', [2]))).refusals).toHaveLength(1);
    expect(await found((g) => g.op('Abs', [g.input('z', [2])]))).toEqual({ sites: [], refusals: [] });
  });

  it('names the other reader of an inner value', async () => {
    const said = await reason((g) => {
      const inner = g.op('Mul', [g.input('x', [2]), g.floats('c', [], 2)]);
      g.output(g.op('Neg', [inner]), 'y');
      g.output(g.op('Exp', [inner], {}, { name: 'other' }), 'z');
    });
    expect(said).toBe('The result of Mul mul is read by Exp other too.');
  });

  it('says that an inner value is a graph output', async () => {
    const said = await reason((g) => {
      const inner = g.op('Mul', [g.input('x', [2]), g.floats('c', [], 2)]);
      g.output(inner, 'inner');
      g.output(g.op('Neg', [inner]), 'y');
    });
    expect(said).toBe('The result of Mul mul is a graph output.');
  });
});

const leakyRelu = (value: number) =>
  model((g) => g.output(g.op('LeakyRelu', [g.input('x', [2])], { alpha: value }), 'y'));

describe('the driver', () => {
  /** −(x·c) = x·(−c), written as one Mul. */
  const negate = rule({
    name: 'negate',
    captures: { x: any, c: constant, mul: node, neg: node },
    pattern: (c) => op('Neg', [op('Mul', [c.x, c.c], { as: c.mul })], { as: c.neg }),
    what: () => 'Negates the constant.',
    apply: (m, build) => {
      const value = build.constant('c', m.c.tensor, m.c.value);
      build.take(m.neg.outputs[0]!, build.node('Mul', [m.x, value]));
    },
  });

  it('offers sites that share no node, the first one in the graph', async () => {
    const twice = rule({
      name: 'twice',
      captures: { x: any, a: node },
      pattern: (c) => op('Neg', [op('Neg', [c.x], { as: c.a })]),
      what: () => 'Removes a pair.',
      apply: () => {},
    });
    const chain = model((g) => {
      let x = g.input('x', [2]);
      for (let i = 0; i < 5; i++) x = g.op('Neg', [x]);
      g.output(x, 'y');
    });
    expect((await sitesOf(chain, passOf(twice))).sites).toHaveLength(2);
  });

  it('removes what nobody needs afterwards, and keeps a shared constant', async () => {
    const before = model((g) => {
      const [x, c] = [g.input('x', [2]), g.floats('c', [2], [1, 2])];
      g.output(g.op('Neg', [g.op('Mul', [x, c])]), 'y');
      g.output(g.op('Add', [x, c]), 'z');
    });
    const { model: after, result } = await afterPass(before, passOf(negate));
    expect(countOps(after)).toEqual({ Mul: 1, Add: 1 });
    expect([...after.graph.initializers.keys()].map((id) => after.getValue(id).name)).toEqual(['c', 'neg:negate/c']);
    const [applied] = result.applied;
    expect(applied).toMatchObject({ rule: 'negate', removed: [...before.nodes.keys()].slice(0, 2).reverse() });
    expect(applied?.added).toHaveLength(1);
  });

  it('rewrites inner graphs first', async () => {
    const before = model((g) => {
      const x = g.input('x', [2]);
      const branch = (inner: GraphBuilder) =>
        inner.output(inner.op('Neg', [inner.op('Mul', [x, inner.floats('c', [], 2)])]));
      const y = g.op('If', [g.input('b', [], 'bool')], { then_branch: branch, else_branch: branch });
      g.output(g.op('Neg', [g.op('Mul', [y, g.floats('c', [], 3)])]), 'y');
    });
    const { sites } = await sitesOf(before, passOf(negate));
    const graphs = sites.map((site) => before.getNode(site.anchor).graph);
    expect(graphs).toHaveLength(3);
    expect(graphs[2]).toBe(before.graph.id);
    const { model: after } = await afterPass(before, passOf(negate));
    expect(countOps(after)).toEqual({ If: 1, Mul: 3 });
  });

  it('does not match across graphs', async () => {
    const before = model((g) => {
      const inner = g.op('Mul', [g.input('x', [2]), g.floats('c', [], 2)]);
      const branch = (b: GraphBuilder) => b.output(b.op('Neg', [inner]));
      g.output(g.op('If', [g.input('b', [], 'bool')], { then_branch: branch, else_branch: branch }), 'y');
    });
    expect((await sitesOf(before, passOf(negate))).sites).toEqual([]);
  });

  it('gives `when` and `apply` what was captured, typed', async () => {
    const alpha = rule({
      name: 'alpha',
      captures: { x: any, leaky: node },
      pattern: (c) => op('LeakyRelu', [c.x], { as: c.leaky }),
      // @ts-expect-error a misspelt capture does not compile
      when: (m) => (m.leeky ? 'never' : getFloat(m.leaky, 'alpha', 0) > 0.5 ? 'alpha is large' : null),
      what: () => 'Looks.',
      apply: () => {},
    });
    expect((await sitesOf(leakyRelu(0.25), passOf(alpha))).sites).toHaveLength(1);
    expect((await sitesOf(leakyRelu(0.75), passOf(alpha))).refusals[0]?.reason).toBe('Alpha is large.');
  });
});
