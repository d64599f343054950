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
import type { Capabilities, Runtime } from './types.ts';
import { findWebgpu } from './webgpu.ts';
import { findWebnn } from './webnn.ts';

/** The bundles as they are published, never bundled again: each is fetched only when its runtime is used. */
type Bundle = 'wasm' | 'webgpu';
const BUNDLES: Readonly<Record<Bundle, { entry: string; mjs: string; wasm: string }>> = {
  wasm: { entry: wasmUrl, mjs: wasmMjs, wasm: wasmBinary },
  webgpu: { entry: webgpuUrl, mjs: webgpuMjs, wasm: webgpuBinary },
};

const absolute = (url: string): string => new URL(url, self.location.href).href;

/** A query makes a module of its own for each instance, as a thread pool is fixed per instance. */
function loaderOf(bundle: Bundle): OrtLoader {
  const { entry, mjs, wasm } = BUNDLES[bundle];
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
  const { webnn, webnnReason } = await findWebnn();
  return {
    environment: 'browser',
    agent: navigator.userAgent,
    cores,
    maxThreads: isolated ? cores : 1,
    crossOriginIsolated: isolated,
    simd: hasSimd(),
    webgpu,
    webgpuReason: reason,
    webnn,
    webnnReason,
    runtimeVersion: await version(),
    timerStep: timerStep(),
  };
}

/**
 * ONNX Runtime Web in a worker of its own. `wasm` loads the plain WASM bundle, whose timings settle at once; `webgpu`
 * the one with the native WebGPU backend and WebNN, which runs `wasm` sessions too (for references, not for timing).
 */
export function browserRuntime(bundle: Bundle): Runtime {
  const load = loaderOf(bundle);
  const capture = captureConsole(console);
  const version = async (): Promise<string> => (await load(1)).env.versions.web ?? 'unknown';
  const runtime: Runtime = createRuntime({
    load,
    capture,
    capabilities: () => browserCapabilities(version),
    async admit({ backend, threads }) {
      if (backend === 'native')
        throw new CodedError('unsupported', 'The native runtime runs on the command line only.');
      if (backend !== 'wasm' && bundle === 'wasm') {
        throw new CodedError('unsupported', 'This worker holds the WASM bundle; others run in workers of their own.');
      }
      const { crossOriginIsolated, webgpu, webgpuReason, webnn, webnnReason } = await runtime.capabilities();
      if (backend === 'webnn' && !webnn) throw new CodedError('unsupported', webnnReason ?? 'There is no WebNN.');
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
