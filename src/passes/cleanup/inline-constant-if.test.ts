import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { literal } from '../../rewrite/literal.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { inlineConstantIf as pass } from './inline-constant-if.ts';

type Branch = (b: GraphBuilder) => void;

const constant = (g: GraphBuilder, holds: boolean): ValueId => g.tensor('c', literal('bool', [], [Number(holds)])!);
const choice = (g: GraphBuilder, condition: ValueId, yes: Branch, no: Branch, outputs: readonly string[] = ['r']) =>
  g.node('If', [condition], { then_branch: yes, else_branch: no }, { outputs }).outputs as ValueId[];

/** @param runs false for what the runtime itself gets wrong: a branch that gives one value twice, or an outer one */
async function expectOps(before: Model, ops: Readonly<Record<string, number>>, runs = true): Promise<Model> {
  const { model: after } = await afterPass(before, pass);
  expect(countOps(after)).toEqual(ops);
  expect(after.graph.outputs.map((id) => after.getValue(id).name)).toEqual(
    before.graph.outputs.map((id) => before.getValue(id).name),
  );
  if (runs) await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  return after;
}

const model = (body: (g: GraphBuilder, x: ValueId) => void, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => body(g, g.op('Neg', [g.input('x', [2, 3])])));

describe('inline-constant-if', () => {
  it.each([true, false])('puts the branch of a condition that is always %s in its place', async (holds) => {
    const before = model((g, x) => {
      const yes: Branch = (b) => b.output(b.op('Relu', [b.op('Mul', [x, b.weight('w', [3])])]));
      const no: Branch = (b) => b.output(b.op('Abs', [x]));
      const [r] = choice(g, constant(g, holds), yes, no);
      g.output(g.op('Tanh', [r!]), 'y');
    });
    const after = await expectOps(before, holds ? { Neg: 1, Mul: 1, Relu: 1, Tanh: 1 } : { Neg: 1, Abs: 1, Tanh: 1 });
    expect(after.graphs.size).toBe(1);
    expect(after.graph.initializers.size).toBe(holds ? 1 : 0);
  });

  it('gives outer values, constants and repeated results to whoever reads them', async () => {
    const before = model((g, x) => {
      const yes: Branch = (b) => {
        const twice = b.op('Abs', [x]);
        for (const each of [x, b.weight('w', [2, 3]), twice, twice]) b.output(each);
      };
      const no: Branch = (b) => [0, 1, 2, 3].forEach(() => b.output(b.op('Relu', [x])));
      const results = choice(g, constant(g, true), yes, no, ['p', 'q', 'r', 's']);
      g.output(g.op('Sum', results), 'y');
    });
    await expectOps(before, { Neg: 1, Abs: 1, Sum: 1 }, false);
  });

  it('keeps the name of an output that a constant gives', async () => {
    const before = model((g, x) => {
      const yes: Branch = (b) => {
        b.output(b.op('Abs', [x]));
        b.output(b.weight('w', [2, 3]));
      };
      const no: Branch = (b) => [0, 1].forEach(() => b.output(b.op('Relu', [x])));
      for (const each of choice(g, constant(g, true), yes, no, ['p', 'q'])) g.output(each);
      g.output(g.op('Exp', [x]), 'y');
    });
    const after = await expectOps(before, { Neg: 1, Abs: 1, Exp: 1, Identity: 1 }, false);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1, verdicts: ['agrees', 'uninformative'] });
  });

  it('keeps the names of outputs, by a copy where nothing else can give them', async () => {
    const before = model((g, x) => {
      const yes: Branch = (b) => {
        const twice = b.op('Abs', [x]);
        for (const each of [x, b.weight('w', [2, 3]), twice, twice]) b.output(each);
      };
      const no: Branch = (b) => [0, 1, 2, 3].forEach(() => b.output(b.op('Relu', [x])));
      for (const [i, each] of choice(g, constant(g, true), yes, no, ['p', 'q', 'r', 's']).entries()) {
        g.output(i === 1 ? g.op('Add', [each, x]) : each, i === 1 ? 'sum' : undefined);
      }
    });
    await expectOps(before, { Neg: 1, Abs: 1, Add: 1, Identity: 1 }, false);
  });

  it('goes into branches of branches, and leaves those that never run', async () => {
    const before = model((g, x) => {
      const inner = (b: GraphBuilder, holds: boolean): ValueId =>
        choice(
          b,
          constant(b, holds),
          (c) => c.output(c.op('Exp', [x])),
          (c) => c.output(c.op('Tanh', [x])),
        )[0]!;
      const [r] = choice(
        g,
        constant(g, true),
        (b) => b.output(b.op('Abs', [inner(b, false)])),
        (b) => b.output(inner(b, true)),
      );
      g.output(r!, 'y');
    });
    expect((await sitesOf(before, pass)).sites).toHaveLength(2);
    await expectOps(before, { Neg: 1, Tanh: 1, Abs: 1 });
  });

  it('works inside a loop, where what it stands in stays', async () => {
    const before = model((g, x) => {
      const body = (b: GraphBuilder): void => {
        const [, again, state] = [b.input('i', [], 'int64'), b.input('go', [], 'bool'), b.input('state', [2, 3])];
        const [r] = choice(
          b,
          constant(b, true),
          (c) => c.output(c.op('Add', [state, x])),
          (c) => c.output(c.op('Neg', [state])),
        );
        b.output(b.op('Identity', [again]));
        b.output(r!);
      };
      const [r] = g.node('Loop', [g.int64s('trips', [3], []), constant(g, true), x], { body }).outputs;
      g.output(r!, 'y');
    });
    await expectOps(before, { Neg: 1, Loop: 1, Identity: 1, Add: 1 });
  });

  it('knows a condition that follows from a known size', async () => {
    const before = model((g, x) => {
      const size = g.op('Gather', [g.op('Shape', [x]), g.int64s('i', [1], [])]);
      const [r] = choice(
        g,
        g.op('Equal', [size, g.int64s('one', [1], [])]),
        (b) => b.output(b.op('Exp', [x])),
        (b) => b.output(b.op('Relu', [x])),
      );
      g.output(r!, 'y');
    });
    await expectOps(before, { Neg: 1, Relu: 1 });
  });

  it('leaves a choice that is made when the model runs', async () => {
    const before = model((g, x) => {
      const [r] = choice(
        g,
        g.input('c', [], 'bool'),
        (b) => b.output(b.op('Abs', [x])),
        (b) => b.output(b.op('Relu', [x])),
      );
      g.output(r!, 'y');
    });
    expect(await sitesOf(before, pass)).toEqual({ sites: [], refusals: [] });
  });

  it('passes sequences on, and refuses to copy one before opset 14', async () => {
    const before = (opset: number, asOutput: boolean) =>
      buildModel({ opset }, (g) => {
        const x = g.input('x', [2]);
        const yes: Branch = (b) => {
          const list = b.op('SequenceConstruct', [x, x]);
          b.output(list);
          if (asOutput) b.output(list);
        };
        const no: Branch = (b) =>
          [0, 1].slice(asOutput ? 0 : 1).forEach(() => b.output(b.op('SequenceConstruct', [x])));
        const results = choice(g, constant(g, true), yes, no, asOutput ? ['p', 'q'] : ['p']);
        for (const each of results) g.output(asOutput ? each : g.op('SequenceAt', [each, g.int64s('i', [0], [])]));
      });
    const { model: after } = await afterPass(before(13, false), pass);
    expect(countOps(after)).toEqual({ SequenceConstruct: 1, SequenceAt: 1 });
    await expectEquivalent(before(13, false), after, { class: 'bits', seeds: 1 });
    expect((await sitesOf(before(13, true), pass)).refusals[0]?.reason).toMatch(/is no tensor and cannot be copied/);
    expect((await sitesOf(before(14, true), pass)).sites).toHaveLength(1);
  });
});
