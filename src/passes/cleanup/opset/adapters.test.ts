import { describe, expect, it } from 'vitest';
import { float, floatsAttribute, getInt, getString, int, ints } from '../../../ir/attribute.ts';
import type { Attribute, Model, Node } from '../../../ir/model.ts';
import type { DataType, Shape, ValueId } from '../../../ir/types.ts';
import { attributesOf } from '../../../ops/attributes.ts';
import { OPERATORS } from '../../../ops/registry.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../../../testing/build.ts';
import { expectEquivalent } from '../../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../../testing/passes.ts';
import { convertOpset } from '../convert-opset.ts';
import { ADAPTERS } from './adapters.ts';
import { EARLY, UNCHANGED } from './unchanged.ts';
import { NEWEST } from './versions.ts';

type Attributes = Readonly<Record<string, AttributeInit>>;

const list = (...values: number[]): Attribute => ints(values);

/** `op(x)` at an old operator set; all results are returned. */
const one = (opset: number, op: string, shape: Shape, attributes: Attributes = {}, outputs = 1): Model =>
  buildModel({ opset }, (g) => {
    const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
    const node = g.node(op, [g.input('x', shape)], attributes, { outputs: names });
    for (const output of node.outputs) if (output !== null) returned(g, output);
  });

/** A graph output whose shape is left open. */
function returned(g: GraphBuilder, value: ValueId, dtype: DataType = 'float32'): void {
  g.model.getValue(value).type = { kind: 'tensor', dtype, shape: null };
  g.output(value);
}

/** Converts, compares bit by bit on the runtime, and gives the result. */
async function converted(before: Model, target = 21): Promise<Model> {
  const { model: after, result } = await afterPass(before, convertOpset, { options: { target } });
  expect(result.applied, JSON.stringify(result.refusals)).toHaveLength(1);
  expect(after.opset()).toBe(target);
  onlyKnownAttributes(after);
  await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  return after;
}

/** No attribute is left behind that the new version does not have. */
function onlyKnownAttributes(model: Model): void {
  for (const node of model.nodes.values()) {
    const known = new Set(attributesOf(node, model.opset())?.map(({ name }) => name));
    expect([...node.attributes.keys()].filter((name) => !known.has(name))).toEqual([]);
  }
}

async function refused(model: Model, reason: RegExp, target = 21): Promise<void> {
  const { sites, refusals } = await sitesOf(model, convertOpset, { options: { target } });
  expect(sites).toEqual([]);
  expect(refusals.map((each) => each.reason).join()).toMatch(reason);
}

const nodeOf = (model: Model, opType: string): Node =>
  [...model.nodes.values()].find((node) => node.opType === opType)!;

/** What input `index` of the first node of a type holds; null: it is left out. */
function constantAt(model: Model, opType: string, index: number): number[] | null {
  const value = nodeOf(model, opType).inputs[index] ?? null;
  const tensor = value === null ? null : model.getGraph(model.getValue(value).graph).initializers.get(value);
  return tensor ? Array.from(tensor.numbers()) : null;
}

describe('the tables of version steps', () => {
  it('know each step of each operator, once', () => {
    let steps = 0;
    for (const [key, { since }] of OPERATORS) {
      if (key.includes('.')) continue;
      const own = EARLY.has(key) ? since : since.slice(1);
      for (const version of own.filter((each) => each > 7 && each <= NEWEST)) {
        const adapted = ADAPTERS[key]?.[version] !== undefined;
        const unchanged = UNCHANGED[key]?.includes(version) ?? false;
        expect(adapted !== unchanged, `${key} ${version}`).toBe(true);
        steps++;
      }
    }
    expect(steps).toBeGreaterThan(320);
  });

  it('name no step that there is not', () => {
    const named = [
      ...Object.entries(UNCHANGED),
      ...Object.entries(ADAPTERS).map(([op, row]) => [op, Object.keys(row).map(Number)] as const),
    ];
    for (const [op, versions] of named) {
      for (const version of versions) expect(OPERATORS.get(op)?.since, `${op} ${version}`).toContain(version);
    }
  });
});

describe('attributes that became inputs', () => {
  it('axes of reductions: ReduceSum at 13, the others at 18', async () => {
    const before = buildModel({ opset: 11 }, (g) => {
      const x = g.input('x', [2, 3, 4]);
      for (const op of ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceL2', 'ReduceLogSumExp']) {
        g.output(g.op(op, [x], { axes: list(-1), keepdims: 0 }), undefined, { shape: [2, 3] });
      }
    });
    const at13 = await converted(before, 13);
    expect(constantAt(at13, 'ReduceSum', 1)).toEqual([-1]);
    expect(nodeOf(at13, 'ReduceMean').attributes.has('axes')).toBe(true);
    const at21 = await converted(before, 21);
    for (const op of ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceL2', 'ReduceLogSumExp']) {
      expect(constantAt(at21, op, 1)).toEqual([-1]);
    }
    // From an operator set between the two, only what has still to change is changed.
    expect(constantAt(await converted(at13, 21), 'ReduceMean', 1)).toEqual([-1]);
  });

  it('no axes, or an empty list of them: all axes, as before', async () => {
    for (const axes of [undefined, []]) {
      const after = await converted(one(13, 'ReduceMean', [2, 3], axes ? { axes: ints(axes) } : {}));
      expect(nodeOf(after, 'ReduceMean').inputs).toHaveLength(1);
    }
    expect(nodeOf(await converted(one(11, 'ReduceSum', [2, 3])), 'ReduceSum').inputs).toHaveLength(1);
  });

  it('axes of Squeeze and Unsqueeze', async () => {
    expect(constantAt(await converted(one(9, 'Squeeze', [1, 3, 1], { axes: list(0) })), 'Squeeze', 1)).toEqual([0]);
    expect(constantAt(await converted(one(9, 'Squeeze', [1, 3, 1])), 'Squeeze', 1)).toBeNull();
    expect(constantAt(await converted(one(12, 'Unsqueeze', [3, 4], { axes: list(0, -1) })), 'Unsqueeze', 1)).toEqual([
      0, -1,
    ]);
  });

  it('bounds of Slice, with the axes that they had in mind', async () => {
    const after = await converted(one(9, 'Slice', [4, 5, 6], { starts: list(1, 0), ends: list(3, 100) }));
    expect([1, 2, 3].map((index) => constantAt(after, 'Slice', index))).toEqual([
      [1, 0],
      [3, 100],
      [0, 1],
    ]);
    const toTheEnd = { starts: list(-2, -100), ends: ints([9223372036854775807n, -1n]), axes: list(2, 0) };
    await converted(one(7, 'Slice', [4, 5, 6], toTheEnd), 24);
    await refused(one(9, 'Slice', [4, 5], { starts: list(1, 2), ends: list(3) }), /differ in number/);
  });

  it('sizes of Split; their number where there are none', async () => {
    const sized = await converted(one(11, 'Split', [2, 6], { axis: 1, split: list(1, 5) }, 2));
    expect(constantAt(sized, 'Split', 1)).toEqual([1, 5]);
    expect(nodeOf(sized, 'Split').attributes.has('num_outputs')).toBe(false);
    const equal = await converted(one(11, 'Split', [2, 6], { axis: 1 }, 3));
    expect(getInt(nodeOf(equal, 'Split'), 'num_outputs', 0)).toBe(3);
    expect(nodeOf(await converted(one(11, 'Split', [2, 6], {}, 2), 17), 'Split').attributes.size).toBe(0);
  });

  it('sizes and value of Pad', async () => {
    const pads = list(0, 0, 1, 2, 0, 0, 1, 1);
    const after = await converted(one(10, 'Pad', [2, 3, 4, 5], { pads, value: float(1.5) }));
    expect(constantAt(after, 'Pad', 2)).toEqual([1.5]);
    const lowest = await converted(one(7, 'Pad', [2, 3], { pads: list(0, 1, 0, 1), value: float(-Infinity) }));
    expect(constantAt(lowest, 'Pad', 2)).toEqual([-Infinity]);
    for (const mode of ['reflect', 'edge']) {
      const other = await converted(one(10, 'Pad', [2, 3, 4, 5], { pads, mode, value: float(1.5) }));
      expect(nodeOf(other, 'Pad').inputs).toHaveLength(2);
    }
    expect(nodeOf(await converted(one(10, 'Pad', [2, 3], { pads: list(0, -1, 0, 1) })), 'Pad').inputs).toHaveLength(2);
  });

  it('bounds of Clip, and only those that bound', async () => {
    const relu6 = await converted(one(9, 'Clip', [4, 5], { min: float(0), max: float(6) }));
    expect([1, 2].map((index) => constantAt(relu6, 'Clip', index))).toEqual([[0], [6]]);
    const below = await converted(one(10, 'Clip', [4, 5], { max: float(0.5) }));
    expect([1, 2].map((index) => constantAt(below, 'Clip', index))).toEqual([null, [0.5]]);
    expect(nodeOf(await converted(one(10, 'Clip', [4, 5])), 'Clip').inputs).toHaveLength(1);
    const largest = 3.4028234663852886e38;
    const none = await converted(one(7, 'Clip', [4, 5], { min: float(-largest), max: float(largest) }));
    expect(nodeOf(none, 'Clip').inputs).toHaveLength(1);
  });

  it('bounds of Clip in the type of the input; a wider or narrower type has other bounds left out', async () => {
    for (const [dtype, bounds] of [
      ['float16', [-Infinity, Infinity]],
      ['float64', [-3.4028234663852886e38, 3.4028234663852886e38]],
    ] as const) {
      const before = buildModel({ opset: 10 }, (g) => returned(g, g.op('Clip', [g.input('x', [3], dtype)]), dtype));
      const { model: after } = await afterPass(before, convertOpset);
      const values = nodeOf(after, 'Clip').inputs.slice(1);
      expect(values.map((value) => after.graph.initializers.get(value!)?.dtype)).toEqual([dtype, dtype]);
      expect([1, 2].flatMap((index) => constantAt(after, 'Clip', index))).toEqual(bounds);
    }
  });

  it('ratio of Dropout; a mask that nobody reads goes with its old type', async () => {
    const after = await converted(one(7, 'Dropout', [2, 3], { ratio: 0.25 }));
    expect(constantAt(after, 'Dropout', 1)).toEqual([0.25]);
    const masked = buildModel({ opset: 9 }, (g) => {
      const node = g.node('Dropout', [g.input('x', [2, 3])], {}, { outputs: ['y', 'mask'] });
      g.output(node.outputs[0]!, undefined, { shape: [2, 3] });
    });
    expect(nodeOf(await converted(masked), 'Dropout').outputs).toHaveLength(1);
    await refused(one(9, 'Dropout', [2, 3], {}, 2), /Dropout dropout: its mask is read/);
    await refused(one(10, 'Dropout', [2, 3], {}, 2), /its mask is read/);
  });

  it('k of TopK, scales of Upsample, axis of DFT', async () => {
    const top = buildModel({ opset: 9 }, (g) => {
      const node = g.node('TopK', [g.input('x', [6, 7])], { k: 2, axis: 0 }, { outputs: ['values', 'indices'] });
      returned(g, node.outputs[0]!);
      returned(g, node.outputs[1]!, 'int64');
    });
    expect(constantAt(await converted(top), 'TopK', 1)).toEqual([2]);
    const dft = await converted(one(17, 'DFT', [2, 8, 2]));
    expect(nodeOf(dft, 'DFT').inputs[1]).toBeNull();
    expect(constantAt(dft, 'DFT', 2)).toEqual([1]);
    expect(constantAt(await converted(one(17, 'DFT', [2, 4, 4, 2], { axis: 2 })), 'DFT', 2)).toEqual([2]);
  });
});

describe('Softmax and its kin', () => {
  const kin = ['Softmax', 'LogSoftmax', 'Hardmax'];

  it('keep to one axis where the rows of their matrix do', async () => {
    for (const op of kin) {
      const last = await converted(one(9, op, [2, 3, 4], { axis: 2 }));
      expect([countOps(last), getInt(nodeOf(last, op), 'axis', 0)]).toEqual([{ [op]: 1 }, -1]);
      const byDefault = await converted(one(9, op, [2, 3]));
      expect([countOps(byDefault), getInt(nodeOf(byDefault, op), 'axis', 0)]).toEqual([{ [op]: 1 }, -1]);
      const channels = await converted(one(9, op, [2, 5, 1, 1]));
      expect([countOps(channels), getInt(nodeOf(channels, op), 'axis', 0)]).toEqual([{ [op]: 1 }, 1]);
    }
    const unknownRank = await afterPass(one(12, 'Softmax', null, { axis: -1 }), convertOpset);
    expect(countOps(unknownRank.model)).toEqual({ Softmax: 1 });
  });

  it('are given the matrix where its rows span several axes', async () => {
    for (const op of kin) {
      for (const axis of [0, 1]) {
        const after = await converted(one(9, op, [2, 3, 4], { axis }));
        expect(countOps(after)).toEqual({ Flatten: 1, [op]: 1, Reshape: 1, Shape: 1 });
      }
    }
    await converted(one(11, 'Softmax', ['n', 3, 'm'], { axis: -2 }));
  });

  it('stand where they stood: the new nodes descend from the old one, and its result keeps its name', async () => {
    const before = one(9, 'Softmax', [2, 3, 4]);
    const [old] = before.nodes.keys();
    const after = await converted(before);
    expect([...after.nodes.values()].map((node) => node.ancestors)).toEqual([[old], [old], [old], [old]]);
    expect(after.graph.outputs.map((id) => after.getValue(id).name)).toEqual(['y0']);
  });

  it('stay behind where the matrix could not be undone', async () => {
    await refused(one(9, 'Softmax', [2, 3, 'm']), /Softmax softmax: its rows span several axes/, 13);
    await converted(one(9, 'Softmax', ['n', 3, 4]), 13);
  });
});

describe('operators that say now what they did then', () => {
  const resized = (scales: readonly number[], mode: string, constant = true): Model =>
    buildModel({ opset: 10 }, (g) => {
      const given = constant ? g.floats('scales', [4], scales) : g.input('scales', [4]);
      returned(g, g.op('Resize', [g.input('x', [1, 2, 5, 6]), given], { mode }));
    });
  const rounding = (model: Model): string => getString(nodeOf(model, 'Resize'), 'nearest_mode', '');

  it('Resize rounds down where it grows, and up where it shrinks', async () => {
    expect(rounding(await converted(resized([1, 1, 2, 2.3], 'nearest')))).toBe('floor');
    expect(rounding(await converted(resized([1, 1, 0.6, 1], 'nearest'), 11))).toBe('ceil');
    expect(rounding(await converted(resized([1, 1, 2, 0.5], 'linear')))).toBe('');
    await refused(resized([1, 1, 2, 0.5], 'nearest'), /grow and others shrink/);
    await refused(resized([], 'nearest', false), /its scales are not constant/);
  });

  it('Upsample becomes Resize, whatever its scales', async () => {
    for (const mode of ['nearest', 'linear']) {
      const scales = floatsAttribute([1, 1, 2, 1.5]);
      for (const target of [9, 10, 11, 21]) {
        const after = await converted(one(7, 'Upsample', [1, 2, 3, 4], { mode, scales }), target);
        expect(countOps(after)).toEqual({ [target < 10 ? 'Upsample' : 'Resize']: 1 });
      }
    }
    const open = buildModel({ opset: 9 }, (g) => {
      returned(g, g.op('Upsample', [g.input('x', [1, 2, 3, 4]), g.input('scales', [4])]));
    });
    expect(rounding((await afterPass(open, convertOpset)).model)).toBe('floor');
  });

  it('Resize of version 11 cannot keep a mode that version 13 dropped', async () => {
    const model = (mode: string): Model =>
      buildModel({ opset: 11 }, (g) => {
        const inputs = [g.input('x', [1, 2, 5, 6]), g.floats('roi', [0], []), g.floats('scales', [4], [1, 1, 2, 2])];
        returned(g, g.op('Resize', inputs, { coordinate_transformation_mode: mode }));
      });
    await refused(model('tf_half_pixel_for_nn'), /no coordinate transformation tf_half_pixel_for_nn/);
    await converted(model('tf_half_pixel_for_nn'), 12);
    await converted(model('pytorch_half_pixel'), 24);
  });

  it('GridSample and RoiAlign', async () => {
    for (const [mode, renamed] of [
      ['bilinear', 'linear'],
      ['bicubic', 'cubic'],
      ['nearest', 'nearest'],
    ] as const) {
      const grid = buildModel({ opset: 16 }, (g) => {
        returned(g, g.op('GridSample', [g.input('x', [1, 2, 5, 6]), g.input('grid', [1, 3, 4, 2])], { mode }));
      });
      expect(getString(nodeOf(await converted(grid), 'GridSample'), 'mode', '')).toBe(renamed);
    }
    const roi = buildModel({ opset: 10 }, (g) => {
      const boxes = g.floats('boxes', [2, 4], [0, 0, 9, 9, 2, 3, 7, 8]);
      const inputs = [g.input('x', [1, 2, 10, 10]), boxes, g.int64s('batch', [0, 0])];
      returned(g, g.op('RoiAlign', inputs, { output_height: 3, output_width: 3 }));
    });
    expect(getString(nodeOf(await converted(roi), 'RoiAlign'), 'coordinate_transformation_mode', '')).toBe(
      'output_half_pixel',
    );
    await refused(roi, /no kernel for version 22/, 22);
  });

  it('Scatter by its new name', async () => {
    const before = buildModel({ opset: 9 }, (g) => {
      const inputs = [g.input('x', [3, 4]), g.int64s('at', [0, 2, 1, 1], [2, 2]), g.input('updates', [2, 2])];
      returned(g, g.op('Scatter', inputs, { axis: 1 }));
    });
    expect(countOps(await converted(before))).toEqual({ ScatterElements: 1 });
  });
});

describe('normalisation', () => {
  const batchNorm = (opset: number, attributes: Attributes, outputs = 1): Model =>
    buildModel({ opset }, (g) => {
      const parameters = ['scale', 'bias', 'mean'].map((name) => g.weight(name, [3]));
      const inputs = [g.input('x', [2, 3, 4, 4]), ...parameters, g.floats('variance', [3], [0.5, 1, 2])];
      const names = ['y', 'm', 'v', 'sm', 'sv'].slice(0, outputs);
      returned(g, g.node('BatchNormalization', inputs, attributes, { outputs: names }).outputs[0]!);
    });

  it('BatchNormalization per channel and for inference only', async () => {
    await converted(batchNorm(7, { spatial: 1, epsilon: float(1e-3) }));
    await converted(batchNorm(9, {}), 24);
    await refused(batchNorm(7, { spatial: 0 }), /normalises each place on its own/);
    await refused(batchNorm(9, {}, 5), /in training form/);
  });

  const groupNorm = (channels: number | string, groups: number, constant: boolean): Model =>
    buildModel({ opset: 18 }, (g) => {
      const parameter = (name: string): ValueId => (constant ? g.weight(name, [groups]) : g.input(name, [groups]));
      const inputs = [g.input('x', [2, channels, 3, 5]), parameter('scale'), parameter('bias')];
      returned(g, g.op('GroupNormalization', inputs, { num_groups: groups }));
    });

  it('GroupNormalization with a scale for each channel instead of each group', async () => {
    const constant = await converted(groupNorm(6, 3, true));
    const [a, b, c] = Array.from(groupNorm(6, 3, true).graph.initializers.values())[0]!.read() as Float32Array;
    expect(constantAt(constant, 'GroupNormalization', 1)).toEqual([a, a, b, b, c, c]);
    await converted(groupNorm(6, 2, false));
    await converted(groupNorm(4, 4, true));
    await refused(groupNorm('c', 2, true), /number of its channels is not known/);
    await converted(groupNorm('c', 2, true), 20);
  });

  it('LayerNormalization as ONNX Runtime wrote it before version 17', async () => {
    const before = (dtype: DataType): Model =>
      buildModel({ opset: 12 }, (g) => {
        const inputs = [g.input('x', [3, 8], dtype), g.weight('scale', [8]), g.weight('bias', [8])];
        returned(g, g.op('LayerNormalization', inputs, { axis: -1, epsion: float(1e-3) }), dtype);
      });
    await converted(before('float32'));
    await refused(before('float16'), /not known to be of one type/);
  });
});

describe('what has no counterpart', () => {
  it('keeps the model where it is, by name', async () => {
    const scan = buildModel({ opset: 8 }, (g) => {
      const body = (inner: GraphBuilder): void => {
        const sum = inner.op('Add', [inner.input('s', [2]), inner.input('e', [2])]);
        inner.output(sum, 'sum', { shape: [2] });
        inner.output(inner.op('Identity', [sum]), 'scanned', { shape: [2] });
      };
      const node = g.node(
        'Scan',
        [g.int64s('lengths', [3]), g.floats('s0', [1, 2], 0), g.input('x', [1, 3, 2])],
        {
          num_scan_inputs: 1,
          body,
        },
        { outputs: ['last', 'all'] },
      );
      returned(g, node.outputs[1]!);
    });
    await refused(scan, /Scan scan: it runs over a batch/);
    const erf = buildModel({ opset: 9 }, (g) => returned(g, g.op('Erf', [g.input('x', [3], 'int32')]), 'int32'));
    await refused(erf, /of type int32, which version 13 does not have/);
    await refused(one(10, 'Upsample', [1, 2, 3, 4], { scales: floatsAttribute([1, 1, 2, 2]) }), /took this operator/);
    await refused(one(17, 'Nonesuch', [3]), /Nonesuch nonesuch: version 17 has no such operator/);
    await refused(one(12, 'HardSwish', [3]), /version 12 has no such operator/);
    await refused(one(5, 'Dropout', [3], { is_test: int(1) }), /what version 6 changed of its operator is not known/);
    await refused(one(12, 'RandomNormalLike', [3]), /no kernel for version 22/, 24);
  });

  it('keeps a node that is not whole where it is', async () => {
    await refused(one(9, 'Slice', [4], { starts: list(1) }), /lacks its attribute ends/);
    await refused(one(9, 'Clip', [4], { min: 1 }), /attribute min is of type int, not float/);
    await refused(one(11, 'Clip', [4], { min: float(1) }), /has no attribute min/);
    await refused(one(12, 'Pow', [4]), /lacks an input/);
  });
});
