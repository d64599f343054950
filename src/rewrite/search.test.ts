import { describe, expect, it } from 'vitest';
import { buildModel, type GraphBuilder } from '../testing/build.ts';
import { afterPass, countOps, sitesOf } from '../testing/passes.ts';
import type { Model, Node } from '../ir/model.ts';
import type { Pass, Site } from './pass.ts';
import { searchPass, type Search } from './search.ts';

/** Abs after a chain of Neg: the chain does not matter. */
const search: Search = ({ model }, seed) => {
  const chain: Node[] = [];
  let input = seed.inputs[0]!;
  for (let at = model.getValue(input).producer; at; at = model.getValue(input).producer) {
    const node = model.getNode(at.node);
    if (node.opType !== 'Neg') break;
    chain.push(node);
    input = node.inputs[0]!;
  }
  if (chain.length === 0) return null;
  return {
    rule: 'abs-neg',
    anchor: seed,
    nodes: [seed.id, ...chain.map((node) => node.id)],
    reason: chain.length > 3 ? 'the chain is too long' : null,
    what: `Removes ${chain.length}.`,
    apply: (build) => build.take(seed.outputs[0]!, build.node('Abs', [input])),
  };
};

const pass: Pass = searchPass({
  id: 'test-pass',
  group: 'fusion',
  title: 'Test',
  why: 'For tests.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm'],
  repeats: false,
  seeds: ['Abs'],
  search,
  looksFor: { chains: ['Neg → Abs'], operators: ['Neg', 'Abs'] },
});

const chain = (g: GraphBuilder, length: number): Model['graph']['outputs'][number] => {
  let x = g.input('x', [2]);
  for (let i = 0; i < length; i++) x = g.op('Neg', [x]);
  return x;
};

describe('a pass that searches', () => {
  it('finds what a seed leads to, and replaces it at its last node', async () => {
    const before = buildModel({}, (g) => g.output(g.op('Abs', [chain(g, 3)], {}, { name: 'seed' }), 'y'));
    expect((await sitesOf(before, pass)).sites).toMatchObject([{ rule: 'abs-neg', what: 'Removes 3.' }]);
    const { model: after, result } = await afterPass(before, pass);
    expect(countOps(after)).toEqual({ Abs: 1 });
    expect(result.applied[0]?.key).toMatch(/^abs-neg:y:[0-9a-f]{8}$/);
    expect([...after.nodes.values()][0]).toMatchObject({ name: 'seed:abs-neg', madeBy: 'test-pass/abs-neg' });
  });

  it('says what is missing', async () => {
    const before = buildModel({}, (g) => g.output(g.op('Abs', [chain(g, 4)]), 'y'));
    expect(await sitesOf(before, pass)).toMatchObject({ sites: [], refusals: [{ reason: 'The chain is too long.' }] });
  });

  it('refuses nodes that something else reads', async () => {
    const before = buildModel({}, (g) => {
      const x = chain(g, 1);
      g.output(g.op('Relu', [x], {}, { name: 'reader' }), 'z');
      g.output(g.op('Abs', [x]), 'y');
    });
    const { sites, refusals } = await sitesOf(before, pass);
    expect(sites).toEqual([]);
    expect(refusals[0]?.reason).toMatch(/read by Relu reader too/);
  });

  it('applies the sites that were chosen, one by one', async () => {
    const before = buildModel({}, (g) => {
      g.output(g.op('Abs', [chain(g, 1)]), 'y');
      g.output(g.op('Abs', [chain(g, 2)]), 'z');
    });
    const chooser = {
      choose: (sites: readonly Site[]) => sites.slice(1).map((site) => ({ site, key: site.key })),
      lost: () => [],
    };
    const { model: after } = await afterPass(before, pass, { chooser });
    expect(countOps(after)).toEqual({ Neg: 1, Abs: 2 });
  });
});
