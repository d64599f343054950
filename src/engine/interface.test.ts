import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { silentJob } from '../base/job.ts';
import type { JsonObject } from '../base/json.ts';
import { memoryFiles } from '../onnx/external.ts';
import { writeModel } from '../onnx/write.ts';
import type { Model } from '../ir/model.ts';
import type { VerifyResult } from '../verify/types.ts';
import { buildModel } from '../testing/build.ts';
import { correspondence, withOutputs } from './interface.ts';
import { nodePort } from './node.ts';
import { Studio } from './studio.ts';

const job = silentJob();
const REQUEST = { seeds: 1, backends: ['wasm'], levels: ['disabled', 'all'], threads: 1 } as const;
type Step = readonly [pass: string, options: JsonObject];

async function studioWith(model: Model, steps: readonly Step[]): Promise<Studio> {
  const studio = new Studio(nodePort());
  await studio.openFile({ name: 'm.onnx', bytes: writeModel(model), external: memoryFiles(new Map()) }, job);
  for (const [pass, options] of steps) await studio.apply({ pass, options, off: [] }, job);
  return studio;
}

/** The verdict of the last step, or with `whole` of all steps against the original. */
async function verdict(model: Model, steps: readonly Step[], whole = false): Promise<VerifyResult> {
  const studio = await studioWith(model, steps);
  const b = studio.document().cursor;
  return (await studio.verify({ a: whole ? 0 : b - 1, b, request: REQUEST }, job)).result;
}

/** x [batch, 3, 8, 8] → Conv → Relu → mean → product with a table → y [batch, 5]; `bias` is added. */
const network = (batch: number | string = 1) =>
  buildModel({}, (g) => {
    const x = g.input('x', [batch, 3, 8, 8]);
    const bias = g.input('bias', [5]);
    g.input('unused', [2]);
    const c = g.op('Conv', [x, g.weight('w', [4, 3, 3, 3])], { pads: [1, 1, 1, 1] }, { name: 'conv', outputs: ['c'] });
    const r = g.op('Relu', [c], {}, { name: 'relu', outputs: ['r'] });
    const mean = g.op('GlobalAveragePool', [r], {}, { outputs: ['mean'] });
    const flat = g.op('Flatten', [mean], {}, { outputs: ['flat'] });
    const product = g.op('MatMul', [flat, g.weight('m', [4, 5])], {}, { name: 'product' });
    g.output(g.op('Add', [product, bias], {}, { name: 'add' }), 'y', { shape: [batch, 5] });
  });

describe('a check where inputs or outputs changed', () => {
  it('finds renamed inputs and outputs again', async () => {
    const steps: Step[] = [
      ['rename', { from: 'x', to: 'image' }],
      ['rename', { from: 'y', to: 'scores' }],
    ];
    const step = await verdict(network(), steps);
    expect(step).toMatchObject({ verdict: 'agrees', class: 'bits', outputs: [{ name: 'scores' }] });
    expect(step.message).toContain('Output "y" is called "scores" now.');
    const whole = await verdict(network(), steps, true);
    expect(whole.verdict).toBe('agrees');
    expect(whole.message).toContain('Input "x" is called "image" now.');
  });

  it('compares a new output with the value inside the model before', async () => {
    const { verdict: said, message, outputs } = await verdict(network(), [['add-output', { value: 'r' }]]);
    expect(said).toBe('agrees');
    expect(outputs.map(({ name }) => name)).toEqual(['y', 'r']);
    expect(message).toContain('Compared with a value inside the model before: "r".');
  });

  it('sees a new output that is not that value', async () => {
    const before = network();
    const after = before.clone();
    const relu = [...after.nodes.values()].find(({ name }) => name === 'relu')!;
    after.graph.outputs.push(relu.outputs[0]!);
    relu.opType = 'Abs';
    const ends = [before, after].map((model) => ({ model, analysis: analyze(model) }));
    const { ports, reveal } = correspondence(ends[0]!, ends[1]!, [after])!;
    const [a, b] = [withOutputs(ends[0]!, reveal), after].map((model) => ({ name: 'm', bytes: writeModel(model) }));
    const result = await nodePort().verify(a!, b!, { ...REQUEST, class: 'bits', ports }, job);
    expect(result).toMatchObject({ ok: false, verdict: 'differs', failing: { output: 'y' } });
    expect(result.outputs.map(({ name, ok }) => [name, ok])).toEqual([
      ['y', false],
      ['r', false],
    ]);
  });

  it('leaves removed outputs out, and says so', async () => {
    const steps: Step[] = [
      ['add-output', { value: 'r' }],
      ['remove-output', { output: 'y' }],
    ];
    const { verdict: said, outputs, message } = await verdict(network(), steps);
    expect(said).toBe('agrees');
    expect(outputs.map(({ name }) => name)).toEqual(['r']);
    expect(message).toContain('No output any more: "y".');
  });

  it('gives the model before the constant that stands for an input', async () => {
    const steps: Step[] = [
      ['remove-input', { input: 'bias', value: [1, 2, 3, 4, 5] }],
      ['remove-input', { input: 'unused' }],
      ['fold-constants', {}],
    ];
    for (const whole of [false, true]) {
      expect((await verdict(network(), steps.slice(0, whole ? 3 : 1), whole)).verdict).toBe('agrees');
    }
    const said = await verdict(network(), steps.slice(0, 2), true);
    expect(said.message).toContain('was given the constant for "bias"');
  });

  it('runs both at the new sizes where the model before takes them', async () => {
    const { verdict: said, class: level, message } = await verdict(network('N'), [['set-batch', { batch: '4' }]]);
    expect([said, level]).toEqual(['agrees', 'bits']);
    expect(message).toContain('Both were run with x 4×3×8×8.');
    expect((await verdict(network(1), [['set-batch', { batch: 'N' }]])).message).toContain('x 1×3×8×8');
  });

  it('runs a fixed batch part by part, as sums of another order', async () => {
    const { verdict: said, class: level, message } = await verdict(network(1), [['set-batch', { batch: '4' }]]);
    expect([said, level]).toEqual(['agrees', 'order']);
    expect(message).toContain('ran 4 times, on 4 equal parts of the batch');
  });

  it('proves nothing where the model before takes no such sizes, and says so', async () => {
    const wider = await verdict(network(1), [['set-input-shape', { shapes: { x: [1, 3, 12, 12] } }]]);
    expect(wider).toMatchObject({ ok: false, verdict: 'uninformative' });
    expect(wider.message).toContain('takes only 1×3×8×8. The result itself runs.');
  });

  it('feeds a part what the model before computes at its border', async () => {
    const part: Step = ['extract-subgraph', { inputs: ['r'], outputs: ['flat'] }];
    const step = await verdict(network(), [part]);
    expect(step).toMatchObject({ verdict: 'agrees', outputs: [{ name: 'flat' }] });
    expect(step.message).toContain('Fed with what the model before computes for "r".');
    const renamed = await verdict(network(), [part, ['rename', { from: 'flat', to: 'features' }]], true);
    expect(renamed).toMatchObject({ verdict: 'agrees', outputs: [{ name: 'features' }] });
  });

  it('does not hold outputs of another shape against each other', async () => {
    const strided = buildModel({}, (g) => {
      const c = g.op(
        'Conv',
        [g.input('x', [1, 3, 8, 8]), g.weight('w', [4, 3, 3, 3])],
        { strides: [1, 1] },
        { name: 'conv' },
      );
      g.output(c, 'y');
    });
    const result = await verdict(strided, [['set-attribute', { node: 'conv', attribute: 'strides', value: [2, 2] }]]);
    expect(result).toMatchObject({ ok: false, verdict: 'uninformative' });
    expect(result.message).toContain('Not compared: "y", for it is 1×4×3×3 now, and was 1×4×6×6.');
  });

  it('differs where the runtime refuses what was edited', async () => {
    const unknown: Step = ['set-attribute', { node: 'relu', attribute: 'colour', value: 1, type: 'int' }];
    const result = await verdict(network(), [unknown]);
    expect(result).toMatchObject({ ok: false, verdict: 'differs' });
    expect(result.message).toContain('colour');
  });

  it('says that a deleted node changes values, and that an identity does not', async () => {
    const studio = await studioWith(network(), [['delete-nodes', { nodes: ['relu'] }]]);
    expect(studio.document().stops[1]).toMatchObject({ preserves: 'approximation', title: 'Delete Relu 1' });
    expect(await verdict(network(), [['delete-nodes', { nodes: ['relu'] }]])).toMatchObject({ class: 'approximation' });
  });
});

describe('times where inputs changed', () => {
  const timing = { backend: 'wasm', level: 'all', threads: 1, runs: 3, budgetMs: 2000 } as const;

  it('are taken on the same inputs, whatever they are called', async () => {
    const steps: Step[] = [
      ['rename', { from: 'x', to: 'image' }],
      ['remove-input', { input: 'unused' }],
    ];
    const result = await (await studioWith(network(), steps)).bench({ a: 0, b: 2, request: timing }, job);
    expect(result.b?.samples).toHaveLength(result.a.samples.length);
  });

  it('do not compare where the sizes are others, or a part was cut out', async () => {
    const others: Step[] = [
      ['set-batch', { batch: '4' }],
      ['extract-subgraph', { inputs: ['r'], outputs: ['flat'] }],
    ];
    for (const step of others) {
      const studio = await studioWith(network(), [step]);
      await expect(studio.bench({ a: 0, b: 1, request: timing }, job)).rejects.toThrow(/take different inputs/);
    }
  });
});

describe('a hand edit in a recipe', () => {
  it('is kept with its place, replays, and is lost where the name is gone', async () => {
    const studio = await studioWith(network(), [['rename', { from: 'r', to: 'hidden' }]]);
    const { recipe } = studio.document();
    expect(recipe.steps).toEqual([
      { pass: 'rename', options: { from: 'r', to: 'hidden' }, sites: [expect.stringMatching(/^rename:r:/)] },
    ]);
    const again = await (await studioWith(network(), [])).replay({ json: JSON.stringify(recipe) }, job);
    expect(again.stops[1]).toMatchObject({ title: 'Rename value r to hidden', sites: 1, lost: [], error: null });
    const other = buildModel({}, (g) => g.output(g.op('Neg', [g.input('x', [1])]), 'y'));
    const elsewhere = await (
      await studioWith(other, [])
    ).replay({ json: JSON.stringify({ ...recipe, model: undefined }) }, job);
    expect(elsewhere.stops[1]).toMatchObject({ sites: 0, lost: [expect.stringMatching(/^rename:r:/)], error: null });
  });

  it('that is refused is an error with the reason, and no step', async () => {
    const studio = await studioWith(network(), []);
    const request = { pass: 'delete-nodes', options: { nodes: ['conv'] }, off: [] };
    await expect(studio.apply(request, job)).rejects.toMatchObject({ code: 'pass-failed' });
    await expect(studio.apply(request, job)).rejects.toThrow(/Delete nodes: .*no input has its type and shape/);
    expect(studio.document().stops).toHaveLength(1);
  });

  it('is told what its forms start from', async () => {
    const studio = await studioWith(network(), []);
    const { nodeIds } = studio.picture().view;
    const [conv] = studio.editTargets([nodeIds[0]!]);
    expect(conv).toMatchObject({ ref: 'conv', inputs: ['x'], outputs: [{ name: 'c', isOutput: false }] });
    expect(conv!.attributes[0]).toEqual({ name: 'pads', type: 'ints', value: [1, 1, 1, 1], given: true });
    expect(() => studio.editTargets([999_999])).toThrow(/no node 999999/);
  });
});
