import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { cutModel, normalFeeds, randomKept, run } from '../../testing/prune-oracle.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { buildForecast } from '../build-forecast.ts';
import { forecast } from '../forecast.ts';
import { findGroups } from '../groups.ts';
import { planView } from '../plan.ts';

/** MatMul 4→8, the norm, MatMul 8→2. */
const around = (norm: (g: GraphBuilder, x: ValueId) => ValueId): Model =>
  buildModel({ opset: 23, seed: 2, domains: { 'com.microsoft': 1 } }, (g) => {
    const x = g.op('MatMul', [g.input('x', [1, 3, 4]), g.weight('up', [4, 8])]);
    g.output(g.op('MatMul', [norm(g, x), g.weight('down', [8, 2])]), 'y', { shape: [1, 3, 2] });
  });

const layerNorm = (g: GraphBuilder, x: ValueId): ValueId =>
  g.op('LayerNormalization', [x, g.weight('gamma', [8]), g.weight('beta', [8])], { axis: -1 });

const NORMS: Readonly<Record<string, (g: GraphBuilder, x: ValueId) => ValueId>> = {
  LayerNormalization: layerNorm,
  RMSNormalization: (g, x) => g.op('RMSNormalization', [x, g.weight('gamma', [8])], { axis: -1 }),
  SkipLayerNormalization: (g, x) =>
    g.op(
      'SkipLayerNormalization',
      [x, x, g.weight('gamma', [8]), g.weight('beta', [8])],
      {},
      {
        domain: 'com.microsoft',
      },
    ),
  SkipSimplifiedLayerNormalization: (g, x) =>
    g.op('SkipSimplifiedLayerNormalization', [x, x, g.weight('gamma', [8])], {}, { domain: 'com.microsoft' }),
  'a norm spelt out': (g, x) => {
    const mean = (y: ValueId): ValueId => g.op('ReduceMean', [y, g.int64s(`axes ${y}`, [-1])], { keepdims: 1 });
    const centred = g.op('Sub', [x, mean(x)]);
    const variance = mean(g.op('Mul', [centred, centred]));
    return g.op('Div', [centred, g.op('Sqrt', [g.op('Add', [variance, g.floats('epsilon', [1], 1e-5)])])]);
  },
};

describe('channels that a norm takes its statistics over', () => {
  it.each(Object.keys(NORMS))('stay by default under %s, and are cut where that is asked for', async (name) => {
    const model = around(NORMS[name] ?? layerNorm);
    const analysis = analyze(model);
    const frozen = findGroups(model, analysis);
    expect(frozen.groups).toEqual([]);
    expect(frozen.frozen.find((each) => each.underNorm)?.reason).toMatch(/statistics would change|reduces over/);
    const graph = findGroups(model, analysis, { acrossNorms: true });
    expect(graph.groups.map(({ channels }) => channels)).toEqual([8]);
    const kept = randomKept(graph, 0.5, 3);
    const cut = cutModel(model, graph, kept);
    const outputs = await run(cut, normalFeeds(model, 1));
    expect(outputs['y']?.shape).toEqual([1, 3, 2]);
    const shapes = [...cut.graph.initializers.values()].map(({ shape }) => shape.join('x'));
    expect(shapes).toContain('4x4');
    expect(shapes).toContain('4x2');
    expect(shapes).not.toContain('8');
  });

  it('names the norms in the plan, so that a person knows what changes', () => {
    const model = around(layerNorm);
    const plan = planView(model, analyze(model), { importance: 'l2', seed: 0, acrossNorms: true });
    expect(plan.groups.map(({ normalisedBy }) => normalisedBy)).toEqual([[expect.stringMatching(/^LayerNormal/)]]);
  });

  it.skipIf(!haveShared()).each([
    // The encoder's, and that of the head of the language model.
    ['transformer/bert_toy_unfused', 2],
    ['decoder/aidreams260k_nocache', 1],
  ])('%s: its width is a group, and half of it runs with the shapes that were forecast', async (path, count) => {
    const { model } = readModel(sharedFile(`real/models/${path}.onnx`));
    const analysis = analyze(model);
    const graph = findGroups(model, analysis, { acrossNorms: true });
    const wide = graph.groups.filter((group) =>
      graph.space.norms.some(({ axis }) => group.roots.includes(graph.space.root(axis))),
    );
    expect(wide).toHaveLength(count);
    const half = randomKept(graph, 0.5, 1);
    const kept = graph.groups.map((group) =>
      wide.includes(group) ? (half[group.index] ?? new Set<number>()) : new Set(group.atoms.keys()),
    );
    const cut = cutModel(model, graph, kept);
    await run(cut, normalFeeds(model, 1, 16));
    const widths = graph.groups.map((group) => ((kept[group.index]?.size ?? 0) * group.channels) / group.atoms.length);
    const predicted = forecast(buildForecast(model, analysis, graph), {
      channels: graph.groups.map(({ channels }) => channels),
      kept: widths,
    });
    const after = analyze(cut);
    expect(predicted.macs).toBe(after.order.reduce((sum, node) => sum + (after.cost(node).macs ?? 0), 0));
  });
});
