import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { float, ints } from '../../ir/attribute.ts';
import { nodesBelow, type Model } from '../../ir/model.ts';
import { tensorOf, viewAs, type Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel, readTensorProto } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { sinceVersion } from '../../ops/registry.ts';
import { isTensor } from '../../ops/shapes.ts';
import type { Feeds, HostTensor } from '../../runtime/types.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { conformanceCases, type ConformanceCase } from '../../testing/conformance.ts';
import { expectEquivalent, testRuntime } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { compareTensors } from '../../verify/compare.ts';
import { convertOpset } from './convert-opset.ts';

const to = (target: number) => ({ options: { target } });

/** Squeeze and Clip, as versions 9 and 10 have them. */
const old = (options = {}): Model =>
  buildModel({ opset: 9, ...options }, (g) => {
    const x = g.op('Relu', [g.input('x', [1, 3])], {}, { name: 'first' });
    const flat = g.op('Squeeze', [x], { axes: ints([0]) }, { name: 'flat' });
    g.output(g.op('Clip', [flat], { min: float(0), max: float(1) }, { name: 'bound' }), 'y', { shape: [3] });
  });

async function refusal(model: Model, target = 21): Promise<string> {
  const { sites, refusals } = await sitesOf(model, convertOpset, to(target));
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
}

describe('convert-opset: the site', () => {
  it('is one, for the whole model, at the first node that changes', async () => {
    const before = old();
    const { sites, refusals } = await sitesOf(before, convertOpset);
    expect(refusals).toEqual([]);
    expect(sites).toHaveLength(1);
    const [site] = sites;
    expect(site!.nodes.map((id) => before.getNode(id).name)).toEqual(['flat', 'bound']);
    expect(before.getNode(site!.anchor).name).toBe('flat');
    expect(site!.what).toBe(
      'Takes the model from operator set 9 to 21: 2 of 3 nodes are written in its terms (Clip, Squeeze) and compute what they did.',
    );
    expect(site!.preserves).toBeUndefined();
  });

  it('is at the first node where none has to change', async () => {
    const before = buildModel({ opset: 13 }, (g) => g.output(g.op('Relu', [g.input('x', [3])]), 'y'));
    const { sites } = await sitesOf(before, convertOpset);
    expect(sites.map((site) => site.what)).toEqual([
      'Takes the model from operator set 13 to 21: no node has to be rewritten for it.',
    ]);
    const { model: after } = await afterPass(before, convertOpset);
    expect(after.opset()).toBe(21);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('keeps nodes, names and results, and adds constants', async () => {
    const before = old();
    const { model: after, result } = await afterPass(before, convertOpset, to(13));
    expect([result.added, result.removed]).toEqual([0, 0]);
    expect([...after.nodes.keys()]).toEqual([...before.nodes.keys()]);
    expect([...after.graph.initializers.keys()].map((id) => after.getValue(id).name)).toEqual([
      'flat:convert-opset/axes',
      'bound:convert-opset/min',
      'bound:convert-opset/max',
    ]);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('is none where the model is there already; nothing is taken back', async () => {
    expect(await refusal(old(), 9)).toBe('');
    expect(await refusal(old(), 8)).toBe('The model is of operator set 9 already: nothing is taken back to 8.');
    expect(await refusal(old(), 20.5)).toMatch(/20.5 is none/);
    await expect(sitesOf(old(), convertOpset, to(25))).rejects.toThrow('a number from 7 to 24');
  });

  it('is none where one node cannot be converted, and the model stays as it was', async () => {
    const before = buildModel({ opset: 9 }, (g) => {
      const flat = g.op('Squeeze', [g.input('x', [1, 3])], { axes: ints([0]) });
      g.output(g.op('Nonesuch', [flat], {}, { name: 'strange' }), 'y', { shape: [3] });
    });
    expect(await refusal(before)).toBe(
      'The model stays at operator set 9. Nonesuch strange: version 9 has no such operator.',
    );
    const { model: after, result } = await afterPass(before, convertOpset);
    expect(result.changed).toBe(false);
    expect(writeModel(after)).toEqual(writeModel(before));
  });

  it('is none where the model has no operators of ai.onnx, or none but a wrong declaration', async () => {
    const other = buildModel({ domains: { 'com.microsoft': 1 } }, (g) => {
      g.output(g.op('Gelu', [g.input('x', [3])], {}, { domain: 'com.microsoft' }), 'y', { shape: [3] });
    });
    other.opsetImports.delete('');
    expect(await refusal(other)).toBe('');
    const wrong = buildModel({ opset: 9 }, (g) => {
      g.output(g.op('Squeeze', [g.input('x', [1, 3])], { axes: ints([0]) }), 'y', { shape: [1, 3] });
    });
    expect(await refusal(wrong)).toMatch(/its result y is declared as \[1, 3\] and is \[3\]/);
  });

  it('leaves operators of other domains alone', async () => {
    const before = buildModel({ opset: 12, domains: { 'com.microsoft': 1 } }, (g) => {
      const x = g.op('FastGelu', [g.input('x', [1, 3])], {}, { domain: 'com.microsoft' });
      g.output(g.op('Squeeze', [x], { axes: ints([0]) }), 'y', { shape: [3] });
    });
    const { model: after } = await afterPass(before, convertOpset);
    expect([...after.opsetImports]).toEqual([
      ['', 21],
      ['com.microsoft', 1],
    ]);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('says where the runtime sums in another order, and is of that class', async () => {
    const before = buildModel({ opset: 11 }, (g) => {
      const x = g.input('x', [1, 2, 6, 6]);
      g.output(g.op('AveragePool', [x], { kernel_shape: ints([2, 2]) }, { name: 'pool' }), 'y', {
        shape: [1, 2, 5, 5],
      });
    });
    const [late] = (await sitesOf(before, convertOpset)).sites;
    expect([late!.preserves, late!.what]).toEqual(['order', expect.stringMatching(/sums AveragePool pool in another/)]);
    const [early] = (await sitesOf(before, convertOpset, to(18))).sites;
    expect(early!.preserves).toBeUndefined();
    for (const [target, exactness] of [
      [18, 'bits'],
      [21, 'order'],
    ] as const) {
      const { model: after, result } = await afterPass(before, convertOpset, to(target));
      expect(result.applied[0]!.preserves ?? convertOpset.preserves).toBe(exactness);
      await expectEquivalent(before, after, { class: exactness, seeds: 1 });
    }
  });
});

describe('convert-opset: the file around the nodes', () => {
  it('raises the IR version where the operator set needs it, and never lowers it', async () => {
    const irAfter = async (irVersion: number, target: number): Promise<number> =>
      (await afterPass(old({ irVersion }), convertOpset, to(target))).model.irVersion;
    expect(await irAfter(4, 10)).toBe(5);
    expect(await irAfter(4, 13)).toBe(7);
    expect(await irAfter(6, 17)).toBe(8);
    expect(await irAfter(8, 21)).toBe(10);
    expect(await irAfter(8, 24)).toBe(12);
    expect(await irAfter(13, 21)).toBe(13);
  });

  it('keeps constants that files of IR version 3 list as inputs constant', async () => {
    const bytes = writeModel(
      buildModel({ opset: 8, irVersion: 3 }, (g) => {
        const product = g.op('MatMul', [g.input('x', [1, 3]), g.weight('w', [3, 4])]);
        g.output(g.op('Squeeze', [product], { axes: ints([0]) }), 'y', { shape: [4] });
      }),
    );
    const before = readModel(bytes).model;
    const { model: after } = await afterPass(before, convertOpset);
    const again = readModel(writeModel(after)).model;
    expect(again.irVersion).toBe(10);
    expect(again.graph.inputs.map((id) => again.getValue(id).name)).toEqual(['x']);
    expect(again.graph.initializers.size).toBe(2);
    await expectEquivalent(before, again, { class: 'bits', seeds: 1 });
  });

  it('converts the graphs inside of nodes, with constants of their own', async () => {
    const branch = (x: ValueId, high: number) => (inner: GraphBuilder) => {
      const flat = inner.op('Squeeze', [x], { axes: ints([0]) });
      inner.output(inner.op('Clip', [flat], { max: float(high) }), undefined, { shape: [3] });
    };
    const before = buildModel({ opset: 9 }, (g) => {
      const x = g.input('x', [1, 3]);
      const condition = g.tensor('condition', tensorOf('bool', [], Uint8Array.of(1)));
      const chosen = g.op('If', [condition], { then_branch: branch(x, 0.5), else_branch: branch(x, 2) });
      g.output(chosen, 'y', { shape: [3] });
    });
    const { model: after } = await afterPass(before, convertOpset);
    const constants = [...after.graphs.values()].map((graph) => [graph.owner === null, graph.initializers.size]);
    expect(constants).toEqual([
      [true, 1],
      [false, 2],
      [false, 2],
    ]);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });
});

/** `y = Shrink(x)`, whose body is given; it has an operator set of its own. */
function withFunction(opset: number, own: number, body: (model: Model, x: ValueId) => ValueId): Model {
  const model = buildModel({ opset, domains: { local: 1 } }, (g) => {
    g.output(g.op('Shrink', [g.input('x', [1, 3])], {}, { domain: 'local' }), 'y', { shape: [3] });
  });
  const graph = model.addGraph('Shrink', null, { function: true });
  const x = model.addValue(graph, 'fx');
  graph.inputs.push(x.id);
  graph.outputs.push(body(model, x.id));
  model.functions.push({
    name: 'Shrink',
    domain: 'local',
    overload: '',
    graph: graph.id,
    attributes: ['axes'],
    defaults: new Map(),
    opsetImports: new Map([['', own]]),
    extras: {},
  });
  return model;
}

const inFunction = (model: Model, opType: string, input: ValueId, attributes = new Map()): ValueId => {
  const graph = model.getGraph(model.getValue(input).graph);
  return model.addNode(graph, { opType, inputs: [input], outputs: [`${opType}_out`], attributes }).outputs[0]!;
};

describe('convert-opset: functions of the model', () => {
  const squeezing = (model: Model, x: ValueId): ValueId =>
    inFunction(model, 'Squeeze', x, new Map([['axes', ints([0])]]));

  it('are converted too, with nodes for their constants', async () => {
    const before = withFunction(12, 12, squeezing);
    const { model: after } = await afterPass(before, convertOpset);
    const body = after.getGraph(after.functions[0]!.graph);
    expect([...nodesBelow(after, body)].map((node) => node.opType)).toEqual(['Constant', 'Squeeze']);
    expect(body.initializers.size).toBe(0);
    expect([...after.functions[0]!.opsetImports]).toEqual([['', 21]]);
    expect([...before.functions[0]!.opsetImports]).toEqual([['', 12]]);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('stand against it where a type or an attribute comes from the call', async () => {
    const clipping = (model: Model, x: ValueId): ValueId =>
      inFunction(model, 'Clip', squeezing(model, x), new Map([['min', float(0)]]));
    expect(await refusal(withFunction(10, 10, clipping))).toMatch(/Clip Clip_out: the element type of its input/);
    const referring = (model: Model, x: ValueId): ValueId =>
      inFunction(model, 'Squeeze', x, new Map([['axes', { type: 'reference', name: 'axes', of: 'ints' }]]));
    expect(await refusal(withFunction(12, 12, referring))).toMatch(/one of its attributes is that of the function/);
  });

  it('are left alone where they are as new already', async () => {
    const before = withFunction(20, 21, (model, x) => inFunction(model, 'Relu', x));
    const { model: after } = await afterPass(before, convertOpset);
    expect(after.functions).toEqual(before.functions);
  });
});

const decoded = ({ dtype, shape, ...tensor }: Tensor): HostTensor => {
  const strings = tensor.source.strings?.().map((each) => new TextDecoder().decode(each));
  return { dtype, shape, data: strings ?? viewAs(dtype, tensor.source.bytes().slice()) };
};

async function run(model: Model, feeds: Feeds): Promise<Record<string, HostTensor>> {
  const settings = { backend: 'wasm', level: 'disabled', threads: 1 } as const;
  const session = await testRuntime().createSession(writeModel(model), settings, silentJob());
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** One case for each operator and version that the target changes. */
function distinct(cases: readonly ConformanceCase[], target: number): { model: Model; one: ConformanceCase }[] {
  const seen = new Set<string>();
  return cases.flatMap((one) => {
    const { model } = readModel(one.model);
    const version = model.opset();
    const nodes = [...model.nodes.values()];
    const key = nodes.map((node) => `${node.opType} ${sinceVersion(node, version)}`).join();
    const changes = nodes.some((node) => sinceVersion(node, version) !== sinceVersion(node, target));
    const fed = model.graph.inputs.every((id) => isTensor(model.getValue(id).type));
    if (!changes || version >= target || seen.has(key) || !fed) return [];
    seen.add(key);
    return [{ model, one }];
  });
}

describe.skipIf(!haveShared())('convert-opset: ONNX’s single-operator cases', () => {
  it('give the same bits in operator set 24, one case for each operator and version that it changes', async () => {
    const differ: string[] = [];
    let compared = 0;
    for (const { model, one } of distinct(await conformanceCases(), 24)) {
      const names = model.graph.inputs.map((id) => model.getValue(id).name);
      const feeds = Object.fromEntries(one.inputs.map((each, i) => [names[i]!, decoded(readTensorProto(each).tensor)]));
      const before = await run(model, feeds).catch(() => null);
      if (before === null) continue;
      const { model: after, result } = await afterPass(model, convertOpset, to(24));
      expect(result.changed, `${one.name}: ${JSON.stringify(result.refusals)}`).toBe(true);
      const results = await run(after, feeds);
      if (!Object.entries(before).every(([name, each]) => compareTensors(each, results[name]).equal))
        differ.push(one.name);
      compared++;
    }
    expect(differ).toEqual([]);
    expect(compared).toBeGreaterThan(80);
  });
});

describe.skipIf(!haveShared())('convert-opset: real models', () => {
  const models = [
    ['mnist-cnn/mnist', 8],
    ['transformer/vit_pgd_2_3_16', 9],
    ['detect/FastestDet', 11],
    ['audio/gtcrn_simple', 11],
    ['transformer/bert_toy_unfused', 12],
    ['audio/silero_vad', 16],
  ] as const;

  it.each(models)('%s of operator set %i', async (name, opset) => {
    const before = readModel(sharedFile(`real/models/${name}.onnx`)).model;
    expect(before.opset()).toBe(opset);
    const { model: after, result } = await afterPass(before, convertOpset);
    expect(after.opset()).toBe(21);
    const exactness = result.applied[0]!.preserves ?? 'bits';
    expect(exactness).toBe(countOps(before)['AveragePool'] ? 'order' : 'bits');
    await expectEquivalent(before, after, { class: exactness, seeds: 1 });
  });
});
