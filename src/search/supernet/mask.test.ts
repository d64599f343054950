import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { seeded } from '../../base/random.ts';
import type { Model } from '../../ir/model.ts';
import { verifyModel } from '../../ir/verify-model.ts';
import { replay } from '../../recipe/replay.ts';
import { edgeCnn } from '../../samples/edge-cnn.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { obtain } from '../../testing/passes.ts';
import { randomGenome, smallest, type Genome } from '../genome.ts';
import { searchSpace, type SearchSpace } from '../space.ts';
import { stepsOf } from '../subnet.ts';
import { setSupernet } from './info.ts';
import { atGenome, maskedModel } from './mask.ts';

const network = (): Model => {
  const model = edgeCnn({ width: 4, layers: 3 });
  setSupernet(model, { transforms: {} });
  return model;
};

async function sliced(model: Model, space: SearchSpace, genome: Genome): Promise<Model> {
  let last = model;
  for await (const outcome of replay(model, { whittle: 1, steps: stepsOf(space, genome) }, { obtain })) {
    expect([outcome.error, outcome.lost]).toEqual([null, []]);
    last = outcome.model;
  }
  return last;
}

describe('a masked model', () => {
  it('gives what the sliced network gives, for random widths, depths and kernels', { timeout: 60_000 }, async () => {
    const model = network();
    const space = searchSpace(model, analyze(model));
    const masked = maskedModel(model, analyze(model), space);
    verifyModel(masked.model);
    const random = seeded(5);
    const genomes = [smallest(space.genes), ...Array.from({ length: 4 }, () => randomGenome(space.genes, random))];
    for (const genome of genomes) {
      const [all, part] = [atGenome(masked, genome), await sliced(model, space, genome)];
      await expectEquivalent(all, part, { class: 'order', seeds: 1, shapes: { image: [2, 1, 28, 28] } });
    }
  });
});
