import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { normal, seeded } from '../../base/random.ts';
import { obtainFacts } from '../../engine/facts.ts';
import { nodePort } from '../../engine/node.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { writeModel } from '../../onnx/write.ts';
import { replayStep } from '../../recipe/replay.ts';
import type { ObtainFacts } from '../../rewrite/run.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { afterPass } from '../../testing/passes.ts';
import { normalFeeds, run } from '../../testing/prune-oracle.ts';
import { pruneChannels } from './prune-channels.ts';

const obtain: ObtainFacts = (pass, context) =>
  obtainFacts(pass, context, nodePort(), silentJob(), { name: 'seeds', feeds: null, samples: 24 });

/** A 1×1 convolution whose last four channels are sums of the first four (and a constant), Identity, and a reader. */
function redundant(reader: (g: GraphBuilder, x: ValueId) => ValueId, constant = 0.5): Model {
  const next = normal(seeded(8));
  const filters = Array.from({ length: 4 }, () => Array.from({ length: 3 }, () => 2 + next()));
  const sums = filters.map((_, i) => filters[i]!.map((w, j) => 0.2 * (w + filters[(i + 1) % 4]![j]!)));
  return buildModel({ opset: 17, seed: 3 }, (g) => {
    const w = g.tensor('w', floats([8, 3, 1, 1], Float32Array.from([...filters, ...sums].flat())));
    const b = g.tensor('b', floats([8], [0, 0, 0, 0, 0, 0, 0, constant]));
    g.output(reader(g, g.op('Conv', [g.input('x', [1, 3, 5, 5]), w, b])), 'y');
  });
}

const READERS: Readonly<Record<string, (g: GraphBuilder, x: ValueId) => ValueId>> = {
  'a convolution without a bias': (g, x) => g.op('Conv', [x, g.weight('read', [4, 8, 3, 3])]),
  'a convolution with one': (g, x) => g.op('Conv', [x, g.weight('read', [4, 8, 1, 1]), g.weight('bias', [4])]),
  'a product and a sum behind it': (g, x) =>
    g.op('Add', [
      g.op('MatMul', [g.op('Transpose', [x], { perm: [0, 2, 3, 1] }), g.weight('read', [8, 4])]),
      g.weight('bias', [4]),
    ]),
  'a Gemm over flattened channels': (g, x) =>
    g.op('Gemm', [g.op('Flatten', [x]), g.weight('read', [4, 200]), g.weight('bias', [4])], { transB: 1 }),
};

const OPTIONS = { ratio: 0.5, repair: 'least-squares' };

async function difference(before: Model, after: Model): Promise<number> {
  const feeds = normalFeeds(before, 77);
  const [a, b] = [await run(before, feeds), await run(after, feeds)].map((each) => each['y']?.data as Float32Array);
  const most = a!.reduce((x, y) => Math.max(x, Math.abs(y)), 0);
  return a!.reduce((worst, each, i) => Math.max(worst, Math.abs(each - b![i]!)), 0) / most;
}

describe('repair by least squares', () => {
  it.each(Object.entries(READERS))('makes up for channels that follow from others: %s', async (_, reader) => {
    const before = redundant(reader);
    const plain = await afterPass(before, pruneChannels, { options: { ratio: 0.5 } });
    const repaired = await afterPass(before, pruneChannels, { obtain, options: OPTIONS });
    expect(await difference(before, plain.model)).toBeGreaterThan(0.05);
    expect(await difference(before, repaired.model)).toBeLessThan(2e-2);
  });

  it('does without constants where padding would make them wrong', async () => {
    const before = redundant((g, x) => g.op('Conv', [x, g.weight('read', [4, 8, 3, 3])], { pads: [1, 1, 1, 1] }), 0);
    const { model } = await afterPass(before, pruneChannels, { obtain, options: OPTIONS });
    expect(await difference(before, model)).toBeLessThan(2e-3);
    expect([...model.nodes.values()].map(({ inputs }) => inputs.length)).toEqual([3, 2]);
  });

  it('is kept in the recipe: a replay runs nothing and gives the same bytes', async () => {
    const before = redundant(READERS['a convolution without a bias']!);
    const first = await replayStep(before, { pass: 'prune-channels', options: OPTIONS, sites: 'all' }, { obtain });
    const never: ObtainFacts = (pass, context) => {
      expect(pass.observes?.(context)).toEqual({ stats: [], moments: [] });
      return obtain(pass, context);
    };
    const step = JSON.parse(JSON.stringify(first.step)) as typeof first.step;
    const again = await replayStep(before, step, { obtain: never });
    expect(writeModel(again.model)).toEqual(writeModel(first.model));
  });

  it('says so where it no longer fits', async () => {
    const before = redundant(READERS['a convolution with one']!);
    const { step } = await replayStep(before, { pass: 'prune-channels', options: OPTIONS, sites: 'all' }, { obtain });
    const [key] = Object.keys(step.decisions ?? {});
    const broken = { ...step, decisions: { [key!]: { ...(step.decisions![key!] as object), repair: [] } } };
    const { error } = await replayStep(before, broken);
    expect(error?.message).toContain('does not fit what reads it now');
  });
});

it('repair by means puts constants in place of channels that hardly move', async () => {
  const before = buildModel({ opset: 17, seed: 3 }, (g) => {
    const w = g.tensor('w', floats([2, 1, 1, 1], [1, 0.001]));
    const x = g.op('Conv', [g.input('x', [1, 1, 4, 4]), w, g.tensor('b', floats([2], [0, 3]))]);
    g.output(g.op('Conv', [x, g.floats('read', [1, 2, 1, 1], [1, 1])]), 'y');
  });
  const { model } = await afterPass(before, pruneChannels, {
    obtain,
    options: { ratio: 0.5, repair: 'mean', importance: 'l1' },
  });
  expect(await difference(before, model)).toBeLessThan(2e-3);
});
