import { describe, expect, it } from 'vitest';
import { getGraph, getInts } from '../ir/attribute.ts';
import { buildModel } from './build.ts';

const weights = (seed: number) =>
  [...buildModel({ seed }, (g) => void g.weight('w', [4])).graph.initializers.values()][0]!.numbers();

describe('buildModel', () => {
  it('builds nodes, constants and subgraphs whose uses are listed', () => {
    const model = buildModel({ opset: 13 }, (g) => {
      const x = g.input('x', [1, 3, 8, 8]);
      const y = g.op('Conv', [x, g.weight('w', [4, 3, 3, 3])], { pads: [1, 1, 1, 1] }, { name: 'conv' });
      const condition = g.input('c', [], 'bool');
      const z = g.op('If', [condition], {
        then_branch: (inner) => inner.output(inner.op('Relu', [y])),
        else_branch: (inner) => inner.output(inner.op('Neg', [y])),
      });
      g.output(z, 'z');
    });
    const conv = [...model.nodes.values()].find((node) => node.opType === 'Conv');
    const branch = [...model.nodes.values()].find((node) => node.opType === 'If');
    expect(getInts(conv!, 'pads', null)).toEqual([1, 1, 1, 1]);
    expect(model.getValue(conv!.outputs[0]!).uses).toHaveLength(2);
    expect(model.getGraph(getGraph(branch!, 'then_branch')!).nodes.size).toBe(1);
    expect(model.getValue(model.graph.outputs[0]!).name).toBe('z');
  });

  it('gives the same weights for the same seed', () => {
    expect(weights(3)).toEqual(weights(3));
    expect(weights(3)).not.toEqual(weights(4));
  });
});
