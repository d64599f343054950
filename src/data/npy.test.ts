import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeNpy } from '../verify/npz.ts';
import { allocateElements, bytesOf, type ElementType } from './elements.ts';
import { readNpy } from './npy.ts';

const TYPES: readonly ElementType[] = [
  'float32',
  'float64',
  'float16',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
];
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** `np.asfortranarray(np.arange(24, dtype='>i2').reshape(2, 3, 4))` as numpy.save of NumPy 2.4 writes it. */
const FORTRAN = fromBase64(
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPmkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAMAAQAEAAIABQAAQANAAUAEQAJABUAAgAOAAYAEgAKABYAAwAPAAcAEwALABc=',
);

function npy(version: number, header: string, body: Uint8Array): Uint8Array {
  const length =
    version === 1 ? [header.length & 0xff, header.length >> 8] : [header.length & 0xff, header.length >> 8, 0, 0];
  return new Uint8Array([0x93, ...latin1('NUMPY'), version, 0, ...length, ...latin1(header), ...body]);
}

describe('npy files', () => {
  it('come back as they were written, for every type that models take', () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), shapes, fc.integer(), (dtype, shape, seed) => {
        const count = shape.reduce((a, b) => a * b, 1);
        const data = allocateElements(dtype, count);
        new Uint8Array(data.buffer).forEach((_, i, bytes) => (bytes[i] = (i * 31 + seed) & 0x3f));
        expect(readNpy('x', writeNpy({ dtype, shape, data }))).toEqual({ dtype, shape, data });
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('in Fortran order and big-endian, as NumPy writes them, are brought into C order', () => {
    expect(readNpy('x', FORTRAN)).toEqual({
      dtype: 'int16',
      shape: [2, 3, 4],
      data: Int16Array.from({ length: 24 }, (_, i) => i),
    });
  });

  it('of versions 1, 2 and 3 are read, 4 is not', () => {
    const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2L,), }\n";
    for (const version of [1, 2, 3])
      expect([...(readNpy('x', npy(version, header, Uint8Array.of(7, 8))).data as Uint8Array)]).toEqual([7, 8]);
    expect(() => readNpy('x', npy(4, header, Uint8Array.of(7, 8)))).toThrow(/version 4/);
  });

  it('are refused by name, place and cure when something is wrong with them', () => {
    const described = (descr: string, shape: string, bytes = 4): Uint8Array =>
      npy(1, `{'descr': ${descr}, 'fortran_order': False, 'shape': (${shape}), }`, new Uint8Array(bytes));
    const cases: readonly [Uint8Array, string, RegExp][] = [
      [
        described("'<f4'", '2,'),
        'bad-file',
        /^f: the header says 2 elements of 4 bytes, 4 bytes follow it\. It is cut short/,
      ],
      [described("'<f4'", '1,', 9), 'bad-file', /Something follows the elements/],
      [described("'<f8'", '4000000000, 4000000000, 4000000000'), 'bad-file', /4000000000 × 4000000000/],
      [described("'|O'", '1,'), 'unsupported', /type '\|O', which no model input takes/],
      [described("'<U3'", '1,'), 'unsupported', /'<U3'/],
      [described("[('a', '<f4')]", '1,'), 'unsupported', /records/],
      [npy(1, 'nothing', new Uint8Array(0)), 'bad-file', /no description of an array: nothing/],
      [FORTRAN.subarray(0, 40), 'bad-file', /header is cut short/],
      [FORTRAN.subarray(0, 9), 'bad-file', /header is cut short/],
      [latin1('hello world'), 'bad-file', /magic number/],
    ];
    for (const [bytes, code, message] of cases) {
      expect(() => readNpy('f', bytes)).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(message) }) as Error,
      );
    }
  });

  it('with any bytes damaged give an array or a CodedError', () => {
    const whole = writeNpy({ dtype: 'float32', shape: [3, 2], data: new Float32Array(6) });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, length) => {
        const bytes = whole.slice(0, length);
        if (at < length) bytes[at] = value;
        try {
          const { dtype, data } = readNpy('x', bytes);
          expect(data.byteLength % bytesOf(dtype)).toBe(0);
        } catch (error) {
          expect((error as Error).name).toBe('CodedError');
        }
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
