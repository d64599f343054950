import { describe, expect, it } from 'vitest';
import { silentJob } from '../base/job.ts';
import { memoryFiles } from '../onnx/external.ts';
import { writeFiles, writeModel } from '../onnx/write.ts';
import { buildSample } from '../samples/catalogue.ts';
import { nodePort } from './node.ts';
import { Studio } from './studio.ts';

const job = silentJob();
const bytes = writeModel(buildSample('residual-cnn'));
const source = { name: 'cnn.onnx', bytes, external: memoryFiles(new Map()) };
const step = (pass: string, off: string[] = [], options = {}) => ({ pass, options, off });

async function openStudio(): Promise<Studio> {
  const studio = new Studio(nodePort());
  await studio.openFile(source, job);
  return studio;
}

describe('a bundled sample', () => {
  it('is opened by its name, with what it learnt, or in other measures', async () => {
    const studio = new Studio(nodePort());
    const learnt = await studio.openSample('digit-cnn');
    expect(learnt.name).toBe('digit-cnn.onnx');
    const small = await studio.openSample('digit-cnn?width=4&layers=0');
    expect(small.stops[0]!.summary.parameters).toBeLessThan(learnt.stops[0]!.summary.parameters / 5);
    await expect(studio.openSample('digit-cnn?height=4')).rejects.toThrow(/no measure height/);
  });
});

describe('an open document', () => {
  it('starts with the original alone, counted as it lies on disk', async () => {
    const document = (await openStudio()).document();
    expect(document.stops).toHaveLength(1);
    expect(document.stops[0]).toMatchObject({ title: 'Original', pass: null });
    expect(document.fileBytes).toBe(bytes.byteLength);
  });

  it('is exported byte for byte while nothing was done', async () => {
    expect(Buffer.compare((await openStudio()).exportModel().bytes, bytes)).toBe(0);
  });

  it('refuses every question while no model is open', () => {
    expect(() => new Studio(nodePort()).document()).toThrow(/No model is open/);
  });
});

describe('steps', () => {
  it('apply to all sites but those that are switched off', async () => {
    const studio = await openStudio();
    const [found] = await studio.sites(['fold-batch-norm'], {}, job);
    const keys = found!.sites.map(({ key }) => key);
    const document = await studio.apply(step('fold-batch-norm', [keys[2]!]), job);
    const stop = document.stops[1]!;
    expect(stop).toMatchObject({ sites: keys.length - 1, off: 1, preserves: 'weights' });
    expect(stop.summary.ops['BatchNormalization']).toBe(1);
    expect(document.recipe.steps[0]!.sites).toEqual({ except: [keys[2]] });
  });

  it('are undone and done again by moving the cursor, and replaced by a new step', async () => {
    const studio = await openStudio();
    await studio.apply(step('fold-batch-norm'), job);
    await studio.apply(step('fuse-conv-activation'), job);
    expect(studio.moveTo(1)).toMatchObject({ cursor: 1, stops: { length: 3 } });
    expect(studio.document().recipe.steps).toHaveLength(1);
    expect(studio.moveTo(2).recipe.steps).toHaveLength(2);
    studio.moveTo(0);
    const document = await studio.apply(step('eliminate-identity'), job);
    expect(document.stops.map(({ pass }) => pass)).toEqual([null, 'eliminate-identity']);
  });

  it('leave everything as it was when they fail', async () => {
    const studio = await openStudio();
    await studio.apply(step('fold-batch-norm'), job);
    await expect(studio.apply(step('no-such-pass'), job)).rejects.toMatchObject({ code: 'bad-request' });
    await expect(studio.apply(step('prune-channels', [], { ratio: 7 }), job)).rejects.toMatchObject({
      code: 'bad-request',
    });
    expect(studio.document()).toMatchObject({ cursor: 1, stops: { length: 2 } });
  });

  it('are counted beforehand by a preview that changes nothing', async () => {
    const studio = await openStudio();
    const preview = await studio.preview(step('fold-batch-norm'), job);
    expect(studio.document().stops).toHaveLength(1);
    const { stops } = await studio.apply(step('fold-batch-norm'), job);
    expect(preview.summary).toEqual(stops[1]!.summary);
  });
});

describe('a recipe', () => {
  it('replays to the same bytes, pruning decisions included', async () => {
    const studio = await openStudio();
    await studio.apply(step('fold-batch-norm'), job);
    await studio.apply(step('prune-channels', [], { ratio: 0.3, importance: 'random', seed: 5 }), job);
    const first = studio.exportModel().bytes;
    const { recipe } = studio.document();
    const other = await openStudio();
    await other.replay({ json: JSON.stringify(recipe) }, job);
    expect(Buffer.compare(other.exportModel().bytes, first)).toBe(0);
    expect(other.document().recipe.steps).toEqual(recipe.steps);
    expect(other.document().warnings).toEqual([]);
  });

  it('says when it was made for another model', async () => {
    const studio = await openStudio();
    const recipe = { whittle: 1, model: { sha256: '0'.repeat(64), name: 'other.onnx' }, steps: [] } as const;
    const document = await studio.replay({ recipe }, job);
    expect(document.warnings).toEqual([expect.stringContaining('other.onnx')]);
  });

  it('names a model with external data by both: other weights make another model', async () => {
    const { model, external } = writeFiles(buildSample('residual-cnn'), {
      externalData: { location: 'weights.bin', threshold: 1024 },
    });
    const hashOf = async (weights: Uint8Array): Promise<string | undefined> => {
      const studio = new Studio(nodePort());
      const files = memoryFiles(new Map([['weights.bin', weights]]));
      await studio.openFile({ name: 'cnn.onnx', bytes: model, external: files }, job);
      return (await studio.apply(step('eliminate-identity'), job)).recipe.model?.sha256;
    };
    const weights = new Uint8Array(Buffer.concat([...external!.chunks()]));
    const other = weights.slice();
    other[0] = (other[0] ?? 0) ^ 1;
    const [first, again, second] = [await hashOf(weights), await hashOf(weights.slice()), await hashOf(other)];
    expect(again).toBe(first);
    expect(second).not.toBe(first);
  });

  it('of unreadable JSON is refused, and the document stays', async () => {
    const studio = await openStudio();
    await expect(studio.replay({ json: '{' }, job)).rejects.toMatchObject({ code: 'bad-request' });
    expect(studio.document().stops).toHaveLength(1);
  });

  it('keeps the model’s hash from the first step on', async () => {
    const studio = await openStudio();
    const { recipe } = await studio.apply(step('eliminate-identity'), job);
    expect(recipe.model?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('proof', () => {
  it('judges a step at its own class and keeps the verdict at its stop', async () => {
    const studio = await openStudio();
    await studio.apply(step('fold-batch-norm'), job);
    const request = { seeds: 1, backends: ['wasm'], levels: ['disabled'], threads: 1 } as const;
    const { result, document } = await studio.verify({ a: 0, b: 1, request }, job);
    expect(result).toMatchObject({ ok: true, class: 'weights' });
    expect(document.stops[1]!.verify).toEqual(result);
  });

  it('judges the whole at the loosest class of its steps', async () => {
    const studio = await openStudio();
    await studio.apply(step('fold-batch-norm'), job);
    await studio.apply(step('prune-channels', [], { ratio: 0.25 }), job);
    expect(await studio.verifyWhole(job)).toMatchObject({ class: 'approximation' });
  });
});

describe('the forecast of the pruning panel', () => {
  it('is what the pruned model is counted to have', async () => {
    const studio = await openStudio();
    const plan = await studio.prunePlan({ importance: 'l2', seed: 0 }, job);
    expect(plan.groups.length).toBeGreaterThan(3);
    const { stops } = await studio.apply(step('prune-channels', [], { ratio: 0.5 }), job);
    const stop = stops[1]!;
    expect(stop.groups).toHaveLength(plan.groups.length);
    for (const { before, after } of stop.groups) expect(after).toBe(before / 2);
  });
});

describe('the inspector', () => {
  it('names attributes, slots, defaults and where a fused node comes from', async () => {
    const studio = await openStudio();
    await studio.apply(step('fold-batch-norm'), job);
    const { view } = studio.picture();
    const row = view.made.indexOf(1);
    const detail = studio.node(view.nodeIds[row]!);
    expect(detail).toMatchObject({ opType: 'Conv', family: 'conv' });
    expect(detail.inputs.map(({ slot }) => slot)).toEqual(['X', 'W', 'B']);
    expect(detail.ancestors.map((each) => each.opType)).toEqual(['Conv', 'BatchNormalization']);
    expect(detail.attributes.find(({ name }) => name === 'auto_pad')).toMatchObject({ standing: 'default' });
    const [, weight] = detail.inputs;
    const stats = await studio.tensor({ ref: { value: weight!.value! }, axis: weight!.channelAxis }, job);
    expect(stats.max).toBeGreaterThan(stats.min);
    expect(stats.channels?.low).toHaveLength(weight!.shape![0] as number);
  });
});

describe('the report', () => {
  it('has the steps, the verdict and the commands, and nothing that was not measured', async () => {
    const studio = await openStudio();
    await studio.apply(step('fold-batch-norm'), job);
    await studio.verifyWhole(job);
    const data = await studio.reportData({}, job);
    expect(data.steps.map(({ pass }) => pass)).toEqual(['fold-batch-norm']);
    expect(data.verify).toMatchObject({ ok: true });
    expect(data.bench).toEqual([]);
    expect(data.commands.join()).toContain('--class weights');
    const { marks, op, x, wires } = data.graph!;
    expect([op.length, x.length]).toEqual([marks.length, marks.length]);
    expect(marks).toMatch(/r+a/);
    expect(wires).toMatch(/^M\d+ \d+/);
  });
});

describe('a rule of one’s own', () => {
  const rule = (replace: string) => step('user-rule', [], { rule: { name: 'mine', pattern: 'Relu(x)', replace } });

  it('is kept where the check agrees', async () => {
    const studio = await openStudio();
    const document = await studio.apply(rule('Max(x, 0)'), job);
    expect(document.stops.at(-1)!).toMatchObject({ title: 'Rule mine', measured: null, session: null });
    expect(document.stops.at(-1)!.sites).toBeGreaterThan(0);
    expect(document.stops.at(-1)!.summary.ops['Relu']).toBeUndefined();
  });

  it('is counted without being run', async () => {
    const studio = await openStudio();
    const preview = await studio.preview(rule('Abs(x)'), job);
    expect(preview.added.length).toBeGreaterThan(0);
  });

  it('is not kept where it changes what the model computes, nor where the runtime refuses it', async () => {
    const studio = await openStudio();
    await expect(studio.apply(rule('Abs(x)'), job)).rejects.toThrow(/not kept/);
    await expect(studio.apply(rule('NoSuchOperator(x)'), job)).rejects.toThrow(/not kept/);
    expect(studio.document().stops).toHaveLength(1);
  });
});
