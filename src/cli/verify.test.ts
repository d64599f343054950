import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float } from '../ir/attribute.ts';
import { writeModel } from '../onnx/write.ts';
import { buildModel } from '../testing/build.ts';
import { whittle } from '../testing/whittle.ts';
import { writeNpy, writeNpz } from '../verify/npz.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-verify-'));
const at = (name: string): string => join(folder, name);
const [a, b] = [at('a.onnx'), at('b.onnx')];

const net = (slope: number) =>
  buildModel({ seed: 6 }, (g) => {
    let x = g.input('x', ['N', 6]);
    for (const layer of ['one', 'two', 'three']) {
      x = g.op('MatMul', [x, g.weight(`${layer}.w`, [6, 6])], {}, { name: `${layer}.matmul` });
      const alpha = float(layer === 'two' ? slope : 0.25);
      x = g.op('LeakyRelu', [x], { alpha }, { name: `${layer}.leaky`, outputs: [`${layer}.out`] });
    }
    g.output(g.op('Tanh', [x]), 'y', { shape: ['N', 6] });
  });

beforeAll(() => {
  writeFileSync(a, writeModel(net(0.25)));
  writeFileSync(b, writeModel(net(0.5)));
  const rows = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i));
  writeFileSync(at('rows.npy'), writeNpy({ dtype: 'float32', shape: [10, 6], data: rows }));
  writeFileSync(at('own.npz'), writeNpz({ x: { dtype: 'float32', shape: [10, 6], data: rows } }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Printed {
  ok: boolean;
  class: string;
  level: string;
  backend: string;
  outputs: { name: string; maxAbs: number; maxRel: number; cosine: number }[];
  inputs: string[];
  runs: { level: string }[];
  intermediates: { name: string; ok: boolean }[] | null;
  inside: { at: { level: string } } | null;
  firstPart: { name: string; producer: string; why: string } | null;
  matched: { values: number; by: string };
  notes: string[];
}

async function verify(...argv: string[]): Promise<{ code: number; printed: Printed }> {
  const { code, out } = await whittle('verify', ...argv, '--json');
  return { code, printed: JSON.parse(out) as Printed };
}

describe('whittle verify', () => {
  it('keeps to what it always printed where nothing inside is asked for', async () => {
    const { code, printed } = await verify(a, a);
    expect(code).toBe(0);
    expect(printed).toMatchObject({ ok: true, class: 'order', level: 'disabled', backend: 'wasm' });
    expect(printed.outputs).toMatchObject([{ name: 'y', maxAbs: 0, maxRel: 0, cosine: 1 }]);
    expect(printed).toMatchObject({ intermediates: null, inside: null, firstPart: null });
  });

  it('names the first node at which the two part', async () => {
    const { code, printed } = await verify(a, b, '--intermediates', '--levels', 'disabled,basic');
    expect(code).toBe(1);
    expect(printed.firstPart).toMatchObject({
      name: 'two.out',
      producer: 'LeakyRelu two.leaky',
      why: 'its alpha is 0.5, and 0.25 in A',
    });
    expect(printed.intermediates!.map(({ ok }) => ok)).toEqual([true, true, true, false, false, false, false]);
    expect(printed.runs.map(({ level }) => level)).toEqual(['disabled', 'basic']);
    expect(printed.matched).toMatchObject({ values: 7, by: 'structure' });
    const text = await whittle('verify', a, b, '--intermediates', '--class', 'order');
    expect(text.out).toMatch(/PARTS +LeakyRelu two\.leaky +two\.out/);
    expect(text.out).toContain('They part at LeakyRelu two.leaky ("two.out")');
  });

  it('takes the values of B at another level where that is asked for', async () => {
    const { printed } = await verify(a, a, '--intermediates-at', 'all');
    expect(printed.inside).toMatchObject({ at: { level: 'all', backend: 'wasm' } });
    expect(printed.intermediates).toHaveLength(7);
  });

  it('runs on inputs of a person’s own: whole ones, and rows of a data set', async () => {
    const whole = await verify(a, a, '--inputs', at('own.npz'), '--seeds', '0');
    expect(whole.printed.inputs).toEqual(['own']);
    const rows = await verify(a, a, '--inputs', at('rows.npy'), '--samples', '3', '--set', 'scale=2', '--seeds', '1');
    expect(rows.printed.inputs.slice(0, 4)).toEqual([...rows.printed.inputs.slice(0, 3), 'seed 1']);
    expect(rows.printed.inputs.slice(0, 3).every((name) => /^sample \d$/.test(name))).toBe(true);
  });

  it('saves the input on which they differ, and takes it back', async () => {
    const saved = at('failing.npz');
    expect((await whittle('verify', a, b, '--save-failing', saved)).code).toBe(1);
    expect(readFileSync(saved).byteLength).toBeGreaterThan(0);
    const again = await verify(a, b, '--inputs', saved, '--seeds', '0');
    expect(again.code).toBe(1);
    expect(again.printed.inputs).toEqual(['failing']);
  });

  it('refuses what it cannot do: exit 2 for a wrong call, 1 for a model that does not answer', async () => {
    expect((await whittle('verify', a, b, '--levels', 'most')).code).toBe(2);
    expect((await whittle('verify', a, b, '--backend', 'webgpu')).code).toBe(2);
    expect((await whittle('verify', a, b, '--seeds', '0')).code).toBe(2);
    const lone = await whittle('verify', a, b, '--samples', '3');
    expect([lone.code, lone.err.includes('they need --inputs')]).toEqual([2, true]);
    writeFileSync(
      at('wrong.npz'),
      writeNpz({
        z: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) },
        w: { dtype: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) },
      }),
    );
    const wrong = await whittle('verify', a, b, '--inputs', at('wrong.npz'));
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('wrong.npz has nothing for the input x float32 [N, 6]; it has z, w.');
    const other = buildModel({}, (g) => g.output(g.op('Relu', [g.input('z', [2, 2])]), 'y'));
    writeFileSync(at('other.onnx'), writeModel(other));
    const { code, printed } = await verify(a, at('other.onnx'));
    expect([code, printed.ok, printed.outputs]).toEqual([1, false, []]);
    expect(printed).toMatchObject({ verdict: 'differs', message: expect.stringContaining('Input z float32 2×2 of B') });
  });
});
