import { describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import { printModel } from '../ir/print.ts';
import { derivedTensor, floats, Tensor } from '../ir/tensor.ts';
import { tensorType } from '../ir/types.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { buildModel } from '../testing/build.ts';
import { memoryFiles } from './external.ts';
import { readModel } from './read.ts';
import { modelByteLength, writeFiles, writeModel } from './write.ts';

const small = () =>
  buildModel({}, (g) => {
    const x = g.input('x', ['N', 4]);
    const y = g.op('MatMul', [x, g.weight('w', [4, 3])], {}, { name: 'dense' });
    g.output(g.op('Relu', [y]), 'y', { shape: ['N', 3] });
  });

describe('writing', () => {
  it('gives the same bytes for the same model, of the size that was said', () => {
    const model = small();
    const bytes = writeModel(model);
    expect(writeModel(model)).toEqual(bytes);
    expect(writeModel(model.clone())).toEqual(bytes);
    expect(modelByteLength(model)).toBe(bytes.length);
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });

  it('reads a derived tensor once, and not to measure', () => {
    const model = small();
    let computed = 0;
    const [weight] = model.graph.initializers.keys();
    const data = new Uint8Array(Float32Array.from({ length: 12 }, (_, i) => i).buffer);
    model.setInitializer(
      weight!,
      derivedTensor('float32', [4, 3], () => {
        computed++;
        return data;
      }),
    );
    modelByteLength(model);
    expect(computed).toBe(0);
    const again = readModel(writeModel(model)).model;
    expect(computed).toBe(1);
    expect([...again.graph.initializers.values()][0]!.bytes()).toEqual(data);
  });

  it('refuses what does not fit into one file, before it makes a buffer', () => {
    const model = small();
    const [weight] = model.graph.initializers.keys();
    model.setInitializer(
      weight!,
      derivedTensor('float32', [1 << 15, 1 << 15], () => new Uint8Array(0)),
    );
    expect(() => writeModel(model)).toThrow('one ONNX file holds at most 2 GB. Write it with external data.');
  });

  it('writes text of every length and alphabet', () => {
    const model = small();
    const texts = ['', 'ascii', 'é', '漢字', '😀', 'x'.repeat(127), 'y'.repeat(128), 'é'.repeat(20_000)];
    model.extras = { metadataProps: new Map(texts.map((text, i) => [`${i}`, text])) };
    const again = readModel(writeModel(model)).model;
    expect([...again.extras.metadataProps!.values()]).toEqual(texts);
  });
});

const names = (bytes: Uint8Array): string[] => [...readModel(bytes).model.values.values()].map((each) => each.name);

describe('names', () => {
  it('are made unique, while inputs and outputs keep theirs', () => {
    const model = small();
    for (const value of model.values.values()) value.name = value.name === 'x' || value.name === 'y' ? value.name : 'y';
    const bytes = writeModel(model);
    expect(new Set(names(bytes)).size).toBe(model.values.size);
    expect(names(bytes).sort()).toEqual(['x', 'y', 'y_1', 'y_2']);
    verifyModel(readModel(bytes).model);
  });

  it('of a subgraph differ from those around it, so that captures find their value', () => {
    const model = buildModel({}, (g) => {
      const c = g.input('c', [], 'bool');
      const x = g.input('x', [2]);
      const v = g.op('Relu', [x], {}, { outputs: ['v'] });
      const out = g.op('If', [c], {
        then_branch: (inner) => inner.output(inner.op('Add', [inner.op('Neg', [x], {}, { outputs: ['inside'] }), v])),
        else_branch: (inner) => inner.output(inner.op('Identity', [v])),
      });
      g.output(out, 'y');
    });
    const inside = [...model.values.values()].find((value) => value.name === 'inside')!;
    inside.name = 'v';
    const again = readModel(writeModel(model)).model;
    verifyModel(again);
    const add = [...again.nodes.values()].find((node) => node.opType === 'Add')!;
    const [first, second] = add.inputs.map((id) => again.getValue(id!));
    expect(first!.producer && again.getNode(first!.producer.node).opType).toBe('Neg');
    expect(second!.producer && again.getNode(second!.producer.node).opType).toBe('Relu');
  });

  it('are refused where two outputs of the model share one', () => {
    const model = small();
    const [hidden] = [...model.nodes.values()][0]!.outputs;
    model.graph.outputs.push(hidden!);
    model.getValue(hidden!).name = 'y';
    expect(() => writeModel(model)).toThrow(CodedError);
  });
});

const writeTo = (location: string) => writeFiles(small(), { externalData: { location, threshold: 1 } });

const withExternal = () => {
  const model = small();
  model.addInitializer(model.graph, 'tiny', floats([1], [1]));
  const shared = [...model.graph.initializers.values()][0]!;
  model.addInitializer(model.graph, 'tied', shared);
  return { model, files: writeFiles(model, { externalData: { location: 'w.bin', threshold: 16 } }) };
};

describe('external data', () => {
  it('takes the large tensors out, tied ones once, and they come back the same', () => {
    const { model, files } = withExternal();
    expect(files.external!.byteLength).toBe(48);
    const chunks = Buffer.concat([...files.external!.chunks()]);
    expect(chunks.length).toBe(48);
    const again = readModel(files.model, { external: memoryFiles(new Map([['w.bin', chunks]])) });
    expect(again.missing).toEqual([]);
    expect(writeModel(again.model)).toEqual(writeModel(model));
  });

  it('opens without its file, with the structure whole and the weights missing', () => {
    const { model, files } = withExternal();
    const opened = readModel(files.model);
    expect(opened.missing).toEqual(['w.bin']);
    verifyModel(opened.model);
    expect(printModel(opened.model).split('\n')).toHaveLength(printModel(model).split('\n').length);
    const [weight] = opened.model.graph.initializers.values();
    expect(weight!.byteLength).toBe(48);
    expect(() => weight!.read()).toThrow(/^The data of w lies in w\.bin, which was not given\./);
    expect(() => writeModel(opened.model)).toThrow(CodedError);
  });

  it('aligns tensors to pages', () => {
    const model = small();
    model.addInitializer(model.graph, 'second', floats([4], [1, 2, 3, 4]));
    const { external } = writeFiles(model, { externalData: { location: 'w.bin', threshold: 1 } });
    expect(external!.byteLength).toBe(4096 + 16);
    expect(Buffer.concat([...external!.chunks()]).subarray(4096)).toEqual(
      Buffer.from(Float32Array.of(1, 2, 3, 4).buffer),
    );
  });

  it('leaves everything in the model where nothing is large enough', () => {
    const files = writeFiles(small(), { externalData: { location: 'w.bin', threshold: 1e6 } });
    expect(files.external).toBeNull();
    expect(files.model).toEqual(writeModel(small()));
  });

  it('is not written to a place that a reader would refuse', () => {
    expect(() => writeTo('../w.bin')).toThrow(CodedError);
    expect(() => writeTo('./w.bin')).toThrow(CodedError);
  });
});

describe('tensors that say more than their bytes', () => {
  it('keep remarks, and a declared type that differs from the plain one', () => {
    const model = small();
    const tensor = new Tensor('float32', [1], floats([1], [2]).source, { docString: 'why', unknown: [] });
    const value = model.addInitializer(model.graph, 'remarked', tensor);
    value.type = { ...tensorType('float32', [1]), denotation: 'BIAS' };
    const again = readModel(writeModel(model)).model;
    const [id, read] = [...again.graph.initializers].at(-1)!;
    expect(read.extras.docString).toBe('why');
    expect(again.getValue(id).type).toEqual(value.type);
  });
});
