import { describe, expect, it } from 'vitest';
import { float, int, string, tensorAttribute } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { floats, tensorOf } from '../../ir/tensor.ts';
import { constantSubgraph, evaluateConstants } from '../../rewrite/constants.ts';
import { noFacts } from '../../rewrite/facts.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { foldConstants } from './fold-constants.ts';

const model = (build: (g: GraphBuilder) => void, options: BuildOptions = {}): Model => buildModel(options, build);

async function expectFolded(before: Model, ops: Record<string, number>): Promise<Model> {
  const { model: after } = await afterPass(before, foldConstants);
  expect(countOps(after)).toEqual(ops);
  await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  return after;
}

const reasons = async (before: Model, options = {}): Promise<string> =>
  (await sitesOf(before, foldConstants, { options })).refusals.map((each) => each.reason).join(' ');

const mebibytes = (count: number) =>
  model((g) => {
    let sum = g.input('x', [512, 512]);
    for (let i = 0; i < count; i++) {
      const w = g.op('ConstantOfShape', [g.int64s('s', [512, 512])], { value: floats([1], [i]) });
      sum = g.op('Add', [sum, w]);
    }
    g.output(sum, 'y');
  });

describe('fold-constants', () => {
  it('computes a chain of float operators on the runtime, in one site', async () => {
    const before = model((g) => {
      const w = g.op('Transpose', [g.op('Mul', [g.weight('w', [3, 4]), g.weight('s', [4])])], { perm: [1, 0] });
      g.output(g.op('Add', [g.op('MatMul', [g.input('x', [2, 4]), w]), g.op('Exp', [g.weight('b', [3])])]), 'y');
    });
    const { sites } = await sitesOf(before, foldConstants);
    expect(new Set(sites.map((site) => site.nodes.length))).toEqual(new Set([1, 2]));
    const after = await expectFolded(before, { MatMul: 1, Add: 1 });
    expect(after.graph.initializers.size).toBe(2);
  });

  it('makes Constant nodes of each spelling initializers', async () => {
    const before = model((g) => {
      const x = g.input('x', [2]);
      const constants = [
        { value: tensorAttribute(floats([2], [1, 2])) },
        { value_float: float(3) },
        { value_floats: { type: 'floats' as const, value: [1, 4] } },
      ];
      let sum = x;
      for (const each of constants) sum = g.op('Add', [sum, g.op('Constant', [], each)]);
      const axes = g.op('Constant', [], { value_ints: { type: 'ints' as const, value: [0n] } });
      g.output(g.op('Unsqueeze', [sum, axes]), 'y');
    });
    await expectFolded(before, { Add: 3, Unsqueeze: 1 });
  });

  it('reads constant text, as one string or as a list', async () => {
    const list = { type: 'strings' as const, value: [new TextEncoder().encode('abc')] };
    const before = model((g) => {
      g.output(g.op('Constant', [], { value_strings: list }), 'list');
      g.output(g.op('Identity', [g.op('Constant', [], { value_string: string('one') })]), 'one');
    });
    const { model: after } = await afterPass(before, foldConstants);
    expect(after.nodes.size).toBe(0);
    const texts = after.graph.outputs.map((id) => after.graph.initializers.get(id)!);
    expect(texts.map((each) => [each.shape, new TextDecoder().decode(each.strings()[0])])).toEqual([
      [[1], 'abc'],
      [[], 'one'],
    ]);
  });

  it('keeps a splat lazy: ConstantOfShape needs no runtime', async () => {
    const before = model((g) => {
      const w = g.op('ConstantOfShape', [g.int64s('shape', [4, 3, 1, 1])], { value: floats([1], [0.25]) });
      g.output(g.op('Conv', [g.input('x', [1, 3, 4, 4]), w]), 'y');
    });
    const { model: after } = await afterPass(before, foldConstants, {
      obtain: () => Promise.resolve(noFacts),
    });
    expect([...after.graph.initializers.values()].map((each) => [each.source.kind, each.shape])).toEqual([
      ['splat', [4, 3, 1, 1]],
    ]);
    await expectFolded(before, { Conv: 1 });
  });

  it('folds shape arithmetic over constants without the runtime', async () => {
    const before = model((g) => {
      const shape = g.op('Shape', [g.weight('w', [2, 6])]);
      const first = g.op('Gather', [shape, g.int64s('zero', [0])]);
      g.output(
        g.op('Reshape', [g.input('x', [4, 3]), g.op('Concat', [first, g.int64s('rest', [-1])], { axis: 0 })]),
        'y',
      );
    });
    await expectFolded(before, { Reshape: 1 });
  });

  it('folds inside a branch, outer constants included', async () => {
    const before = model((g) => {
      const x = g.input('x', [2, 2]);
      const outer = g.op('Neg', [g.weight('w', [2, 2])]);
      const branch = (scale: number) => (inner: GraphBuilder) => {
        const half = inner.op('Constant', [], { value_float: float(scale) });
        inner.output(inner.op('Add', [x, inner.op('Mul', [outer, half])]));
      };
      g.output(g.op('If', [g.input('c', [], 'bool')], { then_branch: branch(0.5), else_branch: branch(2) }), 'y');
    });
    const { model: after } = await afterPass(before, foldConstants);
    expect(countOps(after)).toMatchObject({ If: 1, Add: 2 });
    expect(countOps(after)['Mul']).toBeUndefined();
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('makes a constant graph output an initializer that keeps its name', async () => {
    const before = model((g) => {
      g.output(g.op('Relu', [g.input('x', [2])]), 'y');
      g.output(g.op('Sqrt', [g.floats('c', [2], [4, 9])]), 'root');
    });
    const { model: after } = await afterPass(before, foldConstants);
    expect(after.graph.outputs.map((id) => after.getValue(id).name)).toEqual(['y', 'root']);
    expect([...(after.graph.initializers.get(after.graph.outputs[1]!)!.read() as Float32Array)]).toEqual([2, 3]);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1, verdicts: ['agrees', 'uninformative'] });
  });

  it('gives every used output of a node with several', async () => {
    const before = model((g) => {
      const split = g.node(
        'Split',
        [g.weight('w', [6]), g.int64s('sizes', [2, 4])],
        { axis: 0 },
        { outputs: ['a', 'b'] },
      );
      g.output(g.op('Mul', [g.input('x', [2]), split.outputs[0]!]), 'y');
      g.output(g.op('Mul', [g.input('z', [4]), split.outputs[1]!]), 'u');
    });
    await expectFolded(before, { Mul: 2 });
  });

  it.each(['', 'com.microsoft'])(
    'computes what is dequantized only where it is quantized again (%s)',
    async (domain) => {
      const before = (again: boolean) =>
        model(
          (g) => {
            const weight = g.tensor('w', tensorOf('int8', [2, 3], Int8Array.of(1, 2, 3, -4, 5, 6)));
            const [scale, other] = [g.floats('scale', [], [0.5]), g.floats('other', [], [0.25])];
            const zero = g.tensor('zero', tensorOf('int8', [], Int8Array.of(0)));
            const turned = g.op('Transpose', [g.op('DequantizeLinear', [weight, scale, zero], {}, { domain })]);
            const kept = again
              ? g.op(
                  'DequantizeLinear',
                  [g.op('QuantizeLinear', [turned, other, zero], {}, { domain }), other, zero],
                  {},
                  { domain },
                )
              : turned;
            g.output(g.op('MatMul', [g.input('x', [1, 3]), kept]), 'y');
          },
          domain ? { domains: { [domain]: 1 } } : {},
        );
      const name = domain ? `${domain}.DequantizeLinear` : 'DequantizeLinear';
      await expectFolded(before(true), { [name]: 1, MatMul: 1 });
      expect((await sitesOf(before(false), foldConstants)).sites).toEqual([]);
      expect(await reasons(before(false))).toMatch(/^Float weights would take the place of small integer ones/);
    },
  );

  it('leaves random, quantized, and foreign operators alone', async () => {
    const before = model(
      (g) => {
        const x = g.input('x', [2, 2]);
        const noise = g.op('RandomNormalLike', [g.weight('w', [2, 2])]);
        const weight = g.tensor('q', tensorOf('int8', [2, 2], Int8Array.of(1, 2, 3, 4)));
        const float = g.op('DequantizeLinear', [weight, g.floats('scale', [], [0.5])]);
        const foreign = g.op('Inverse', [g.weight('v', [2, 2])], {}, { domain: 'com.microsoft' });
        g.output(g.op('Sum', [x, noise, float, foreign]), 'y');
      },
      { domains: { 'com.microsoft': 1 } },
    );
    const { sites, refusals } = await sitesOf(before, foldConstants);
    expect(sites).toEqual([]);
    expect(refusals.map((each) => each.reason)).toEqual([
      'Its result is random.',
      'Float weights would take the place of small integer ones.',
    ]);
  });

  it('leaves what an overridable input decides', async () => {
    const before = model((g) => {
      const w = g.weight('w', [2]);
      g.graph.inputs.push(w);
      g.output(g.op('Add', [g.input('x', [2]), g.op('Neg', [w])]), 'y');
    });
    expect((await sitesOf(before, foldConstants)).sites).toEqual([]);
  });

  it('keeps to its limits and says so', async () => {
    expect(await reasons(mebibytes(1), { value: 0.5 })).toMatch(/would take 1 MiB, more than 0.5 MiB/);
    const { sites } = await sitesOf(mebibytes(4), foldConstants, { options: { total: 2 } });
    expect(sites).toHaveLength(2);
    expect(await reasons(mebibytes(4), { total: 2 })).toMatch(/together would take more than 2 MiB/);
  });

  it('does not fold what the runtime refuses, and folds the rest all the same', async () => {
    const before = model((g) => {
      const x = g.input('x', [2]);
      g.output(g.op('Add', [x, g.op('Exp', [g.weight('w', [2])])]), 'y');
      g.output(g.op('Mul', [x, g.op('Sin', [g.weight('v', [2])])]), 'z');
    });
    const values = [...before.nodes.values()]
      .filter((node) => /Exp|Sin/.test(node.opType))
      .map((node) => node.outputs[0]!);
    const results = await evaluateConstants(before, values, (part) => {
      if ([...part.nodes.values()].some((node) => node.opType === 'Sin')) return Promise.reject(new Error('no kernel'));
      return Promise.resolve(new Map(part.graph.outputs.map((id) => [part.getValue(id).name, floats([2], [1, 2])])));
    });
    expect([...results.keys()]).toEqual([values[0]]);
  });

  it('extracts just what the values need, without inputs', () => {
    const before = model((g) => {
      const a = g.op('Exp', [g.weight('w', [2])]);
      g.output(g.op('Add', [g.input('x', [2]), a]), 'y');
      g.output(g.op('Cast', [g.op('Neg', [a])], { to: int(7) }), 'z');
    });
    const value = [...before.nodes.values()].find((node) => node.opType === 'Exp')!.outputs[0]!;
    const part = constantSubgraph(before, [value]);
    expect(countOps(part)).toEqual({ Exp: 1 });
    expect(part.graph.inputs).toEqual([]);
    expect(part.graph.outputs.map((id) => part.getValue(id).name)).toEqual([`v${value}`]);
  });

  it('drops constants that only the folded nodes read', async () => {
    const before = model((g) => {
      const shared = g.int64s('shared', [2, 1]);
      const reshaped = g.op('Reshape', [g.weight('w', [2]), shared]);
      g.output(g.op('Add', [g.op('Reshape', [g.input('x', [2]), shared]), reshaped]), 'y');
    });
    const after = await expectFolded(before, { Reshape: 1, Add: 1 });
    const names = [...after.graph.initializers.keys()].map((id) => after.getValue(id).name);
    expect(names).toEqual(['shared', 'reshape_out']);
  });
});
