import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Perplexity } from '../engine/kv/perplexity.ts';
import { writeModel } from '../onnx/write.ts';
import { decoderModel } from '../testing/decoders.ts';
import { whittle } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-perplexity-'));
function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('whittle kv perplexity', () => {
  it('tells of the bundled decoder how well it foretells stories that it was not shown', async () => {
    const argv = ['kv', 'perplexity', 'sample:character-transformer', '--text', 'stories', '--length', '181'];
    const sizes = ['--policy', 'dense,streaming', '--window', '60', '--bucket', '90'];
    const { code, out } = await whittle(...argv, ...sizes, '--json');
    expect(code).toBe(0);
    const told = JSON.parse(out) as Perplexity;
    expect(told).toMatchObject({ tokens: 180, bucket: 90, extended: null, attention: { sinks: 4, from: 90, to: 181 } });
    expect(told.policies).toMatchObject([
      { policy: 'dense', options: {}, buckets: [{ from: 1 }, { from: 91 }], cacheBytes: 180 * 2048 },
      { policy: 'streaming', options: { window: 60 }, cacheBytes: 63 * 2048 },
    ]);
    for (const each of told.policies) expect('perplexity' in each && each.perplexity).toBeLessThan(2);
    expect(told.attention!.layers).toHaveLength(4);
  });

  it('prints a table, and why a policy is not in it', async () => {
    const model = file('learnt.onnx', writeModel(decoderModel({ positions: 'learned', layers: 1 })));
    const text = file('text.txt', String.fromCharCode(...Array.from({ length: 50 }, (_, at) => (at * 7) % 32)));
    const argv = ['kv', 'perplexity', model, '--text', text, '--tokenizer', 'bytes', '--bucket', '32'];
    const { code, out } = await whittle(...argv, '--policy', 'all', '--window', '8');
    expect(code).toBe(0);
    expect(out).toMatch(/^Perplexity of 49 tokens/);
    expect(out).toMatch(/policy +all +1–32 +33–49 +ms\/token +kept/);
    expect(out).toMatch(/sliding-window, window 8 +\d+\.\d{3} /);
    expect(out).toMatch(/streaming, window 8 +–/);
    expect(out).toMatch(/streaming: .*cannot be put off/);
    const refused = await whittle(...argv, '--policy', 'streaming');
    expect(refused.code).toBe(1);
  });

  it.each([
    [['--policy', 'guess', '--text', 'stories'], '--policy is one of dense, sliding-window'],
    [[], '--text is missing: a file, or stories'],
    [['--text', 'stories', '--bucket', '0'], '--bucket wants a whole number from 1'],
  ])('is refused %j', async (argv, says) => {
    const { code, err } = await whittle('kv', 'perplexity', 'sample:character-transformer', ...argv);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});

describe('whittle kv needle', () => {
  const model = file('needle.onnx', writeModel(decoderModel({ positions: 'learned', layers: 1 })));
  const text = file('needle.txt', String.fromCharCode(...Array.from({ length: 90 }, (_, at) => (at * 7) % 32)));
  const argv = ['kv', 'needle', model, '--text', text, '--tokenizer', 'bytes', '--trials', '3'];

  it('tells what is found by policy and distance', async () => {
    const { code, out } = await whittle(...argv, '--policy', 'dense,streaming', '--distances', '4,16', '--key', '2');
    expect(code).toBe(0);
    expect(out).toMatch(/policy +4 tokens +16 tokens\n/);
    expect(out).toMatch(/dense +\d\/3 [\d.]+\s% \([\d.]+\s%\) +\d\/3/);
    expect(out).toMatch(/streaming: .*cannot be put off/);
  });

  it('is refused where distances are none, or longer than the text', async () => {
    const wrong = await whittle(...argv, '--distances', '4,x');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('--distances wants whole numbers')]);
    const long = await whittle(...argv, '--distances', '200');
    expect([long.code, long.err]).toEqual([2, expect.stringContaining('Give a longer text or shorter distances.')]);
  });
});
