import type { KernelSamples } from '../bench/kernel-samples.ts';
import { analyze } from '../analysis/analyze.ts';
import type { RuntimePort } from '../engine/ports.ts';
import { readModel } from '../onnx/read.ts';
import { madeUpDevice, madeUpTime } from './latency-device.ts';

/** What a run and each kernel cost beside kernels' own times on the made-up device, ms. */
export const MADE_UP_OVERHEAD = { run: 0.5, node: 0.03 } as const;

/**
 * A made-up device whose kernels take what their node's MACs and bytes written say, in micro-models too, and whose whole
 * runs take what their kernels do, and `MADE_UP_OVERHEAD` beside.
 */
export function madeUpKernels(): Pick<RuntimePort, 'bench' | 'profile' | 'kernels'> {
  const device = madeUpDevice();
  const kernelsOf = (bytes: Uint8Array) => {
    const analysis = analyze(readModel(bytes).model);
    return analysis.order.map((node) => {
      const { macs, activationBytes } = analysis.cost(node);
      return { node: node.name, op: node.opType, ms: madeUpTime(macs ?? 0, activationBytes ?? 0) };
    });
  };
  const runOf = (bytes: Uint8Array): number =>
    kernelsOf(bytes).reduce<number>((sum, { ms }) => sum + ms + MADE_UP_OVERHEAD.node, MADE_UP_OVERHEAD.run);
  return {
    ...device,
    async bench(a, b, request, job) {
      const result = await device.bench(a, b, request, job);
      const timing = (bytes: Uint8Array) => ({ ...result.a, min: runOf(bytes), median: runOf(bytes) });
      return { ...result, a: timing(a.bytes), b: b && timing(b.bytes) };
    },
    kernels({ bytes }): Promise<KernelSamples> {
      const kernels = kernelsOf(bytes);
      return Promise.resolve({
        kernels: kernels.map(({ node, op }) => ({ node, op })),
        samples: kernels.map(({ ms }) => new Float64Array(10).fill(ms)),
      });
    },
  };
}
