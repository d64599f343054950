import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../base/job.ts';
import { byteTokenizer } from '../data/tokenizer.ts';
import type { Decoder } from './decoder.ts';
import { generate, type GenerateSettings, type NewToken } from './loop.ts';
import { GREEDY } from './sampler.ts';

const job = silentJob();
const SETTINGS: GenerateSettings = { tokens: 20, sampling: GREEDY, stops: [], stopIds: [] };
const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];

/** Says a text, byte by byte, whatever it is given; each run takes 10 ms, or 4 ms for one id. */
function saying(text: string): Decoder & { readonly given: (readonly number[])[] } {
  const given: (readonly number[])[] = [];
  let [said, length] = [0, 0];
  return {
    given,
    get length() {
      return length;
    },
    begin() {
      [said, length] = [0, 0];
      return Promise.resolve(0);
    },
    async step(ids, _wanted, job) {
      await job.checkpoint();
      given.push(ids);
      length += ids.length;
      const logits = new Float32Array(256);
      logits[bytes(text)[said++ % bytes(text).length]!] = 5;
      return { logits, rows: 1, length, ms: ids.length > 1 ? 10 : 4, cacheBytes: length * 8 };
    },
    release: () => Promise.resolve(),
  };
}

describe('generating', () => {
  it('feeds the prompt at once and then each new token, until there are enough', async () => {
    const decoder = saying('abcdef');
    const seen: unknown[] = [];
    const onToken = (token: unknown): void => void seen.push(token);
    const made = await generate(decoder, bytes('xy'), { ...SETTINGS, tokens: 4 }, byteTokenizer, { job, onToken });
    expect(decoder.given).toEqual([bytes('xy'), bytes('a'), bytes('b'), bytes('c')]);
    expect(made).toEqual({
      ...{ ids: bytes('abcd'), text: 'abcd', stopped: 'length', reused: 0, prefillMs: 10, steps: 3, msPerToken: 4 },
      ...{ tokensPerSecond: 250, cacheBytes: 40 },
    });
    expect(seen[0]).toEqual({ id: 97, text: 'a', ms: 10 });
    expect(seen.length).toBe(4);
  });

  it('has no time for a token where the prompt gave the only one', async () => {
    const made = await generate(saying('a'), [1, 2], { ...SETTINGS, tokens: 1 }, null, { job });
    expect(made).toMatchObject({ ids: [97], text: '', steps: 0, msPerToken: null, tokensPerSecond: null });
  });

  it('ends at a stop text, and gives out nothing of it', async () => {
    const told: string[] = [];
    const onToken = ({ text }: Pick<NewToken, 'text'>): void => void told.push(text);
    const settings = { ...SETTINGS, stops: ['. '] };
    const made = await generate(saying('Hi. You.'), [1], settings, byteTokenizer, { job, onToken });
    expect(made).toMatchObject({ text: 'Hi', stopped: 'text', ids: bytes('Hi. ') });
    expect(told.join('')).toBe('Hi');
  });

  it('ends at a token that ends texts, and leaves it out', async () => {
    const byTokenizer = await generate(saying('ab!c'), [1], SETTINGS, { ...byteTokenizer, ends: bytes('!') }, { job });
    expect(byTokenizer).toMatchObject({ ids: bytes('ab'), text: 'ab', stopped: 'token' });
    const bySettings = await generate(saying('ab!c'), [1], { ...SETTINGS, stopIds: bytes('b') }, null, { job });
    expect(bySettings).toMatchObject({ ids: bytes('a'), stopped: 'token', steps: 1 });
  });

  it('gives out at the end what waited for the rest of a character or a stop', async () => {
    const told: (readonly [number | null, string])[] = [];
    const onToken = ({ id, text }: { id: number | null; text: string }): void => void told.push([id, text]);
    const settings = { ...SETTINGS, tokens: 3, stops: ['.!'] };
    const made = await generate(saying('a.é'), [1], settings, byteTokenizer, { job, onToken });
    expect(made.text).toBe('a.\uFFFD');
    expect(told.map(([, text]) => text).join('')).toBe(made.text);
    expect(told.at(-1)?.[0]).toBeNull();
  });

  it('looks at prompt and new tokens for repetition', async () => {
    const sampling = { ...GREEDY, repetition: 10 };
    const made = await generate(saying('a'), bytes('a'), { ...SETTINGS, sampling, tokens: 3 }, null, { job });
    // 5 / 10 is still more than the others' 0.
    expect(made.ids).toEqual(bytes('aaa'));
  });

  it('is cancelled between two tokens', async () => {
    const controller = new AbortController();
    const cancelled = createJob(controller.signal, () => {});
    let count = 0;
    const onToken = (): void => void (++count === 3 && controller.abort());
    const run = generate(saying('abc'), [1], SETTINGS, byteTokenizer, { job: cancelled, onToken });
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(count).toBe(3);
  });

  it('refuses an empty prompt, no tokens, and stop texts without a tokenizer', async () => {
    const run = (prompt: number[], settings: Partial<GenerateSettings>) =>
      generate(saying('a'), prompt, { ...SETTINGS, ...settings }, null, { job });
    await expect(run([], {})).rejects.toThrow(/prompt is empty/);
    await expect(run([1], { tokens: 0 })).rejects.toThrow(/0 tokens cannot be generated/);
    await expect(run([1], { stops: ['x'] })).rejects.toThrow(/no tokenizer/);
    await expect(run([1], { sampling: { ...GREEDY, topP: 2 } })).rejects.toMatchObject({ code: 'bad-request' });
  });
});
