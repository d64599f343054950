import { describe, expect, it } from 'vitest';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { NO_NODE } from '../../rewrite/pass.ts';
import { eliminateDeadNodes } from './eliminate-dead-nodes.ts';

const names = (model: ReturnType<typeof buildModel>): string[] =>
  [...model.graph.initializers.keys()].map((id) => model.getValue(id).name);

const branchOf = (op: string, captured: Parameters<GraphBuilder['output']>[0]) => (inner: GraphBuilder) => {
  inner.op('Exp', [captured]);
  inner.weight('inner', [3]);
  inner.output(inner.op(op, [captured]));
};

describe('eliminate-dead-nodes', () => {
  it('removes nodes that no output needs, each connected part as one site, with their constants', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2, 2]);
      g.op('Relu', [g.op('MatMul', [x, g.weight('dead', [2, 2])])]);
      g.op('Neg', [x]);
      g.output(g.op('MatMul', [x, g.weight('live', [2, 2])]), 'y');
    });
    const { sites } = await sitesOf(before, eliminateDeadNodes);
    expect(sites.map((site) => site.nodes.length)).toEqual([2, 1]);
    const { model: after, result } = await afterPass(before, eliminateDeadNodes);
    expect(countOps(after)).toEqual({ MatMul: 1 });
    expect(names(after)).toEqual(['live']);
    expect(result.removed).toBe(3);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('removes constants that nothing reads, as a site of their own', async () => {
    const before = buildModel({}, (g) => {
      g.weight('unused', [8]);
      g.output(g.op('Relu', [g.input('x', [2])]), 'y');
    });
    const { sites } = await sitesOf(before, eliminateDeadNodes);
    expect(sites).toMatchObject([{ rule: 'unused-constants', anchor: NO_NODE, nodes: [] }]);
    const { model: after } = await afterPass(before, eliminateDeadNodes);
    expect(after.graph.initializers.size).toBe(0);
  });

  it('keeps graph inputs, defaults of inputs, constant outputs, and constants that an annotation names', async () => {
    const before = buildModel({}, (g) => {
      g.input('unused', [2]);
      g.graph.inputs.push(g.weight('default', [2]));
      g.output(g.weight('given', [2]));
      g.weight('scale', [1]);
      g.output(g.op('Relu', [g.input('x', [2])]), 'y');
      g.graph.quantizationAnnotations = [{ tensor: 'x', parameters: [['SCALE_TENSOR', 'scale']] }];
    });
    expect((await sitesOf(before, eliminateDeadNodes)).sites).toEqual([]);
  });

  it('leaves unused outputs of a node that is needed', async () => {
    const before = buildModel({}, (g) => {
      const node = g.node('Split', [g.input('x', [4])], { axis: 0 }, { outputs: ['a', 'b'] });
      g.output(node.outputs[0]!);
    });
    expect((await sitesOf(before, eliminateDeadNodes)).sites).toEqual([]);
  });

  it('looks into branches, and keeps what a branch captures', async () => {
    const before = buildModel({}, (g) => {
      const captured = g.op('Abs', [g.input('x', [2])]);
      const c = g.input('c', [], 'bool');
      g.output(
        g.op('If', [c], { then_branch: branchOf('Relu', captured), else_branch: branchOf('Neg', captured) }),
        'y',
      );
    });
    const { model: after } = await afterPass(before, eliminateDeadNodes);
    expect(countOps(after)).toEqual({ Abs: 1, If: 1, Relu: 1, Neg: 1 });
    expect([...after.graphs.values()].every((graph) => graph.initializers.size === 0)).toBe(true);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('removes a dead branch with all that is in it, as one site', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2]);
      g.op('If', [g.input('c', [], 'bool')], {
        then_branch: (inner) => inner.output(inner.op('Relu', [x])),
        else_branch: (inner) => inner.output(inner.op('Neg', [x])),
      });
      g.output(g.op('Abs', [x]), 'y');
    });
    const { model: after, result } = await afterPass(before, eliminateDeadNodes);
    expect(result.applied).toHaveLength(1);
    expect(countOps(after)).toEqual({ Abs: 1 });
    expect(after.graphs.size).toBe(1);
  });
});
