import { describe, expect, it } from 'vitest';
import { getGraph } from '../ir/attribute.ts';
import { CodedError } from '../base/error.ts';
import type { Model, Node, Value } from '../ir/model.ts';
import { printModel } from '../ir/print.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { info, model, node, proto, type Row, type Rows } from '../testing/proto.ts';
import { readModel } from './read.ts';
import { writeModel, modelByteLength } from './write.ts';

const read = (graph: Rows, more: Rows = []): Model => readModel(proto(model(graph, more))).model;
const valueNamed = (ir: Model, name: string): Value => [...ir.values.values()].find((each) => each.name === name)!;
const nodeNamed = (ir: Model, name: string): Node => [...ir.nodes.values()].find((each) => each.name === name)!;
const ports: Rows = [
  [11, info('x', [2])],
  [12, info('y', [2])],
];

function refusal(action: () => unknown): CodedError {
  try {
    action();
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('weights', () => {
  const floats = new Uint8Array(Float32Array.of(1, -2.5, 3e-9).buffer);
  const file = proto(
    model([
      [
        5,
        [
          [1, 3],
          [2, 1],
          [8, 'raw'],
          [9, floats],
        ],
      ],
      [
        5,
        [
          [1, 3],
          [2, 1],
          [4, floats],
          [8, 'packed'],
        ],
      ],
      ...ports,
      [1, node('Add', 'a', ['raw', 'packed'], ['y'])],
    ]),
  );

  it('are views of the file’s own buffer, raw or packed', () => {
    const { model: ir } = readModel(file);
    for (const name of ['raw', 'packed']) {
      const bytes = ir.graph.initializers.get(valueNamed(ir, name).id)!.bytes();
      expect(bytes.buffer).toBe(file.buffer);
      expect(bytes).toEqual(floats);
    }
  });

  it('are found in a file that is itself a view', () => {
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    const { model: ir } = readModel(shifted.subarray(3));
    const tensor = ir.graph.initializers.get(valueNamed(ir, 'raw').id)!;
    expect(Array.from(tensor.read() as Float32Array)).toEqual([1, -2.5, Math.fround(3e-9)]);
  });

  it('are not touched by opening: a later change of the file shows', () => {
    const copy = file.slice();
    const { model: ir } = readModel(copy);
    const tensor = ir.graph.initializers.get(valueNamed(ir, 'raw').id)!;
    tensor.bytes().fill(0);
    expect(copy.subarray(tensor.bytes().byteOffset, tensor.bytes().byteOffset + 12)).toEqual(new Uint8Array(12));
  });
});

const branch = (name: string, inner: Rows): Row => [
  5,
  [
    [1, name],
    [6, [...inner, [2, name]]],
    [20, 5],
  ],
];
const constant = (value: number): Row => [
  1,
  node(
    'Constant',
    '',
    [],
    ['c'],
    [
      [
        5,
        [
          [1, 'value_int'],
          [3, value],
          [20, 2],
        ],
      ],
    ],
  ),
];

describe('names and scopes', () => {
  it('resolve inside out: an inner value hides an outer one of the same name', () => {
    const ir = read([
      ...ports,
      [11, info('c', [])],
      [1, node('Relu', 'outer', ['x'], ['v'])],
      [
        1,
        node(
          'If',
          'if',
          ['c'],
          ['y'],
          [
            branch('then_branch', [
              [1, node('Neg', 'hides', ['x'], ['v'])],
              [1, node('Abs', 'uses', ['v'], ['o'])],
              [12, [[1, 'o']]],
            ]),
            branch('else_branch', [
              [1, node('Abs', 'captures', ['v'], ['o'])],
              [12, [[1, 'o']]],
            ]),
          ],
        ),
      ],
    ]);
    verifyModel(ir);
    expect(nodeNamed(ir, 'uses').inputs).toEqual(nodeNamed(ir, 'hides').outputs);
    expect(nodeNamed(ir, 'captures').inputs).toEqual(nodeNamed(ir, 'outer').outputs);
    const [outer] = nodeNamed(ir, 'outer').outputs;
    expect(ir.getValue(outer!).uses).toEqual([{ node: nodeNamed(ir, 'captures').id, index: 0 }]);
  });

  it('lets a subgraph return an outer value', () => {
    const ir = read([
      ...ports,
      [
        1,
        node(
          'If',
          'if',
          ['x'],
          ['y'],
          [branch('then_branch', [[12, [[1, 'x']]]]), branch('else_branch', [[12, [[1, 'x']]]])],
        ),
      ],
    ]);
    verifyModel(ir);
    const then = ir.getGraph(getGraph(nodeNamed(ir, 'if'), 'then_branch')!);
    expect(then.outputs).toEqual(ir.graph.inputs);
  });

  it('has one spelling of ai.onnx, and leaves optional inputs and outputs out', () => {
    const ir = readModel(
      proto([
        [1, 8],
        [7, [...ports, [1, node('Clip', 'clip', ['x', '', 'x'], ['y', ''], [[7, 'ai.onnx']])]]],
        [
          8,
          [
            [1, 'ai.onnx'],
            [2, 13],
          ],
        ],
      ]),
    ).model;
    expect(ir.opset()).toBe(13);
    expect(nodeNamed(ir, 'clip').domain).toBe('');
    expect(nodeNamed(ir, 'clip').inputs[1]).toBeNull();
    expect(nodeNamed(ir, 'clip').outputs[1]).toBeNull();
  });

  it('sorts nodes that are not in order, and says so', () => {
    const { model: ir, warnings } = readModel(
      proto(model([...ports, [1, node('Relu', 'second', ['v'], ['y'])], [1, node('Neg', 'first', ['x'], ['v'])]])),
    );
    verifyModel(ir);
    expect([...ir.graph.nodes].map((id) => ir.getNode(id).name)).toEqual(['first', 'second']);
    expect(warnings).toEqual(['Nodes do not stand in the order in which they run; they were sorted.']);
  });

  it('takes the last of several Constants of one name, as ONNX Runtime does', () => {
    const { model: ir, warnings } = readModel(
      proto(model([...ports, constant(1), [1, node('Add', 'add', ['x', 'c'], ['y'])], constant(2)])),
    );
    verifyModel(ir);
    expect(ir.nodes.size).toBe(2);
    expect(printModel(ir)).toContain('value_int = 2');
    expect(warnings[0]).toMatch(/^The names of 1 Constant node are defined again/);
  });
});

describe('constants that are listed as inputs', () => {
  const graph: Rows = [
    [
      5,
      [
        [1, 2],
        [2, 1],
        [8, 'w'],
        [9, new Uint8Array(8)],
      ],
    ],
    [11, info('x', [2])],
    [11, info('w', [2])],
    [12, info('y', [2])],
    [1, node('Add', 'add', ['x', 'w'], ['y'])],
  ];
  const withVersion = (version: number): Uint8Array<ArrayBuffer> =>
    proto([
      [1, version],
      [7, graph],
      [
        8,
        [
          [1, ''],
          [2, 8],
        ],
      ],
    ]);

  it('leave the inputs before IR version 4, and are listed again when written', () => {
    const { model: ir } = readModel(withVersion(3));
    expect(ir.graph.inputs.map((id) => ir.getValue(id).name)).toEqual(['x']);
    const again = readModel(writeModel(ir)).model;
    expect(printModel(again)).toBe(printModel(ir));
    expect(Buffer.from(writeModel(ir)).indexOf('w')).toBeGreaterThan(0);
    ir.irVersion = 4;
    expect(writeModel(ir).length).toBeLessThan(modelByteLength(again));
  });

  it('stay inputs from IR version 4 on', () => {
    const { model: ir } = readModel(withVersion(4));
    expect(ir.graph.inputs.map((id) => ir.getValue(id).name)).toEqual(['x', 'w']);
    expect(ir.graph.initializers.has(ir.graph.inputs[1]!)).toBe(true);
    verifyModel(ir);
  });
});

describe('odd but legal files', () => {
  it('replaces text that is not UTF-8, and says so', () => {
    const { model: ir, warnings } = readModel(
      proto(model([...ports, [1, node('Relu', 'r', ['x'], ['y'])], [10, Uint8Array.of(0x66, 0xff)]])),
    );
    expect(ir.graph.extras.docString).toBe('f\uFFFD');
    expect(warnings).toEqual(['Text that is not valid UTF-8 was replaced at 1 place, the first: graph.doc_string.']);
  });

  it('assumes version 1 of a custom domain that is not imported', () => {
    const { model: ir, warnings } = readModel(
      proto(model([...ports, [1, node('Gelu', 'g', ['x'], ['y'], [[7, 'com.microsoft']])]])),
    );
    expect(ir.opset('com.microsoft')).toBe(1);
    expect(warnings).toHaveLength(1);
    verifyModel(ir);
  });

  it('skips groups of unknown fields and writes them back', () => {
    const group = Uint8Array.of(0xa3, 0x06, 0x08, 0x01, 0xa4, 0x06);
    const good = proto(model([...ports, [1, node('Relu', 'r', ['x'], ['y'])]]));
    const file = new Uint8Array([...good, ...group]);
    expect(readModel(file).model.extras.unknown).toEqual([group]);
    expect(Buffer.from(writeModel(readModel(file).model)).includes(Buffer.from(group))).toBe(true);
  });

  it('merges a graph that comes in two parts, as protobuf does', () => {
    const ir = readModel(
      proto([
        [1, 8],
        [7, [[1, node('Relu', 'r', ['x'], ['y'])]]],
        [7, [...ports]],
        [
          8,
          [
            [1, ''],
            [2, 17],
          ],
        ],
      ]),
    ).model;
    verifyModel(ir);
    expect(ir.nodes.size).toBe(1);
  });

  it('puts the name of the file into the error’s data', () => {
    expect(refusal(() => readModel(new Uint8Array(0), { name: 'a.onnx' })).data).toEqual({ file: 'a.onnx' });
  });

  it('fails with a code, never otherwise, wherever a file is cut', () => {
    const good = proto(
      model([
        [
          5,
          [
            [1, 2],
            [2, 1],
            [8, 'w'],
            [9, new Uint8Array(8)],
          ],
        ],
        ...ports,
        [1, node('Add', 'a', ['x', 'w'], ['y'])],
      ]),
    );
    let refused = 0;
    for (let length = 0; length < good.length; length++) {
      try {
        readModel(good.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(CodedError);
        refused++;
      }
    }
    // Cut between two fields of the model, a file is shorter and still complete.
    expect(refused).toBeGreaterThan(good.length - 5);
  });
});
