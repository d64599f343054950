import type { ErrorCode } from '../base/error.ts';
import { seeded } from '../base/random.ts';
import { entries, info, model, node, proto, type Row, type Rows } from './proto.ts';

/** A file that must be answered with a clear message, wherever it is opened. */
export interface BadFile {
  readonly name: string;
  /** The model first, then files beside it. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[];
  readonly code: ErrorCode;
  /** Exactly what is said. */
  readonly message: string;
  /** The graph opens, with `weights.bin` among the missing files; the error comes when weights are read. */
  readonly opens?: boolean;
}

const WEIGHT = new Uint8Array(432).fill(0x3f);

const tensor = (name: string, dims: readonly (number | bigint)[], dtype: number, data: Rows): Rows => [
  ...dims.map((dim): Row => [1, dim]),
  [2, dtype],
  [8, name],
  ...data,
];
const weight = (data: Rows = [[9, WEIGHT]], dims: readonly (number | bigint)[] = [4, 3, 3, 3], dtype = 1): Row => [
  5,
  tensor('conv1.weight', dims, dtype, data),
];
const external = (fields: Readonly<Record<string, string>>): Row => weight([...entries(13, fields), [14, 1]]);

const CONV: Row = [1, node('Conv', 'conv1', ['x', 'conv1.weight'], ['features'])];
const RELU: Row = [1, node('Relu', 'relu1', ['features'], ['y'])];
const PORTS: Rows = [
  [11, info('x', ['batch', 3, 8, 8])],
  [12, info('y', ['batch', 4, 6, 6])],
];

/** A convolution and a Relu: the model that all others are spoilt copies of. */
export const goodModel = (): Uint8Array<ArrayBuffer> => proto(model([CONV, RELU, weight(), ...PORTS]));

/** The model with other nodes, or another weight. */
const withNodes = (...nodes: Rows): Uint8Array<ArrayBuffer> => proto(model([...nodes, weight(), ...PORTS]));
const withWeight = (row: Row): Uint8Array<ArrayBuffer> => proto(model([CONV, RELU, row, ...PORTS]));
const attribute = (...rows: Rows): Row => [5, rows];

/** A copy with the bytes at `at` replaced; for what no encoder writes. */
function patched(at: number, ...bytes: readonly number[]): Uint8Array<ArrayBuffer> {
  const copy = goodModel();
  copy.set(bytes, at);
  return copy;
}

function indexOf(bytes: Uint8Array, text: string): number {
  const wanted = new TextEncoder().encode(text);
  return bytes.findIndex((_, at) => wanted.every((byte, i) => bytes[at + i] === byte));
}

/** Branches within branches, which no exporter writes. */
function nested(depth: number): Rows {
  const inner: Rows = depth === 0 ? [] : [attribute([1, 'then_branch'], [6, nested(depth - 1)], [20, 5])];
  return [[1, node('If', `if${depth}`, [], [], inner)]];
}

const bytes = (text: string, padding = 0): Uint8Array<ArrayBuffer> => {
  const head = Uint8Array.from(text, (char) => char.charCodeAt(0));
  const all = new Uint8Array(head.length + padding);
  all.set(head);
  return all;
};

function noise(length: number): Uint8Array<ArrayBuffer> {
  const random = seeded(5);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** Name, model, code, message. */
type Case = readonly [name: string, bytes: Uint8Array<ArrayBuffer>, code: ErrorCode, message: string];

const broken = (): readonly Case[] => {
  const good = goodModel();
  const inWeight = good.indexOf(0x3f) + 100;
  const inName = indexOf(good, 'conv1.weight') + 4;
  return [
    ['empty', new Uint8Array(0), 'bad-file', 'The file is empty.'],
    [
      'truncated-in-weights',
      good.slice(0, inWeight),
      'bad-file',
      'The file ends early: graph.initializer[0].raw_data of conv1.weight wants 432 bytes, 100 are left (byte 114).',
    ],
    [
      'truncated-in-name',
      good.slice(0, inName),
      'bad-file',
      'The file ends early: graph.node[0].input wants 12 bytes, 4 are left (byte 21).',
    ],
    [
      'truncated-between-fields',
      good.slice(0, indexOf(good, 'conv1.weight') - 2),
      'bad-file',
      'The file ends early: graph.node[0] wants 37 more bytes, none are left (byte 19).',
    ],
    [
      'truncated-in-length',
      good.slice(0, good.indexOf(0x3f) - 1),
      'bad-file',
      'The file ends early: graph.initializer[0].raw_data of conv1.weight wants 2 bytes, 1 is left (byte 112).',
    ],
    [
      'wrong-wire-type-of-name',
      withNodes([
        1,
        [
          [1, 'x'],
          [3, 7],
          [4, 'Relu'],
        ],
      ]),
      'bad-file',
      'graph.node[0].name is encoded as a varint; ONNX has a length and bytes there (byte 19).',
    ],
    [
      'wrong-wire-type-of-ir-version',
      proto([
        [1, 'eight'],
        [7, []],
      ]),
      'bad-file',
      'This is not an ONNX model: its first bytes are no field of one.',
    ],
    [
      'wrong-wire-type-of-data-type',
      withWeight([
        5,
        [
          [2, 'float'],
          [8, 'conv1.weight'],
        ],
      ]),
      'bad-file',
      'graph.initializer[0].data_type is encoded as a length and bytes; ONNX has a varint there (byte 86).',
    ],
    [
      'field-past-its-message',
      patched(indexOf(good, 'conv1') - 1, 200, 1),
      'bad-file',
      'A field runs past the end of its message: graph.node[0].input wants 200 bytes, 34 are left (byte 22).',
    ],
    [
      'impossible-tag',
      patched(indexOf(good, 'conv1') - 2, 7),
      'bad-file',
      'graph.node[0] holds no field that protobuf knows (byte 19).',
    ],
    [
      'endless-varint',
      patched(indexOf(good, 'whittle') + 8, ...Array<number>(12).fill(0xff)),
      'bad-file',
      'graph holds a varint of more than 10 bytes (byte 12).',
    ],
    [
      'unknown-element-type',
      withWeight(weight([[9, WEIGHT]], [4, 3, 3, 3], 99)),
      'bad-file',
      'graph.initializer[0] of conv1.weight has element type 99; ONNX knows 0 to 26 (byte 546).',
    ],
    [
      'negative-dimension',
      withWeight(weight([[9, WEIGHT]], [4, -3, 3, 3])),
      'bad-file',
      'graph.initializer[0] of conv1.weight has a negative dimension in [4, -3, 3, 3] (byte 555).',
    ],
    [
      '2^40-elements',
      withWeight(weight([[9, WEIGHT]], [1 << 20, 1 << 20])),
      'bad-file',
      'graph.initializer[0] of conv1.weight is float32 [1048576, 1048576] and wants 4 398 046 511 104 bytes, 432 are there (byte 114).',
    ],
    [
      'overflowing-shape',
      withWeight(weight([[9, WEIGHT]], Array<bigint>(4).fill(1n << 62n))),
      'bad-file',
      'graph.initializer[0] of conv1.weight is float32 [4611686018427387904, 4611686018427387904, 4611686018427387904, 4611686018427387904] and wants more bytes than a file can hold, 432 are there (byte 146).',
    ],
    [
      'short-weights',
      withWeight(weight([[9, WEIGHT.slice(0, 400)]])),
      'bad-file',
      'graph.initializer[0] of conv1.weight is float32 [4, 3, 3, 3] and wants 432 bytes, 400 are there (byte 114).',
    ],
    [
      'no-weights',
      withWeight(weight([])),
      'bad-file',
      'graph.initializer[0] of conv1.weight is float32 [4, 3, 3, 3] and wants 432 bytes, none are there (byte 110).',
    ],
    [
      'segmented-tensor',
      withWeight(weight([[3, [[1, 0]]]])),
      'unsupported',
      'graph.initializer[0] of conv1.weight is stored in segments, which Whittle does not read.',
    ],
    [
      'nested-too-deep',
      proto(model([...nested(60), weight(), ...PORTS])),
      'bad-file',
      'graph.node[0].attribute[0].g.node[0].attribute[0].….attribute[0].g.node[0].attribute[0].g.node of then_branch is nested more than 100 messages deep (byte 1073).',
    ],
    [
      'no-graph',
      proto([
        [1, 8],
        [2, 'whittle'],
      ]),
      'bad-file',
      'The model has no graph.',
    ],
    [
      'attribute-of-two-types',
      withNodes(CONV, [
        1,
        node('Relu', 'relu1', ['features'], ['y'], [attribute([1, 'alpha'], [3, 1], [4, 'a'], [20, 2])]),
      ]),
      'bad-file',
      'Attribute alpha of Relu relu1 is of type int and carries a value of type string.',
    ],
    [
      'attribute-without-value',
      withNodes(CONV, [1, node('Relu', 'relu1', ['features'], ['y'], [attribute([1, 'value'], [20, 4])])]),
      'bad-file',
      'Attribute value of Relu relu1 is of type tensor and has no value.',
    ],
  ];
};

const invalid = (): readonly Case[] => [
  [
    'cyclic',
    withNodes(
      [1, node('Add', 'a', ['x', 'c'], ['b'])],
      [1, node('Relu', 'b', ['b'], ['c'])],
      [1, node('Relu', 'c', ['c'], ['y'])],
    ),
    'invalid-graph',
    'The graph has a cycle: Add a → Relu b → Add a.',
  ],
  [
    'reads-itself',
    withNodes([1, node('Add', 'a', ['x', 'y'], ['y'])]),
    'invalid-graph',
    'The graph has a cycle: Add a → Add a.',
  ],
  [
    'missing-input',
    withNodes([1, node('Conv', 'conv1', ['x', 'conv2.weight'], ['features'])], RELU),
    'invalid-graph',
    'Conv conv1 reads conv2.weight, which nothing defines.',
  ],
  ['missing-output', withNodes(CONV), 'invalid-graph', 'Graph main returns y, which nothing defines.'],
  [
    'two-producers',
    withNodes(CONV, RELU, [1, node('Sigmoid', '', ['x'], ['features'])]),
    'invalid-graph',
    'Two nodes produce features: Conv conv1 and Sigmoid (node 2).',
  ],
  [
    'produces-an-input',
    withNodes(CONV, RELU, [1, node('Sigmoid', 'gate', ['features'], ['x'])]),
    'invalid-graph',
    'Sigmoid gate produces x, which is an input of the graph.',
  ],
  [
    'produces-an-initializer',
    withNodes(CONV, RELU, [1, node('Sigmoid', 'gate', ['x'], ['conv1.weight'])]),
    'invalid-graph',
    'Sigmoid gate produces conv1.weight, which is an initializer.',
  ],
  [
    'two-inputs-of-one-name',
    proto(model([CONV, RELU, weight(), ...PORTS, [11, info('x', [1])]])),
    'invalid-graph',
    'Two inputs of graph main are named x.',
  ],
  [
    'two-initializers-of-one-name',
    proto(model([CONV, RELU, weight(), weight(), ...PORTS])),
    'invalid-graph',
    'Two initializers of graph main are named conv1.weight.',
  ],
  [
    'attribute-twice',
    withNodes(
      [
        1,
        node(
          'Conv',
          'conv1',
          ['x', 'conv1.weight'],
          ['features'],
          [attribute([1, 'group'], [3, 1], [20, 2]), attribute([1, 'group'], [3, 3], [20, 2])],
        ),
      ],
      RELU,
    ),
    'invalid-graph',
    'Conv conv1 has two attributes named group.',
  ],
  [
    'node-without-operator',
    withNodes(CONV, [
      1,
      [
        [1, 'features'],
        [2, 'y'],
      ],
    ]),
    'invalid-graph',
    'Node 1 of graph main has no operator.',
  ],
  [
    'operator-set-imported-twice',
    proto(
      model(
        [CONV, RELU, weight(), ...PORTS],
        [
          [
            8,
            [
              [1, 'ai.onnx'],
              [2, 11],
            ],
          ],
        ],
      ),
    ),
    'invalid-graph',
    'Operator set ai.onnx is imported twice, as version 17 and as version 11.',
  ],
];

const elsewhere = (): readonly Case[] => [
  [
    'external-outside-its-folder',
    withWeight(external({ location: '../secrets.bin' })),
    'external-data',
    'The data of conv1.weight is not read: its location "../secrets.bin" leaves the folder of the model. External data must lie in the folder of the model.',
  ],
  [
    'external-hidden-escape',
    withWeight(external({ location: 'a/../../secrets.bin' })),
    'external-data',
    'The data of conv1.weight is not read: its location "a/../../secrets.bin" leaves the folder of the model. External data must lie in the folder of the model.',
  ],
  [
    'external-absolute',
    withWeight(external({ location: '/etc/passwd' })),
    'external-data',
    'The data of conv1.weight is not read: its location "/etc/passwd" is an absolute path. External data must lie in the folder of the model.',
  ],
  [
    'external-on-a-drive',
    withWeight(external({ location: 'C:weights.bin' })),
    'external-data',
    'The data of conv1.weight is not read: its location "C:weights.bin" names a drive or an address. External data must lie in the folder of the model.',
  ],
  [
    'external-backslash',
    withWeight(external({ location: '..\\secrets.bin' })),
    'external-data',
    'The data of conv1.weight is not read: its location "..\\secrets.bin" has a backslash. External data must lie in the folder of the model.',
  ],
  [
    'external-url-encoded',
    withWeight(external({ location: '%2e%2e/secrets.bin' })),
    'external-data',
    'The data of conv1.weight is not read: its location "%2e%2e/secrets.bin" is URL-encoded. External data must lie in the folder of the model.',
  ],
  [
    'external-without-location',
    withWeight(external({})),
    'external-data',
    'The data of conv1.weight is not read: its location "" is empty. External data must lie in the folder of the model.',
  ],
  [
    'external-bad-offset',
    withWeight(external({ location: 'weights.bin', offset: '-8' })),
    'bad-file',
    'graph.initializer[0] of conv1.weight has an external offset of "-8", not a count of bytes (byte 151).',
  ],
  [
    'external-wrong-length',
    withWeight(external({ location: 'weights.bin', length: '16' })),
    'bad-file',
    'graph.initializer[0] of conv1.weight is float32 [4, 3, 3, 3] and wants 432 bytes, 16 are there (byte 151).',
  ],
];

const foreign = (): readonly Case[] => [
  ['noise', noise(300), 'bad-file', 'This is not an ONNX model: its first bytes are no field of one.'],
  ['png', bytes('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 40), 'bad-file', 'This is a PNG picture, not an ONNX model.'],
  [
    'html',
    bytes('<!DOCTYPE html>\n<html><body>Sign in</body></html>'),
    'bad-file',
    'This is a web page, not an ONNX model. The download went wrong, perhaps behind a sign-in.',
  ],
  [
    'text',
    bytes('# Model card\n\nThis model was trained on images.\n'),
    'bad-file',
    'This is a text file, not an ONNX model.',
  ],
  [
    'git-lfs-pointer',
    bytes('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'),
    'bad-file',
    'This is a Git LFS pointer, not the model itself. Run git lfs pull to fetch it.',
  ],
  [
    'ort-format',
    bytes('\x20\0\0\0ORTM\0\0\0\0', 60),
    'bad-file',
    'This is a model in ONNX Runtime’s own ORT format. Whittle reads ONNX: take the .onnx file that it was made from.',
  ],
  [
    'zip',
    bytes('PK\x03\x04\x14\0\0\0\0\0model.onnx', 60),
    'bad-file',
    'This is a zip archive. Unpack it and open the .onnx file inside.',
  ],
  [
    'pytorch',
    bytes('PK\x03\x04\0\0\x08\x08\0\0model/data.pkl', 60),
    'bad-file',
    'This is a PyTorch checkpoint, not ONNX. Export the model with torch.onnx.export first.',
  ],
  [
    'pickle',
    bytes('\x80\x02ctorch._utils\n_rebuild_tensor_v2\n', 20),
    'bad-file',
    'This is a Python pickle (an old PyTorch checkpoint, perhaps), not ONNX. Export the model to ONNX first.',
  ],
  [
    'gzip',
    bytes('\x1f\x8b\x08\0\0\0\0\0\0\x03', 40),
    'bad-file',
    'This file is compressed with gzip. Unpack it and open the .onnx file inside.',
  ],
  [
    'safetensors',
    bytes('\x40\0\0\0\0\0\0\0{"conv1.weight":{"dtype":"F32"', 60),
    'bad-file',
    'This is a safetensors file: weights without a graph. Export the model to ONNX first.',
  ],
  [
    'gguf',
    bytes('GGUF\x03\0\0\0\0\0\0\0', 60),
    'bad-file',
    'This is a GGUF file, not ONNX. Export the model to ONNX first.',
  ],
  [
    'tflite',
    bytes('\x1c\0\0\0TFL3\0\0\0\0', 60),
    'bad-file',
    'This is a TensorFlow Lite model, not ONNX. Export the model to ONNX first.',
  ],
  [
    'onnx-tensor',
    proto(tensor('conv1.weight', [4, 3, 3, 3], 1, [[9, WEIGHT]])),
    'bad-file',
    'This is an ONNX tensor (a TensorProto), not a model.',
  ],
];

const alone = ([name, model, code, message]: Case): BadFile => ({
  name,
  files: [{ name: `${name}.onnx`, bytes: model }],
  code,
  message,
});

/** Every bad file, made anew. */
export function badFiles(): BadFile[] {
  const sidecar = withWeight(external({ location: 'weights.bin', offset: '64' }));
  return [
    ...[...broken(), ...invalid(), ...elsewhere(), ...foreign()].map(alone),
    {
      name: 'external-missing',
      files: [{ name: 'external-missing.onnx', bytes: sidecar }],
      code: 'external-data',
      message:
        'The data of conv1.weight lies in weights.bin, which was not given. Open the model together with that file.',
      opens: true,
    },
    {
      name: 'external-short',
      files: [
        { name: 'external-short.onnx', bytes: sidecar },
        { name: 'weights.bin', bytes: new Uint8Array(300) },
      ],
      code: 'external-data',
      message: 'The data of conv1.weight ends early: it wants 432 bytes from byte 64 of weights.bin, which has 300.',
    },
  ];
}
