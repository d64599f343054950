import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { seeded } from '../base/random.ts';
import { shuffled } from '../data/data-set.ts';
import type { Model } from '../ir/model.ts';
import { buildModel } from '../testing/build.ts';
import { expectEquivalent } from '../testing/equivalent.ts';
import { buildNetwork, LAYER_NAMES, randomNetwork } from '../testing/random-networks.ts';
import { findGroups } from './groups.ts';
import { reorderChannels } from './reorder.ts';

/** A copy with every group shuffled, and how many weights that changed. */
function shuffledModel(model: Model, seed: number): { made: Model; changed: number } {
  const made = model.clone();
  const graph = findGroups(made, analyze(made));
  const orders = new Map(
    graph.groups.map(({ key, atoms, index }) => [key, Array.from(shuffled(atoms.length, seed + index))]),
  );
  reorderChannels(made, graph, orders);
  const moved = [...model.graph.initializers].filter(([id, tensor]) => {
    const other = made.graph.initializers.get(id);
    return other && Array.from(tensor.numbers()).some((each, i) => each !== other.numbers()[i]);
  });
  return { made, changed: moved.length };
}

describe('channels in another order', () => {
  it('leave what a model gives as it was, whatever layers it has', { timeout: 60_000 }, async () => {
    let changed = 0;
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(randomNetwork, async (net) => {
        const model = buildNetwork(net);
        const found = shuffledModel(model, net.seed);
        await expectEquivalent(model, found.made, { class: 'order', seeds: 1 });
        changed += found.changed;
        for (const { name } of net.layers) seen.add(name);
      }),
      { numRuns: 25, seed: 7 },
    );
    expect(changed).toBeGreaterThan(100);
    expect(seen.size).toBeGreaterThan(LAYER_NAMES.length / 2);
  });

  it('come to stand where they are told to', () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const x = g.op('Conv', [g.input('x', [1, 1, 2, 2]), g.floats('w', [3, 1, 1, 1], [1, 2, 3])]);
      g.output(g.op('Conv', [g.op('Relu', [x]), g.floats('next', [1, 3, 1, 1], [10, 20, 30])]), 'y');
    });
    const graph = findGroups(model, analyze(model));
    reorderChannels(model, graph, new Map([[graph.groups[0]!.key, [2, 0, 1]]]));
    const named = new Map([...model.graph.initializers].map(([id, tensor]) => [model.getValue(id).name, tensor]));
    expect(Array.from(named.get('w')!.numbers())).toEqual([3, 1, 2]);
    expect(Array.from(named.get('next')!.numbers())).toEqual([30, 10, 20]);
  });

  it('stay where a constant names them by number', async () => {
    const random = seeded(2);
    const model = buildModel({ opset: 17 }, (g) => {
      const x = g.op('Conv', [
        g.input('x', [1, 1, 2, 2]),
        g.floats('w', [4, 1, 1, 1], Array.from({ length: 4 }, random)),
      ]);
      const picked = g.op('Gather', [x, g.int64s('indices', [3, 1, 0, 2])], { axis: 1 });
      g.output(g.op('Conv', [picked, g.floats('next', [1, 4, 1, 1], [1, 2, 3, 4])]), 'y');
    });
    const { made, changed } = shuffledModel(model, 1);
    expect(changed).toBe(0);
    await expectEquivalent(model, made, { class: 'bits', seeds: 1 });
  });
});
