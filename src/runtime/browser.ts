import webgpuUrl from 'onnxruntime-web/webgpu?url';
import wasmUrl from 'onnxruntime-web/wasm?url';
import webgpuMjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import webgpuBinary from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import wasmMjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasmBinary from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { CodedError } from '../base/error.ts';
import { hasSimd, timerStep } from './device.ts';
import type { Ort, OrtLoader } from './ort.ts';
import { captureConsole } from './output.ts';
import { createRuntime } from './session.ts';
import type { Capabilities, Runtime, RuntimeBackend } from './types.ts';
import { findWebgpu } from './webgpu.ts';

/** The bundles as they are published, never bundled again: each is fetched only when its runtime is used. */
const BUNDLES: Readonly<Record<RuntimeBackend, { entry: string; mjs: string; wasm: string }>> = {
  wasm: { entry: wasmUrl, mjs: wasmMjs, wasm: wasmBinary },
  webgpu: { entry: webgpuUrl, mjs: webgpuMjs, wasm: webgpuBinary },
};

const absolute = (url: string): string => new URL(url, self.location.href).href;

/** A query makes a module of its own for each instance, as a thread pool is fixed per instance. */
function loaderOf(backend: RuntimeBackend): OrtLoader {
  const { entry, mjs, wasm } = BUNDLES[backend];
  let instances = 0;
  return async (threads) => {
    const url = `${absolute(entry)}?threads=${threads}&instance=${++instances}`;
    const ort = (await import(/* @vite-ignore */ url)) as Ort;
    ort.env.wasm.wasmPaths = { mjs: absolute(mjs), wasm: absolute(wasm) };
    return ort;
  };
}

async function browserCapabilities(version: () => Promise<string>): Promise<Capabilities> {
  const isolated = self.crossOriginIsolated === true;
  const cores = navigator.hardwareConcurrency || 1;
  const { webgpu, reason } = await findWebgpu();
  return {
    environment: 'browser',
    agent: navigator.userAgent,
    cores,
    maxThreads: isolated ? cores : 1,
    crossOriginIsolated: isolated,
    simd: hasSimd(),
    webgpu,
    webgpuReason: reason,
    runtimeVersion: await version(),
    timerStep: timerStep(),
  };
}

/**
 * ONNX Runtime Web in a worker of its own. `wasm` loads the plain WASM bundle, whose timings settle at once; `webgpu`
 * the one with the native WebGPU backend, which runs `wasm` sessions too (for references, not for timing).
 */
export function browserRuntime(bundle: RuntimeBackend): Runtime {
  const load = loaderOf(bundle);
  const capture = captureConsole(console);
  const version = async (): Promise<string> => (await load(1)).env.versions.web ?? 'unknown';
  const runtime: Runtime = createRuntime({
    load,
    capture,
    capabilities: () => browserCapabilities(version),
    async admit({ backend, threads }) {
      if (backend === 'webgpu' && bundle === 'wasm') {
        throw new CodedError('unsupported', 'This worker holds the WASM bundle; WebGPU runs in a worker of its own.');
      }
      const { crossOriginIsolated, webgpu, webgpuReason } = await runtime.capabilities();
      if (backend === 'webgpu' && !webgpu) throw new CodedError('unsupported', webgpuReason ?? 'There is no WebGPU.');
      if (threads > 1 && !crossOriginIsolated) {
        throw new CodedError(
          'unsupported',
          `${threads} threads were asked for. This page is not cross-origin isolated, so WASM runs on 1.`,
          { threads },
        );
      }
    },
  });
  return runtime;
}
