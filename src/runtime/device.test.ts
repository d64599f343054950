import { describe, expect, test } from 'vitest';
import { hasSimd, timerStep } from './device.ts';
import { findWebgpu } from './webgpu.ts';

const adapter = (info: Partial<GPUAdapterInfo>, features: string[] = []) =>
  ({
    info: { vendor: '', architecture: '', device: '', description: '', ...info },
    features: new Set(features),
  }) as unknown as GPUAdapter;
const scope = (requestAdapter: () => Promise<GPUAdapter | null>, isSecureContext = true) => ({
  isSecureContext,
  navigator: { gpu: { requestAdapter } as unknown as GPU },
});

describe('what the device can do', () => {
  test('the step of a coarse clock is found', () => {
    let calls = 0;
    expect(timerStep(() => Math.floor(calls++ / 7) * 0.1)).toBeCloseTo(0.1, 6);
    expect(timerStep(() => 5)).toBe(1);
    expect(hasSimd()).toBe(true);
  });

  test('a graphics card is named, with its half precision', async () => {
    const found = await findWebgpu(
      scope(() => Promise.resolve(adapter({ vendor: 'nvidia', architecture: 'hopper' }, ['shader-f16']))),
    );
    expect(found).toEqual({ webgpu: { adapter: 'nvidia hopper', f16: true, software: false }, reason: null });
  });

  test('software adapters are recognised by name or flag', async () => {
    const swift = await findWebgpu(
      scope(() => Promise.resolve(adapter({ vendor: 'google', architecture: 'swiftshader' }))),
    );
    expect(swift.webgpu?.software).toBe(true);
    const fallback = await findWebgpu(scope(() => Promise.resolve(adapter({ isFallbackAdapter: true }))));
    expect(fallback.webgpu).toEqual({ adapter: 'unnamed adapter', f16: false, software: true });
  });

  test('no WebGPU comes with the reason in words', async () => {
    const cases = [
      await findWebgpu({ isSecureContext: true, navigator: {} }),
      await findWebgpu({ isSecureContext: false, navigator: {} }),
      await findWebgpu(scope(() => Promise.resolve(null))),
      await findWebgpu(scope(() => Promise.reject(new Error('lost')))),
    ];
    expect(cases.map(({ webgpu }) => webgpu)).toEqual([null, null, null, null]);
    expect(cases.map(({ reason }) => reason)).toEqual([
      'This browser has no WebGPU. Whittle uses WASM; times are for WASM.',
      'WebGPU needs a secure context (https, or this machine itself). Whittle uses WASM; times are for WASM.',
      'WebGPU is here, but offers no adapter. Whittle uses WASM; times are for WASM.',
      'WebGPU failed: lost. Whittle uses WASM; times are for WASM.',
    ]);
  });
});
