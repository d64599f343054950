import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { summarize } from '../analysis/summary.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { buildSample, loadSample } from './catalogue.ts';

const summaryOf = async (name: string) => {
  const model = await loadSample(name);
  verifyModel(model);
  return summarize(model, analyze(model), 0);
};

describe('a sample in other measures', () => {
  it('is as wide and deep as its name says', async () => {
    const half = await summaryOf('character-transformer?layers=2');
    const whole = await summaryOf('character-transformer');
    expect(half.parameters / whole.parameters).toBeCloseTo(0.52, 1);
    const narrow = await summaryOf('digit-cnn?width=4&layers=0');
    expect(narrow.parameters).toBeLessThan(8_000);
    expect(narrow.unknownShapes).toBe(0);
  });

  it.each([
    ['character-transformer?width=16&heads=2&kvHeads=1&layers=1', 1],
    ['character-transformer?width=32&heads=4&kvHeads=4', 4],
  ])('%s is a valid graph of %d layers', async (name, layers) => {
    const model = await loadSample(name);
    verifyModel(model);
    expect([...model.nodes.values()].filter(({ opType }) => opType === 'Softmax')).toHaveLength(layers);
  });

  it.each([
    ['digit-cnn?depth=2', /no measure depth.*width, layers/],
    ['digit-cnn?width=0', /width is a whole number from 1 to 128, not 0/],
    ['digit-cnn?width=wide', /width is wide, no number/],
    ['residual-cnn?width=3', /no measure width\. It has none/],
    ['character-transformer?width=12', /gives 4 heads no even widths/],
    ['character-transformer?kvHeads=3', /4 heads do not share 3/],
    ['no-such', /no sample named no-such.*digit-cnn/],
  ])('%s is refused, with what there is', async (name, says) => {
    await expect(loadSample(name)).rejects.toThrow(says);
  });

  it('has seeded weights, and no figures of a training', async () => {
    const model = await loadSample('digit-cnn?width=8');
    expect(model.extras.metadataProps?.get('trained')).toBeUndefined();
    expect(buildSample('digit-cnn', { width: 8 }).graph.nodes.size).toBe(model.graph.nodes.size);
  });
});
