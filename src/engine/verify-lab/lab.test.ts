import { describe, expect, it } from 'vitest';
import { EXACTNESS } from '../../base/exactness.ts';
import { silentJob } from '../../base/job.ts';
import { seeded } from '../../base/random.ts';
import { float } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { memoryFiles } from '../../onnx/external.ts';
import { writeModel } from '../../onnx/write.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { writeNpz } from '../../verify/npz.ts';
import { nodePort } from '../node.ts';
import { Studio } from '../studio.ts';
import type { LabFiles, LabRequest, LabResult } from './types.ts';

const job = silentJob();
const REQUEST: LabRequest = {
  a: 0,
  b: 'second',
  class: 'order',
  seeds: 1,
  backends: ['wasm'],
  levels: ['disabled', 'all'],
  threads: 1,
  intermediates: { level: 'disabled', backend: 'wasm' },
};

const source = (name: string, model: Model) => ({
  name,
  bytes: writeModel(model),
  external: memoryFiles(new Map<string, Uint8Array>()),
});

async function studioWith(a: Model, b: Model | null = null): Promise<Studio> {
  const studio = new Studio(nodePort());
  await studio.openFile(source('a.onnx', a), job);
  if (b) await studio.openSecond(source('b.onnx', b), job);
  return studio;
}

async function compare(
  a: Model,
  b: Model,
  patch: Partial<LabRequest> = {},
  files: LabFiles | null = null,
): Promise<LabResult> {
  return (await studioWith(a, b)).verifyLab({ ...REQUEST, ...patch }, files, job);
}

interface Chain {
  readonly spoil?: (model: Model) => void;
  /** What nodes and inner values are called. */
  readonly called?: (name: string) => string;
  readonly input?: string;
  readonly output?: string;
}

/** Four blocks of Conv, BatchNormalization and LeakyRelu. */
function chain({ spoil, called = (name) => name, input = 'x', output = 'y' }: Chain = {}): Model {
  const model = buildModel({ seed: 5 }, (g) => {
    let x = g.input(input, [1, 4, 6, 6]);
    for (const block of ['one', 'two', 'three', 'four']) {
      const init = (name: string) => ({ name: called(`${block}.${name}`), outputs: [called(`${block}.${name}_out`)] });
      x = g.op('Conv', [x, g.weight(called(`${block}.w`), [4, 4, 1, 1])], {}, init('conv'));
      const norm = ['scale', 'shift', 'mean'].map((each) => g.weight(called(`${block}.${each}`), [4]));
      const variance = g.floats(called(`${block}.variance`), [4], 0.5);
      x = g.op('BatchNormalization', [x, ...norm, variance], {}, init('bn'));
      x = g.op('LeakyRelu', [x], { alpha: float(0.25) }, init('leaky'));
    }
    g.output(g.op('Tanh', [x], {}, { name: called('tanh') }), output);
  });
  spoil?.(model);
  return model;
}

const node = (model: Model, name: string) => [...model.nodes.values()].find((each) => each.name === name)!;

/** Moves one element of a constant. */
const nudge =
  (weight: string, by: number) =>
  (model: Model): void => {
    const { id } = [...model.values.values()].find(({ name }) => name === weight)!;
    const tensor = model.graph.initializers.get(id)!;
    const data = Float32Array.from(tensor.numbers());
    data[3]! += by;
    model.setInitializer(id, floats(tensor.shape, data));
  };

describe('where two files part', () => {
  it.each(EXACTNESS)('finds the node with a wrong weight in the middle of a chain, at class %s', async (exactness) => {
    const result = await compare(chain(), chain({ spoil: nudge('three.w', 0.25) }), { class: exactness });
    expect(result.verify.class).toBe(exactness);
    expect(result.verify.verdict).toBe(exactness === 'approximation' ? 'agrees' : 'differs');
    expect(result.parts).toHaveLength(1);
    expect(result.parts[0]).toMatchObject({
      name: 'three.conv_out',
      producer: 'Conv three.conv',
      before: 0,
      why: 'its W differs in 1 of 16 elements, by 2.5e−1 at most',
    });
    expect(result.intermediates!.values.map(({ ok }) => ok)).toEqual([...Array(6).fill(true), ...Array(7).fill(false)]);
    expect(result.matched).toMatchObject({ values: 13, of: 13, by: 'structure' });
  });

  it('finds a wrong attribute and a wrong operator', async () => {
    const slope = await compare(
      chain(),
      chain({ spoil: (model) => node(model, 'two.leaky').attributes.set('alpha', float(0.5)) }),
    );
    expect(slope.parts[0]).toMatchObject({ producer: 'LeakyRelu two.leaky', why: 'its alpha is 0.5, and 0.25 in A' });
    const operator = await compare(chain(), chain({ spoil: (model) => (node(model, 'two.leaky').opType = 'Elu') }));
    expect(operator.parts[0]).toMatchObject({ producer: 'Elu two.leaky', name: 'two.leaky_out' });
    expect(operator.parts[0]!.why).toContain('it is Elu, and LeakyRelu in A');
  });

  it('finds two faults that lie on branches of their own', async () => {
    const branches = (spoil: (g: GraphBuilder) => [number, number]): Model =>
      buildModel({ seed: 2 }, (g) => {
        const x = g.input('x', [2, 8]);
        const [left, right] = spoil(g);
        const a = g.op('Mul', [x, g.floats('l', [8], left)], {}, { name: 'left' });
        const b = g.op('Add', [x, g.floats('r', [8], right)], {}, { name: 'right' });
        g.output(g.op('Mul', [g.op('Sigmoid', [a]), g.op('Tanh', [b])]), 'y');
      });
    const result = await compare(
      branches(() => [1.5, 0.5]),
      branches(() => [1.6, 0.4]),
    );
    expect(result.parts.map(({ producer }) => producer).sort()).toEqual(['Add right', 'Mul left']);
  });

  it('says nothing parts where nothing does', async () => {
    const result = await compare(chain(), chain());
    expect(result).toMatchObject({ ok: true, parts: [], verify: { verdict: 'agrees' } });
    expect(result.notes.join(' ')).toContain('13 values inside agree too');
  });

  it('knows a renamed model by its structure, and its ports by their order', async () => {
    const renamed: Chain = {
      called: (name) => `n${name.length}_${name.at(1)}${name.at(-1)}`,
      input: 'image',
      output: 'z',
    };
    const result = await compare(chain(), chain({ ...renamed }));
    expect(result.ok).toBe(true);
    expect(result.matched).toMatchObject({
      values: 13,
      inputs: [{ a: 'x', b: 'image', by: 'order' }],
      outputs: [{ a: 'y', b: 'z', by: 'order' }],
    });
    expect(result.verify.message).toContain('Input "x" of A answers to "image" of B, by its place.');
    const spoilt = await compare(chain(), chain({ ...renamed, spoil: nudge(renamed.called!('three.w'), 0.25) }));
    expect(spoilt.parts).toHaveLength(1);
    expect(spoilt.intermediates!.values[spoilt.parts[0]!.value]!.source).toBe('three.conv_out');
  });

  it('holds a folded batch norm against what the readers read, and not against the bare convolution', async () => {
    const studio = await studioWith(chain());
    await studio.apply({ pass: 'fold-batch-norm', options: {}, off: [] }, job);
    const folded = studio.exportModel();
    const files = { name: 'folded.onnx', bytes: folded.bytes, external: memoryFiles(new Map<string, Uint8Array>()) };
    await studio.openSecond(files, job);
    const result = await studio.verifyLab({ ...REQUEST, class: 'weights' }, null, job);
    expect(result).toMatchObject({ ok: true, parts: [] });
    expect(result.matched.values).toBe(9);
    const back = await studio.verifyLab({ ...REQUEST, a: 'second', b: 0, class: 'weights' }, null, job);
    expect(back).toMatchObject({ ok: true, parts: [] });
  });

  it('runs both in sizes that both take, and gives A what B holds as a constant', async () => {
    const scaled = (batch: string | number, constant: boolean): Model =>
      buildModel({}, (g) => {
        const x = g.input('x', [batch, 4]);
        const factor = constant ? g.floats('factor', [4], 3) : g.input('factor', [4]);
        g.output(g.op('Mul', [x, factor]), 'y');
      });
    const result = await compare(scaled('N', false), scaled(3, true));
    expect(result.ok).toBe(true);
    expect(result.matched.inputs).toEqual([{ a: 'x', b: 'x', by: 'name' }]);
    expect(result.verify.message).toContain('A was given the constant that B holds for "factor".');
  });

  it('compares what both give and names the rest', async () => {
    const outputs = (names: readonly string[]): Model =>
      buildModel({}, (g) => {
        const x = g.input('x', [4]);
        for (const name of names) g.output(g.op(name, [x]), name);
      });
    const result = await compare(outputs(['Sin', 'Cos', 'Abs']), outputs(['Cos', 'Neg', 'Sin', 'Tanh']));
    expect(result.ok).toBe(true);
    expect(result.verify.outputs.map(({ name }) => name).sort()).toEqual(['Cos', 'Sin']);
    expect(result.verify.message).toContain('Not compared: "Abs", which only A gives.');
    expect(result.verify.message).toContain('Not compared: "Neg", "Tanh", which only B gives.');
  });

  it('takes values in parts where there are many, and finds the same', async () => {
    const long = (slope: number): Model =>
      buildModel({}, (g) => {
        let x = g.input('x', [8]);
        for (let i = 0; i < 600; i++) x = g.op('LeakyRelu', [x], { alpha: float(i === 400 ? slope : 0.99) });
        g.output(x, 'y');
      });
    const result = await compare(long(0.99), long(0.9), { levels: ['disabled'] });
    expect(result.matched.values).toBe(600);
    expect(result.parts.map(({ value, why }) => [value, why])).toEqual([[400, 'its alpha is 0.9, and 0.99 in A']]);
  });

  it('refuses files whose inputs or outputs cannot answer to each other', async () => {
    const other = buildModel({}, (g) => g.output(g.op('Relu', [g.input('x', [1, 5])]), 'y'));
    await expect(compare(chain(), other)).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringMatching(
        /Input x float32 1×5 of B answers to none of A: A declares it as x float32 1×4×6×6/,
      ),
    });
    const ids = buildModel({}, (g) =>
      g.output(g.op('Cast', [g.input('x', [1, 4, 6, 6])], { to: 7 }), 'ids', { dtype: 'int64', shape: [1, 4, 6, 6] }),
    );
    await expect(compare(chain(), ids)).rejects.toThrow(/No output of B answers to one of A/);
  });
});

describe('where stops of a recipe part', () => {
  it('follows values through folding and fusing, and names those that are gone', async () => {
    const studio = await studioWith(chain());
    await studio.apply({ pass: 'fold-batch-norm', options: {}, off: [] }, job);
    await studio.apply({ pass: 'fuse-conv-activation', options: {}, off: [] }, job);
    const result = await studio.verifyLab({ ...REQUEST, b: 2, class: null }, null, job);
    expect(result).toMatchObject({ ok: true, parts: [], matched: { values: 5, of: 5, by: 'steps' } });
    const back = await studio.verifyLab({ ...REQUEST, a: 2, b: 0, class: null }, null, job);
    expect(back).toMatchObject({ ok: true, parts: [], swapped: false, matched: { values: 5, of: 13 } });
    expect(back.intermediates!.uncompared).toContainEqual(
      expect.objectContaining({ name: 'one.conv_out', producer: 'Conv one.conv', reason: 'only B computes it' }),
    );
  });

  it('compares channels that were kept with the same ones of the original', async () => {
    const net = buildModel({ seed: 4 }, (g) => {
      const x = g.input('x', [1, 3, 8, 8]);
      const first = g.op('Conv', [x, g.weight('w1', [8, 3, 3, 3])], {}, { name: 'first', outputs: ['first_out'] });
      const relu = g.op('Relu', [first], {}, { name: 'relu', outputs: ['relu_out'] });
      g.output(g.op('Conv', [relu, g.weight('w2', [4, 8, 3, 3])], {}, { name: 'second' }), 'y');
    });
    const studio = await studioWith(net);
    const options = { ratio: 0.5, roundTo: 1 };
    await studio.apply({ pass: 'prune-channels', options, off: [] }, job);
    const request = { ...REQUEST, b: studio.document().cursor, class: null };
    const result = await studio.verifyLab(request, null, job);
    expect(result.verify.class).toBe('approximation');
    const [first, relu, second] = result.intermediates!.values;
    expect(first).toMatchObject({ name: 'first_out', relation: 'sliced', ok: true, maxRel: 0 });
    expect(relu).toMatchObject({ name: 'relu_out', relation: 'sliced', ok: true, maxRel: 0 });
    expect(second).toMatchObject({ name: 'y', relation: 'same', ok: false });
    expect(result.parts).toMatchObject([{ producer: 'Conv second', before: 0 }]);
    const back = await studio.verifyLab({ ...request, a: request.b, b: 0 }, null, job);
    expect(back.intermediates!.values.map(({ relation, ok }) => [relation, ok])).toEqual([
      ['sliced', true],
      ['sliced', true],
      ['same', false],
    ]);
    expect(result.notes.join(' ')).toMatch(
      /Values begin to change at Conv second .* 1 of 3 values change\. They are held to order here/,
    );
  });

  it('takes one model against itself for a check of the runtime', async () => {
    const studio = await studioWith(chain());
    const place = { level: 'all', backend: 'wasm' } as const;
    const result = await studio.verifyLab({ ...REQUEST, b: 0, intermediates: place }, null, job);
    expect(result).toMatchObject({ ok: true, parts: [], matched: { values: 13 } });
    expect(result.notes[0]).toBe('A and B are the same model: what differs is the runtime’s own.');
  });

  it('shows what the runtime gets wrong by itself on loading: a Pad that it folds into MaxPool', async () => {
    const padded = buildModel({}, (g) => {
      const x = g.op('Neg', [g.op('Abs', [g.input('x', [1, 2, 6, 6])])]);
      const pads = g.int64s('pads', [0, 0, 1, 1, 0, 0, 1, 1]);
      g.output(g.op('MaxPool', [g.op('Pad', [x, pads])], { kernel_shape: [3, 3] }), 'y', { shape: null });
    });
    const studio = await studioWith(padded);
    const result = await studio.verifyLab({ ...REQUEST, b: 0 }, null, job);
    expect(result.verify).toMatchObject({ verdict: 'differs', level: 'all' });
    expect(result.parts).toEqual([]);
    expect(result.notes.join(' ')).toContain(
      'All 4 values inside agree at disabled on WASM; the outputs part at all on WASM, by what the runtime does there.',
    );
    const checked = await studio.verify(
      { a: 0, b: 0, request: { seeds: 1, backends: ['wasm'], levels: ['all'], threads: 1 } },
      job,
    );
    expect(checked.result.verdict).toBe('agrees');
  });

  it('changes places where steps between them change inputs or outputs', async () => {
    const studio = await studioWith(chain());
    await studio.apply({ pass: 'rename', options: { from: 'y', to: 'scores' }, off: [] }, job);
    const forward = await studio.verifyLab({ ...REQUEST, b: 1, class: null }, null, job);
    expect(forward).toMatchObject({ swapped: false, ok: true, matched: { values: 13 } });
    const back = await studio.verifyLab({ ...REQUEST, a: 1, b: 0, class: null }, null, job);
    expect(back).toMatchObject({ swapped: true, ok: true, a: { side: 0 }, b: { side: 1 } });
    expect(back.matched.outputs).toEqual([{ a: 'y', b: 'scores', by: 'steps' }]);
  });

  it('feeds a part that was cut out with what the original computes, and looks inside', async () => {
    const studio = await studioWith(chain());
    const options = { nodes: ['three.conv', 'three.bn', 'three.leaky'], inputs: [], outputs: [] };
    await studio.apply({ pass: 'extract-subgraph', options, off: [] }, job);
    const spoil = { node: 'three.leaky', attribute: 'alpha', value: 0.9 };
    await studio.apply({ pass: 'set-attribute', options: spoil, off: [] }, job);
    const cut = await studio.verifyLab({ ...REQUEST, b: 1, class: null }, null, job);
    expect(cut).toMatchObject({ ok: true, parts: [], matched: { values: 3, of: 3 } });
    const spoilt = await studio.verifyLab({ ...REQUEST, b: 2, class: null }, null, job);
    expect(spoilt.parts).toMatchObject([{ producer: 'LeakyRelu three.leaky', why: 'its alpha is 0.9, and 0.25 in A' }]);
  });

  it('compares a larger batch part by part, inside too', async () => {
    const studio = await studioWith(chain());
    await studio.apply({ pass: 'set-batch', options: { batch: '3' }, off: [] }, job);
    const result = await studio.verifyLab({ ...REQUEST, b: 1, class: null }, null, job);
    expect(result).toMatchObject({ ok: true, parts: [], matched: { values: 13 } });
    expect(result.verify.message).toContain('ran 3 times');
  });
});

describe('numbers that are none', () => {
  it('names the first NaN, and the weight that holds it', async () => {
    const result = await compare(chain(), chain({ spoil: nudge('two.w', Number.NaN) }));
    expect(result.ok).toBe(false);
    expect(result.nonFinite).toMatchObject([
      { of: 'b', kind: 'NaN', value: 'two.conv_out', producer: 'Conv two.conv', constant: 'two.w' },
    ]);
    expect(result.notes[0]).toBe(
      'B has its first NaN at Conv two.conv ("two.conv_out"), on the input "seed 1". Its constant "two.w" is not finite: give the model sound weights.',
    );
    expect(result.parts[0]!.producer).toBe('Conv two.conv');
  });
});

describe('a model that gives nothing to hold on to', () => {
  it('has values that are too sensitive to tell, and these part nowhere', async () => {
    const steep = (slope: number): Model =>
      buildModel({}, (g) => {
        const x = g.input('x', [1, 8]);
        const angle = g.op('Mul', [x, g.floats('c', [8], slope)], {}, { outputs: ['angle'] });
        g.output(g.op('Sin', [angle], {}, { outputs: ['wave'] }), 'y');
      });
    const result = await compare(steep(1e7), steep(1e7 + 1), { levels: ['disabled'] });
    expect(result).toMatchObject({ ok: false, verify: { verdict: 'ill-conditioned' }, parts: [] });
    const [angle, wave] = result.intermediates!.values;
    expect(angle).toMatchObject({ name: 'angle', ok: true, tooSensitive: false });
    expect(wave).toMatchObject({ name: 'y', tooSensitive: true });
    expect(result.notes.join(' ')).toContain('Too sensitive to compare inside: 1 value, by the last bit of the input.');
  });

  it('holds whole numbers to each other exactly', async () => {
    const counted = (offset: number): Model =>
      buildModel({}, (g) => {
        const ids = g.op('Add', [g.input('ids', [4], 'int64'), g.int64s('c', [offset])], {}, { name: 'count' });
        g.output(g.op('Neg', [g.op('Cast', [ids], { to: 1 })]), 'y', { shape: [4] });
      });
    const result = await compare(counted(1), counted(2), { class: 'order' });
    expect(result.parts).toMatchObject([
      { producer: 'Add count', allowed: 0, why: 'its B differs in 1 of 1 elements, by 1.0e0 at most' },
    ]);
  });

  it('is no pass where all of A is NaN, and the weight is named', async () => {
    const spoilt = chain({ spoil: nudge('two.w', Number.NaN) });
    const result = await compare(spoilt, spoilt);
    expect(result).toMatchObject({ ok: false, verify: { verdict: 'uninformative' } });
    expect(result.nonFinite.map(({ of, constant }) => [of, constant])).toEqual([
      ['a', 'two.w'],
      ['b', 'two.w'],
    ]);
  });

  it('is named where it does not run', async () => {
    const broken = chain({ spoil: (model) => (node(model, 'two.leaky').opType = 'NoSuchOperator') });
    await expect(compare(broken, chain())).rejects.toMatchObject({
      code: 'runtime',
      message: expect.stringMatching(/^A \(a\.onnx, Original\) does not run, so there is nothing to compare with: /),
    });
    const result = await compare(chain(), broken);
    expect(result).toMatchObject({ ok: false, verify: { verdict: 'differs' }, intermediates: null });
    expect(result.notes.at(-1)).toMatch(/^Values inside were not compared: /);
  });
});

describe('inputs of a person’s own', () => {
  const random = seeded(3);
  const x = {
    dtype: 'float32',
    shape: [1, 4, 6, 6],
    data: Float32Array.from({ length: 144 }, random),
  } as const;
  const given = (name: string, bytes: Uint8Array): LabFiles => ({
    files: [{ name, bytes: () => Promise.resolve(bytes) }],
    samples: 8,
    changes: {},
  });

  it('are taken alone where no seeds are asked for', async () => {
    const result = await compare(chain(), chain(), { seeds: 0 }, given('mine.npz', writeNpz({ x })));
    expect(result).toMatchObject({ ok: true, given: { kind: 'recorded', count: 1, used: 1 } });
    expect(result.verify.inputs).toEqual(['mine']);
    expect(result.intermediates!.inputs).toEqual(['mine']);
  });

  it('are refused where they fit no input, with what there is', async () => {
    const files = given('mine.npz', writeNpz({ image: x, mask: x }));
    await expect(compare(chain(), chain(), {}, files)).rejects.toThrow(
      /mine\.npz has nothing for the input x float32 \[1, 4, 6, 6\]; it has image, mask\. Name the arrays as the inputs\./,
    );
    const small = given('mine.npz', writeNpz({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } }));
    await expect(compare(chain(), chain(), {}, small)).rejects.toThrow(/\[1, 4, 6, 6\]/);
  });

  it('are wanted where there are no seeds', async () => {
    await expect(compare(chain(), chain(), { seeds: 0 })).rejects.toThrow(/There is no input to run on/);
  });
});

describe('a comparison that cannot be', () => {
  it('says that a backend is not here', async () => {
    await expect(compare(chain(), chain(), { backends: ['webgpu'] })).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('is cancelled between values', async () => {
    const studio = await studioWith(chain(), chain());
    const controller = new AbortController();
    const stopping = {
      ...job,
      signal: controller.signal,
      progress: ({ stage }: { stage: string }) => {
        if (stage === 'Matching values inside') controller.abort();
      },
      checkpoint: () => (controller.signal.aborted ? Promise.reject(new Error('cancelled')) : Promise.resolve()),
    };
    await expect(studio.verifyLab(REQUEST, null, stopping)).rejects.toThrow('cancelled');
  });
});
