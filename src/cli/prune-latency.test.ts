import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { buildSample } from '../samples/catalogue.ts';
import { whittle } from '../testing/whittle.ts';

/** ms; the model is timed a few seconds, longer on a busy machine. */
const SLOW = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'whittle-latency-'));
const at = (name: string): string => join(folder, name);
const model = at('cnn.onnx');

beforeAll(() => writeFileSync(model, writeModel(buildSample('residual-cnn'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Pruned {
  readonly latency: { readonly predicted: number; readonly measured: number; readonly error: number };
  readonly before: { readonly macs: number };
  readonly after: { readonly macs: number };
}

describe('whittle prune --latency', () => {
  it('prunes to a predicted share, and says what was measured of it', { timeout: SLOW }, async () => {
    const argv = ['--latency', '0.6', '--budget', '1', '-o', at('fast.onnx')];
    const { code, out, err } = await whittle('prune', model, ...argv, '--json');
    expect(code).toBe(0);
    const { latency, before, after } = JSON.parse(out) as Pruned;
    expect(latency.predicted).toBeLessThanOrEqual(0.6);
    expect(latency.measured).toBeGreaterThan(0);
    expect(latency.error).toBeCloseTo(latency.predicted / latency.measured - 1, 12);
    expect(after.macs).toBeLessThan(before.macs);
    expect(err).toContain('Timed at 8 widths (WASM, 1 thread)');
    expect(existsSync(at('fast.onnx'))).toBe(true);
  });

  it('tells both shares in words', { timeout: SLOW }, async () => {
    const { code, out } = await whittle('prune', model, '--latency', '0.8', '--budget', '1', '--dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(/latency .* → .*: predicted .*\s%, measured .*\s% of it \((?:[+−]|<0\.1).*; WASM, 1 thread\)/);
  });

  it.each([
    ['another target beside it', ['--latency', '0.5', '--macs', '0.5'], '--macs and --latency'],
    ['a share above 1', ['--latency', '1.5'], '--latency'],
    ['what each group bears, which it does not know', ['--latency', '0.5', '--flatten'], '--flatten needs'],
  ])('refuses %s', async (_, argv, says) => {
    const { code, err } = await whittle('prune', model, ...argv, '--dry-run');
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});
