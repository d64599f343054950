import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../ir/model.ts';
import { policyOf } from '../kv/policy.ts';
import { readModel } from '../onnx/read.ts';
import { writeModel } from '../onnx/write.ts';
import { decoderModel } from '../testing/decoders.ts';
import type { Simulation } from '../kv/simulate/simulate.ts';
import { whittle } from '../testing/whittle.ts';
import { parseBytes } from './quantities.ts';

const SMALL = ['--requests', '30', '--max-length', '256', '--prompt', '30', '--generated', '60'];

describe('whittle kv simulate', () => {
  it('serves a mix under each policy: one JSON object, the same for the same seed', async () => {
    const argv = ['kv', 'simulate', ...SMALL, '--block', '8,16', '--memory', '20MB', '--seed', '4', '--json'];
    const [first, second] = [await whittle(...argv), await whittle(...argv)];
    expect([first.code, first.err]).toEqual([0, '']);
    expect(second.out).toBe(first.out);
    const told = JSON.parse(first.out) as Simulation & { mix: { seed: number } };
    expect(told.mix.seed).toBe(4);
    expect(told.memory).toEqual({ bytes: 20e6, positions: 271, bytesPerPosition: 2 * 12 * 12 * 64 * 4 });
    expect(told.requests).toMatchObject({ count: 30 });
    expect(told.policies.map(({ policy, block }) => [policy, block])).toEqual([
      ['reserve-max', null],
      ['reserve-exact', null],
      ['paged', 8],
      ['paged-shared', 8],
      ['paged', 16],
      ['paged-shared', 16],
    ]);
    expect(told.policies[0]).toMatchObject({ waste: { total: expect.any(Number) }, sequences: { peak: 1 } });
  });

  it('prints a table that says what its columns mean', async () => {
    const { code, out } = await whittle(
      'kv',
      'simulate',
      ...SMALL,
      '--block',
      '16',
      '--layers',
      '2',
      '--memory',
      '8MiB',
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^30 requests: prompts of \d+ tokens/);
    expect(out).toMatch(/longest length reserved .*\n(.*\n)?.*pages of 16 .*\npages of 16 shared /);
    expect(out).toContain('waste: allocated and empty');
  });

  it.each([
    [['kv'], 2, 'WHAT is missing'],
    [['kv', 'guess'], 2, 'whittle kv does report, apply, '],
    [['kv', 'simulate', '--block', '16,0'], 2, '--block wants whole numbers from 1 to 4096, not 16,0.'],
    [['kv', 'simulate', '--memory', '64 lots'], 2, '--memory wants bytes'],
    [['kv', 'simulate', '--shared-prefix', '2'], 2, '--shared-prefix wants a number from 0 to 1, not 2.'],
    [['kv', 'simulate', '--memory', '1MB'], 2, 'the longest request wants 2048: give at least 150994944 bytes'],
  ])('%o is refused, with what is wrong', async (argv, code, says) => {
    const ran = await whittle(...argv);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(says);
  });

  it.each([
    ['64MB', 64e6],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['1000000', 1e6],
    ['3 kB', 3000],
  ])('reads %s', (text, bytes) => expect(parseBytes(text, 'memory')).toBe(bytes));
});

const folder = mkdtempSync(join(tmpdir(), 'whittle-kv-'));
const at = (name: string): string => join(folder, name);
function model(name: string, of: Model): string {
  writeFileSync(at(name), writeModel(of));
  return at(name);
}

describe('whittle kv apply', () => {
  it('does what a policy wants, one step after the other, and writes it as a recipe', async () => {
    const before = model('before.onnx', decoderModel({ heads: 4, kvHeads: 2, layers: 1 }));
    const sizes = ['--window', '8', '--sinks', '2'];
    const argv = ['kv', 'apply', before, '--policy', 'streaming', ...sizes, '-o', at('after.onnx')];
    const { code, out } = await whittle(...argv, '--recipe', at('steps.json'));
    expect([code, out]).toEqual([
      0,
      `Add a KV cache\nDefer rotary positions\nKeep sinks and a window\nWritten to ${at('after.onnx')}\n`,
    ]);
    const written = (name: string): Model => readModel(new Uint8Array(readFileSync(at(name)))).model;
    expect(policyOf(written('after.onnx'))).toEqual({ kind: 'streaming', window: 8, sinks: 2 });
    const again = await whittle('optimize', before, '--recipe', at('steps.json'), '-o', at('again.onnx'));
    expect(again.code).toBe(0);
    expect(readFileSync(at('again.onnx')).equals(readFileSync(at('after.onnx')))).toBe(true);
    const generated = await whittle('generate', at('after.onnx'), '--prompt-ids', '1,2,3', '--tokens', '30', '--json');
    expect(JSON.parse(generated.out)).toMatchObject({ tokens: 30, cacheBytes: 9 * 64 });
  });

  it('refuses with the reason', async () => {
    const before = model('learned.onnx', decoderModel({ positions: 'learned', layers: 1 }));
    const run = (...more: string[]) => whittle('kv', 'apply', before, ...more, '-o', at('refused.onnx'));
    const refused = await run('--policy', 'streaming');
    expect([refused.code, existsSync(at('refused.onnx'))]).toEqual([1, false]);
    expect(refused.err).toMatch(/^The policy streaming cannot be had: .* cannot be put off\.\n$/);
    const missing = await run();
    expect(missing.code).toBe(2);
    expect(missing.err).toMatch(/--policy is missing/);
    const strange = await run('--policy', 'int8', '--sinks', '2');
    expect(strange.code).toBe(2);
    expect(strange.err).toMatch(/--sinks is no size of the policy int8/);
  });
});

describe('whittle kv report', () => {
  it('says what a token costs and what can be had', async () => {
    const file = model('report.onnx', decoderModel({ positions: 'learned', layers: 1 }));
    const { code, out } = await whittle('kv', 'report', file);
    expect(code).toBe(0);
    expect(out).toMatch(/a decoder without a cache; attention: 1 written out/);
    expect(out).toMatch(/bytes a token +128 = 2·1·2·8 numbers of float32/);
    expect(out).toMatch(/positions +added to tokens from a table of 64 rows/);
    expect(out).toMatch(/streaming +no .*cannot be put off/);
    expect(out).toMatch(/int8 +yes .*add-kv-cache, quantize-kv-cache/);
    const json = await whittle('kv', 'report', file, '--json');
    expect(JSON.parse(json.out)).toMatchObject({ bytesPerToken: 128, shape: { layers: 1, kvHeads: 2, headSize: 8 } });
  });
});

describe('whittle kv export', () => {
  it('writes a decoder with its loop, and says what a model without a cache lacks', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whittle-kv-'));
    const [plain, kept, zip] = ['plain.onnx', 'kept.onnx', 'chat.zip'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(plain, writeModel(decoderModel()));
    const refused = await whittle('kv', 'export', plain, '-o', zip);
    expect([refused.code, existsSync(zip)]).toEqual([1, false]);
    expect(refused.err).toContain('kv apply');
    expect((await whittle('kv', 'apply', plain, '--policy', 'sliding-window', '--window', '8', '-o', kept)).code).toBe(
      0,
    );
    const { code, out } = await whittle('kv', 'export', kept, '-o', zip);
    expect(code).toBe(0);
    expect(out).toContain('decode.mjs');
    expect(readFileSync(zip).subarray(0, 2).toString()).toBe('PK');
  });
});
