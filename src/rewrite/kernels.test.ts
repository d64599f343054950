import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KERNEL_NAMES, KERNELS_OF, kernelVerdict } from '../ops/kernels.ts';
import { testRuntime } from '../testing/equivalent.ts';
import { KERNEL_PROBES } from '../testing/kernel-probes.ts';
import { probeWasm } from '../testing/kernel-verdict.ts';
import { backendsWith, kernelRefusal } from './kernels.ts';

describe('the table of kernels', () => {
  it('is of the runtime that is pinned, and has a row for each probe', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
    expect(manifest.dependencies['onnxruntime-web']).toBe(KERNELS_OF);
    expect(KERNEL_NAMES).toEqual(KERNEL_PROBES.map(({ key }) => key));
  });

  it('says of WASM what the runtime does there', async () => {
    for (const [dtype, column] of [
      ['float32', 'wasm'],
      ['float16', 'wasm float16'],
    ] as const) {
      const found = await probeWasm(testRuntime(), dtype);
      expect(Object.fromEntries(found)).toEqual(
        Object.fromEntries(KERNEL_NAMES.map((name) => [name, kernelVerdict(name, column)])),
      );
    }
  });

  it('keeps kernels away from backends where they are wrong or missing, and says why', () => {
    expect(backendsWith('com.microsoft.FusedConv Z')).toEqual(['wasm']);
    expect(kernelRefusal('com.microsoft.FusedConv Z', 'webgpu')).toMatch(/gives wrong results .* on WebGPU/);
    expect(kernelRefusal('com.microsoft.FusedMatMul', 'webgpu')).toMatch(
      /no WebGPU kernel for com.microsoft.FusedMatMul/,
    );
    expect(kernelRefusal('com.microsoft.FusedConv Relu', 'portable')).toMatch(/no operator of ai.onnx/);
    expect(kernelRefusal('LayerNormalization', 'wasm')).toBeNull();
  });
});
