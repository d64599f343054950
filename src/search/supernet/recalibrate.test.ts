import { expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { silentJob } from '../../base/job.ts';
import { normal, seeded } from '../../base/random.ts';
import { obtainFacts } from '../../engine/facts.ts';
import { nodePort } from '../../engine/node.ts';
import type { Model } from '../../ir/model.ts';
import { replayStep } from '../../recipe/replay.ts';
import { edgeCnn } from '../../samples/edge-cnn.ts';
import { searchSpace } from '../space.ts';
import { slicedNetwork } from './network.ts';
import { recalibrated } from './recalibrate.ts';

const port = nodePort();
const job = silentJob();

const statistics = (model: Model): Map<string, number[]> =>
  new Map(
    [...model.graph.initializers]
      // Those of blocks that are gone stay behind, unused.
      .filter(([id]) => model.getValue(id).uses.length > 0)
      .map(([id, tensor]) => [model.getValue(id).name, Array.from(tensor.numbers())] as const)
      .filter(([name]) => /running_(mean|var)$/.test(name)),
  );

it('batch norms of a sub-network get what the pass gives them on the same data', { timeout: 60_000 }, async () => {
  const model = edgeCnn({ width: 2, layers: 2 });
  const space = searchSpace(model, analyze(model));
  const smallest = space.genes.map(({ kind, choices }) => (kind === 'resolution' ? choices.length - 1 : 0));
  const sliced = await slicedNetwork(model, space, smallest);
  const draw = normal(seeded(1));
  const image = {
    dtype: 'float32' as const,
    shape: [40, 1, 28, 28],
    data: Float32Array.from({ length: 40 * 784 }, draw),
  };
  const quick = await recalibrated(sliced, { image }, port, job);
  const calibration = { name: 'noise', feeds: [{ image }], samples: 40 };
  const outcome = await replayStep(
    sliced,
    { pass: 'reestimate-batch-norm', options: { basis: 'data' }, sites: 'all' },
    { obtain: (pass, context) => obtainFacts(pass, context, port, job, calibration) },
  );
  expect(outcome.error).toBeNull();
  const [got, wanted, before] = [quick, outcome.model, sliced].map(statistics);
  expect(wanted!.size).toBeGreaterThan(10);
  for (const [name, numbers] of wanted!) {
    numbers.forEach((each, i) => {
      expect(Math.abs(got!.get(name)![i]! - each)).toBeLessThan(1e-4 * Math.max(1, Math.abs(each)));
    });
    expect(got!.get(name), name).not.toEqual(before!.get(name));
  }
});
