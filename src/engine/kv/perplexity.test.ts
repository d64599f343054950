import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../../base/job.ts';
import { floats } from '../../ir/tensor.ts';
import type { Model } from '../../ir/model.ts';
import { writeModel } from '../../onnx/write.ts';
import { decoderModel, someIds } from '../../testing/decoders.ts';
import { decoderFacts, openDecoder } from '../generate/open.ts';
import { nodePort } from '../node.ts';
import { attentionShares } from './attention-share.ts';
import { Likelihood, surprise } from './likelihood.ts';
import { perplexity, type Perplexity, type PerplexityRequest, type PolicyPerplexity } from './perplexity.ts';
import { requirePolicy } from './policies.ts';

const port = nodePort();
const job = silentJob();
const settings = { backend: 'wasm', level: 'all', threads: 1 } as const;
const LENGTH = 41;
const IDS = someIds(1, LENGTH)[0]!;
const ask = (policies: PerplexityRequest['policies'], more: Partial<PerplexityRequest> = {}): PerplexityRequest => ({
  policies,
  ids: IDS,
  bucket: 16,
  chunk: 7,
  sinks: 0,
  settings,
  ...more,
});
const STYLE = { heads: 4, kvHeads: 2, layers: 1 } as const;

const told = ({ policies }: Perplexity): readonly PolicyPerplexity[] =>
  policies.map((each) => {
    if ('reason' in each) throw new Error(each.reason);
    return each;
  });

/** From the whole text in one run, without a cache. */
async function truth(model: Model): Promise<Likelihood> {
  const parcel = { name: 'whole', bytes: writeModel(model) };
  const decoder = await openDecoder(decoderFacts(model), parcel, { recompute: true, settings }, port, job);
  const { logits } = await decoder.step(IDS, 'all', job);
  await decoder.release();
  const found = new Likelihood(16);
  for (let at = 1; at < LENGTH; at++) found.add(logits.subarray((at - 1) * 32, at * 32), IDS[at]!, at);
  return found;
}

describe('how surely tokens are foretold', () => {
  it('is −ln of the softmax, also where logits are large', () => {
    const row = Float32Array.of(1, 2, 3);
    const sum = Math.exp(1) + Math.exp(2) + Math.exp(3);
    expect(surprise(row, 1)).toBeCloseTo(-Math.log(Math.exp(2) / sum), 12);
    expect(surprise(Float32Array.of(1000, 1000), 0)).toBeCloseTo(Math.LN2, 12);
  });
  it('is told in buckets of positions from 1 on', () => {
    const found = new Likelihood(3);
    for (let at = 1; at <= 5; at++) found.add(Float32Array.of(0, 0, 0, at > 3 ? 100 : 0), 3, at);
    expect(found.buckets.map(({ from, tokens }) => [from, tokens])).toEqual([
      [1, 3],
      [4, 2],
    ]);
    expect(found.buckets.map((each) => each.perplexity)).toEqual([expect.closeTo(4, 6), expect.closeTo(1, 6)]);
    expect(found.perplexity).toBeCloseTo(4 ** (3 / 5), 6);
  });
});

describe('perplexity of a text', () => {
  it('of what keeps all is that of the whole text without a cache', async () => {
    const model = decoderModel(STYLE);
    const whole = await truth(model);
    const all = await perplexity(
      model,
      ask([
        { policy: 'dense', options: {} },
        { policy: 'paged', options: { block: 4 } },
        { policy: 'sliding-window', options: { window: 64 } },
        { policy: 'streaming', options: { window: 64 } },
        { policy: 'int8', options: { residual: 64 } },
        { policy: 'heavy-hitter', options: {} },
      ]),
      port,
      job,
    );
    expect(all).toMatchObject({ tokens: LENGTH - 1, extended: null, attention: null });
    for (const { buckets, perplexity: mean } of told(all)) {
      expect(buckets.map(({ from, tokens }) => [from, tokens])).toEqual([
        [1, 16],
        [17, 16],
        [33, 8],
      ]);
      for (const [at, bucket] of buckets.entries())
        expect(bucket.perplexity / whole.buckets[at]!.perplexity).toBeCloseTo(1, 5);
      expect(mean / whole.perplexity).toBeCloseTo(1, 5);
    }
    expect(told(all).map(({ chunk }) => chunk)).toEqual([7, 7, 7, 7, 1, 1]);
    expect(told(all)[0]!.cacheBytes).toBe((LENGTH - 1) * 64);
  });

  it('is another where some is forgotten, the same in whatever parts it comes', async () => {
    const model = decoderModel(STYLE);
    const policies = [
      { policy: 'dense', options: {} },
      { policy: 'sliding-window', options: { window: 6 } },
      { policy: 'streaming', options: { window: 6, sinks: 2 } },
    ] as const;
    const [parts, ones] = [
      told(await perplexity(model, ask(policies), port, job)),
      told(await perplexity(model, ask(policies, { chunk: 1 }), port, job)),
    ];
    for (const [at, each] of parts.entries()) expect(each.perplexity / ones[at]!.perplexity).toBeCloseTo(1, 5);
    expect(parts[1]!.buckets[0]!.perplexity).not.toBeCloseTo(parts[0]!.buckets[0]!.perplexity, 3);
    expect(parts.map(({ cacheBytes }) => cacheBytes / 64)).toEqual([40, 5, 7]);
  });

  it('makes tables longer that follow a formula, and ends where positions were learnt', async () => {
    const tables = decoderModel({ layers: 1, positions: 'rotary-table', mask: 'table', most: 24 });
    const policies = [{ policy: 'dense', options: {} }] as const;
    const longer = await perplexity(tables, ask(policies), port, job);
    expect(longer.extended).toBe(LENGTH);
    const free = decoderModel({ layers: 1, positions: 'rotary-table', mask: 'table', most: 64 });
    expect(told(longer)[0]!.perplexity / (await truth(free)).perplexity).toBeCloseTo(1, 4);
    const learnt = decoderModel({ layers: 1, positions: 'learned', most: 24 });
    await expect(perplexity(learnt, ask(policies), port, job)).rejects.toMatchObject({
      code: 'bad-request',
      data: { positions: 24 },
      message: expect.stringMatching(/has 41 tokens, but the model takes 24 .* Give a shorter text\.$/) as unknown,
    });
  });

  it('says which policies cannot be had, and what it cannot read', async () => {
    const learnt = decoderModel({ layers: 1, positions: 'learned' });
    const { policies } = await perplexity(learnt, ask([{ policy: 'streaming', options: {} }]), port, job);
    expect(policies[0]).toMatchObject({ policy: 'streaming', reason: expect.stringMatching(/cannot be put off/) });
    const heavy = await perplexity(learnt, ask([{ policy: 'heavy-hitter', options: {} }]), port, job);
    expect(heavy.policies[0]).toMatchObject({ reason: expect.stringMatching(/positions are counted by what is kept/) });
    await expect(perplexity(learnt, ask([], { ids: [1] }), port, job)).rejects.toThrow(/two tokens or more/);
  });

  it('sees a cancel', async () => {
    const controller = new AbortController();
    const cancelling = createJob(controller.signal, ({ done }) => {
      if ((done ?? 0) > 6) controller.abort();
    });
    const running = perplexity(decoderModel(STYLE), ask([{ policy: 'dense', options: {} }]), port, cancelling);
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('the share of attention on the first positions', () => {
  it('is even where all keys are the same', async () => {
    const model = decoderModel({ layers: 2, positions: 'none' });
    const [id, tokens] = [...model.graph.initializers].find(([each]) => model.getValue(each).name === 'tokens')!;
    model.setInitializer(id, floats(tokens.shape, new Float32Array(tokens.size)));
    const shares = (await attentionShares(model, IDS, 3, port, job))!;
    expect(shares).toMatchObject({ sinks: 3, from: 20, to: LENGTH });
    const even = Array.from({ length: 21 }, (_, i) => 3 / (21 + i)).reduce((sum, each) => sum + each, 0) / 21;
    expect(shares.even).toBeCloseTo(even, 10);
    expect(shares.layers).toEqual([expect.closeTo(even, 5), expect.closeTo(even, 5)]);
  });
  it('is what the softmax gives, with a cache and without', async () => {
    const model = decoderModel({ layers: 1 });
    const [plain, cached] = [model, (await requirePolicy(model, 'dense', {}, job)).model];
    const [a, b] = [await attentionShares(plain, IDS, 2, port, job), await attentionShares(cached, IDS, 2, port, job)];
    expect(a!.layers[0]).toBeGreaterThan(0);
    expect(b!.layers[0]! / a!.layers[0]!).toBeCloseTo(1, 5);
  });
});
