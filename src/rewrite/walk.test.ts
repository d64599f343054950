import { describe, expect, it } from 'vitest';
import type { Node } from '../ir/model.ts';
import { buildModel } from '../testing/build.ts';
import { bypass } from './build.ts';
import { found, searchPass, type Found } from './search.ts';
import { findSites, runPass } from './run.ts';
import type { PassContext } from './pass.ts';
import { otherOperand, Walk } from './walk.ts';

/** Neg of Neg: the inner one is where the search begins, the outer one where it ends. */
function twice(context: PassContext, first: Node): Found | null {
  const walk = new Walk(context, first);
  const second = first.opType === 'Neg' ? walk.readers(first.outputs[0]!)?.find((node) => node.opType === 'Neg') : null;
  if (!second) return null;
  return found({
    rule: 'twice',
    nodes: [first, second],
    ends: [second],
    reason: second.name === 'kept' ? 'it is to be kept' : null,
    what: 'Removes both.',
    apply: ({ model }) => bypass(model, second, second.outputs[0]!, first.inputs[0]!),
  });
}

const pass = searchPass({
  id: 'test-pass',
  group: 'cleanup',
  title: 'Test',
  why: 'For tests.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm'],
  repeats: false,
  seeds: ['Neg'],
  search: twice,
  looksFor: { chains: [], operators: ['Neg'] },
});

const chain = (names: readonly string[], also?: number) =>
  buildModel({}, (g) => {
    let x = g.op('Relu', [g.input('x', [2])]);
    names.forEach((name, i) => {
      x = g.op('Neg', [x], {}, { name });
      if (i === also) g.output(g.op('Abs', [x], {}, { name: 'reader' }), 'z');
    });
    g.output(g.op('Exp', [x]), 'y');
  });

const find = (model: ReturnType<typeof chain>) => findSites(model, pass, { backend: 'wasm' });

describe('a search that names nodes', () => {
  it('offers places that share no node, and removes what is left over', async () => {
    const model = chain(['a', 'b', 'c', 'd', 'e']);
    const { sites } = await find(model);
    expect(sites.map((site) => site.nodes.map((id) => model.getNode(id).name))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    const result = await runPass(model, pass, { backend: 'wasm' });
    expect(result.removed).toBe(4);
    expect([...model.nodes.values()].map((node) => node.opType)).toEqual(['Relu', 'Neg', 'Exp']);
  });

  it('names a place after its end', async () => {
    const { sites } = await find(chain(['a', 'b']));
    expect(sites[0]?.key).toMatch(/^twice:b_out:/);
  });

  it('tells what is missing', async () => {
    const { sites, refusals } = await find(chain(['a', 'kept']));
    expect(sites).toEqual([]);
    expect(refusals.map((each) => each.reason)).toEqual(['It is to be kept.']);
  });

  it('refuses inner values that something else reads, but not the result', async () => {
    expect((await find(chain(['a', 'b'], 0))).refusals[0]?.reason).toMatch(/result of Neg a is read by Abs reader too/);
    expect((await find(chain(['a', 'b'], 1))).sites).toHaveLength(1);
  });
});

describe('Walk', () => {
  it('sees producers, readers and small constants of its own graph', async () => {
    const model = buildModel({}, (g) => {
      const x = g.input('x', [2]);
      const sum = g.op('Add', [x, g.floats('one', [1], [1])], {}, { name: 'sum' });
      g.output(g.op('Mul', [sum, sum], {}, { name: 'square' }), 'y');
    });
    const byName = (name: string): Node => [...model.nodes.values()].find((node) => node.name === name)!;
    const [sum, square] = [byName('sum'), byName('square')];
    let seen = 0;
    const look = searchPass({
      ...pass,
      looksFor: { chains: [], operators: [] },
      seeds: ['Mul'],
      search: (context, node) => {
        const walk = new Walk(context, node);
        if (node !== square) return null;
        seen++;
        expect(walk.producer(square.inputs[0], 'Add')).toBe(sum);
        expect(walk.producer(square.inputs[0], 'Sub')).toBeNull();
        expect(walk.producer(sum.inputs[0], 'Add')).toBeNull();
        expect(walk.reader(sum.outputs[0]!)).toBe(square);
        expect(walk.reader(square.outputs[0]!)).toBeNull();
        expect(walk.scalar(sum.inputs[1])).toBe(1);
        expect(walk.scalar(sum.inputs[0])).toBeNull();
        expect(otherOperand(sum, sum.inputs[1]!)).toBe(sum.inputs[0]);
        expect(otherOperand(square, square.inputs[0]!)).toBe(square.inputs[0]);
        expect(otherOperand(square, sum.inputs[0]!)).toBeNull();
        return null;
      },
    });
    await findSites(model, look, { backend: 'wasm' });
    expect(seen).toBe(1);
  });
});
