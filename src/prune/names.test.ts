import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import type { Model } from '../ir/model.ts';
import { foldBatchNorm } from '../passes/fusion/fold-batch-norm.ts';
import { fuseConvActivation } from '../passes/fusion/fuse-conv-activation.ts';
import { buildSample } from '../samples/catalogue.ts';
import { afterPass } from '../testing/passes.ts';
import { planView } from './plan.ts';

const names = (model: Model): string[] =>
  planView(model, analyze(model), { importance: 'random', seed: 1 }).groups.map(({ name }) => name);

describe('the names of channel groups', () => {
  it('say the block and the role', () => {
    const found = names(buildSample('mobilenet-v2'));
    expect(found).toEqual(expect.arrayContaining(['features.4 expand', 'features.2–3 residual']));
    expect(new Set(found).size).toBe(found.length);
  });

  it('stay readable after batch norms are folded and activations fused', async () => {
    const folded = (await afterPass(buildSample('mobilenet-v2'), foldBatchNorm)).model;
    const fused = (await afterPass(folded, fuseConvActivation)).model;
    const found = names(fused);
    expect(found).toEqual(expect.arrayContaining(['features.4 expand', 'features.2–3 residual']));
    expect(found.filter((name) => name.includes(':'))).toEqual([]);
  });
});
