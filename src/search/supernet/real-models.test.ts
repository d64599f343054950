import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { seeded } from '../../base/random.ts';
import type { Model } from '../../ir/model.ts';
import { readModel } from '../../onnx/read.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { tinyEncoder } from '../../testing/exported-blocks.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { SPACE_REQUEST } from '../defaults.ts';
import type { GeneKind } from '../genome.ts';
import { searchSpace } from '../space.ts';
import { atGenome } from './mask.ts';
import { slicedNetwork, supernetFrom, trainedSupernet } from './network.ts';
import { chosenBy } from './phases.ts';

const SLOW = 60_000;
const KINDS: readonly GeneKind[] = ['width', 'heads', 'depth'];

/** Genes that are spared as well; kernels, whose masks want a later operator set, are left out. */
async function expectMasked(model: Model): Promise<Set<GeneKind>> {
  const all = searchSpace(model, analyze(model)).genes;
  const genes = Object.fromEntries(all.map(({ id, kind }) => [id, { searched: KINDS.includes(kind) }]));
  const net = supernetFrom(model, { ...SPACE_REQUEST, kinds: KINDS, genes });
  await expectEquivalent(model, net.masked.model, { class: 'order', seeds: 1 });
  const made = trainedSupernet(net, {});
  const random = seeded(1);
  for (let i = 0; i < 2; i++) {
    const genome = chosenBy(net.genes, KINDS, (allowed) => allowed[Math.floor(random() * allowed.length)] ?? 0);
    const sliced = await slicedNetwork(made, net.space, genome);
    await expectEquivalent(atGenome(net.masked, genome), sliced, { class: 'order', seeds: 1 });
  }
  return new Set(net.genes.filter(({ searched }) => searched).map(({ kind }) => kind));
}

describe('masks give what slicing gives', () => {
  it('in an encoder: neurons, attention heads, layers', { timeout: SLOW }, async () => {
    expect(await expectMasked(tinyEncoder())).toEqual(new Set(['heads', 'width', 'depth']));
  });

  it.skipIf(!haveShared()).each([
    ['cifar/resnet_2b', ['width', 'depth']],
    ['mnist-cnn/mnist', ['width']],
    ['transformer/vit_pgd_2_3_16', ['width', 'heads', 'depth']],
    ['decoder/aidreams260k_nocache', ['heads', 'width', 'depth']],
  ] as const)('in %s: %o', { timeout: SLOW }, async (path, kinds) => {
    const { model } = readModel(sharedFile(`real/models/${path}.onnx`));
    expect(await expectMasked(model)).toEqual(new Set(kinds));
  });
});
