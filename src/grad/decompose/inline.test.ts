import { describe, expect, it } from 'vitest';
import { normal, seeded } from '../../base/random.ts';
import { float, getFloat } from '../../ir/attribute.ts';
import type { Attribute, Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { verifyModel } from '../../ir/verify-model.ts';
import { buildModel, GraphBuilder } from '../../testing/build.ts';
import { expectDecomposed } from '../../testing/decomposed.ts';
import { decompose } from './decompose.ts';

interface Body {
  readonly name?: string;
  readonly inputs?: readonly string[];
  readonly opset?: number;
  readonly defaults?: ReadonlyMap<string, Attribute>;
  build(g: GraphBuilder, inputs: readonly ValueId[]): readonly ValueId[];
}

/** Adds a function of the domain `local`. */
function define(
  model: Model,
  { name = 'Local', inputs = ['a'], opset = 18, defaults = new Map(), build }: Body,
): Model {
  const graph = model.addGraph(name, null, { function: true });
  const g = new GraphBuilder(model, graph, normal(seeded(1)), new Map());
  const values = inputs.map((input) => model.addValue(graph, input).id);
  graph.inputs.push(...values);
  graph.outputs.push(...build(g, values));
  const opsetImports = new Map([
    ['', opset],
    ['local', 1],
  ]);
  const attributes = ['alpha'];
  model.functions.push({
    name,
    domain: 'local',
    overload: '',
    graph: graph.id,
    attributes,
    defaults,
    opsetImports,
    extras: {},
  });
  return model;
}

const main = (build: (g: GraphBuilder, x: ValueId) => void): Model =>
  buildModel({ opset: 18, irVersion: 10, domains: { local: 1 } }, (g) => build(g, g.input('x', [2, 8])));
const local = (outputs: readonly string[] = ['y']) => ({ domain: 'local', outputs });
const alpha: Attribute = { type: 'reference', name: 'alpha', of: 'float' };

describe('functions of the model', () => {
  it('are put in the place of their calls, with the attributes of each', async () => {
    const before = main((g, x) => {
      const first = g.op('Local', [x], { alpha: float(0.3) }, local(['middle']));
      g.output(g.op('Local', [first], { alpha: float(0.05) }, local()));
    });
    define(before, { build: (g, [a]) => [g.op('LeakyRelu', [g.op('Neg', [a!])], { alpha })] });
    const { model: after, report } = await expectDecomposed(before);
    expect(report.replaced).toMatchObject([
      { opType: 'local.Local', by: 2 },
      { opType: 'local.Local', by: 2 },
    ]);
    const slopes = [...after.graph.nodes].map((id) => getFloat(after.getNode(id), 'alpha', null));
    expect(slopes.filter((each) => each !== null)).toEqual([Math.fround(0.3), Math.fround(0.05)]);
  });

  it('take their defaults', async () => {
    const before = main((g, x) => g.output(g.op('Local', [x], {}, local())));
    const defaults = new Map([['alpha', float(0.6)]]);
    define(before, { defaults, build: (g, [a]) => [g.op('LeakyRelu', [a!], { alpha })] });
    await expectDecomposed(before);
  });

  it('may call others, and hold what is written out then', async () => {
    const before = main((g, x) => g.output(g.op('Outer', [x, g.weight('gamma', [8])], {}, local())));
    define(before, {
      name: 'Outer',
      inputs: ['a', 'b'],
      build: (g, [a, b]) => [g.op('Inner', [g.op('Tanh', [a!]), b!], {}, { domain: 'local' })],
    });
    define(before, {
      name: 'Inner',
      inputs: ['a', 'b'],
      build: (g, [a, b]) => [g.op('LayerNormalization', [a!, b!])],
    });
    const { report } = await expectDecomposed(before);
    expect(report.replaced.map(({ opType }) => opType)).toEqual(['local.Outer', 'local.Inner', 'LayerNormalization']);
  });

  it('may give back an input, or a result twice, and leave an input out', () => {
    // The runtime does not load functions whose results are not all different.
    const model = main((g, x) => {
      const { outputs } = g.node('Local', [x, null, g.weight('c', [8])], {}, local(['y', 'z', 'w']));
      outputs.forEach((output) => g.output(output!));
    });
    define(model, {
      inputs: ['a', 'b', 'c'],
      build: (g, [a, b, c]) => {
        const clipped = g.op('Clip', [g.op('Add', [a!, c!]), b!]);
        return [clipped, a!, clipped];
      },
    });
    expect(decompose(model).replaced).toMatchObject([{ by: 4 }]);
    verifyModel(model);
    const written = [...model.graph.nodes].map((id) => {
      const { opType, inputs, outputs } = model.getNode(id);
      const names = (values: readonly (ValueId | null)[]) =>
        values.map((value) => (value === null ? '' : model.getValue(value).name)).join(' ');
      return `${names(outputs)} = ${opType}(${names(inputs)})`;
    });
    expect(written).toEqual([
      'local/add_out = Add(x c)',
      'y = Clip(local/add_out )',
      'w = Identity(y)',
      'z = Identity(x)',
    ]);
  });

  it('stay where they hold subgraphs, or are of another operator set', () => {
    const reason = (body: Body): unknown => {
      const before = define(
        main((g, x) => g.output(g.op('Local', [x], {}, local()))),
        body,
      );
      return decompose(before).left.map((each) => `${each.opType}: ${each.reason}`);
    };
    const branch = (opType: string, a: ValueId) => (g: GraphBuilder) => g.output(g.op(opType, [a]));
    expect(
      reason({
        build: (g, [a]) => {
          const some = g.op('Cast', [g.op('ReduceMax', [a!], { keepdims: 0 })], { to: 9 });
          return [g.op('If', [some], { then_branch: branch('Neg', a!), else_branch: branch('Tanh', a!) })];
        },
      }),
    ).toEqual(['local.Local: its body holds subgraphs']);
    expect(reason({ opset: 17, build: (g, [a]) => [g.op('Neg', [a!])] })).toEqual([
      'local.Local: its body is of ai.onnx 17, the model of 18',
    ]);
  });

  it('stay where they are kept', () => {
    const before = main((g, x) => g.output(g.op('Local', [x], {}, local())));
    define(before, { build: (g, [a]) => [g.op('Neg', [a!])] });
    expect(decompose(before, ({ opType }) => opType === 'Local')).toEqual({ replaced: [], left: [] });
  });
});
