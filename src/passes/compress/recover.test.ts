import { describe, expect, it } from 'vitest';
import { floats, type Tensor } from '../../ir/tensor.ts';
import { noFacts } from '../../rewrite/facts.ts';
import { runPass } from '../../rewrite/run.ts';
import { stripesModel } from '../../testing/train-data.ts';
import { recover } from './recover.ts';

const SHA256 = 'a'.repeat(64);
const learnt = new Map([['dense.b', floats([3], [0.1, 0.2, 0.3])]]);

const run = (weights: ReadonlyMap<string, Tensor> | null, options = {}) =>
  runPass(stripesModel(), recover, {
    backend: 'wasm',
    options: { weights: SHA256, ...options },
    obtain: () => Promise.resolve({ ...noFacts, weights: (sha256) => (sha256 === SHA256 ? weights : null) }),
  });

describe('recover', () => {
  it('gives constants what was learnt, and leaves the others', async () => {
    const { model, applied } = await run(learnt, { how: { steps: 40, teacher: 'mnist.onnx' } });
    expect(applied).toMatchObject([{ title: 'Recover from mnist.onnx, 40 steps' }]);
    const named = new Map(
      [...model.graph.initializers].map(([id, tensor]) => [model.getValue(id).name, tensor.numbers()]),
    );
    expect(named.get('dense.b')).toEqual(Float32Array.of(Math.fround(0.1), Math.fround(0.2), Math.fround(0.3)));
    const before = stripesModel();
    const dense = [...before.graph.initializers].find(([id]) => before.getValue(id).name === 'dense.w');
    expect(named.get('dense.w')).toEqual(dense?.[1].numbers());
  });

  it('ends a replay where the weights are not at hand, and says where they belong', async () => {
    await expect(run(null)).rejects.toMatchObject({
      message: expect.stringContaining(`${SHA256}.safetensors`) as unknown,
    });
  });

  it.each([
    ['another shape', new Map([['dense.b', floats([4], [1, 2, 3, 4])]]), /dense.b is \[3\] here/],
    ['a constant that is gone', new Map([['gone', floats([1], [1])]]), /no constant named gone/],
  ])('refuses %s', async (_, weights, says) => {
    const { applied, refusals } = await run(weights);
    expect(applied).toEqual([]);
    expect(refusals[0]?.reason).toMatch(says);
  });

  it('asks for a training where it names no weights, and refuses what is no SHA-256', async () => {
    expect((await run(learnt, { weights: '' })).refusals[0]?.reason).toMatch(/Train first/);
    expect((await run(learnt, { weights: 'abc' })).refusals[0]?.reason).toMatch(/no SHA-256/);
  });
});
