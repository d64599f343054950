import { describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import { silentJob } from '../base/job.ts';
import type { BenchResult } from '../bench/types.ts';
import { memoryFiles } from '../onnx/external.ts';
import { readModel } from '../onnx/read.ts';
import { writeModel } from '../onnx/write.ts';
import { parseRecipe } from '../recipe/parse.ts';
import { buildModel } from '../testing/build.ts';
import { countOps } from '../testing/passes.ts';
import { nodePort } from './node.ts';
import type { Parcel, RuntimePort } from './ports.ts';
import { Studio } from './studio.ts';

const job = silentJob();
const request = { backend: 'wasm', threads: 1, runs: 6, budgetMs: 1000 } as const;

/** Two convolutions with ReLU, one with a sigmoid. */
const model = buildModel({}, (g) => {
  let x = g.input('x', [1, 4, 6, 6]);
  for (const [i, type] of ['Relu', 'Relu', 'Sigmoid'].entries()) {
    x = g.op(type, [g.op('Conv', [x, g.weight(`w${i}`, [4, 4, 1, 1])])]);
  }
  g.output(g.op('Tanh', [x]), 'y');
});

const opsOf = ({ bytes }: Parcel): Record<string, number> => countOps(readModel(bytes).model);
const fusedOf = (parcel: Parcel, type: string): number =>
  [...readModel(parcel.bytes).model.nodes.values()].filter(
    (node) =>
      node.opType === 'FusedConv' &&
      new TextDecoder().decode((node.attributes.get('activation') as { value: Uint8Array }).value) === type,
  ).length;

/** A clock that is made up: each fused Relu takes a millisecond off ten, each fused Sigmoid puts one on. */
function fakePort(seen: unknown[] = []): RuntimePort {
  const real = nodePort();
  const time = (parcel: Parcel): number => 10 - fusedOf(parcel, 'Relu') + fusedOf(parcel, 'Sigmoid');
  return {
    ...real,
    optimizers: () =>
      Promise.resolve({
        backend: 'wasm',
        threads: 1,
        ms: 10,
        whole: { ratio: 1, interval: [1, 1], verdict: 'no change' },
        optimizers: [
          { name: 'Good', what: 'Helps.', ratio: 1.2, interval: [1.1, 1.3], verdict: 'faster' },
          { name: 'Bad', what: null, ratio: 0.8, interval: [0.7, 0.9], verdict: 'slower' },
        ],
        message: '',
      }),
    bench: (a, b, { loads }) => {
      seen.push(loads);
      const ratio = time(a) / time(b!);
      const verdict = ratio > 1 ? 'faster' : ratio < 1 ? 'slower' : 'no change';
      return Promise.resolve({ ratio, interval: [ratio * 0.99, ratio * 1.01], verdict } as unknown as BenchResult);
    },
  };
}

async function openStudio(port: RuntimePort): Promise<Studio> {
  const studio = new Studio(port);
  await studio.openFile({ name: 'm.onnx', bytes: writeModel(model), external: memoryFiles(new Map()) }, job);
  return studio;
}

describe('tuning for this device', () => {
  it('keeps groups that are faster, leaves those that are not, and writes both down with figures', async () => {
    const studio = await openStudio(fakePort());
    const { document, report } = await studio.tune(request, job);
    const trials = report.trials.filter(({ name }) => name === 'fuse-conv-activation');
    expect(trials.map(({ sites, kept }) => [sites, kept])).toEqual([
      [2, true],
      [1, false],
    ]);
    expect(opsOf(studio.exportModel())).toMatchObject({ 'com.microsoft.FusedConv': 2, Conv: 1, Sigmoid: 1 });
    const step = document.recipe.steps.find(({ pass }) => pass === 'fuse-conv-activation')!;
    expect(step.sites).toHaveLength(2);
    expect(step.measured!.map(({ sites, kept }) => [sites, kept])).toEqual([
      [2, true],
      [1, false],
    ]);
    expect(step.measured![0]!.device).toMatch(/^Node .* · WASM, 1 thread · ONNX Runtime Web/);
    expect(report.total.ratio).toBeCloseTo(10 / 8);
  });

  it('switches off what the runtime does to the model’s harm, and says how it is to be loaded', async () => {
    const seen: unknown[] = [];
    const studio = await openStudio(fakePort(seen));
    const { report, document } = await studio.tune(request, job);
    const config = { 'optimization.disable_specified_optimizers': 'Bad' };
    expect(report.session).toEqual({ config });
    expect(JSON.parse(studio.sessionText()!)).toEqual({ extra: config });
    expect(seen.at(-1)).toEqual({ a: {}, b: { config } });
    expect(document.recipe.steps.at(-1)!.session).toEqual({ config });
  });

  it('is a recipe like any other: it replays without a clock to the same model', async () => {
    const studio = await openStudio(fakePort());
    const { document } = await studio.tune(request, job);
    const again = await openStudio(nodePort());
    await again.replay({ recipe: parseRecipe(JSON.stringify(document.recipe)) }, job);
    expect(opsOf(again.exportModel())).toEqual(opsOf(studio.exportModel()));
    expect(again.sessionText()).toBe(studio.sessionText());
    expect(again.document().recipe.steps).toEqual(document.recipe.steps);
  });

  it('has a step for the session options though there was no site to try', async () => {
    const studio = new Studio(fakePort());
    const plain = writeModel(buildModel({}, (g) => g.output(g.op('Tanh', [g.input('x', [2])]), 'y')));
    await studio.openFile({ name: 'm.onnx', bytes: plain, external: memoryFiles(new Map()) }, job);
    const { document } = await studio.tune(request, job);
    expect(document.recipe.steps).toMatchObject([{ sites: [], session: { config: {} } }]);
    expect(studio.sessionText()).toContain('Bad');
  });

  it('changes nothing where it is cancelled', async () => {
    const studio = await openStudio(fakePort());
    const end = (): Promise<never> => Promise.reject(new CodedError('cancelled', 'The job was cancelled.'));
    await expect(studio.tune(request, { ...job, checkpoint: end })).rejects.toMatchObject({ code: 'cancelled' });
    expect(studio.document().stops).toHaveLength(1);
  });

  it('is refused for a software WebGPU adapter', async () => {
    const port = fakePort();
    const capabilities = await port.capabilities();
    const webgpu = { adapter: 'SwiftShader', f16: false, software: true };
    const studio = await openStudio({ ...port, capabilities: () => Promise.resolve({ ...capabilities, webgpu }) });
    await expect(studio.tune({ ...request, backend: 'webgpu' }, job)).rejects.toMatchObject({ code: 'unsupported' });
  });
});
