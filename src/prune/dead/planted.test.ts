import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import type { Model } from '../../ir/model.ts';
import { readModel } from '../../onnx/read.ts';
import { foldConstants } from '../../passes/cleanup/fold-constants.ts';
import { freezeInitializers } from '../../passes/cleanup/freeze-initializers.ts';
import { removeDeadChannels } from '../../passes/pruning/remove-dead-channels.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass } from '../../testing/passes.ts';
import { plantDead, type Planted } from '../../testing/plant-dead.ts';
import { normalFeeds, run, worstError } from '../../testing/prune-oracle.ts';
import { buildNetwork, randomNetwork } from '../../testing/random-networks.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { channelGraph } from '../plan.ts';
import { deadChannels } from './find.ts';
import type { DeadKind } from './types.ts';

/** ms; the largest model is run ten times. */
const SLOW = 120_000;

const EXPECTED: Readonly<Record<Planted, DeadKind>> = {
  zero: 'zero',
  negative: 'zero',
  constant: 'constant',
  copy: 'copy',
};

async function opened(path: string): Promise<Model> {
  const { model } = await afterPass(readModel(sharedFile(`real/models/${path}.onnx`)).model, freezeInitializers);
  return (await afterPass(model, foldConstants)).model;
}

/** By group index: what is dead, and why. */
function deadIn(model: Model): Map<number, DeadKind>[] {
  const graph = channelGraph(model, analyze(model));
  const found = graph.groups.map(() => new Map<number, DeadKind>());
  for (const { group, kinds } of deadChannels(graph)) {
    kinds.forEach((kind, atom) => kind && found[group.index]?.set(atom, kind));
  }
  return found;
}

describe.skipIf(!haveShared())('real models with a share of their channels made dead', () => {
  it.each([
    ['mobilenetv2/mobilenet_v2_fp32', 0.1, { zero: 242, negative: 216, constant: 230, copy: 223 }],
    ['cifar/resnet_2b', 0.1, { zero: 7, negative: 5, constant: 2, copy: 3 }],
    ['face/version-RFB-320_simplified', 0.1, { zero: 59, negative: 49, constant: 32, copy: 34 }],
    ['mnist-cnn/mnist', 0.1, { zero: 2, negative: 1 }],
    ['mnist-cnn/mnist', 0.5, { zero: 4, negative: 3, constant: 2, copy: 3 }],
  ])(
    '%s, %d: all are found, nothing else goes, and the result is the same',
    { timeout: SLOW },
    async (path, share, kinds) => {
      const before = await opened(path);
      const already = deadIn(before);
      const { model, planted } = plantDead(before, {
        share,
        seed: 3,
        spare: already.map((each) => new Set(each.keys())),
      });
      const found = deadIn(model);
      const counts: Partial<Record<Planted, number>> = {};
      planted.forEach((own, group) => {
        const wanted = new Map([
          ...(already[group] ?? []),
          ...[...own].map(([atom, kind]) => [atom, EXPECTED[kind]] as const),
        ]);
        expect(found[group], `group ${group}`).toEqual(wanted);
        for (const kind of own.values()) counts[kind] = (counts[kind] ?? 0) + 1;
      });
      expect(counts).toEqual(kinds);
      const { model: after, result } = await afterPass(model, removeDeadChannels);
      expect(result.applied.map(({ preserves }) => preserves)).toEqual(result.applied.map(() => 'order'));
      const feeds = normalFeeds(model, 5);
      expect(worstError(await run(model, feeds), await run(after, feeds))).toBeLessThan(1e-4);
      await expectEquivalent(model, after, { class: 'order' });
    },
  );
});

it('random networks with dead channels are the same without them', { timeout: SLOW }, async () => {
  const seen: Partial<Record<DeadKind, number>> = {};
  await fc.assert(
    fc.asyncProperty(randomNetwork, async (net) => {
      const { model, planted } = plantDead(buildNetwork(net), { share: net.share / 2, seed: net.seed });
      const found = deadIn(model);
      planted.forEach((own, group) => {
        for (const [atom, kind] of own) {
          if (kind === 'zero') expect(['zero', 'unread'], `${group}: ${atom}`).toContain(found[group]?.get(atom));
        }
      });
      for (const group of found) for (const kind of group.values()) seen[kind] = (seen[kind] ?? 0) + 1;
      const { model: after, result } = await afterPass(model, removeDeadChannels);
      expect(result.applied.length).toBe(found.filter((each) => each.size > 0).length);
      const feeds = normalFeeds(model, net.seed);
      expect(worstError(await run(model, feeds), await run(after, feeds))).toBeLessThan(1e-4);
    }),
    { numRuns: 80, seed: 20_26 },
  );
  // Every kind occurs, so that each was compared.
  expect(Object.keys(seen).sort()).toEqual(['constant', 'copy', 'unread', 'zero']);
});
