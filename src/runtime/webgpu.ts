import type { Capabilities } from './types.ts';

type Found = { readonly webgpu: Capabilities['webgpu']; readonly reason: string | null };

/** Adapters that compute on the CPU: `isFallbackAdapter` where the browser says so, else known names. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|warp|basic render|software/i;
const WASM_INSTEAD = 'Whittle uses WASM; times are for WASM.';

/** The WebGPU adapter of this context, or why there is none. */
export async function findWebgpu(
  scope: { readonly isSecureContext?: boolean; readonly navigator: { readonly gpu?: GPU } } = self,
): Promise<Found> {
  const gpu = scope.navigator.gpu;
  if (!gpu) {
    const cause =
      scope.isSecureContext === false
        ? 'WebGPU needs a secure context (https, or this machine itself)'
        : 'This browser has no WebGPU';
    return { webgpu: null, reason: `${cause}. ${WASM_INSTEAD}` };
  }
  try {
    const adapter = await gpu.requestAdapter();
    if (!adapter) return { webgpu: null, reason: `WebGPU is here, but offers no adapter. ${WASM_INSTEAD}` };
    return { webgpu: describe(adapter), reason: null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { webgpu: null, reason: `WebGPU failed: ${message}. ${WASM_INSTEAD}` };
  }
}

function describe(adapter: GPUAdapter): NonNullable<Capabilities['webgpu']> {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const words = [vendor, architecture, device, description].filter((each) => each !== '');
  const name = [...new Set(words)].join(' ') || 'unnamed adapter';
  return {
    adapter: name,
    f16: adapter.features.has('shader-f16'),
    software: isFallbackAdapter || SOFTWARE.test(name),
  };
}
