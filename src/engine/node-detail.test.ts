import { describe, expect, it } from 'vitest';
import { silentJob } from '../base/job.ts';
import { int, string, tensorAttribute } from '../ir/attribute.ts';
import type { Model } from '../ir/model.ts';
import { floats } from '../ir/tensor.ts';
import { memoryFiles } from '../onnx/external.ts';
import { writeModel } from '../onnx/write.ts';
import { buildSample } from '../samples/catalogue.ts';
import { buildModel } from '../testing/build.ts';
import type { NodeDetail } from './detail-types.ts';
import { nodePort } from './node.ts';
import { Studio } from './studio.ts';

const job = silentJob();

async function open(model: Model): Promise<Studio> {
  const studio = new Studio(nodePort());
  await studio.openFile({ name: 'm.onnx', bytes: writeModel(model), external: memoryFiles(new Map()) }, job);
  return studio;
}

/** The detail of the node of that name. */
function detailOf(studio: Studio, name: string): NodeDetail {
  const { view } = studio.picture();
  return studio.node(view.nodeIds[view.nodeNames.indexOf(name)]!);
}

const attribute = (detail: NodeDetail, name: string) => detail.attributes.find((each) => each.name === name);

describe('attributes of a node', () => {
  const model = buildModel({ opset: 17 }, (g) => {
    const x = g.input('x', ['N', 3, 8, 8]);
    const w = g.weight('w', [4, 3, 3, 3]);
    const y = g.op('Conv', [x, w], { kernel_shape: [3, 3], group: 1, dilations: [1, 1] }, { name: 'conv' });
    const z = g.op('Flatten', [y], {}, { name: 'flat' });
    g.output(z, 'z');
  });

  it('stand as they are: written, written as by default, by default, not set', async () => {
    const detail = detailOf(await open(model), 'conv');
    expect(attribute(detail, 'kernel_shape')).toMatchObject({ standing: 'written', type: 'ints', text: '3, 3' });
    expect(attribute(detail, 'group')).toMatchObject({ standing: 'written', redundant: true, text: '1' });
    expect(attribute(detail, 'dilations')).toMatchObject({ standing: 'written', redundant: false });
    expect(attribute(detail, 'auto_pad')).toMatchObject({ standing: 'default', text: 'NOTSET', type: 'string' });
    expect(attribute(detail, 'strides')).toMatchObject({ standing: 'unset', text: '' });
    expect(detail).toMatchObject({ since: 11, opset: 17, summary: expect.stringContaining('Convolves') });
  });

  it('that the specification does not know, or that it requires and are not there, are told', async () => {
    const broken = buildModel({}, (g) => {
      const x = g.input('x', [2]);
      const node = g.node('Cast', [x], {}, { name: 'cast' });
      node.attributes.set('colour', string('red'));
      g.output(node.outputs[0]!, 'y');
    });
    const detail = detailOf(await open(broken), 'cast');
    expect(attribute(detail, 'to')).toMatchObject({ standing: 'missing', type: 'int' });
    expect(attribute(detail, 'colour')).toMatchObject({ known: false, text: 'red' });
  });

  it('that are long are shortened, and there in full', async () => {
    const long = buildModel({ domains: { 'com.example': 1 } }, (g) => {
      const node = g.node(
        'Mystery',
        [g.input('x', [2])],
        { list: Array.from({ length: 40 }, (_, i) => i) },
        {
          name: 'odd',
          domain: 'com.example',
        },
      );
      node.attributes.set('t', tensorAttribute(floats([2, 3], [1, 2, 3, 4, 5, 6])));
      g.output(node.outputs[0]!, 'y');
    });
    const studio = await open(long);
    const detail = detailOf(studio, 'odd');
    expect(attribute(detail, 'list')).toMatchObject({ text: expect.stringMatching(/^0, 1, .*… \(40\)$/), known: true });
    expect(attribute(detail, 'list')?.full?.split(', ')).toHaveLength(40);
    const [tensor] = attribute(detail, 't')!.tensors;
    expect(tensor).toMatchObject({ dtype: 'float32', shape: [2, 3], picture: 'matrix' });
    expect(await studio.tensor({ ref: tensor!.ref, axis: null }, job)).toMatchObject({ min: 1, max: 6 });
    expect(studio.tensorValues({ ref: tensor!.ref, from: 4, count: 2 }).texts).toEqual(['5', '6']);
    expect(() => studio.tensorValues({ ref: { node: 1, attribute: 'none', index: 0 }, from: 0, count: 1 })).toThrow(
      /holds no such tensor/,
    );
  });

  it('that are subgraphs say how many nodes they hold', async () => {
    const branching = buildModel({}, (g) => {
      const c = g.input('c', [], 'bool');
      const x = g.input('x', [2]);
      const y = g.op(
        'If',
        [c],
        {
          then_branch: (inner) => inner.output(inner.op('Neg', [inner.op('Relu', [x])])),
          else_branch: (inner) => inner.output(inner.op('Abs', [x])),
        },
        { name: 'if' },
      );
      g.output(y, 'y');
    });
    const detail = detailOf(await open(branching), 'if');
    expect(attribute(detail, 'then_branch')?.graphs).toMatchObject([{ nodes: 2 }]);
    expect(attribute(detail, 'else_branch')?.graphs).toMatchObject([{ nodes: 1 }]);
  });

  it('compare with their defaults as numbers are written', async () => {
    const model = buildModel({}, (g) => {
      const node = g.node('LRN', [g.input('x', [1, 4, 2, 2])], { size: 3 }, { name: 'lrn' });
      node.attributes.set('bias', { type: 'float', value: 1 });
      node.attributes.set('alpha', { type: 'float', value: Math.fround(1e-4) });
      node.attributes.set('beta', { type: 'float', value: 0.5 });
      node.attributes.set('size', int(3));
      g.output(node.outputs[0]!, 'y');
    });
    const detail = detailOf(await open(model), 'lrn');
    expect(attribute(detail, 'alpha')).toMatchObject({ text: '1e-4', redundant: true });
    expect(attribute(detail, 'bias')).toMatchObject({ text: '1', redundant: true });
    expect(attribute(detail, 'beta')).toMatchObject({ text: '0.5', redundant: false });
  });
});

describe('ports of a node', () => {
  const model = buildModel({}, (g) => {
    const x = g.input('x', ['N', 8]);
    const shared = g.op('Relu', [x], {}, { name: 'relu' });
    const w = g.weight('w', [8, 4]);
    const wt = g.weight('wt', [4, 8]);
    const a = g.op('Gemm', [shared, w], {}, { name: 'a' });
    const b = g.op('Gemm', [shared, wt], { transB: 1 }, { name: 'b' });
    g.output(g.op('Add', [a, b], {}, { name: 'add' }), 'y');
    g.output(shared, 'shared');
  });

  it('know who makes and who reads them, and what the graph has to do with them', async () => {
    const relu = detailOf(await open(model), 'relu');
    expect(relu.inputs).toMatchObject([{ slot: 'X', isInput: true, producer: null, type: 'float32 N×8' }]);
    const [y] = relu.outputs;
    expect(y).toMatchObject({ isOutput: true, consumerCount: 2 });
    expect(y?.consumers.map(({ opType, name }) => `${opType} ${name}`)).toEqual(['Gemm a', 'Gemm b']);
  });

  it('show optional inputs that are left out', async () => {
    const gemm = detailOf(await open(model), 'a');
    expect(gemm.inputs.map(({ slot, value }) => [slot, value === null])).toEqual([
      ['A', false],
      ['B', false],
      ['C', true],
    ]);
    expect(gemm.inputs[0]?.producer).toMatchObject({ opType: 'Relu' });
    expect(gemm.inputs[0]?.consumers.map(({ name }) => name)).toEqual(['b']);
  });

  it('know along which axis the output channels of a weight lie', async () => {
    const studio = await open(model);
    expect(detailOf(studio, 'a').inputs[1]).toMatchObject({ channelAxis: 1, picture: 'matrix', bytes: 128 });
    expect(detailOf(studio, 'b').inputs[1]).toMatchObject({ channelAxis: 0, picture: 'matrix' });
  });

  it('know how a constant is best drawn', async () => {
    const drawn = buildModel({}, (g) => {
      const x = g.input('x', [1, 4, 8, 8]);
      const a = g.op('Conv', [x, g.weight('k', [6, 4, 3, 3]), g.weight('bias', [6])], {}, { name: 'conv' });
      const b = g.op('Conv', [a, g.weight('point', [2, 6, 1, 1])], {}, { name: 'pointwise' });
      const c = g.op('ConvTranspose', [b, g.weight('up', [2, 3, 2, 2])], {}, { name: 'transposed' });
      g.output(g.op('Mul', [c, g.floats('scalar', [], 2)], {}, { name: 'mul' }), 'y');
    });
    const studio = await open(drawn);
    const looks = (name: string) =>
      detailOf(studio, name).inputs.map(({ picture, channelAxis }) => [picture, channelAxis]);
    expect(looks('conv').slice(1)).toEqual([
      ['kernels', 0],
      ['line', null],
    ]);
    expect(looks('pointwise')[1]).toEqual(['matrix', 0]);
    expect(looks('transposed')[1]).toEqual(['kernels', 1]);
    expect(looks('mul')[1]).toEqual([null, null]);
  });
});

describe('where a node comes from', () => {
  const step = (pass: string, options = {}) => ({ pass, options, off: [] });

  it('is the step and rule that made it, its ancestors, and what became of each value', async () => {
    const studio = await open(buildSample('residual-cnn'));
    await studio.apply(step('fold-batch-norm'), job);
    await studio.apply(step('eliminate-dead-nodes'), job);
    const { view } = studio.picture();
    const fused = studio.node(view.nodeIds[view.made.indexOf(1)]!);
    expect(fused.madeBy).toEqual({ rule: 'conv-bn', title: 'Fold batch norm', stop: 1 });
    expect(fused.ancestors.map(({ opType }) => opType)).toEqual(['Conv', 'BatchNormalization']);
    expect(fused.inputs.map(({ origin }) => origin?.relation ?? 'unchanged')).toEqual(['unchanged', 'scaled', 'new']);
    const conv = studio.moveTo(0) && studio.node(fused.ancestors[0]!.node);
    expect(conv).toMatchObject({ opType: 'Conv', madeBy: null, ancestors: [] });
    expect(fused.gone).toEqual([conv.outputs[0]!.name]);
  });

  it('says how much of a sliced value was kept, and on which axis', async () => {
    const studio = await open(buildSample('residual-cnn'));
    await studio.apply(step('prune-channels', { ratio: 0.5, importance: 'random', seed: 1 }), job);
    const { view } = studio.picture();
    const origins = Array.from(view.nodeIds, (id) => studio.node(id)).flatMap(({ inputs }) =>
      inputs.map(({ origin }) => origin),
    );
    const sliced = origins.filter((origin) => origin?.relation === 'sliced');
    expect(sliced.length).toBeGreaterThan(5);
    for (const { kept, of } of sliced) expect(kept).toBeLessThan(of ?? 0);
  });
});
