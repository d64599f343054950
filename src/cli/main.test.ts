import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { floats } from '../ir/tensor.ts';
import { writeModel } from '../onnx/write.ts';
import { buildSample } from '../samples/catalogue.ts';
import { badFiles } from '../testing/bad-files.ts';
import { buildModel } from '../testing/build.ts';
import { whittle } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-cli-'));
const model = join(folder, 'cnn.onnx');
const at = (name: string): string => join(folder, name);

beforeAll(() => writeFileSync(model, writeModel(buildSample('residual-cnn'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function whittleJson<T>(...argv: string[]): Promise<T> {
  const ran = await whittle(...argv, '--json');
  expect(ran.err === '' || ran.code === 0, ran.err).toBe(true);
  return JSON.parse(ran.out) as T;
}

interface PrunedSide {
  bytes: number;
  gzip: number;
  brotli: number | null;
  parameters: number;
  nonzero: number;
}

interface PrunedWeights {
  before: PrunedSide;
  after: PrunedSide;
  tensors: { name: string; shape: number[]; sparsity: number }[];
  refused: { node: string; reason: string }[];
}

interface Summary {
  nodes: number;
  parameters: number;
  bytes: number;
  macs: number;
  elementwise: number;
  peakActivationBytes: number;
  opset: number;
  ops: Record<string, number>;
  unknownShapes: number;
}

describe('the command line', () => {
  it('inspects a model: one JSON object on stdout', async () => {
    const summary = await whittleJson<Summary>('inspect', model);
    expect(summary).toMatchObject({ opset: 17, unknownShapes: 0, bytes: readFileSync(model).byteLength });
    expect(summary.ops).toMatchObject({ Conv: 15, BatchNormalization: 15, Relu: 13, Add: 7 });
    expect(summary.macs).toBeGreaterThan(summary.elementwise);
  });

  it('lists passes with group, exactness and options', async () => {
    const passes = await whittleJson<{ id: string; group: string; preserves: string }[]>('passes');
    expect(passes.find(({ id }) => id === 'fold-batch-norm')).toMatchObject({ group: 'fusion', preserves: 'weights' });
    expect(passes.length).toBeGreaterThanOrEqual(9);
  });

  it('shows the sites of a pass with the nodes they touch', async () => {
    const { sites, refusals } = await whittleJson<{ sites: { id: string; nodes: string[] }[]; refusals: unknown[] }>(
      'sites',
      model,
      '--pass',
      'fold-batch-norm',
    );
    expect(sites).toHaveLength(15);
    expect(new Set(sites.map(({ id }) => id)).size).toBe(15);
    expect(sites[0]!.nodes.some((node) => node.startsWith('Conv'))).toBe(true);
    expect(refusals).toEqual([]);
  });

  it('optimizes by a preset, verifies, and writes report and recipe', async () => {
    const [out, report, recipe] = [at('o.onnx'), at('r.html'), at('r.json')];
    const argv = ['optimize', model, '--recipe', 'wasm', '-o', out, '--verify', '--report', report];
    const result = await whittleJson<{
      after: Summary;
      steps: { pass: string; sites: number }[];
      verify: { ok: boolean; class: string };
    }>(...argv, '--save-recipe', recipe);
    expect(result.after.ops['BatchNormalization']).toBeUndefined();
    expect(result.after.ops['com.microsoft.FusedConv']).toBeGreaterThan(0);
    expect(result.verify).toMatchObject({ ok: true, class: 'weights' });
    expect(readFileSync(report, 'utf8')).toContain('<!doctype html>');
    const replayed = at('again.onnx');
    expect((await whittle('optimize', model, '--recipe', recipe, '-o', replayed)).code).toBe(0);
    expect(readFileSync(replayed).equals(readFileSync(out))).toBe(true);
  });

  it('says what a hand edit takes where no place is given, and why it is refused', async () => {
    const asked = await whittle('sites', model, '--pass', 'set-attribute');
    expect(asked).toMatchObject({ code: 0 });
    expect(asked.out).toContain('Give the node, the attribute and its value');
    expect(asked.out).toContain('--set attribute=…');
    const argv = ['optimize', model, '--pass', 'delete-nodes', '--set', 'nodes=["/stem/Conv"]', '-o', at('d.onnx')];
    const refused = await whittle(...argv);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('Delete nodes: "/stem/Conv_output_0" (batch×32×32×32) is needed by');
    expect(existsSync(at('d.onnx'))).toBe(false);
  });

  it('edits by hand, several passes each with options of its own, and replays the recipe', async () => {
    const [out, recipe] = [at('e.onnx'), at('e.json')];
    const sets = ['rename.from=image', 'rename.to=0', 'set-batch.batch=2', 'add-output.value=/layer1/0/Add_output_0'];
    const passes = ['rename', 'set-batch', 'add-output'].flatMap((id) => ['--pass', id]);
    const argv = ['optimize', model, ...passes, ...sets.flatMap((each) => ['--set', each]), '--verify'];
    const { after, verify } = await whittleJson<{
      after: { inputs: { name: string; shape: number[] }[]; outputs: { name: string }[] };
      verify: { ok: boolean; class: string; message: string };
    }>(...argv, '-o', out, '--save-recipe', recipe);
    expect(after.inputs).toMatchObject([{ name: '0', shape: [2, 3, 32, 32] }]);
    expect(after.outputs.map(({ name }) => name)).toEqual(['scores', '/layer1/0/Add_output_0']);
    expect(verify).toMatchObject({ ok: true, class: 'bits' });
    expect(verify.message).toContain('Input "image" is called "0" now.');
    const replayed = at('e2.onnx');
    expect((await whittle('optimize', model, '--recipe', recipe, '-o', replayed)).code).toBe(0);
    expect(readFileSync(replayed).equals(readFileSync(out))).toBe(true);
  });

  it('prunes, and the written model has what the dry run said', async () => {
    const dry = await whittleJson<{ after: Summary }>('prune', model, '--ratio', '0.5', '--dry-run');
    await whittleJson('prune', model, '--ratio', '0.5', '-o', at('p.onnx'));
    const { parameters, macs, bytes } = await whittleJson<Summary>('inspect', at('p.onnx'));
    expect({ parameters, macs, bytes }).toEqual({
      parameters: dry.after.parameters,
      macs: dry.after.macs,
      bytes: dry.after.bytes,
    });
    expect(existsSync(at('p.onnx'))).toBe(true);
  });

  it('sets weights to zero, and says what that is worth compressed', async () => {
    const pruned = await whittleJson<PrunedWeights>('prune', model, '--sparsity', '0.8', '-o', at('z.onnx'));
    const { before, after, tensors, refused } = pruned;
    expect(before.bytes).toBe(readFileSync(model).byteLength);
    expect(after.bytes).toBe(readFileSync(at('z.onnx')).byteLength);
    expect(after.gzip).toBe(gzipSync(readFileSync(at('z.onnx')), { level: 9 }).byteLength);
    expect(after.gzip).toBeLessThan(before.gzip / 2);
    expect([before.brotli, after.brotli]).toEqual([null, null]);
    expect(before.parameters - after.parameters).toBe(0);
    expect(tensors.length).toBeGreaterThan(15);
    for (const { shape, sparsity } of tensors) {
      const size = shape.reduce((product, dim) => product * dim, 1);
      expect(sparsity * size).toBeCloseTo(Math.round(0.8 * size), 6);
    }
    const zeros = tensors.reduce((sum, { shape, sparsity }) => sum + sparsity * shape.reduce((a, b) => a * b, 1), 0);
    expect(before.nonzero - after.nonzero).toBeCloseTo(zeros, 6);
    expect(refused).toEqual([]);
  });

  it('keeps a pattern of weights, and stores zeros sparsely when asked to', async () => {
    const noted = await whittle('prune', model, '--pattern', '1:4', '--sparsity', '0.5', '--dry-run', '--json');
    expect(noted.err.replaceAll('\u202f', ' ')).toContain('1:4 sets 75.0 % of every full group to zero');
    const groups = JSON.parse(noted.out) as PrunedWeights;
    expect(groups.after.nonzero).toBeLessThan(groups.before.nonzero * 0.4);
    const argv = ['--sparsity', '0.9', '--scope', 'global', '--importance', 'lamp', '--store-sparse', '--dry-run'];
    const sparse = await whittleJson<PrunedWeights>('prune', model, ...argv);
    expect(sparse.after.bytes).toBeLessThan(sparse.before.bytes / 2);
    const ran = await whittle('prune', model, '--pattern', '4x1', '--sparsity', '0.5', '--dry-run');
    expect(ran.out).toMatch(/gzip -9 .* → .*\n.*not zero.*\nNot timed: add --bench.*\nNothing was written/);
  });

  it('removes dead channels, told by group and kind, and the result agrees', async () => {
    const dead = buildSample('residual-cnn');
    // Of the first block: a scale of 0 and a bias that the Relu behind it takes away; all that makes channel 0, again.
    for (const [value, tensor] of dead.graph.initializers) {
      const part = /^layer1\.0\.conv1\.(?:conv|bn)\.(.+)$/.exec(dead.getValue(value).name)?.[1];
      if (!part) continue;
      const data = Float32Array.from(tensor.numbers());
      const size = data.length / (tensor.shape[0] ?? 1);
      data.copyWithin(3 * size, 0, size);
      if (size === 1 && part === 'weight') data[1] = 0;
      if (part === 'bias') data[1] = -1;
      dead.setInitializer(value, floats(tensor.shape, data));
    }
    writeFileSync(at('dead.onnx'), writeModel(dead));
    const argv = ['prune', at('dead.onnx'), '--dead', '-o', at('alive.onnx'), '--verify'];
    const { groups, after, verify } = await whittleJson<{
      groups: { name: string; before: number; after: number; dead: Record<string, number> }[];
      after: Summary;
      verify: { verdict: string; class: string };
    }>(...argv);
    expect(groups).toEqual([{ name: 'layer1.0.conv1 channels', before: 32, after: 30, dead: { zero: 1, copy: 1 } }]);
    expect(verify).toMatchObject({ verdict: 'agrees', class: 'order' });
    expect((await whittleJson<Summary>('inspect', at('alive.onnx'))).parameters).toBe(after.parameters);
    const onData = await whittle(
      'prune',
      at('dead.onnx'),
      '--dead',
      '--data',
      'synthetic',
      '--samples',
      '4',
      '--dry-run',
    );
    expect(onData.out).toMatch(/^layer1\.0\.conv1 channels +32 → 30 +1 zero, 1 copy\n[^]*on \d+ other samples/);
    const none = await whittle('prune', at('alive.onnx'), '--dead', '--dry-run');
    expect(none.out).toMatch(/^Every channel adds something\.\n/);
  });

  it('exits with 1 when two models differ, and names the output', async () => {
    const ran = await whittle('verify', model, at('p.onnx'), '--class', 'order');
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('scores');
  });

  it('exits with 0 when two models agree', async () => {
    expect((await whittle('verify', model, at('o.onnx'), '--class', 'weights')).code).toBe(0);
  });

  it('lists what differs between two models', async () => {
    const found = await whittleJson<{
      equal: boolean;
      changes: { kind: string; before: string[]; after: string[] }[];
      same: number;
      after: Summary;
    }>('diff', model, at('o.onnx'));
    expect(found.equal).toBe(false);
    expect(found.changes.filter(({ kind }) => kind === 'fused').length).toBe(15);
    expect(found.changes[0]!.before.map((each) => each.split(' ')[0])).toEqual(['Conv', 'BatchNormalization', 'Relu']);
    const same = await whittle('diff', model, model);
    expect([same.code, same.out.trim().split('\n').at(-1)]).toEqual([0, 'Nothing differs.']);
  });

  it('times a model and gives every number that the contract names', async () => {
    const { a, b } = await whittleJson<{ a: Record<string, number>; b: null }>('bench', model, '--runs', '3');
    expect(Object.keys(a)).toEqual(expect.arrayContaining(['median', 'p95', 'min', 'samples']));
    expect(b).toBeNull();
    expect(a['heapBytes']).toBeGreaterThanOrEqual(2 ** 24);
  });

  it('times several settings in turn, and session options of one of the two', async () => {
    const { cells, across } = await whittleJson<{
      cells: { threads: number; a: { samples: number[]; blocks: number[] } }[];
      across: { ratio: number; verdict: string | null }[];
    }>('bench', model, '--runs', '6', '--threads', '1,2', '--rounds', '1');
    expect(cells.map(({ threads, a }) => [threads, a.samples.length, a.blocks])).toEqual([
      [1, 9, [3, 3, 3]],
      [2, 9, [3, 3, 3]],
    ]);
    expect([across[0]?.ratio, across[0]?.verdict]).toEqual([1, null]);
    const ran = await whittle('bench', model, model, '--runs', '3', '--within', '0', '--b', 'level=basic');
    expect([ran.code, ran.out]).toEqual([0, expect.stringMatching(/^A .*\nB /)]);
    const wrong = await whittle('bench', model, model, '--b', 'level=most');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('--b level is one of disabled')]);
  });

  it('times a file whose inputs are called otherwise, and refuses one that cannot be fed alike', async () => {
    const product = (name: string, input: string, columns: number): string => {
      const built = buildModel({}, (g) =>
        g.output(g.op('MatMul', [g.input(input, [4, columns]), g.weight('w', [columns, 8])]), 'y', { shape: [4, 8] }),
      );
      const path = at(name);
      writeFileSync(path, writeModel(built));
      return path;
    };
    const [first, other, wide] = [
      product('a.onnx', 'x', 16),
      product('b.onnx', 'image', 16),
      product('c.onnx', 'x', 32),
    ];
    const ran = await whittle('bench', first, other, '--runs', '3', '--within', '0', '--rounds', '1');
    expect([ran.code, ran.err]).toEqual([0, '']);
    const refused = await whittle('bench', first, wide, '--runs', '3');
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('answers to none of A')]);
  });

  it('says how to get the native runtime where it is not installed', async () => {
    const ran = await whittle('bench', model, '--backend', 'native', '--runs', '3');
    if (ran.code === 0) expect(ran.out).toContain('on Native, 1 thread');
    else expect(ran.err).toContain('npm install --no-save --ignore-scripts onnxruntime-node');
  });

  it.each([
    [[]],
    [['nonsense']],
    [['inspect']],
    [['verify', 'a', 'b', 'c']],
    [['diff', 'a']],
    [['inspect', 'a', '--no-such-option']],
    [['optimize', 'a', '--recipe', 'clean']],
    [['prune', 'a', '--ratio', '1.5', '-o', 'b']],
    [['prune', model, '--sparsity', '1.5', '-o', 'b']],
    [['prune', model, '--sparsity', '0.5', '--ratio', '0.5', '-o', 'b']],
    [['prune', model, '--sparsity', '0.5', '--pattern', 'checkers', '-o', 'b']],
    [['prune', model, '--pattern', '4x1', '-o', 'b']],
    [['prune', model, '--ratio', '0.5', '--brotli', '-o', 'b']],
    [['prune', model, '--sparsity', '0.5', '--protect', 'nowhere', '-o', 'b']],
    [['prune', model, '--dead', '--ratio', '0.5', '-o', 'b']],
    [['prune', model, '--dead', '--protect', 'a', '-o', 'b']],
    [['bench', 'a', '--threads', 'many']],
  ])('exits with 2 on wrong usage: %j', async (argv) => {
    const ran = await whittle(...argv);
    expect(ran.code).toBe(2);
    expect(ran.err.length).toBeGreaterThan(0);
  });

  it('names an unknown pass and exits with 2', async () => {
    const ran = await whittle('sites', model, '--pass', 'no-such-pass');
    expect(ran).toMatchObject({ code: 2 });
    expect(ran.err).toContain('no-such-pass');
  });
});

describe('a bad file on the command line', () => {
  it.each(badFiles().map((bad) => [bad.name, bad] as const))('%s: exit 1 and one clear message', async (_, bad) => {
    for (const file of bad.files) writeFileSync(at(file.name), file.bytes);
    const path = at(bad.files[0]!.name);
    const argv = bad.opens ? ['optimize', path, '--recipe', 'clean', '-o', at('bad-out.onnx')] : ['inspect', path];
    const ran = await whittle(...argv, '--json');
    for (const file of bad.files) rmSync(at(file.name));
    expect(ran.code).toBe(1);
    expect(ran.err.trim().split('\n').at(-1)).toBe(bad.message);
    expect(JSON.parse(ran.out)).toMatchObject({ error: { code: bad.code, message: bad.message } });
  });
});
