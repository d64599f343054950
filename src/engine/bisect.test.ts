import { describe, expect, it } from 'vitest';
import { silentJob } from '../base/job.ts';
import { float } from '../ir/attribute.ts';
import { memoryFiles } from '../onnx/external.ts';
import { writeModel } from '../onnx/write.ts';
import { buildModel } from '../testing/build.ts';
import { nodePort } from './node.ts';
import { Studio } from './studio.ts';

const job = silentJob();
const request = { seeds: 1, backends: ['wasm'], levels: ['disabled'], threads: 1 } as const;

/** Two convolutions with batch norm and a leaky activation behind each. */
const model = buildModel({}, (g) => {
  let x = g.input('x', [1, 4, 6, 6]);
  for (const name of ['first', 'second']) {
    x = g.op('Conv', [x, g.weight(`${name}.w`, [4, 4, 1, 1])], {}, { name: `${name}.conv` });
    const parameters = ['scale', 'shift', 'mean'].map((each) => g.weight(`${name}.${each}`, [4]));
    const variance = g.weight(`${name}.variance`, [4], { scale: 0.1, offset: 1 });
    x = g.op('BatchNormalization', [x, ...parameters, variance], {}, { name: `${name}.bn` });
    x = g.op('LeakyRelu', [x], { alpha: float(0.25) }, { name: `${name}.leaky`, outputs: [`${name}.leaky_out`] });
  }
  g.output(g.op('Tanh', [x]), 'y');
});

async function openStudio(): Promise<Studio> {
  const studio = new Studio(nodePort());
  await studio.openFile({ name: 'm.onnx', bytes: writeModel(model), external: memoryFiles(new Map()) }, job);
  return studio;
}

const spoil = { node: 'second.leaky', attribute: 'alpha', value: 0.9 };

describe('which step broke it', () => {
  it('finds the step among right ones, its site, and the first value that differs', async () => {
    const studio = await openStudio();
    await studio.apply({ pass: 'fold-batch-norm', options: {}, off: [] }, job);
    await studio.apply({ pass: 'set-attribute', options: spoil, off: [] }, job);
    await studio.apply({ pass: 'fuse-conv-activation', options: {}, off: [] }, job);
    const found = await studio.bisect(request, job);
    expect(found).toMatchObject({
      verdict: 'differs',
      step: { index: 2, pass: 'set-attribute' },
      site: { number: 1, of: 1, nodes: ['LeakyRelu second.leaky'] },
      value: { name: 'second.leaky_out', producer: 'LeakyRelu second.leaky' },
    });
    expect(found.value!.maxRel).toBeGreaterThan(found.value!.allowed);
    expect(found.message).toMatch(/^Step 2, .* is the first after which the outputs differ/);
  });

  it('says that all agrees where it does, and looks no further', async () => {
    const studio = await openStudio();
    await studio.apply({ pass: 'fold-batch-norm', options: {}, off: [] }, job);
    await studio.apply({ pass: 'fuse-conv-activation', options: {}, off: [] }, job);
    expect(await studio.bisect(request, job)).toMatchObject({
      verdict: 'agrees',
      step: null,
      site: null,
      value: null,
      checks: 1,
    });
  });

  it('is cancelled between two comparisons', async () => {
    const studio = await openStudio();
    await studio.apply({ pass: 'set-attribute', options: spoil, off: [] }, job);
    const controller = new AbortController();
    const cancelled = { ...job, signal: controller.signal, checkpoint: () => Promise.reject(new Error('cancelled')) };
    await expect(studio.bisect(request, cancelled)).rejects.toThrow('cancelled');
  });
});
