import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { whittle } from '../testing/whittle.ts';

const SLOW = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'whittle-samples-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SMALL = 'sample:character-transformer?width=16&heads=2&kvHeads=1&layers=1';
const SHORT = ['--set', 'length=32', '--set', 'stride=32', '--hold-out', '20', '--evaluate-every', '30'];

describe('bundled samples on the command line', () => {
  it(
    'stand where a model stands, with learnt weights, and digits drawn here judge them',
    { timeout: SLOW },
    async () => {
      const { code, out } = await whittle(
        'accuracy',
        'sample:digit-cnn',
        '--data',
        'digits',
        '--samples',
        '60',
        '--json',
      );
      expect(code).toBe(0);
      expect((JSON.parse(out) as { top1: number }).top1).toBeGreaterThan(0.95);
    },
  );

  it('are students of other measures, taught by stories', { timeout: SLOW }, async () => {
    const run = ['--data', 'stories', ...SHORT, '--from-scratch', '--steps', '30', '--lr', '0.01'];
    const { code, out } = await whittle('train', SMALL, ...run, '-o', at('small.onnx'), '--json');
    expect(code).toBe(0);
    const { metrics, before } = JSON.parse(out) as Record<'metrics' | 'before', { perplexity: number }>;
    expect(before.perplexity).toBeGreaterThan(60);
    expect(metrics.perplexity).toBeLessThan(30);
    expect(existsSync(at('small.onnx'))).toBe(true);
  });

  it('are teachers: a smaller one learns from the bundled one without labels', { timeout: SLOW }, async () => {
    const run = ['--teacher', 'sample:character-transformer', '--data', 'stories', ...SHORT, '--from-scratch'];
    const argv = [...run, '--steps', '20', '--batch', '8', '--lr', '0.01', '-o', at('taught.onnx'), '--json'];
    const { code, out } = await whittle('distill', SMALL, ...argv);
    expect(code).toBe(0);
    const { metrics, before } = JSON.parse(out) as Record<'metrics' | 'before', { divergence: number }>;
    expect(metrics.divergence).toBeLessThan(before.divergence - 0.3);
  });

  it.each([
    ['sample:no-such', 'no sample named no-such'],
    ['sample:digit-cnn?depth=2', 'no measure depth'],
  ])('%s is refused, with what there is', async (name, says) => {
    const { code, err } = await whittle('inspect', name);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});
