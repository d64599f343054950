import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../../base/job.ts';
import { GREEDY } from '../../generate/sampler.ts';
import type { CachePolicy } from '../../kv/types.ts';
import { nodePort } from '../node.ts';
import { Studio } from '../studio.ts';
import { KvDesk } from './desk.ts';
import type { TalkAsk, TalkPiece, TalkProgress } from './lab-types.ts';

const port = nodePort();
const job = silentJob();
const POLICIES: readonly CachePolicy[] = [
  { kind: 'dense' },
  { kind: 'sliding-window', window: 24 },
  { kind: 'streaming', window: 20, sinks: 4 },
  { kind: 'int8', group: 8, residual: 4 },
  { kind: 'paged', block: 8 },
];
const [DENSE, WINDOW, STREAMING] = POLICIES as [CachePolicy, CachePolicy, CachePolicy];

async function open(sample = 'character-transformer?width=32&layers=2') {
  const studio = new Studio(port);
  await studio.openSample(sample);
  const desk = new KvDesk({
    port,
    stopOf: (index) => studio.stopOf(index),
    applyAll: (index, requests, running) => studio.applyAll(index, requests, running),
  });
  return { studio, desk };
}

const ask = (policy: CachePolicy, more: Partial<TalkAsk> = {}): TalkAsk => ({
  ...{ stop: 0, policy, prompt: 'Anna had ', tokens: 12, sampling: GREEDY, backend: 'wasm', threads: 1, blocks: null },
  ...more,
});

describe('policies of an open decoder', () => {
  it('are planned with the steps that they want in front, and nothing of the document changes', async () => {
    const { studio, desk } = await open();
    const { decoder, plans, reason, tokenizer } = await desk.look(0, POLICIES, job);
    expect(reason).toBeNull();
    expect(plans.map(({ kind, passes, reason: why }) => [kind, passes, why])).toEqual([
      ['dense', ['add-kv-cache'], null],
      ['sliding-window', ['add-kv-cache', 'sliding-window-cache'], null],
      ['streaming', ['add-kv-cache', 'defer-rotary', 'streaming-cache'], null],
      ['int8', ['add-kv-cache', 'quantize-kv-cache'], null],
      ['paged', ['add-kv-cache', 'page-kv-cache'], null],
    ]);
    // 4 heads of queries over 32 channels, two of keys and values.
    expect(decoder?.layers).toEqual(Array.from({ length: 2 }, () => ({ heads: 2, keyWidth: 8, valueWidth: 8 })));
    expect(decoder?.policy).toEqual({ kind: 'none' });
    expect(tokenizer).toMatchObject({ name: 'characters', given: false });
    expect(studio.document().stops.length).toBe(1);
  });

  it('say why a model is no decoder', async () => {
    const { desk } = await open('edge-cnn');
    const { decoder, reason, plans } = await desk.look(0, POLICIES, job);
    expect([decoder, plans]).toEqual([null, []]);
    expect(reason).toMatch(/no input of token ids/);
  });

  it('become steps, and another one begins before the first', async () => {
    const { studio, desk } = await open();
    const streaming = await desk.apply(0, STREAMING, job);
    const passes = () => studio.document().recipe.steps.map(({ pass }) => pass);
    expect(passes()).toEqual(['add-kv-cache', 'defer-rotary', 'streaming-cache']);
    const look = await desk.look(streaming.cursor, POLICIES, job);
    expect(look.decoder?.policy).toEqual(STREAMING);
    expect(look.plans.find(({ kind }) => kind === 'sliding-window')).toMatchObject({ base: 1, reason: null });
    await desk.apply(streaming.cursor, WINDOW, job);
    expect(passes()).toEqual(['add-kv-cache', 'sliding-window-cache']);
    await desk.apply(studio.document().cursor, DENSE, job);
    expect(passes()).toEqual(['add-kv-cache']);
  });
});

describe('perplexity under each policy', () => {
  it('is told one by one, pages saying what all positions say, and can be had of stories', async () => {
    const { desk } = await open('character-transformer?width=16&layers=1');
    const told: string[] = [];
    const watched = createJob(new AbortController().signal, (progress) => {
      const { found } = progress as { found?: { policy: CachePolicy } };
      if (found) told.push(found.policy.kind);
    });
    const how = { stop: 0, policies: POLICIES, tokens: 41, bucket: 20, sinks: 4, backend: 'wasm', threads: 1 } as const;
    const { tokens, policies } = await desk.measure(how, 'stories', watched);
    expect(tokens).toBe(40);
    expect(told).toEqual(POLICIES.map(({ kind }) => kind));
    const [dense, window, , int8, paged] = policies.map((each) => (each.reason === null ? each : null));
    expect(dense!.buckets.map(({ from, tokens: count }) => [from, count])).toEqual([
      [1, 20],
      [21, 20],
    ]);
    expect(paged!.perplexity).toBeCloseTo(dense!.perplexity, 3);
    expect(Math.abs(window!.perplexity / dense!.perplexity - 1)).toBeGreaterThan(1e-6);
    expect(int8!.cacheBytes).toBeLessThan(dense!.cacheBytes);
    expect(dense!.msPerToken).toBeGreaterThan(0);
  });

  it('reads a text of one’s own, and names what it cannot read', async () => {
    const { desk } = await open('character-transformer?width=16&layers=1');
    const own = (text: string) => ({ name: 'own.txt', bytes: async () => new TextEncoder().encode(text) });
    const how = { stop: 0, policies: [DENSE], tokens: 8, bucket: 8, sinks: 0, backend: 'wasm', threads: 1 } as const;
    expect((await desk.measure(how, own('Anna had a dog.'), job)).tokens).toBe(7);
    await expect(desk.measure(how, own('Größe'), job)).rejects.toMatchObject({ code: 'bad-request' });
  });
});

describe('text under a policy', () => {
  it('is told token by token, with what is kept, and is that of the model run anew each time', async () => {
    const { desk } = await open();
    const pieces: TalkPiece[] = [];
    const watched = createJob(new AbortController().signal, (progress) =>
      pieces.push(...((progress as { pieces?: readonly TalkPiece[] }).pieces ?? [])),
    );
    const dense = await desk.talk(ask(DENSE), watched);
    expect(pieces.map(({ text }) => text).join('')).toBe(dense.text);
    expect(pieces.flatMap(({ id }) => (id === null ? [] : [id]))).toEqual(dense.ids);
    // 64 floats of each position of the prompt and what it begins with, then of one more for each token.
    expect(pieces.slice(0, 2).map(({ cacheBytes }) => cacheBytes)).toEqual([10, 11].map((length) => length * 64 * 4));
    expect(dense.promptTokens).toBe(10);
    const anew = await desk.talk(ask({ kind: 'none' }), job);
    expect(anew.ids).toEqual(dense.ids);
  });

  it('is the same from pages, and comes from windows and eight bits too', async () => {
    const { desk } = await open();
    const [dense, window, streaming, int8, paged] = await Promise.all(
      POLICIES.map((policy) => desk.talk(ask(policy, { tokens: 30 }), job)),
    );
    expect(paged!.ids).toEqual(dense!.ids);
    for (const each of [window, streaming, int8]) expect(each!.ids.length).toBe(30);
    // 39 positions went through: 23 of them are kept by both windows.
    expect([window, streaming].map((each) => each!.cacheBytes)).toEqual([23 * 64 * 4, 23 * 64 * 4]);
    expect(int8!.cacheBytes).toBeLessThan(dense!.cacheBytes / 2);
    expect(paged!.cacheBytes).toBe(40 * 64 * 4);
  });

  it('goes on in pages from what an earlier text left there, and says the same as anew', async () => {
    const { desk } = await open();
    const paged: CachePolicy = { kind: 'paged', block: 8 };
    const first = await desk.talk(ask(paged, { tokens: 30 }), job);
    expect(first.reused).toBe(0);
    // 10 + 30 + 1 ids; the last token of the first text was never run, so that four blocks of eight are full and known.
    const prompt = `Anna had ${first.text} `;
    const second = await desk.talk(ask(paged, { prompt, tokens: 8 }), job);
    expect(second.reused).toBe(32);
    const { desk: fresh } = await open();
    const anew = await fresh.talk(ask(DENSE, { prompt, tokens: 8 }), job);
    expect(second.ids).toEqual(anew.ids);
    // Another size of blocks is another pool.
    expect((await desk.talk(ask({ kind: 'paged', block: 4 }, { prompt, tokens: 1 }), job)).reused).toBe(0);
  });

  it('has a bound on its pages: earlier texts give way, and one that is too long says so', async () => {
    const { desk } = await open();
    const bounded = { tokens: 20, blocks: 4 };
    const paged: CachePolicy = { kind: 'paged', block: 8 };
    await desk.talk(ask(paged, bounded), job);
    let evicted = 0;
    const watched = createJob(new AbortController().signal, (progress) => {
      evicted = (progress as TalkProgress).blocks?.counts.evict ?? evicted;
    });
    await desk.talk(ask(paged, { ...bounded, prompt: 'Ben saw a ' }), watched);
    expect(evicted).toBeGreaterThan(0);
    await expect(desk.talk(ask(paged, { ...bounded, tokens: 40 }), job)).rejects.toThrow(/All 4 blocks are in use/);
  });

  it('takes ids where it is told that each byte is one, and the model’s own tokenizer again', async () => {
    const { desk } = await open();
    expect(await desk.giveTokenizer(0, 'bytes')).toMatchObject({ name: 'bytes', given: true });
    expect(await desk.giveTokenizer(0, null)).toMatchObject({ name: 'characters', given: false });
  });

  it('can be stopped', async () => {
    const { desk } = await open();
    const controller = new AbortController();
    const stopped = createJob(controller.signal, () => controller.abort());
    await expect(desk.talk(ask(DENSE, { tokens: 500 }), stopped)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
