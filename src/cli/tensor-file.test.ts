import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { madeGguf, madeSafetensors } from '../testing/tensor-files.ts';
import { whittle } from '../testing/whittle.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-tensor-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('whittle inspect, of files that hold tensors and no graph', () => {
  const weights = [
    { name: 'w', dtype: 'F32', shape: [2, 3], bytes: 24 },
    { name: 'b', dtype: 'F16', shape: [3], bytes: 6 },
  ];

  it('tells the header of safetensors as one JSON object', async () => {
    const { code, out } = await whittle('inspect', file('w.safetensors', madeSafetensors(weights)), '--json');
    expect(code).toBe(0);
    const found = JSON.parse(out) as { parameters: number; dtypes: unknown; tensors: unknown[] };
    expect(found).toMatchObject({ format: 'safetensors', version: null, parameters: 9 });
    expect(found.dtypes).toMatchObject([
      { dtype: 'F32', tensors: 1, bytes: 24 },
      { dtype: 'F16', tensors: 1, bytes: 6 },
    ]);
    expect(found.tensors).toHaveLength(2);
  });

  it('tells the header of GGUF as a table', async () => {
    const tensors = [{ name: 'blk.0.w', dtype: 'Q8_0', type: 8, shape: [4, 32], bytes: 136 }];
    const path = file('t.gguf', madeGguf(tensors, { metadata: { 'general.architecture': 'llama' } }));
    const { code, out } = await whittle('inspect', path);
    expect(code).toBe(0);
    expect(out).toMatch(/general\.architecture\s+llama/);
    expect(out).toMatch(/blk\.0\.w\s+Q8_0\s+4×32\s+136/);
  });

  it('ends with 1 and the byte where a file breaks off, or is not there', async () => {
    const short = await whittle('inspect', file('short.safetensors', madeSafetensors(weights).slice(0, 40)));
    expect(short.code).toBe(1);
    expect(short.err).toMatch(/short\.safetensors: .*\(byte \d+\)/);
    const missing = await whittle('inspect', join(folder, 'missing.gguf'));
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('Check the path.');
  });
});
