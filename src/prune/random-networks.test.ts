import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { expectOracle } from '../testing/prune-oracle.ts';
import { buildNetwork, HEAD_NAMES, LAYER_NAMES, randomNetwork } from '../testing/random-networks.ts';

it('random networks: mask then run equals cut then run, and the forecast is exact', async () => {
  const seen = new Set<string>();
  let groups = 0;
  await fc.assert(
    fc.asyncProperty(randomNetwork, async (net) => {
      const result = await expectOracle(buildNetwork(net), { share: net.share, seed: net.seed, tolerance: 1e-4 });
      groups += result.graph.groups.length;
      for (const { name } of net.layers) seen.add(name);
    }),
    { numRuns: 120, seed: 20_26 },
  );
  expect(seen.size).toBe(LAYER_NAMES.length);
  expect(groups).toBeGreaterThan(200);
});

it.each(LAYER_NAMES)('%s: its channels are cut, not frozen', async (name) => {
  const net = { layers: [{ name, width: 4 }], head: 'flatten', seed: 11 };
  const { graph, error, change } = await expectOracle(buildNetwork(net), { share: 0.5, seed: 4 });
  expect(graph.groups.length, JSON.stringify(graph.frozen)).toBeGreaterThan(0);
  expect(graph.frozen.map((each) => graph.space.model.getNode(each.node).opType)).toEqual(['Gemm']);
  expect(error).toBeLessThan(1e-5);
  expect(change).toBeGreaterThan(1e-3);
});

it.each(HEAD_NAMES)('%s: the head follows the cut', async (head) => {
  const { graph, change } = await expectOracle(buildNetwork({ layers: [{ name: 'conv', width: 4 }], head, seed: 12 }));
  expect(graph.groups.length).toBe(2);
  expect(change).toBeGreaterThan(1e-3);
});
