import { describe, expect, it } from 'vitest';
import { buildModel, type GraphBuilder } from './build.ts';
import { finiteDifferences } from './finite-differences.ts';
import { checkGradients, expectRefusal } from './gradient-check.ts';
import { refTensor } from './reference/tensor.ts';

const relu = (g: GraphBuilder): void => g.output(g.op('Relu', [g.input('x', [2])]), 'y');
const cubes = (size: number) =>
  buildModel({}, (g) => {
    const x = g.input('x', [size]);
    g.output(g.op('Mul', [x, g.op('Mul', [x, x])]), 'y');
  });
const differencesOf = (size: number) =>
  finiteDifferences(
    cubes(size),
    {
      x: refTensor(
        'float32',
        [size],
        Float64Array.from({ length: size }, (_, i) => i),
      ),
    },
    new Map([['y', refTensor('float32', [size], new Float64Array(size).fill(2))]]),
    ['x'],
    { step: 1e-5, most: 20, seed: 3 },
  ).get('x')!;

describe('finiteDifferences', () => {
  it('gives the derivative of every element, or of some that it draws', () => {
    const all = differencesOf(5);
    expect(all.at).toEqual([0, 1, 2, 3, 4]);
    all.values.forEach((value, i) => expect(value).toBeCloseTo(6 * i * i, 7));
    const some = differencesOf(100);
    expect(new Set(some.at).size).toBe(20);
    some.values.forEach((value, i) => expect(value / (6 * some.at[i]! ** 2)).toBeCloseTo(1, 7));
    expect(differencesOf(100).at).toEqual(some.at);
  });
});

describe('checkGradients', () => {
  it('passes what is right, and tells how far it was off', async () => {
    const { gradients, worst, worstRuntime } = await checkGradients(relu, { inputs: { x: [1, -1] } });
    expect(gradients.get('x')?.data[1]).toBe(0);
    expect(worst).toBeLessThan(1e-9);
    expect(worstRuntime).toBe(0);
  });

  it('fails where gradient and differences part, as on a kink, and names the element', async () => {
    await expect(checkGradients(relu, { inputs: { x: [1, 0] } })).rejects.toThrow('gradient of x, element 1: 0, by');
  });

  it('fails where the runtime’s answer is further off than is allowed', async () => {
    const build = (g: GraphBuilder): void => g.output(g.op('Exp', [g.input('x', [50])]), 'y');
    await expect(checkGradients(build, { runtimeTolerance: 0 })).rejects.toThrow('wasm, run: gradient of x');
    const { worstRuntime } = await checkGradients(build, { runtimeTolerance: 0, skipRuntime: 'it is a test' });
    expect(worstRuntime).toBe(0);
  });

  it('holds a gradient that is not there against differences of 0', async () => {
    const { gradients } = await checkGradients((g) => {
      g.output(g.op('Exp', [g.input('x', [2])]), 'y');
      g.output(g.op('Floor', [g.input('z', [2])]), 'steps');
    });
    expect([...gradients.keys()]).toEqual(['x']);
  });

  it('wants to be given whole numbers', async () => {
    const build = (g: GraphBuilder): void =>
      g.output(g.op('Gather', [g.input('x', [3]), g.input('places', [2], 'int64')]), 'y');
    await expect(checkGradients(build)).rejects.toThrow('places is int64: its elements have to be given');
  });
});

describe('expectRefusal', () => {
  it('passes on a refusal for the reason that is given, and fails on another or none', () => {
    const unknown = (g: GraphBuilder): void =>
      g.output(g.op('Mystery', [g.input('x', [2])], {}, { name: 'node7' }), 'y', { shape: [2] });
    expectRefusal(unknown, /Mystery node7: there is no rule/);
    expect(() => expectRefusal(unknown, /something else/)).toThrow('a refusal on wasm');
    expect(() => expectRefusal(relu, /anything/)).toThrow('a refusal on wasm');
  });
});
