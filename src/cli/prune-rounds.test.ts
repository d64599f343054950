import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seeded } from '../base/random.ts';
import { writeModel } from '../onnx/write.ts';
import { buildSample } from '../samples/catalogue.ts';
import { buildModel } from '../testing/build.ts';
import { writeNpy } from '../verify/npz.ts';
import { whittle as run } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-rounds-'));
const at = (name: string): string => join(folder, name);
const model = at('cnn.onnx');

beforeAll(() => {
  writeFileSync(model, writeModel(buildSample('residual-cnn')));
  const random = seeded(1);
  const data = Uint8Array.from({ length: 20 * 32 * 32 * 3 }, () => 256 * random());
  writeFileSync(at('images.npy'), writeNpy({ dtype: 'uint8', shape: [20, 32, 32, 3], data }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const whittleOn = (path: string, ...argv: string[]) => run('prune', path, ...argv);
const whittle = (...argv: string[]) => whittleOn(model, ...argv);

interface Pruned {
  readonly groups: readonly { readonly name: string; readonly before: number; readonly after: number }[];
  readonly after: { readonly macs: number };
  readonly data: { readonly runs: number };
}
const pruned = async (...argv: string[]): Promise<Pruned> =>
  JSON.parse((await whittle(...argv, '--dry-run', '--json')).out) as Pruned;

describe('whittle prune in rounds', () => {
  it('tells widths over all rounds, those of one cut', async () => {
    const once = await pruned('--ratio', '0.75');
    const thrice = await pruned('--ratio', '0.75', '--rounds', '3');
    expect(thrice.groups).toEqual(once.groups);
    expect(once.groups[0]).toMatchObject({ before: 32, after: 8 });
    expect(thrice.after.macs).toBe(once.after.macs);
  });

  it('re-estimates batch norms on the data', async () => {
    const data = ['--data', at('images.npy'), '--samples', '8'];
    const plain = await pruned('--ratio', '0.5', ...data);
    const norms = await pruned('--ratio', '0.5', ...data, '--reestimate');
    expect(norms.groups).toEqual(plain.groups);
    expect(norms.data).not.toEqual(plain.data);
    const weights = await whittle('--sparsity', '0.8', ...data, '--reestimate', '--dry-run');
    expect([weights.code, weights.err]).toEqual([0, expect.stringMatching(/1[0-9] batch norms are re-estimated/)]);
  });

  it('ranks by how the loss changes, with labels and without', { timeout: 60_000 }, async () => {
    const data = ['--data', at('images.npy'), '--samples', '8', '--importance', 'taylor', '--ratio', '0.5'];
    writeFileSync(at('labels.csv'), Array.from({ length: 20 }, (_, i) => i % 10).join('\n'));
    const [plain, labelled, sizes] = [
      await pruned(...data),
      await pruned(...data, '--labels', at('labels.csv')),
      await pruned('--ratio', '0.5', '--data', at('images.npy'), '--samples', '8'),
    ];
    expect(plain.groups).toEqual(sizes.groups);
    expect(plain.data).not.toEqual(sizes.data);
    expect(labelled.data).not.toEqual(plain.data);
  });

  it('names the node that stops a gradient', async () => {
    const stuck = buildModel({ seed: 2 }, (g) => {
      const hidden = g.op('Relu', [g.op('MatMul', [g.input('x', [3, 4]), g.weight('w', [4, 6])])]);
      const square = g.op('Reshape', [g.op('MatMul', [hidden, g.weight('v', [6, 3])]), g.int64s('s', [1, 3, 3])]);
      g.output(g.op('Det', [square], {}, { name: 'area' }), 'y');
    });
    writeFileSync(at('stuck.onnx'), writeModel(stuck));
    const ran = await whittleOn(at('stuck.onnx'), '--ratio', '0.5', '--importance', 'taylor', '--dry-run');
    expect([ran.code, ran.err]).toEqual([1, expect.stringContaining('area')]);
  });

  it('takes data for a model whose weights were inputs with a default', async () => {
    const old = buildSample('residual-cnn');
    old.graph.inputs.push(...old.graph.initializers.keys());
    writeFileSync(at('old.onnx'), writeModel(old));
    const ran = await whittleOn(at('old.onnx'), '--ratio', '0.5', '--data', at('images.npy'), '--dry-run');
    expect([ran.code, ran.err]).toEqual([0, expect.stringMatching(/Calibrated on 10 of 20 samples/)]);
  });

  it.each([
    [['--reestimate', '--ratio', '0.5'], /needs --data/],
    [['--reestimate', '--ratio', '0.5', '--data', 'synthetic'], /Calibration data are needed: made-up/],
    [['--rounds', '0', '--ratio', '0.5'], /from 1 to 20/],
    [['--rounds', '2', '--sparsity', '0.5'], /--rounds removes channels/],
    [['--rounds', '2', '--dead'], /--rounds has no part in it/],
  ])('exits with 2 on %j', async (argv, reason) => {
    const ran = await whittle(...argv, '-o', at('out.onnx'));
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(reason)]);
  });
});
