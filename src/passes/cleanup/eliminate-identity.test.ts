import { describe, expect, it } from 'vitest';
import { tensorOf } from '../../ir/tensor.ts';
import type { Model } from '../../ir/model.ts';
import { buildModel, type BuildOptions, type GraphBuilder, type NodeInit } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { eliminateIdentity } from './eliminate-identity.ts';

const reasons = async (before: Model): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, eliminateIdentity);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

async function expectRemoved(before: Model, ops: Record<string, number>): Promise<Model> {
  const { model: after } = await afterPass(before, eliminateIdentity);
  expect(countOps(after)).toEqual(ops);
  expect(after.graph.outputs.map((id) => after.getValue(id).name)).toEqual(
    before.graph.outputs.map((id) => before.getValue(id).name),
  );
  await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  return after;
}

const bool = (value: number) => tensorOf('bool', [], Uint8Array.of(value));

const dropout = (
  inputs: (g: GraphBuilder) => ReturnType<GraphBuilder['input']>[],
  options: BuildOptions,
  attributes = {},
  init: NodeInit = {},
): Model =>
  buildModel(options, (g) => {
    const node = g.node('Dropout', [g.input('x', [3]), ...inputs(g)], attributes, init);
    g.output(g.op('Relu', [node.outputs[0]!]), 'y');
    const mask = node.outputs[1];
    if (mask && init.name === 'masked') g.output(mask, 'mask');
  });

describe('eliminate-identity', () => {
  it('removes chains of Identity, also before a graph output, whose name stays', async () => {
    const before = buildModel({}, (g) => {
      const x = g.op('Identity', [g.op('Identity', [g.input('x', [3])])]);
      g.output(g.op('Identity', [g.op('Relu', [x])]), 'y');
    });
    await expectRemoved(before, { Relu: 1 });
  });

  it('gives the other readers of the value behind a graph output its new name', async () => {
    const before = buildModel({}, (g) => {
      const inner = g.op('Relu', [g.input('x', [3])]);
      g.output(g.op('Identity', [inner]), 'y');
      g.output(g.op('Neg', [inner]), 'z');
    });
    await expectRemoved(before, { Relu: 1, Neg: 1 });
  });

  it('keeps what gives a graph output another name', async () => {
    const input = buildModel({}, (g) => g.output(g.op('Identity', [g.input('x', [3])]), 'y'));
    expect(await reasons(input)).toMatch(/graph input or a constant/);
    const both = buildModel({}, (g) => {
      const y = g.op('Relu', [g.input('x', [3])]);
      g.output(y, 'y');
      g.output(g.op('Identity', [y]), 'z');
    });
    expect(await reasons(both)).toMatch(/both graph outputs/);
  });

  it('keeps what brings an outer value out of a branch', async () => {
    const before = buildModel({}, (g) => {
      const x = g.op('Relu', [g.input('x', [3])]);
      g.output(
        g.op('If', [g.input('c', [], 'bool')], {
          then_branch: (inner) => inner.output(inner.op('Identity', [x])),
          else_branch: (inner) => inner.output(inner.op('Neg', [inner.op('Identity', [x])])),
        }),
        'y',
      );
    });
    const { model: after, result } = await afterPass(before, eliminateIdentity);
    expect(countOps(after)).toEqual({ Relu: 1, If: 1, Identity: 1, Neg: 1 });
    expect(result.refusals.map((each) => each.reason).join()).toMatch(/lies outside/);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('removes Dropout outside training, with an unused mask', async () => {
    await expectRemoved(
      dropout(() => [], { opset: 10 }, {}, { outputs: ['d', 'm'] }),
      { Relu: 1 },
    );
    await expectRemoved(
      dropout((g) => [g.floats('r', [], 0.5)], { opset: 13 }),
      { Relu: 1 },
    );
    const off = dropout((g) => [g.floats('r', [], 0.5), g.tensor('t', bool(0))], { opset: 13 });
    const after = await expectRemoved(off, { Relu: 1 });
    expect(after.graph.initializers.size).toBe(0);
  });

  it('keeps Dropout in training mode, undecided, or whose mask is read', async () => {
    const training = dropout((g) => [g.floats('r', [], 0.5), g.tensor('t', bool(1))], { opset: 13 });
    expect(await reasons(training)).toMatch(/training mode/);
    const open = dropout((g) => [g.floats('r', [], 0.5), g.input('t', [], 'bool')], { opset: 13 });
    expect(await reasons(open)).toMatch(/decided when the model runs/);
    expect(await reasons(dropout(() => [], { opset: 6 }))).toMatch(/training mode/);
    const masked = dropout(() => [], { opset: 10 }, {}, { name: 'masked', outputs: ['d', 'm'] });
    expect(await reasons(masked)).toMatch(/graph output/);
  });
});
