import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { tinyDecoder } from '../testing/tiny-decoders.ts';
import { haveShared, sharedFile, sharedRoot } from '../testing/shared.ts';
import { byteLevelJson, written } from '../testing/tokenizers.ts';
import { whittle } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-generate-'));
function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

interface Told {
  readonly ids: readonly number[];
  readonly text: string;
  readonly prompt: readonly number[];
  readonly tokens: number;
  readonly stopped: string;
  readonly prefillMs: number;
  readonly msPerToken: number;
  readonly tokensPerSecond: number;
  readonly cached: boolean;
}

async function told(...argv: string[]): Promise<Told> {
  const { code, out, err } = await whittle('generate', ...argv, '--json');
  expect(err).not.toMatch(/Error/);
  expect(code).toBe(0);
  return JSON.parse(out) as Told;
}

const DECODERS = join(sharedRoot, 'real', 'models', 'decoder');
const DREAMS = [join(DECODERS, 'aidreams260k_nocache.onnx'), '--tokenizer', join(DECODERS, 'aidreams_tok512.bin')];

describe('whittle generate', () => {
  it.skipIf(!haveShared())('says what a real model says elsewhere, token for token', async () => {
    const expected = JSON.parse(new TextDecoder().decode(sharedFile('real/models/decoder/aidreams_greedy.json'))) as {
      greedy_ids: number[];
      text: string;
    };
    const count = expected.greedy_ids.length - 1;
    const made = await told(...DREAMS, '--prompt', '', '--tokens', String(count));
    expect([...made.prompt, ...made.ids]).toEqual(expected.greedy_ids);
    expect(made.text).toBe(expected.text);
    expect(made).toMatchObject({ tokens: count, stopped: 'length', cached: false });
    expect(made.tokensPerSecond).toBeCloseTo(1000 / made.msPerToken, 6);
  });

  it.skipIf(!haveShared())('says where a real model ends', async () => {
    const { code, err } = await whittle('generate', ...DREAMS, '--prompt', 'I see. '.repeat(24), '--tokens', '200');
    expect(code).toBe(2);
    expect(err).toMatch(/The model takes 128 positions, prompt and new tokens together/);
  });

  it('writes text as it comes, with figures beside it', async () => {
    const argv = ['generate', 'sample:character-transformer', '--prompt', 'Anna had ', '--tokens', '60', '--stop', '.'];
    const { code, out, err } = await whittle(...argv);
    expect(code).toBe(0);
    expect(out).toMatch(/^[a-z ]+\n$/);
    expect(err).toMatch(/^\d+ tokens until a stop text; [\d.]+ ms for the prompt of 10, [\d.]+ ms for each token/);
  });

  it('draws by the seed', async () => {
    const model = file('drawn.onnx', writeModel(tinyDecoder()));
    const argv = [model, '--prompt-ids', '1', '--tokens', '20', '--temperature', '1.5'];
    const [one, other] = [await told(...argv, '--seed', '1'), await told(...argv, '--seed', '2')];
    expect(other.ids).not.toEqual(one.ids);
  });

  it('goes on from ids, with a cache and without, to the same', async () => {
    const model = file('tiny.onnx', writeModel(tinyDecoder()));
    const argv = [model, '--prompt-ids', '1, 2,3', '--tokens', '12'];
    const [cached, anew] = [await told(...argv), await told(...argv, '--no-cache')];
    expect(cached).toMatchObject({ prompt: [1, 2, 3], text: '', cached: true, tokens: 12 });
    expect(anew.cached).toBe(false);
    expect(anew.ids).toEqual(cached.ids);
    const { out } = await whittle('generate', ...argv);
    expect(out).toBe(`${cached.ids.join(' ')}\n`);
  });

  it('reads a tokenizer.json', async () => {
    const model = file('tiny2.onnx', writeModel(tinyDecoder()));
    const tokenizer = file('tokenizer.json', written(byteLevelJson([])));
    // Its first bytes are the ids that the model knows.
    const made = await told(model, '--tokenizer', tokenizer, '--prompt', '\u0001\u0002', '--tokens', '5');
    expect(made.prompt).toEqual([1, 2]);
    expect(made.text).toBe(String.fromCharCode(...made.ids));
  });

  it('says what is missing or wrong', async () => {
    const model = file('tiny3.onnx', writeModel(tinyDecoder()));
    const fails = async (pattern: RegExp, ...argv: string[]): Promise<number> => {
      const { code, err } = await whittle('generate', ...argv);
      expect(err).toMatch(pattern);
      return code;
    };
    expect(await fails(/--prompt is missing/, model)).toBe(2);
    expect(await fails(/give one of them/, model, '--prompt', 'a', '--prompt-ids', '1')).toBe(2);
    expect(await fails(/whole numbers between commas, not x/, model, '--prompt-ids', '1,x')).toBe(2);
    expect(await fails(/does not name its tokenizer/, model, '--prompt', 'a')).toBe(2);
    expect(await fails(/prompt is empty/, model, '--prompt', '', '--tokenizer', 'bytes')).toBe(2);
    expect(await fails(/no input of token ids/, 'sample:residual-cnn', '--prompt-ids', '1')).toBe(1);
  });
});
