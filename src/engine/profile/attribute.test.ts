import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import type { Model } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import type { OptimizationLevel } from '../../runtime/types.ts';
import { attention } from '../../testing/attention.ts';
import { buildModel } from '../../testing/build.ts';
import { tinyModel } from '../../testing/tiny.ts';
import { nodePort } from '../node.ts';
import { nodeTimes } from '../node-times.ts';
import { idInName } from './attribute.ts';

const job = silentJob();

/** Attribution of a model as the runtime runs it, by operators of the file. */
async function attributed(model: Model, level: OptimizationLevel = 'all') {
  const request = { backend: 'wasm', level, threads: 1, runs: 3, budgetMs: 500 } as const;
  const { attribution, profile, rest } = await nodeTimes(model, 'm.onnx', request, nodePort(), job);
  const op = (id: NodeId): string => model.getNode(id).opType;
  return {
    rest,
    places: attribution.places.map(({ node, role }, place) => [
      profile.kernels[place]!.op,
      node === null ? null : op(node),
      role,
    ]),
    inside: Array.from(attribution.inside, ([node, anchor]) => [op(node), op(anchor)]),
    onLoad: Array.from(attribution.onLoad, op),
  };
}

describe('kernels and the nodes that they stand for', () => {
  it('are one to one where the runtime rewrites nothing', async () => {
    const { places, inside } = await attributed(tinyModel(), 'disabled');
    expect(places).toEqual([
      ['Conv', 'Conv', 'own'],
      ['BatchNormalization', 'BatchNormalization', 'own'],
      ['Relu', 'Relu', 'own'],
    ]);
    expect(inside).toEqual([]);
  });

  it('hold what the runtime folded into them', async () => {
    const { places, inside } = await attributed(tinyModel());
    expect(places).toEqual([['FusedConv', 'Conv', 'own']]);
    expect(inside).toEqual([
      ['BatchNormalization', 'Conv'],
      ['Relu', 'Conv'],
    ]);
  });

  it('take what stands between two convolutions to the one that makes it', async () => {
    const model = buildModel({ seed: 2 }, (g) => {
      const x = g.input('x', [1, 4, 6, 6]);
      const one = g.op('Conv', [x, g.weight('w1', [4, 4, 1, 1])], {}, { name: 'first' });
      const two = g.op('Conv', [g.op('Relu', [one]), g.weight('w2', [4, 4, 1, 1])], {}, { name: 'second' });
      g.output(two);
    });
    const request = { backend: 'wasm', level: 'all', threads: 1, runs: 3, budgetMs: 500 } as const;
    const { attribution } = await nodeTimes(model, 'm.onnx', request, nodePort(), job);
    const names = Array.from(attribution.inside, ([node, anchor]) => [
      model.getNode(node).opType,
      model.getNode(anchor).name,
    ]);
    expect(names).toEqual([['Relu', 'first']]);
  });

  it('are found by their place in the run where the runtime gave them names of its own', async () => {
    const model = buildModel({ seed: 3 }, (g) => {
      const x = g.input('x', [2, 8]);
      const dense = g.op('MatMul', [x, g.weight('w1', [8, 8])]);
      const biased = g.op('Add', [dense, g.weight('bias', [8])]);
      const half = g.op('Mul', [biased, g.floats('half', [], [0.5])]);
      const erf = g.op('Erf', [g.op('Div', [biased, g.floats('root', [], [Math.SQRT2])])]);
      const gelu = g.op('Mul', [g.op('Add', [erf, g.floats('one', [], [1])]), half]);
      g.output(g.op('MatMul', [gelu, g.weight('w2', [8, 8])]));
    });
    const { places, inside, rest } = await attributed(model);
    expect(rest).toBe(0);
    expect(places.map(([, , role]) => role)).toEqual(
      places.map(([kernel]) => (/Gelu/.test(String(kernel)) ? 'fused' : 'own')),
    );
    expect(places.some(([kernel]) => /Gelu/.test(String(kernel)))).toBe(true);
    expect(inside.map(([node]) => node)).toEqual(expect.arrayContaining(['Erf', 'Div', 'Mul']));
  });

  it('leave no time of an attention outside of the graph', async () => {
    const model = buildModel({}, (g) => g.output(attention(g, { batch: 1, queries: 4, heads: 2, width: 4 })));
    const { places, rest } = await attributed(model);
    expect(rest).toBe(0);
    expect(places.length).toBeGreaterThan(0);
  });

  it('do not exist for what the runtime computed when it loaded the model', async () => {
    const model = buildModel({}, (g) => {
      const x = g.input('x', [2, 3]);
      const constant = g.op('Mul', [g.floats('a', [3], 2), g.floats('b', [3], 3)]);
      g.output(g.op('Add', [x, constant]));
    });
    const { places, onLoad } = await attributed(model);
    expect(places).toEqual([['Add', 'Add', 'own']]);
    expect(onLoad).toEqual(['Mul']);
  });

  it('inside of a branch are told for themselves, and the branch not taken is not', async () => {
    const model = buildModel({}, (g) => {
      const x = g.input('x', [4]);
      const cond = g.op('Cast', [g.op('ReduceSum', [x], { keepdims: 0 })], { to: 9 });
      const out = g.op('If', [cond], {
        then_branch: (inner) => inner.output(inner.op('Exp', [x]), 'then_out'),
        else_branch: (inner) => inner.output(inner.op('Neg', [x]), 'else_out'),
      });
      g.output(out, 'y');
    });
    const { places, inside } = await attributed(model);
    const ran = places.map(([, node]) => node);
    expect(ran.filter((op) => op === 'Exp' || op === 'Neg')).toHaveLength(1);
    expect(ran).toContain('If');
    expect(inside).toEqual([]);
  });

  it.each([
    ['#12', 12],
    ['#12_nchwc', 12],
    ['#12/MatMulAddFusion', 12],
    ['fused #7', 7],
    ['_inlfunc_f_#45', 45],
    ['Attention_token_3', null],
  ])('tell the id in %s', (name, id) => {
    expect(idInName(name)).toBe(id);
  });
});
