import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bfloat16ToNumber, decodeFloat, float16ToNumber, numberToFloat16 } from './float.ts';

describe('float16', () => {
  it('survives the way there and back, all 65 536 of them', () => {
    let compared = 0;
    for (let bits = 0; bits < 65536; bits++) {
      const value = float16ToNumber(bits);
      if (Number.isNaN(value)) expect(Number.isNaN(float16ToNumber(numberToFloat16(value)))).toBe(true);
      else if (numberToFloat16(value) !== bits) expect.fail(`${bits} came back as ${numberToFloat16(value)}`);
      else compared++;
    }
    expect(compared).toBe(65536 - 2 * 1023);
  });

  it.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x0001, 2 ** -24],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x3555, 0.333251953125],
  ])('%i is %f', (bits, value) => {
    expect(float16ToNumber(bits)).toBe(value);
    expect(numberToFloat16(value)).toBe(bits);
  });

  it('keeps the sign of zero', () => {
    expect(Object.is(float16ToNumber(0x8000), -0)).toBe(true);
    expect(numberToFloat16(-0)).toBe(0x8000);
  });

  it('rounds to the nearest, ties to even', () => {
    expect(numberToFloat16(1 + 2 ** -11)).toBe(0x3c00);
    expect(numberToFloat16(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(numberToFloat16(65519.99)).toBe(0x7bff);
    expect(numberToFloat16(65520)).toBe(0x7c00);
    expect(numberToFloat16(2 ** -25)).toBe(0);
    expect(numberToFloat16(2 ** -25 * 1.0001)).toBe(1);
    expect(numberToFloat16(2 ** -14 - 2 ** -26)).toBe(0x0400);
  });

  it('picks the neighbour that is closest', () => {
    fc.assert(
      fc.property(fc.double({ min: -65000, max: 65000, noNaN: true }), (value) => {
        const bits = numberToFloat16(value);
        const error = Math.abs(float16ToNumber(bits) - value);
        for (const other of [bits - 1, bits + 1]) {
          const neighbour = float16ToNumber(other & 0xffff);
          if (Number.isFinite(neighbour)) expect(error).toBeLessThanOrEqual(Math.abs(neighbour - value));
        }
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});

describe('other packed types', () => {
  it('reads bfloat16 as the upper half of a float32', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65535 }), (bits) => {
        const expected = new DataView(new ArrayBuffer(4));
        expected.setUint32(0, bits * 65536);
        expect(Object.is(bfloat16ToNumber(bits), expected.getFloat32(0))).toBe(true);
      }),
      { seed: 7 },
    );
  });

  it('unpacks 4-bit integers, the low half first', () => {
    const bytes = Uint8Array.of(0x21, 0xf8, 0x07);
    expect(Array.from(decodeFloat('uint4', bytes, 5))).toEqual([1, 2, 8, 15, 7]);
    expect(Array.from(decodeFloat('int4', bytes, 5))).toEqual([1, 2, -8, -1, 7]);
  });

  it('unpacks 2-bit integers, the lowest bits first', () => {
    expect(Array.from(decodeFloat('uint2', Uint8Array.of(0b11_10_01_00, 1), 5))).toEqual([0, 1, 2, 3, 1]);
    expect(Array.from(decodeFloat('int2', Uint8Array.of(0b11_10_01_00), 4))).toEqual([0, 1, -2, -1]);
  });

  it('knows all 4-bit floats', () => {
    const bytes = Uint8Array.from({ length: 8 }, (_, i) => (2 * i + 1) * 16 + 2 * i);
    const positive = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
    expect(Array.from(decodeFloat('float4e2m1', bytes, 16))).toEqual([...positive, ...positive.map((each) => -each)]);
  });

  // The tables of OCP's 8-bit formats (OFP8, 2023) and of the fnuz ones (arXiv:2206.02915).
  it.each([
    ['float8e4m3fn', [0x38, 0x7e, 0x01, 0x08, 0xff, 0x7f, 0xc0], [1, 448, 2 ** -9, 2 ** -6, NaN, NaN, -2]],
    ['float8e4m3fnuz', [0x40, 0x7f, 0x01, 0x80, 0xff], [1, 240, 2 ** -10, NaN, -240]],
    ['float8e5m2', [0x3c, 0x7b, 0x01, 0x7c, 0xfc, 0x7d], [1, 57344, 2 ** -16, Infinity, -Infinity, NaN]],
    ['float8e5m2fnuz', [0x40, 0x7f, 0x01, 0x80], [1, 57344, 2 ** -17, NaN]],
    ['float8e8m0', [0x7f, 0x80, 0x00, 0xff], [1, 2, 2 ** -127, NaN]],
  ] as const)('knows the landmarks of %s', (dtype, bits, values) => {
    expect(Array.from(decodeFloat(dtype, Uint8Array.from(bits), bits.length))).toEqual([...values]);
  });
});
