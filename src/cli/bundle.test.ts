import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';
import { whittle } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-bundle-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const optimize = (...options: string[]) =>
  whittle('optimize', 'sample:residual-cnn', '--pass', 'fold-batch-norm', ...options);

describe('whittle optimize', () => {
  it('puts large weights beside the model, which is read back with them', async () => {
    const { code, err } = await optimize('-o', at('beside.onnx'), '--external-data', '1024');
    expect(code).toBe(0);
    expect(err).toContain('beside.onnx.data');
    expect(statSync(at('beside.onnx.data')).size).toBeGreaterThan(statSync(at('beside.onnx')).size);
    await optimize('-o', at('whole.onnx'));
    const { code: same, out } = await whittle(
      'verify',
      at('whole.onnx'),
      at('beside.onnx'),
      '--class',
      'bits',
      '--json',
    );
    expect(same).toBe(0);
    expect((JSON.parse(out) as { ok: boolean }).ok).toBe(true);
  });

  it('says where no weight is large enough to lie beside the model', async () => {
    const { code, err } = await optimize('-o', at('small.onnx'), '--external-data', '100000000');
    expect(code).toBe(0);
    expect(err).toContain('No initializer has 100000000 bytes');
  });

  it('writes a bundle, with the runtime where that is asked for', async () => {
    expect((await optimize('-o', at('m.onnx'), '--bundle', at('m.zip'))).code).toBe(0);
    const files = unzipSync(readFileSync(at('m.zip')));
    expect(Buffer.compare(files['model.onnx']!, readFileSync(at('m.onnx')))).toBe(0);
    expect(Object.keys(files).filter((path) => path.startsWith('runtime/'))).toEqual([]);
    expect((await optimize('-o', at('m.onnx'), '--bundle', at('r.zip'), '--bundle-runtime')).code).toBe(0);
    const whole = Object.keys(unzipSync(readFileSync(at('r.zip'))));
    expect(whole).toContain('runtime/ort-wasm-simd-threaded.wasm');
    expect(whole).toContain('report.html');
  });
});
