import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toErrorRecord, CodedError } from '../base/error.ts';
import { decode, encode } from './codec.ts';

const joined = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};
const roundTrip = (value: unknown): unknown => decode(joined(encode(value)));

const typedArray = fc.oneof(
  fc.uint8Array(),
  fc.int8Array(),
  fc.uint16Array(),
  fc.int16Array(),
  fc.uint32Array(),
  fc.int32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  fc.uint8ClampedArray(),
);
/** Numbers but −0, whose sign is not kept. */
const number = fc.oneof(fc.double(), fc.maxSafeInteger()).map((each) => (each === 0 ? 0 : each));
const key = fc.string().filter((each) => each !== '__proto__');
const { value: structured } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    number,
    fc.string({ unit: 'grapheme' }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    typedArray,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe('messages between a studio and a lent device', () => {
  test('come out as they went in: numbers, bigints, strings, and arrays of every type at any place', () => {
    fc.assert(
      fc.property(structured, (value) => {
        expect(roundTrip(value)).toEqual(value);
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  test('keep types of arrays, values that JSON has none for, and errors', () => {
    const value = {
      numbers: [NaN, Infinity, -Infinity, 2 ** 53 - 1, -(2 ** 40), 1.5],
      strings: ['', 'Gewürz 🧂'],
      error: toErrorRecord(new CodedError('device-lost', 'It is away.', { seconds: 60 })),
      typed: Float32Array.of(1.5, NaN, -0),
    };
    const out = roundTrip(value) as typeof value;
    expect(out).toEqual(value);
    expect(out.typed).toBeInstanceOf(Float32Array);
    expect(Object.is(out.typed[2], -0)).toBe(true);
  });

  test('leave out members that are undefined, as structured clones of optional members would be read', () => {
    expect(roundTrip({ a: 1, b: undefined })).toEqual({ a: 1 });
  });

  test('neither copy a large array when they are written nor when they are read', () => {
    const bytes = new Uint8Array(1 << 20).fill(7);
    const parts = encode({ name: 'x', bytes, tail: Float64Array.of(1, 2) });
    expect(parts.some((part) => part.buffer === bytes.buffer)).toBe(true);
    const whole = joined(parts);
    const out = decode(whole) as { bytes: Uint8Array; tail: Float64Array };
    expect(out.bytes.buffer).toBe(whole.buffer);
    expect(Buffer.compare(out.bytes, bytes)).toBe(0);
    expect(out.tail).toEqual(Float64Array.of(1, 2));
  });

  test('that are cut short or are none are refused, and never read beyond their end', () => {
    const whole = joined(encode({ a: Uint16Array.of(1, 2, 3), b: 'text' }));
    for (let length = 0; length < whole.length; length++) {
      expect(() => decode(whole.slice(0, length))).toThrow(expect.objectContaining({ code: 'bad-request' }));
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        try {
          decode(new Uint8Array(noise));
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-request' });
        }
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  test('refuse what is no typed array of theirs', () => {
    expect(() => encode({ view: new DataView(new ArrayBuffer(4)) })).toThrow(/DataView cannot be sent/);
  });
});
