import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/**
 * A protobuf message as rows of field number and value: numbers are varints, text and bytes have a length, rows nest.
 * Written by the library and not by Whittle's own writer, so that tests can say things that the writer never would.
 */
export type Row = readonly [field: number, value: number | bigint | string | Uint8Array | Rows | Fixed];
export type Rows = readonly Row[];

/** A float (4 bytes) or a double (8 bytes). */
export interface Fixed {
  readonly bits: 32 | 64;
  readonly value: number;
}
export const fixed32 = (value: number): Fixed => ({ bits: 32, value });
export const fixed64 = (value: number): Fixed => ({ bits: 64, value });

export function proto(rows: Rows): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  for (const [field, value] of rows) put(writer, field, value);
  return writer.finish();
}

function put(writer: BinaryWriter, field: number, value: Row[1]): void {
  if (typeof value === 'number' || typeof value === 'bigint') writer.tag(field, WireType.Varint).int64(value);
  else if (typeof value === 'string') writer.tag(field, WireType.LengthDelimited).string(value);
  else if (value instanceof Uint8Array) writer.tag(field, WireType.LengthDelimited).bytes(value);
  else if ('bits' in value) putFixed(writer, field, value);
  else writer.tag(field, WireType.LengthDelimited).bytes(proto(value));
}

function putFixed(writer: BinaryWriter, field: number, { bits, value }: Fixed): void {
  if (bits === 32) writer.tag(field, WireType.Bit32).float(value);
  else writer.tag(field, WireType.Bit64).double(value);
}

/** `StringStringEntryProto` rows. */
export const entries = (field: number, pairs: Readonly<Record<string, string>>): Rows =>
  Object.entries(pairs).map(([key, value]): Row => [
    field,
    [
      [1, key],
      [2, value],
    ],
  ]);

/** A `ValueInfoProto` of a float32 tensor; symbols as text. */
export const info = (name: string, dims: readonly (number | string)[]): Rows => [
  [1, name],
  [
    2,
    [
      [
        1,
        [
          [1, 1],
          [2, dims.map((dim): Row => [1, [[typeof dim === 'number' ? 1 : 2, dim]]])],
        ],
      ],
    ],
  ],
];

/** A `NodeProto`. */
export const node = (
  opType: string,
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  more: Rows = [],
): Rows => [
  ...inputs.map((each): Row => [1, each]),
  ...outputs.map((each): Row => [2, each]),
  [3, name],
  [4, opType],
  ...more,
];

/** A `ModelProto` of IR version 8 and opset 17 around the rows of a `GraphProto`. */
export const model = (graph: Rows, more: Rows = []): Rows => [
  [1, 8],
  [2, 'whittle'],
  [7, [...graph, [2, 'main']]],
  [
    8,
    [
      [1, ''],
      [2, 17],
    ],
  ],
  ...more,
];
