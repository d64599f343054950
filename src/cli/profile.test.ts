import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import type { ProfileRow, Roofline } from '../report/profile/types.ts';
import { buildSample } from '../samples/catalogue.ts';
import { whittle } from '../testing/whittle.ts';

const SLOW = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'whittle-profile-'));
const at = (name: string): string => join(folder, name);
const model = at('cnn.onnx');

beforeAll(() => writeFileSync(model, writeModel(buildSample('residual-cnn'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Told {
  readonly ms: number;
  readonly kernelsMs: number;
  readonly mapped: number;
  readonly nodes: readonly ProfileRow[];
  readonly groups: readonly { readonly label: string }[];
  readonly device: Roofline | null;
  readonly against?: Told;
}

describe('whittle profile', () => {
  it('tells every node as JSON, and writes a trace', { timeout: SLOW }, async () => {
    const argv = ['--runs', '6', '--budget', '1', '--trace', at('trace.json'), '--json'];
    const { code, out } = await whittle('profile', model, ...argv);
    expect(code).toBe(0);
    const { ms, kernelsMs, mapped, nodes, device } = JSON.parse(out) as Told;
    expect(mapped).toBe(1);
    expect(kernelsMs).toBeLessThanOrEqual(ms);
    expect(nodes.reduce((sum, node) => sum + (node.ms ?? 0), 0)).toBeCloseTo(kernelsMs, 6);
    expect(nodes.filter(({ op, ms: own }) => op === 'Conv' && own !== null).length).toBeGreaterThan(10);
    expect(nodes.find(({ op }) => op === 'BatchNormalization')?.timeless).toMatchObject({ kind: 'inside' });
    expect(device).toBeNull();
    const trace = JSON.parse(readFileSync(at('trace.json'), 'utf8')) as { traceEvents: object[] };
    expect(trace.traceEvents.length).toBeGreaterThan(10);
  });

  it('prints a table by operator, and by block', { timeout: SLOW }, async () => {
    const byOperator = await whittle('profile', model, '--runs', '5', '--budget', '1');
    expect(byOperator.out).toMatch(/^operator +calls +ms +share +GFLOP\/s/);
    expect(byOperator.out).toMatch(/^FusedConv {2}3×3/m);
    expect(byOperator.out).toMatch(/^Between operators/m);
    expect(byOperator.out).toContain('time on the processor');
    const byBlock = await whittle('profile', model, '--runs', '5', '--budget', '1', '--by', 'block');
    expect(byBlock.out).toMatch(/^block /);
  });

  it('lays another model beside it', { timeout: SLOW }, async () => {
    const { code, out } = await whittle('profile', model, '--against', model, '--runs', '6', '--budget', '1', '--json');
    expect(code).toBe(0);
    const { nodes, against } = JSON.parse(out) as Told;
    expect(against?.nodes.map(({ label }) => label)).toEqual(nodes.map(({ label }) => label));
  });

  it('measures the device, and says what limits each node', { timeout: SLOW }, async () => {
    const { out } = await whittle(
      'profile',
      model,
      '--runs',
      '5',
      '--budget',
      '1',
      '--by',
      'node',
      '--roofline',
      '--json',
    );
    const { nodes, device } = JSON.parse(out) as Told;
    expect(device?.peakGflops).toBeGreaterThan(0.5);
    expect(device?.bandwidthGbs).toBeGreaterThan(0.2);
    expect(device?.levels.map(({ bytes }) => bytes)).toEqual([262_144, 4_194_304, 33_554_432, 134_217_728]);
    expect(device?.kernelUs).toBeGreaterThan(0);
    const convolutions = nodes.filter(({ op, ms }) => op === 'Conv' && ms !== null);
    for (const { bound } of convolutions) expect(bound?.words).toMatch(/^(memory|compute|dispatch)-bound: /);
  });

  it.each([
    ['another backend', ['--backend', 'webgpu'], '--backend'],
    ['a grouping that there is not', ['--by', 'colour'], '--by is one of node, operator, block'],
    ['too few runs', ['--runs', '1'], '--runs'],
  ])('refuses %s', async (_, argv, says) => {
    const { code, err } = await whittle('profile', model, ...argv);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});
