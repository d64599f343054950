import { describe, expect, it } from 'vitest';
import type { Model } from '../ir/model.ts';
import { printModel } from '../ir/print.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { entries, fixed32, info, model, node, proto, type Row, type Rows } from '../testing/proto.ts';
import { readModel } from './read.ts';
import { writeModel } from './write.ts';

const read = (graph: Rows): Model => readModel(proto(model(graph))).model;
const ports: Rows = [
  [11, info('x', [2])],
  [12, info('y', [2])],
];
const attribute = (name: string, type: number, ...rows: Rows): Row => [5, [[1, name], ...rows, [20, type]]];

const typeRows = (rows: Rows): Rows => [
  [1, 'x'],
  [2, rows],
];
const tensor = (rows: Rows = []): Rows => [[1, 1], [2, 1], [9, new Uint8Array(4)], ...rows];

/** Every text in a message, however deep. */
const textsOf = (rows: Rows): string[] =>
  rows.flatMap(([, value]) =>
    typeof value === 'string' ? [value] : Array.isArray(value) ? textsOf(value as Rows) : [],
  );

const typeOf = (rows: Rows): string => {
  const ir = read([
    [11, typeRows(rows)],
    [12, [[1, 'x']]],
  ]);
  const again = readModel(writeModel(ir)).model;
  expect(printModel(again)).toBe(printModel(ir));
  return printModel(ir)
    .split('\n')
    .find((line) => line.startsWith('graph'))!;
};

describe('types', () => {
  it.each<[string, Rows]>([
    ['float32', [[1, [[1, 1]]]]],
    [
      'float32[]',
      [
        [
          1,
          [
            [1, 1],
            [2, []],
          ],
        ],
      ],
    ],
    [
      'float16[N, ?, 3]',
      [
        [
          1,
          [
            [1, 10],
            [
              2,
              [
                [1, [[2, 'N']]],
                [1, []],
                [1, [[1, 3]]],
              ],
            ],
          ],
        ],
      ],
    ],
    [
      'float32[1099511627776]',
      [
        [
          1,
          [
            [1, 1],
            [2, [[1, [[1, 2 ** 40]]]]],
          ],
        ],
      ],
    ],
    [
      'sequence(float32[2])',
      [
        [
          4,
          [
            [
              1,
              [
                [
                  1,
                  [
                    [1, 1],
                    [2, [[1, [[1, 2]]]]],
                  ],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
    ['optional(sequence(int64))', [[9, [[1, [[4, [[1, [[1, [[1, 7]]]]]]]]]]]]],
    [
      'map(string, float32)',
      [
        [
          5,
          [
            [1, 8],
            [2, [[1, [[1, 1]]]]],
          ],
        ],
      ],
    ],
    [
      'sparse(float32[4])',
      [
        [
          8,
          [
            [1, 1],
            [2, [[1, [[1, 4]]]]],
          ],
        ],
      ],
    ],
    [
      'opaque(a.b, C)',
      [
        [
          7,
          [
            [1, 'a.b'],
            [2, 'C'],
          ],
        ],
      ],
    ],
    [
      'float32[1] denotes "IMAGE" axes ["DATA_BATCH"]',
      [
        [
          1,
          [
            [1, 1],
            [
              2,
              [
                [
                  1,
                  [
                    [1, 1],
                    [3, 'DATA_BATCH'],
                  ],
                ],
              ],
            ],
          ],
        ],
        [6, 'IMAGE'],
      ],
    ],
  ])('reads and writes %s', (printed, rows) => {
    expect(typeOf(rows)).toContain(`x: ${printed}`);
  });

  it('reads negative dimensions of a declared type as unknown, and says so', () => {
    const { model: ir, warnings } = readModel(
      proto(
        model([
          [11, info('x', [-1, 3])],
          [12, info('x', [-1, 3])],
        ]),
      ),
    );
    expect(printModel(ir)).toContain('x: float32[?, 3]');
    expect(warnings).toEqual([
      'Negative dimensions are read as unknown at 2 places, the first: graph.input[0].type.tensor_type.shape.',
    ]);
  });

  it('keeps a type with unknown fields as it was, until the type is replaced', () => {
    const rows: Rows = [
      [
        1,
        [
          [1, 1],
          [77, 'future'],
        ],
      ],
    ];
    const ir = read([
      [11, typeRows(rows)],
      [12, [[1, 'x']]],
    ]);
    expect(Buffer.from(writeModel(ir)).includes('future')).toBe(true);
    const [x] = ir.graph.inputs;
    ir.getValue(x!).type = { kind: 'tensor', dtype: 'float32', shape: [1] };
    expect(Buffer.from(writeModel(ir)).includes('future')).toBe(false);
  });
});

describe('everything else that ONNX can hold', () => {
  const sparse: Rows = [
    [
      1,
      [
        [1, 1],
        [2, 1],
        [8, 'sp'],
        [9, new Uint8Array(4)],
      ],
    ],
    [
      2,
      [
        [1, 1],
        [2, 7],
        [9, new Uint8Array(8)],
      ],
    ],
    [3, 5],
    [99, 'sparse-future'],
  ];
  const inner: Rows = [
    [1, node('Relu', 'in', ['x'], ['r'])],
    [2, 'inner'],
    [12, [[1, 'r']]],
  ];
  const rows: Rows = [
    [1, 11],
    [2, 'whittle'],
    [3, '1.0'],
    [4, 'a.b'],
    [5, -7],
    [6, 'the model'],
    [
      7,
      [
        ...ports,
        [
          1,
          node(
            'Custom',
            'all',
            ['x'],
            ['v'],
            [
              attribute('f', 1, [2, fixed32(0.1)], [13, 'remark'], [98, 'attribute-future']),
              attribute('i', 2, [3, -(2n ** 62n)]),
              attribute('s', 3, [4, Uint8Array.of(0xff, 0)]),
              attribute('t', 4, [
                5,
                tensor([
                  [12, 'tensor remark'],
                  [8, 'inner name'],
                  ...entries(16, { k: 'tensor' }),
                  [97, 'tensor-future'],
                ]),
              ]),
              attribute('g', 5, [6, inner]),
              attribute('fs', 6, [7, new Uint8Array(Float32Array.of(1, 2).buffer)]),
              attribute('is', 7, [8, 1], [8, -1]),
              attribute('ss', 8, [9, 'a'], [9, '']),
              attribute('ts', 9, [10, tensor()], [10, tensor()]),
              attribute('gs', 10, [11, inner], [11, inner]),
              attribute('st', 11, [22, sparse]),
              attribute('sts', 12, [23, sparse], [23, sparse]),
              attribute('tp', 13, [14, [[1, [[1, 1]]]]]),
              attribute(
                'tps',
                14,
                [15, [[1, [[1, 1]]]]],
                [
                  15,
                  [
                    [
                      1,
                      [
                        [1, 7],
                        [96, 'type-future'],
                      ],
                    ],
                  ],
                ],
              ),
              attribute('empty', 7),
              [6, 'node remark'],
              [7, 'a.b'],
              [8, 'variant'],
              ...entries(9, { 'a key': 'a value' }),
              [10, [[1, 'device configuration']]],
            ],
          ),
        ],
        [1, node('F', 'call', ['v'], ['y'], [[7, 'local'], attribute('alpha', 1, [2, fixed32(2)])])],
        [10, 'graph remark'],
        [13, [...info('v', [2]), [3, 'value remark'], ...entries(4, { value: 'meta' }), [95, 'value-future']]],
        [14, [[1, 'v'], ...entries(2, { SCALE_TENSOR: 's' }), [94, 'annotation-future']]],
        [15, sparse],
        ...entries(16, { graph: 'meta' }),
        [93, 'graph-future'],
      ],
    ],
    [
      8,
      [
        [1, ''],
        [2, 22],
        [92, 'opset-future'],
      ],
    ],
    [
      8,
      [
        [1, 'a.b'],
        [2, 3],
      ],
    ],
    [
      8,
      [
        [1, 'local'],
        [2, 1],
      ],
    ],
    ...entries(14, { author: 'somebody' }),
    [
      14,
      [
        [1, 'author'],
        [2, 'somebody else'],
      ],
    ],
    [20, [[1, [[2, 'initialization']]]]],
    [
      25,
      [
        [1, 'F'],
        [4, 'p'],
        [5, 'q'],
        [6, 'alpha'],
        [
          7,
          node(
            'LeakyRelu',
            'leaky',
            ['p'],
            ['q'],
            [
              [
                5,
                [
                  [1, 'alpha'],
                  [21, 'alpha'],
                  [20, 1],
                ],
              ],
            ],
          ),
        ],
        [8, 'function remark'],
        [
          9,
          [
            [1, 'ai.onnx'],
            [2, 20],
          ],
        ],
        [10, 'local'],
        [
          11,
          [
            [1, 'beta'],
            [3, 4],
            [20, 2],
          ],
        ],
        [12, info('p', ['n'])],
        [13, 'overloaded'],
        ...entries(14, { function: 'meta' }),
      ],
    ],
    [
      26,
      [
        [1, 'cuda'],
        [2, 4],
      ],
    ],
  ];
  const { model: ir, warnings } = readModel(proto(rows));

  it('opens without a warning and verifies', () => {
    expect(warnings).toEqual([]);
    verifyModel(ir);
  });

  it('comes back the same', () => {
    const again = readModel(writeModel(ir)).model;
    verifyModel(again);
    expect(printModel(again)).toBe(printModel(ir));
    expect(writeModel(again)).toEqual(writeModel(ir));
  });

  it('is written back to the last text, known or not', () => {
    const written = Buffer.from(writeModel(ir));
    const texts = textsOf(rows).filter((text) => text !== 'ai.onnx');
    expect(texts.length).toBeGreaterThan(30);
    for (const text of texts) expect(written.includes(text), text).toBe(true);
  });

  it('prints every part', () => {
    expect(printModel(ir)).toMatchSnapshot();
  });
});
