import { describe, expect, it } from 'vitest';
import { CodedError } from '../../base/error.ts';
import type { Model } from '../../ir/model.ts';
import { Tensor, tensorFromBytes } from '../../ir/tensor.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { mergeDuplicateInitializers as pass } from './merge-duplicate-initializers.ts';

const constants = (model: Model): string[] =>
  [...model.graphs.values()].flatMap((graph) => [...graph.initializers.keys()].map((id) => model.getValue(id).name));

async function expectLeft(before: Model, names: readonly string[]): Promise<void> {
  const { model: after } = await afterPass(before, pass);
  expect(constants(after)).toEqual(names);
  await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
}

describe('merge-duplicate-initializers', () => {
  it('keeps one of those that are equal in type, shape and every byte', async () => {
    const before = buildModel({}, (g) => {
      const parts = [
        g.floats('a', [3], [1, 2, 3]),
        g.floats('same', [3], [1, 2, 3]),
        g.floats('last', [3], [1, 2, 4]),
        g.floats('shaped', [1, 3], [1, 2, 3]),
        g.floats('again', [3], [1, 2, 3]),
      ];
      g.output(g.op('Sum', [g.input('x', [3]), ...parts]), 'y');
    });
    const { sites } = await sitesOf(before, pass);
    expect(sites.map((site) => site.what)).toEqual(['Lets a stand for same and 1 more: they are equal.']);
    await expectLeft(before, ['a', 'last', 'shaped']);
  });

  it('tells 0 from -0, integers from floats, and texts apart', async () => {
    const text = (value: string) =>
      new Tensor('string', [1], {
        kind: 'memory',
        bytes: () => new Uint8Array(),
        strings: () => [new TextEncoder().encode(value)],
      });
    const before = buildModel({}, (g) => {
      g.output(
        g.op('Div', [g.input('x', [1]), g.op('Add', [g.floats('zero', [1], 0), g.floats('minus', [1], -0)])]),
        'y',
      );
      g.output(g.op('Equal', [g.tensor('s', text('a')), g.tensor('t', text('b'))]), 'z');
      g.output(g.op('Equal', [g.tensor('u', text('a')), g.tensor('v', text('a'))]), 'w');
    });
    const { model: after } = await afterPass(before, pass);
    expect(constants(after)).toEqual(['zero', 'minus', 's', 't']);
  });

  it('lets branches read what stands outside, and not what stands in another branch', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2]);
      const branch = (name: string, value: number) => (b: GraphBuilder) =>
        b.output(b.op('Mul', [b.op('Add', [x, b.floats(`${name}_out`, [2], 5)]), b.floats(`${name}_in`, [2], value)]));
      const choice = g.op('If', [g.input('c', [], 'bool')], {
        then_branch: branch('then', 7),
        else_branch: branch('else', 7),
      });
      g.output(g.op('Add', [choice, g.floats('outer', [2], 5)]), 'y');
    });
    await expectLeft(before, ['outer', 'then_in', 'else_in']);
  });

  it('leaves defaults of inputs, graph outputs, annotated constants and what nothing reads', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2]);
      const a = g.floats('a', [2], 1);
      const out = g.floats('out', [2], 1);
      const noted = g.floats('noted', [2], 1);
      g.floats('unread', [2], 1);
      const free = g.input('free', [2]);
      g.graph.initializers.set(free, g.model.getGraph(g.graph.id).initializers.get(a)!);
      g.graph.quantizationAnnotations = [{ tensor: 'x', parameters: [['SCALE_TENSOR', 'noted']] }];
      g.output(g.op('Sum', [x, a, out, noted, free]), 'y');
      g.output(out, 'out');
    });
    const { sites, refusals } = await sitesOf(before, pass);
    expect(sites).toEqual([]);
    expect(refusals.map((each) => each.reason)).toEqual([
      'Out is a graph output.',
      'A quantization annotation names noted.',
    ]);
  });

  it('reads each once, those that stand alone not at all, and goes on where a file is not there', async () => {
    let reads = 0;
    // Shape inference looks into small constants by itself.
    const many = (value: number) => new Uint8Array(1000).fill(value);
    const counted = (bytes: Uint8Array) =>
      new Tensor('uint8', [bytes.length], {
        kind: 'external',
        bytes: () => {
          reads++;
          return bytes;
        },
      });
    const gone = new Tensor('uint8', [1000], {
      kind: 'external',
      bytes: () => {
        throw new CodedError('external-data', 'The file is not there.');
      },
    });
    const model = buildModel({}, (g) => {
      const parts = [counted(many(1)), counted(many(2)), gone, counted(many(1).subarray(1))];
      g.output(
        g.op(
          'Concat',
          parts.map((each, i) => g.tensor(`c${i}`, each)),
          { axis: 0 },
        ),
        'y',
      );
    });
    expect((await sitesOf(model, pass)).sites).toEqual([]);
    expect(reads).toBe(2);
  });

  it('compares what does not start at a whole word', async () => {
    const file = Uint8Array.of(9, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7);
    const before = buildModel({}, (g) => {
      const part = (start: number) =>
        g.tensor(`c${start}`, tensorFromBytes('uint8', [6], file.subarray(start, start + 6)));
      g.output(g.op('Concat', [g.input('x', [6], 'uint8'), part(1), part(7), part(13)], { axis: 0 }), 'y');
    });
    await expectLeft(before, ['c1', 'c13']);
  });

  it.skipIf(!haveShared())('leaves constants that are outputs of a model alone', async () => {
    const before = readModel(sharedFile('real/ort_fusion/scalar_const_not_share.onnx')).model;
    const { model: after } = await afterPass(before, pass);
    expect(countOps(after)).toEqual(countOps(before));
  });
});
