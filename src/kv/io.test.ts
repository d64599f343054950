import { describe, expect, it } from 'vitest';
import type { Model } from '../ir/model.ts';
import type { DataType, Dim } from '../ir/types.ts';
import { openPath } from '../engine/node.ts';
import { readSource } from '../engine/sources.ts';
import { silentJob } from '../base/job.ts';
import { buildModel } from '../testing/build.ts';
import { tinyDecoder } from '../testing/tiny-decoders.ts';
import { haveShared, sharedRoot } from '../testing/shared.ts';
import { readDecoderIo } from './io.ts';

type Declared = Readonly<Record<string, readonly [DataType, readonly Dim[]]>>;

/** Inputs and outputs alone: nothing else is looked at. */
function declared(inputs: Declared, outputs: Declared): Model {
  return buildModel({}, (g) => {
    for (const [name, [dtype, shape]] of Object.entries(inputs)) g.input(name, shape, dtype);
    const one = g.floats('one', [], 1);
    for (const [name, [dtype, shape]] of Object.entries(outputs)) {
      g.output(g.op('Identity', [one]), name, { dtype, shape });
    }
  });
}

const IDS: Declared = { input_ids: ['int64', ['batch', 'sequence']] };
const LOGITS: Declared = { logits: ['float32', ['batch', 'sequence', 32]] };
const past = (length: Dim = 'past'): readonly [DataType, readonly Dim[]] => ['float32', ['batch', 2, length, 4]];
const cached = (inputs: readonly string[], outputs: readonly string[]): Model =>
  declared(
    { ...IDS, ...Object.fromEntries(inputs.map((name) => [name, past()])) },
    { ...LOGITS, ...Object.fromEntries(outputs.map((name) => [name, past('total')])) },
  );

describe('what a decoder is given and gives', () => {
  it('is read off names, types and shapes', () => {
    expect(readDecoderIo(tinyDecoder({ layers: 1 }))).toEqual({
      ids: { name: 'input_ids', dtype: 'int64' },
      logits: 'logits',
      vocabulary: 11,
      mask: { name: 'attention_mask', dtype: 'int64' },
      positions: { name: 'position_ids', dtype: 'int64' },
      cache: ['key', 'value'].map((holds) => ({
        input: `past_key_values.0.${holds}`,
        output: `present.0.${holds}`,
        layer: 0,
        holds,
        dtype: 'float32',
        shape: ['batch', 2, 'past', 3],
        axes: { batch: 0, heads: 1, positions: 2, width: 3 },
      })),
    });
  });

  it('has no cache, mask nor positions where there are none', () => {
    const io = readDecoderIo(tinyDecoder({ keeping: 'none', mask: false, positions: false }));
    expect(io).toMatchObject({ cache: [], mask: null, positions: null });
  });

  it('knows positions behind heads and in front of them, and both of keys and values in one', () => {
    const axes = (keeping: 'behind' | 'both') => readDecoderIo(tinyDecoder({ keeping })).cache.map((each) => each.axes);
    expect(axes('behind')[0]).toEqual({ batch: 0, positions: 1, heads: 2, width: 3 });
    expect(axes('both')).toEqual([1, 1].map(() => ({ batch: 1, heads: 2, positions: 3, width: 4 })));
  });

  it.each([
    [
      ['past_key_values.0.decoder.key', 'past_key_values.0.decoder.value'],
      ['present.0.decoder.key', 'present.0.decoder.value'],
    ],
    [
      ['past_key_0', 'past_value_0'],
      ['present_key_0', 'present_value_0'],
    ],
    [
      ['past_0_key', 'past_0_value'],
      ['present_0_key', 'present_0_value'],
    ],
    [
      ['past_key_values_0_key', 'past_key_values_0_value'],
      ['present_key_values_0_key', 'present_key_values_0_value'],
    ],
    [
      ['key_cache_0', 'value_cache_0'],
      ['key_cache_0_out', 'value_cache_0_out'],
    ],
    [
      ['cache.0.key', 'cache.0.value'],
      ['updated_cache.0.key', 'updated_cache.0.value'],
    ],
    [
      ['cache_k_0', 'cache_v_0'],
      ['new_cache_k_0', 'new_cache_v_0'],
    ],
  ])('pairs %j with %j', (inputs, outputs) => {
    const { cache } = readDecoderIo(cached(inputs, outputs));
    expect(cache.map(({ input, output, holds, layer }) => [input, output, holds, layer])).toEqual([
      [inputs[0], outputs[0], 'key', 0],
      [inputs[1], outputs[1], 'value', 0],
    ]);
  });

  it('orders layers by number, whatever the order of the inputs', () => {
    const names = [10, 2, 0].flatMap((layer) => [`past.${layer}.value`, `past.${layer}.key`]);
    const { cache } = readDecoderIo(
      cached(
        names,
        names.map((name) => name.replace('past', 'present')),
      ),
    );
    expect(cache.map(({ input }) => input)).toEqual([
      ...['past.0.key', 'past.0.value', 'past.2.key', 'past.2.value', 'past.10.key', 'past.10.value'],
    ]);
  });

  it('takes hidden states for no logits', () => {
    const hidden: Declared = { last_hidden_state: ['float32', ['batch', 'sequence', 8]] };
    expect(readDecoderIo(declared(IDS, hidden))).toMatchObject({ logits: null, vocabulary: null });
    const other: Declared = { output: ['float32', ['batch', 'sequence', 8]] };
    expect(readDecoderIo(declared(IDS, other))).toMatchObject({ logits: 'output', vocabulary: 8 });
  });

  it.each([
    ['no ids', declared({ x: ['float32', [1, 3]] }, LOGITS), /no input of token ids/],
    [
      'an input nobody feeds',
      declared({ ...IDS, audio: ['float32', [1, 80]] }, LOGITS),
      /its input audio is neither ids/,
    ],
    ['a past without a present', cached(['past.0.key', 'past.1.key'], ['present.0.key']), /past\.1\.key has no output/],
    [
      'a present without a past',
      cached(['past.0.key'], ['present.0.key', 'present.0.value']),
      /present\.0\.value has no input/,
    ],
    [
      'two of one name',
      cached(['past.0.key', 'cache.0.key'], ['present.0.key']),
      /past\.0\.key and cache\.0\.key are both called layer 0, keys/,
    ],
    ['neither keys nor values', cached(['past_0'], ['present_0']), /says neither key nor value/],
    ['an encoder', cached(['past.0.encoder.key'], ['present.0.encoder.key']), /keeps what an encoder said/],
    [
      'sizes without symbols',
      declared({ ...IDS, 'past.0.key': past(5) }, { ...LOGITS, 'present.0.key': past(6) }),
      /no axis of past\.0\.key is clearly that of positions/,
    ],
  ])('is refused with %s', (_, model, reason) => {
    expect(() => readDecoderIo(model)).toThrow(expect.objectContaining({ code: 'unsupported' }));
    expect(() => readDecoderIo(model)).toThrow(reason);
  });

  it.skipIf(!haveShared())('is read off real exports', async () => {
    const load = async (name: string): Promise<Model> =>
      (await readSource(openPath(`${sharedRoot}/real/models/decoder/${name}`), silentJob())).model;
    const gpt2 = readDecoderIo(await load('gpt2_past.onnx'));
    expect(gpt2).toMatchObject({ logits: null, mask: null, positions: null });
    expect(gpt2.cache.map(({ input, output, layer, holds }) => [input, output, layer, holds])).toEqual(
      Array.from({ length: 12 }, (_, layer) => [`past_${layer}`, `present_${layer}`, layer, 'both']),
    );
    expect(gpt2.cache[0]!.axes).toEqual({ batch: 1, heads: 2, positions: 3, width: 4 });
    const tiny = readDecoderIo(await load('aidreams260k_nocache.onnx'));
    expect(tiny).toMatchObject({ logits: 'logits', vocabulary: 512, cache: [] });
  });
});
