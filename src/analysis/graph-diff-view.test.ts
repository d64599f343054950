import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idOfRemoved, removedOf } from '../base/changes.ts';
import { seeded } from '../base/random.ts';
import type { NodeId } from '../ir/types.ts';
import type { GraphView } from '../ir/view.ts';
import { layoutGraph } from '../layout/layout.ts';
import { randomView, viewOf } from '../testing/view.ts';
import type { GraphDiff, NodeChange } from './graph-diff-types.ts';
import { changesView, unionView } from './graph-diff-view.ts';

const chain = (ops: readonly string[], firstId: number): GraphView =>
  viewOf(
    ops.map((op, i) => ({ op, id: firstId + i, inputs: [i === 0 ? 'x' : `v${i}`], outputs: [`v${i + 1}`] })),
    ['x'],
    [`v${ops.length}`],
  );

const change = (kind: NodeChange['kind'], before: number[], after: number[]): NodeChange => ({
  kind,
  before: before as NodeId[],
  after: after as NodeId[],
  what: [],
});

const diffOf = (changes: readonly NodeChange[], pairs: readonly number[]): GraphDiff => ({
  changes,
  same: 0,
  pairs: Int32Array.from(pairs),
  ports: [],
  model: [],
  unreadBytes: 0,
});

const opsOf = (view: GraphView): string[] =>
  Array.from(view.nodeOps, (op, row) => `${view.opTypes[op]} ${view.nodeOrdinals[row]}`);

/** Every wire goes down: the rows are in an order in which they can run. */
const runs = (view: GraphView): boolean =>
  view.wireSources.every((source, wire) =>
    view.useRows.subarray(view.useStarts[wire], view.useStarts[wire + 1]).every((row) => row > source),
  );

describe('two models in one view', () => {
  const a = chain(['Conv', 'BatchNormalization', 'Relu', 'Gemm'], 1);
  const b = chain(['Conv', 'Relu', 'Gemm'], 101);
  const diff = diffOf([change('removed', [2], [])], [1, 101, 3, 102, 4, 103]);

  it('shows what is only in A where it was read and written', () => {
    const view = unionView(a, b, diff);
    expect(opsOf(view)).toEqual(['Conv 1', 'BatchNormalization 1', 'Relu 1', 'Gemm 1']);
    expect(view.nodeIds[1]).toBe(idOfRemoved(2));
    expect([removedOf(view.nodeIds[1]!), removedOf(101)]).toEqual([2, null]);
    const gone = view.wireSources.indexOf(1);
    expect(Array.from(view.useRows.subarray(view.useStarts[gone], view.useStarts[gone + 1]))).toEqual([2]);
  });

  it('has what is gone read the wires that are still there, the graph inputs too', () => {
    const view = unionView(
      a,
      chain(['Relu', 'Gemm'], 101),
      diffOf([change('removed', [1], []), change('removed', [2], [])], [3, 101, 4, 102]),
    );
    expect(opsOf(view)).toEqual(['Conv 1', 'BatchNormalization 1', 'Relu 1', 'Gemm 1']);
    const input = view.inputs[0]!;
    expect(Array.from(view.useRows.subarray(view.useStarts[input], view.useStarts[input + 1]))).toEqual([0, 2]);
    const second = unionView(a, b, diff);
    const conv = second.wireSources.indexOf(0);
    expect(Array.from(second.useRows.subarray(second.useStarts[conv], second.useStarts[conv + 1]))).toEqual([1, 2]);
  });

  it('draws runs of unchanged nodes as one, with their number and their costs', () => {
    const long = ['Conv', 'Relu', 'Conv', 'Relu', 'Conv', 'Relu', 'Gemm'];
    const view = changesView(
      chain(long, 1),
      chain(long, 101),
      diffOf(
        [change('changed', [7], [107])],
        long.flatMap((_, i) => [1 + i, 101 + i]),
      ),
    );
    expect(opsOf(view)).toEqual(['… same … 5', 'Relu 3', 'Gemm 1']);
    expect(view.nodeDetails[0]).toBe('3 Conv, 2 Relu');
  });

  it('is a graph that can run and be laid out, whatever changed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 90 }), (seed, size) => {
        const random = seeded(seed);
        const view = randomView(random, size);
        const nodes = Array.from(view.nodeIds);
        const other = { ...view, nodeIds: view.nodeIds.map((id) => id + 1000) };
        const changed = nodes.filter(() => random() < 0.1);
        const gone = nodes.filter((id) => !changed.includes(id) && random() < 0.1);
        const diff = diffOf(
          [
            ...changed.map((id) => change('changed', [id], [id + 1000])),
            ...gone.map((id) => change('removed', [id], [])),
            ...gone.map((id) => change('added', [], [id + 1000])),
          ],
          nodes.flatMap((id) => (gone.includes(id) ? [] : [id, id + 1000])),
        );
        for (const made of [unionView(view, other, diff), changesView(view, other, diff)]) {
          expect(runs(made)).toBe(true);
          expect(new Set(made.nodeIds).size).toBe(made.nodeIds.length);
          expect(layoutGraph(made).x).toHaveLength(made.nodeIds.length);
        }
        expect(unionView(view, other, diff).nodeIds).toHaveLength(nodes.length + gone.length);
      }),
      { seed: 21, numRuns: 60 },
    );
  });
});
