import { describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import type { Tensor } from '../ir/tensor.ts';
import { DATA_TYPES, type DataType } from '../ir/types.ts';
import { fixed32, fixed64, proto, type Row, type Rows } from '../testing/proto.ts';
import { readTensorProto } from './read.ts';
import { writeTensorProto } from './write-tensor.ts';

const number = (dtype: DataType): number => DATA_TYPES.indexOf(dtype);

const varints = (...values: readonly (number | bigint)[]): Uint8Array =>
  new Uint8Array(values.flatMap((value) => [...proto([[1, value]])].slice(1)));

function refusal(action: () => unknown): CodedError {
  try {
    action();
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const typed = (dtype: DataType, dims: readonly number[], rows: Rows): Tensor =>
  readTensorProto(proto([...dims.map((dim): Row => [1, dim]), [2, number(dtype)], ...rows])).tensor;

describe('typed fields', () => {
  it.each<[DataType, number, readonly number[], readonly number[], string]>([
    ['int32', 5, [2], [-1, 7], 'ffffffff07000000'],
    ['int16', 5, [2], [-2, 300], 'feff2c01'],
    ['int8', 5, [3], [-1, 2, -128], 'ff0280'],
    ['uint16', 5, [2], [65535, 1], 'ffff0100'],
    ['uint8', 5, [2], [255, 0], 'ff00'],
    ['bool', 5, [3], [1, 0, 1], '010001'],
    ['float16', 5, [2], [0x3c00, 0xc000], '003c00c0'],
    ['bfloat16', 5, [1], [0x3f80], '803f'],
    ['float8e4m3fn', 5, [2], [0x38, 0xb8], '38b8'],
    ['float8e5m2fnuz', 5, [1], [0x80], '80'],
    ['int4', 5, [3], [0xf1, 0x07], 'f107'],
    ['uint4', 5, [2], [0x21], '21'],
    ['float4e2m1', 5, [2], [0x27], '27'],
    ['uint2', 5, [5], [0xe4, 0x01], 'e401'],
    ['int64', 7, [2], [-1, 2 ** 40], 'ffffffffffffffff0000000000010000'],
    ['uint64', 11, [1], [2 ** 40], '0000000000010000'],
    ['uint32', 11, [2], [4294967295, 1], 'ffffffff01000000'],
  ])('%s in field %i comes out in the layout of raw_data, packed or one by one', (dtype, field, dims, values, hex) => {
    const packed = typed(dtype, dims, [[field, varints(...values)]]);
    const single = typed(
      dtype,
      dims,
      values.map((value): Row => [field, value]),
    );
    expect(Buffer.from(packed.bytes()).toString('hex')).toBe(hex);
    expect(Buffer.from(single.bytes()).toString('hex')).toBe(hex);
    const again = readTensorProto(writeTensorProto(packed, 'w'));
    expect(again.name).toBe('w');
    expect(again.tensor.bytes()).toEqual(packed.bytes());
  });

  it('reads floats, doubles and complex numbers, packed or one by one', () => {
    const pair = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    expect(typed('complex64', [1], [[4, pair]]).bytes()).toEqual(pair);
    expect(
      typed(
        'float32',
        [2],
        [
          [4, fixed32(1.5)],
          [4, fixed32(-2)],
        ],
      ).bytes(),
    ).toEqual(pair);
    expect(
      typed(
        'float32',
        [2],
        [
          [4, fixed32(1.5)],
          [8, 'name'],
          [4, pair.slice(4)],
        ],
      ).bytes(),
    ).toEqual(pair);
    const double = new Uint8Array(Float64Array.of(0.1, 1e300).buffer);
    expect(
      typed(
        'float64',
        [2],
        [
          [10, fixed64(0.1)],
          [10, fixed64(1e300)],
        ],
      ).bytes(),
    ).toEqual(double);
    expect(typed('complex128', [1], [[10, double]]).bytes()).toEqual(double);
  });

  it('reads strings as bytes', () => {
    const tensor = typed(
      'string',
      [2],
      [
        [6, 'é'],
        [6, Uint8Array.of(0xff)],
      ],
    );
    expect(tensor.strings()).toEqual([Uint8Array.of(0xc3, 0xa9), Uint8Array.of(0xff)]);
    expect(readTensorProto(writeTensorProto(tensor)).tensor.strings()).toEqual(tensor.strings());
  });

  it('says so when a packed field holds another number of elements than the shape', () => {
    const tensor = typed(
      'int64',
      [2],
      [
        [8, 'w'],
        [7, varints(300)],
      ],
    );
    expect(refusal(() => tensor.bytes()).message).toBe(
      'the file is int64 [2]; int64_data holds another number of elements.',
    );
    expect(refusal(() => typed('int64', [3], [[7, varints(1, 2)]])).code).toBe('bad-file');
  });

  it('takes empty tensors without data', () => {
    expect(typed('float32', [0, 3], []).bytes()).toHaveLength(0);
  });
});
