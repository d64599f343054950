import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seeded } from '../base/random.ts';
import type { Fidelity } from '../engine/fidelity.ts';
import { writeModel } from '../onnx/write.ts';
import type { Sensitivity } from '../prune/sensitivity.ts';
import { buildModel } from '../testing/build.ts';
import { writeNpy } from '../verify/npz.ts';
import { whittle } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-sensitivity-'));
const at = (name: string): string => join(folder, name);
const model = at('net.onnx');
const data = at('rows.npy');
const labels = at('labels.csv');
const curves = at('curves.json');

/** Hidden layers of 8 and 16 channels; `wide` other than 16 is another model. */
const net = (wide = 16, name = 'wide') =>
  buildModel({ seed: 3 }, (g) => {
    let x = g.input('x', ['N', 6]);
    x = g.op('Relu', [g.op('MatMul', [x, g.weight('w0', [6, 8])], {}, { outputs: ['narrow'] })]);
    x = g.op('Relu', [g.op('MatMul', [x, g.weight('w1', [8, wide])], {}, { outputs: [name] })]);
    g.output(g.op('MatMul', [x, g.weight('w2', [wide, 4])]), 'y', { shape: ['N', 4] });
  });

beforeAll(() => {
  writeFileSync(model, writeModel(net()));
  writeFileSync(at('wider.onnx'), writeModel(net(24)));
  writeFileSync(at('named.onnx'), writeModel(net(16, 'other')));
  const random = seeded(2);
  const rows = Float32Array.from({ length: 30 * 6 }, () => random() - 0.5);
  writeFileSync(data, writeNpy({ dtype: 'float32', shape: [30, 6], data: rows }));
  writeFileSync(labels, Array.from({ length: 30 }, (_, i) => `${i % 4}\n`).join(''));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function json<T>(...argv: string[]): Promise<T> {
  const ran = await whittle(...argv, '--json');
  expect([ran.code, ran.code === 0 ? '' : ran.err]).toEqual([0, '']);
  return JSON.parse(ran.out) as T;
}
interface Pruned {
  readonly before: { readonly macs: number };
  readonly after: { readonly macs: number };
  readonly groups: readonly { readonly before: number; readonly after: number }[];
  readonly data?: Fidelity;
}
const share = ({ before, after }: Pruned): number => after.macs / before.macs;

describe('whittle sensitivity', () => {
  it('tells what each group bears on made-up inputs, and writes the curves', async () => {
    const found = await json<Sensitivity>('sensitivity', model, '-o', curves);
    expect(found).toMatchObject({ importance: 'l2', runs: 8, accuracy: null });
    expect(found.groups.map(({ key, points }) => [key, points.length])).toEqual([
      ['narrow', 8],
      ['wide', 8],
    ]);
    expect(JSON.parse(readFileSync(curves, 'utf8'))).toEqual(found);
  });

  it('judges by other samples than those that rank, and by their labels', async () => {
    const argv = ['sensitivity', model, '--data', data, '--samples', '10', '--ratios', '0.25,0.5'];
    const plain = await json<Sensitivity>(...argv, '--importance', 'wanda');
    expect(plain).toMatchObject({ importance: 'wanda', runs: 10, accuracy: null });
    const ran = await whittle(...argv, '--labels', labels);
    expect(ran.out).toMatch(
      /^accuracy lost on 10 samples \(\d+\.0 % whole\), each group cut by itself\ngroup +25 % +50 %\n/,
    );
  });

  it.each([
    ['0.5,0.25', /rising shares/],
    ['0.5,1', /between 0 and 1/],
    ['half', /not "half"/],
  ])('refuses the shares %s', async (ratios, message) => {
    const ran = await whittle('sensitivity', model, '--ratios', ratios);
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('whittle prune on data', () => {
  it('says how close the result stays on the samples that nothing was calibrated on', async () => {
    const argv = ['prune', model, '--ratio', '0.5', '--data', data, '--samples', '12', '--labels', labels];
    const pruned = await json<Pruned>(...argv, '--importance', 'wanda', '--repair', 'least-squares', '--dry-run');
    expect(pruned.data).toMatchObject({ runs: 12, outputs: [{ name: 'y' }] });
    expect(pruned.data?.outputs[0]?.cosine).toBeLessThan(1);
    expect(pruned.data?.accuracy?.before).toBeGreaterThan(0);
    const said = await whittle(...argv, '--dry-run');
    expect(said.out).toMatch(
      /on 12 other samples {2}y: cosine 0\.\d{4}, KL \d\.\d{4}, the same top class on \d+\.\d %/,
    );
    expect(said.out).toMatch(/accuracy {2}\d+\.\d % → \d+\.\d %/);
    expect(said.err).toContain('Calibrated on 12 of 30 samples of rows.npy');
  });

  it('repairs by the data better than not at all', async () => {
    const argv = ['prune', model, '--ratio', '0.5', '--data', data, '--dry-run'];
    const cosine = async (repair: string): Promise<number> =>
      (await json<Pruned>(...argv, '--repair', repair)).data!.outputs[0]!.cosine;
    expect(await cosine('least-squares')).toBeGreaterThan(await cosine('none'));
  });
});

describe('whittle prune --flatten', () => {
  it.each(['macs', 'parameters', 'bytes'])('meets a target of %s', async (target) => {
    const pruned = await json<Record<'before' | 'after', Record<string, number>>>(
      ...['prune', model, `--${target}`, '0.8', '--flatten', '--ratios', '0.25,0.5,0.75', '--dry-run'],
    );
    const left = pruned.after[target]! / pruned.before[target]!;
    expect(left).toBeLessThanOrEqual(0.805);
    expect(left).toBeGreaterThan(0.6);
  });

  it('goes by curves of a file as by curves that are measured', async () => {
    await whittle('sensitivity', model, '-o', curves);
    const argv = ['prune', model, '--macs', '0.5', '--flatten'];
    const measured = await json<Pruned>(...argv, '--dry-run');
    const read = await json<Pruned>(...argv, '--curves', curves, '-o', at('flat.onnx'));
    expect(read.groups).toEqual(measured.groups);
    expect(share(read)).toBeLessThanOrEqual(0.5);
    expect(existsSync(at('flat.onnx'))).toBe(true);
  });

  it('leaves alone what is protected or has a share of its own, and still meets the target', async () => {
    const argv = ['prune', model, '--macs', '0.5', '--flatten', '--curves', curves, '--dry-run'];
    const kept = await json<Pruned>(...argv, '--protect', 'narrow');
    expect(kept.groups.map(({ before }) => before)).toEqual([16]);
    expect(share(kept)).toBeLessThanOrEqual(0.5);
    const own = await json<Pruned>(...argv, '--ratio-of', 'narrow=0.25');
    expect(own.groups[0]).toMatchObject({ before: 8, after: 6 });
    expect(share(own)).toBeLessThanOrEqual(0.5);
  });

  it('refuses curves that do not fit, and says why', async () => {
    const argv = ['--macs', '0.5', '--flatten', '--dry-run'];
    const broken = JSON.parse(readFileSync(curves, 'utf8')) as { groups: { points: { ratio: unknown }[] }[] };
    broken.groups[1]!.points[2]!.ratio = 'much';
    writeFileSync(at('broken.json'), JSON.stringify(broken));
    writeFileSync(at('text.json'), 'curves');
    await whittle('sensitivity', model, '--importance', 'random', '--seed', '1', '-o', at('random.json'));
    const cases: readonly [string, readonly string[], RegExp][] = [
      ['wider.onnx', ['--curves', curves], /is of another model: wide has 16 channels there, 24 here/],
      ['named.onnx', ['--curves', curves], /is of another model: it has no curve of other/],
      ['net.onnx', ['--curves', curves, '--importance', 'l1'], /--importance l2, this is --importance l1/],
      [
        'net.onnx',
        ['--curves', at('random.json'), '--importance', 'random', '--seed', '2'],
        /--seed 1, this is --seed 2/,
      ],
      ['net.onnx', ['--curves', at('broken.json')], /groups\[1\]\.points\[2\]\.ratio should be a number/],
      ['net.onnx', ['--curves', at('text.json')], /text\.json is not read as JSON/],
      ['net.onnx', ['--curves', at('gone.json')], /gone\.json is not read/],
      ['net.onnx', ['--curves', curves, '--ratios', '0.5'], /Leave one out/],
    ];
    for (const [file, rest, message] of cases) {
      const ran = await whittle('prune', at(file), ...argv, ...rest);
      expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(message)]);
    }
  });

  it('needs a target, and is needed by curves', async () => {
    const flat = await whittle('prune', model, '--ratio', '0.5', '--flatten', '--dry-run');
    expect([flat.code, flat.err]).toEqual([2, expect.stringContaining('--flatten needs --macs')]);
    const lone = await whittle('prune', model, '--macs', '0.5', '--curves', curves, '--dry-run');
    expect([lone.code, lone.err]).toEqual([2, expect.stringContaining('add --flatten')]);
  });

  it('stands in the help, with what it goes by', async () => {
    const { out } = await whittle('prune', '--help');
    expect(out).toMatch(/--flatten +measure what each group bears/);
    expect(out).toMatch(/--curves FILE +what --flatten goes by, of `sensitivity -o`/);
  });
});
