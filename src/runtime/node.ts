import fs from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { CodedError } from '../base/error.ts';
import { hasSimd, timerStep } from './device.ts';
import type { Ort } from './ort.ts';
import { captureWrites } from './output.ts';
import { createRuntime } from './session.ts';
import type { Capabilities, Runtime } from './types.ts';

const require = createRequire(import.meta.url);
const NO_WEBGPU = 'Node has no WebGPU. Times and checks are for WASM; the studio in a browser has both.';

/**
 * A fresh instance of the CommonJS build: `require` hands out one instance per process, and a thread pool is fixed per
 * instance, so the modules are forgotten first. Sessions of earlier instances keep working.
 */
function loadFresh(): Ort {
  for (const path of Object.keys(require.cache)) {
    if (/[\\/]onnxruntime-(?:web|common)[\\/]/.test(path)) delete require.cache[path];
  }
  return require('onnxruntime-web') as Ort;
}

export const nodeCapabilities = (): Capabilities => ({
  environment: 'node',
  agent: `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
  cores: availableParallelism(),
  maxThreads: availableParallelism(),
  crossOriginIsolated: true,
  simd: hasSimd(),
  webgpu: null,
  webgpuReason: NO_WEBGPU,
  webnn: null,
  webnnReason: 'Node has no WebNN.',
  runtimeVersion: loadFresh().env.versions.web ?? 'unknown',
  timerStep: timerStep(),
});

/** ONNX Runtime Web's WASM backend in Node. Prints nothing; WebGPU is refused with a reason. */
export function nodeRuntime(): Runtime {
  return createRuntime({
    load: () => Promise.resolve(loadFresh()),
    capabilities: () => Promise.resolve(nodeCapabilities()),
    capture: captureWrites(fs),
    admit({ backend }) {
      return backend === 'wasm' ? Promise.resolve() : Promise.reject(new CodedError('unsupported', NO_WEBGPU));
    },
  });
}
