import type { Capabilities } from '../runtime/types.ts';

/** What a phone might say of itself. */
export const phoneCapabilities = (changes: Partial<Capabilities> = {}): Capabilities => ({
  environment: 'browser',
  agent: 'Mozilla/5.0 (Linux; Android 16) Chrome/156.0 Mobile',
  cores: 8,
  maxThreads: 8,
  crossOriginIsolated: true,
  simd: true,
  webgpu: null,
  webgpuReason: 'This browser has no WebGPU. Whittle uses WASM; times are for WASM.',
  webnn: null,
  webnnReason: 'This browser has no WebNN.',
  runtimeVersion: '1.30.0',
  timerStep: 0.005,
  ...changes,
});
