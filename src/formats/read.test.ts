import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import { GGUF_TYPES, madeGguf, madeSafetensors, safetensorsOf, type MadeTensor } from '../testing/tensor-files.ts';
import { blobSource } from './blob-source.ts';
import { readTensorFile, totalsOf } from './read.ts';
import type { ByteSource, TensorFile } from './types.ts';

const read = (bytes: Uint8Array<ArrayBuffer>): Promise<TensorFile> =>
  readTensorFile(blobSource('made', new Blob([bytes])));

async function refusalOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const caught: unknown = await read(bytes).catch((error: unknown) => error);
  expect(caught).toBeInstanceOf(CodedError);
  expect((caught as CodedError).code).toBe('bad-file');
  return (caught as CodedError).message.replaceAll('\u202f', ' ');
}

/** A file of which only the beginning is there: whatever else is read fails the test. */
function hollow(head: Uint8Array, size: number): { source: ByteSource; read: () => number } {
  let most = 0;
  const source: ByteSource = {
    name: 'hollow',
    size,
    read(offset, length) {
      most = Math.max(most, offset + length);
      const bytes = new Uint8Array(length);
      bytes.set(head.subarray(offset, offset + length));
      return Promise.resolve(bytes);
    },
  };
  return { source, read: () => most };
}

const SIZES = { F32: 4, F16: 2, BF16: 2, I64: 8, U8: 1, F8_E4M3: 1 } as const;
const name = fc
  .string({ minLength: 1, maxLength: 12 })
  .filter((each) => each !== '__metadata__' && each !== '__proto__');
const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);
const tensors: fc.Arbitrary<MadeTensor[]> = fc.uniqueArray(
  fc
    .record({ name, dtype: fc.constantFrom(...(Object.keys(SIZES) as (keyof typeof SIZES)[])), shape })
    .map((each) => ({ ...each, bytes: SIZES[each.dtype] * sizeOf(each.shape) })),
  { maxLength: 8, selector: (each) => each.name },
);
const BLOCKS = { F32: [1, 4], F16: [1, 2], Q4_0: [32, 18], Q8_0: [32, 34], Q4_K: [256, 144], BF16: [1, 2] } as const;
const blocked = fc.uniqueArray(
  fc
    .record({ name, dtype: fc.constantFrom(...(Object.keys(BLOCKS) as (keyof typeof BLOCKS)[])), shape })
    .map(({ dtype, shape: dims, ...rest }) => {
      const [elements, bytes] = BLOCKS[dtype];
      const own = dims.map((dim, axis) => (axis === dims.length - 1 ? dim * elements : dim));
      const whole = own.length === 0 ? [elements] : own;
      return { ...rest, dtype, shape: whole, type: GGUF_TYPES[dtype], bytes: (sizeOf(whole) / elements) * bytes };
    }),
  { maxLength: 8, selector: (each) => each.name },
);
/** All but the places. */
const plain = (made: readonly (Omit<MadeTensor, 'bytes'> & { readonly bytes: number | null })[]) =>
  made.map(({ name: key, dtype, shape: dims, bytes }) => ({ name: key, dtype, shape: dims, bytes }));
const byName = (all: readonly { readonly name: string }[]) => [...all].sort((a, b) => (a.name < b.name ? -1 : 1));

describe('headers of safetensors and GGUF', () => {
  it('are read as they were written, safetensors', async () => {
    const texts = fc.dictionary(name, fc.string(), { maxKeys: 4 });
    const property = fc.asyncProperty(tensors, texts, async (made, metadata) => {
      const file = await read(madeSafetensors(made, metadata));
      expect(file.format).toBe('safetensors');
      expect(byName(plain(file.tensors))).toEqual(byName(plain(made)));
      expect(Object.fromEntries(file.metadata.map((each) => [each.key, each.value]))).toEqual({ ...metadata });
      expect(file.notes).toEqual([]);
    });
    await fc.assert(property, { seed: 1, numRuns: 150 });
  });

  it('are read as they were written, GGUF of either byte order', async () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
      fc.double({ noNaN: true }),
    );
    const property = fc.asyncProperty(
      blocked,
      fc.dictionary(name, scalar, { maxKeys: 5 }),
      fc.boolean(),
      async (made, metadata, bigEndian) => {
        const file = await read(madeGguf(made, { metadata, bigEndian }));
        expect(file).toMatchObject({ format: 'GGUF', version: 3 });
        expect(plain(file.tensors)).toEqual(plain(made));
        expect(file.metadata).toEqual(Object.entries(metadata).map(([key, value]) => ({ key, value: String(value) })));
      },
    );
    await fc.assert(property, { seed: 2, numRuns: 150 });
  });

  it('of files that end early are refused, wherever they end', async () => {
    const list = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const weights: MadeTensor[] = [
      { name: 'w', dtype: 'F32', shape: [2, 3], bytes: 24 },
      { name: 'b', dtype: 'F16', shape: [3], bytes: 6 },
    ];
    const files = [
      madeSafetensors(weights, { format: 'pt' }),
      madeGguf(
        weights.map((each) => ({ ...each, type: each.dtype === 'F32' ? 0 : 1 })),
        { metadata: { 'general.name': 'made', tokens: list, scores: [1, 2, 3, 4, 5, 6, 7, 8, 9] } },
      ),
    ];
    for (const whole of files) {
      await expect(read(whole)).resolves.toBeDefined();
      for (let length = 0; length < whole.length; length++) await refusalOf(whole.slice(0, length));
    }
    expect(files.map((each) => each.length > 150)).toEqual([true, true]);
  });

  it('never fail in another way, whatever is changed in them', async () => {
    const whole = [
      madeSafetensors([{ name: 'w', dtype: 'F32', shape: [2], bytes: 8 }], { format: 'pt' }),
      madeGguf([{ name: 'w', dtype: 'F32', type: 0, shape: [2], bytes: 8 }], {
        metadata: { a: ['x', 'y'], b: [[1], [2]] },
      }),
    ];
    const property = fc.asyncProperty(
      fc.constantFrom(...whole),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      async (bytes, changes) => {
        const changed = bytes.slice();
        for (const [at, byte] of changes) changed[at % changed.length] = byte;
        const caught: unknown = await read(changed).then(
          () => null,
          (error: unknown) => error,
        );
        if (caught !== null) expect(caught).toBeInstanceOf(CodedError);
      },
    );
    await fc.assert(property, { seed: 3, numRuns: 2000 });
  });

  it('are all that is read of a file of 100 GB', async () => {
    const size = 100e9;
    const safetensors = safetensorsOf({ w: { dtype: 'U8', shape: [size - 1000], data_offsets: [0, size - 1000] } }, 0);
    const first = hollow(safetensors, size);
    const file = await readTensorFile(first.source);
    expect(file.tensors[0]?.bytes).toBe(size - 1000);
    expect(file.notes).toHaveLength(1);
    expect(first.read()).toBe(safetensors.length);
    const gguf = madeGguf([{ name: 'w', dtype: 'F32', type: 0, shape: [1000, 24e6], bytes: 0 }]);
    const second = hollow(gguf, size);
    expect((await readTensorFile(second.source)).tensors[0]?.bytes).toBe(96e9);
    expect(second.read()).toBeLessThan(1e6);
  });

  it('with numbers beyond all bounds are refused before anything is made of them', async () => {
    const long = safetensorsOf({}, 0);
    new DataView(long.buffer).setBigUint64(0, 2n ** 63n, true);
    expect(await refusalOf(long)).toContain('its header says that it has 9223372036854775808 bytes');
    const many = madeGguf([]);
    new DataView(many.buffer).setBigUint64(8, 2n ** 60n, true);
    expect(await refusalOf(many)).toContain('the number of tensors is 1152921504606846976');
    const list = madeGguf([], { metadata: { tokens: ['a'] } });
    // Behind the key and both types.
    new DataView(list.buffer).setBigUint64(24 + 8 + 6 + 4 + 4, 2n ** 40n, true);
    expect(await refusalOf(list)).toContain('the length of the list tokens is 1099511627776');
    const big = { w: { dtype: 'F32', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 8] } };
    expect(await refusalOf(safetensorsOf(big, 8))).toContain('more elements than can be counted');
    let deep: unknown[] = ['x'];
    for (let i = 0; i < 12; i++) deep = [deep];
    expect(await refusalOf(madeGguf([], { metadata: { deep: deep as string[] } }))).toContain('lists without end');
  });

  it('whose tensors overlap, or leave the file, are refused with the tensor', async () => {
    const entry = (from: number, to: number) => ({ dtype: 'U8', shape: [to - from], data_offsets: [from, to] });
    expect(await refusalOf(safetensorsOf({ a: entry(0, 8), b: entry(4, 12) }, 12))).toContain('b begins inside of a');
    expect(await refusalOf(safetensorsOf({ a: entry(0, 8) }, 4))).toContain('a wants 8 bytes');
    expect(await refusalOf(safetensorsOf({ a: { ...entry(0, 8), shape: [9] } }, 8))).toContain('span 8 bytes');
    expect(await refusalOf(safetensorsOf('[1]', 0))).toContain('no object of tensors');
    expect(await refusalOf(safetensorsOf('{"a":', 0))).toContain('no JSON');
    const twice = [0, 1].map((i) => ({ name: `t${i}`, dtype: 'F32', type: 0, shape: [16], bytes: 64, offset: 0n }));
    expect(await refusalOf(madeGguf(twice))).toMatch(/t1 begins inside of t0|t0 begins inside of t1/);
    const crooked = { name: 't', dtype: 'F32', type: 0, shape: [16], bytes: 64, offset: 4n };
    expect(await refusalOf(madeGguf([crooked]))).toContain('multiple of 32');
    const rows = { name: 't', dtype: 'Q4_0', type: 2, shape: [4, 31], bytes: 64 };
    expect(await refusalOf(madeGguf([rows]))).toContain('in blocks of 32');
  });

  it('with element types that are not known here name them, and tell the rest', async () => {
    const odd = await read(safetensorsOf({ a: { dtype: 'F5_NEW', shape: [3], data_offsets: [0, 2] } }, 2));
    expect(odd.tensors[0]).toMatchObject({ dtype: 'F5_NEW', bytes: 2 });
    expect(odd.notes[0]).toContain('F5_NEW is not known');
    const made = { name: 't', dtype: 'type 77', type: 77, shape: [16], bytes: 64 };
    const gguf = await read(madeGguf([made]));
    expect(gguf.tensors[0]).toMatchObject({ dtype: 'type 77', bytes: null });
    expect(gguf.notes[0]).toContain('type 77');
  });

  it('tell long lists and texts by their beginning', async () => {
    const tokens = Array.from({ length: 5000 }, (_, i) => `token ${i}`);
    const metadata = { tokens, numbers: tokens.map((_, i) => i), text: 'x'.repeat(40_000), after: 'seen' };
    const file = await read(madeGguf([], { metadata }));
    const told = Object.fromEntries(file.metadata.map(({ key, value }) => [key, value]));
    expect(told['tokens']).toMatch(/^\[token 0, .*token 7, … 5000 in all\]$/);
    expect(told['numbers']).toBe('[0, 1, 2, 3, 4, 5, 6, 7, … 5000 in all]');
    expect(told['text']).toMatch(/^x{16384} … \(40000 bytes\)$/);
    expect(told['after']).toBe('seen');
  });

  it('are summed up by element type, the largest first', async () => {
    const file = await read(
      madeSafetensors([
        { name: 'a', dtype: 'F16', shape: [4], bytes: 8 },
        { name: 'b', dtype: 'F32', shape: [4], bytes: 16 },
        { name: 'c', dtype: 'F16', shape: [2], bytes: 4 },
      ]),
    );
    expect(totalsOf(file.tensors)).toEqual([
      { dtype: 'F32', tensors: 1, parameters: 4, bytes: 16 },
      { dtype: 'F16', tensors: 2, parameters: 6, bytes: 12 },
    ]);
  });
});
