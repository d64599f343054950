import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { whittle } from '../testing/whittle.ts';

const SLOW = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'whittle-supernet-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SMALL = 'sample:edge-cnn?width=2&layers=2';
const SHORT = ['--data', 'digits', '--batch', '4', '--hold-out', '8', '--evaluate-every', '100', '-o', at('out.onnx')];

describe('whittle supernet', () => {
  it('trains sub-networks, and says of them what the issue asks for', { timeout: SLOW }, async () => {
    const argv = ['--steps', '6', '--lr', '0.001', '--seed', '1', '--kinds', 'width,depth,kernel'];
    const { code, out } = await whittle('supernet', SMALL, ...SHORT, ...argv, '--json');
    expect(code).toBe(0);
    const told = JSON.parse(out) as Record<string, unknown>;
    expect(told['steps']).toBe(6);
    expect(told['loss']).toHaveLength(6);
    expect(Object.keys(told['metrics'] as object)).toEqual(['full', 'middle', 'smallest']);
    expect(told['phases']).toMatchObject([
      { kinds: ['kernel'], steps: 1 },
      { kinds: ['kernel', 'depth'], steps: 1 },
      { kinds: ['kernel', 'depth', 'width'], steps: 4 },
    ]);
    expect(told['genes']).toBeGreaterThan(10);
  });

  it.each([
    [[], '--data is missing'],
    [['--data', 'digits'], '-o is missing'],
    [[...SHORT, '--kinds', 'resolution'], 'not for resolution'],
    [[...SHORT, '--shares', '0.5,2'], '--shares wants numbers above 0'],
  ])('%o is refused, with what is missing', async (argv, says) => {
    const { code, err } = await whittle('supernet', SMALL, ...argv);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});
