import { plural } from './format.ts';

/** What runs a model, in words. */
const NAMES = { wasm: 'WASM', webgpu: 'WebGPU', webnn: 'WebNN', native: 'Native' } as const;
export type BackendId = keyof typeof NAMES;

export const backendName = (backend: BackendId): string => NAMES[backend];

/** Where something was measured: `WASM, 2 threads`; `WebGPU`; on a lent device `phone, WASM, 1 thread`. */
export function placeName(backend: BackendId, threads: number, device?: string): string {
  const hasThreads = backend === 'wasm' || backend === 'native';
  const runtime = hasThreads ? `${NAMES[backend]}, ${plural(threads, 'thread')}` : NAMES[backend];
  return device === undefined ? runtime : `${device}, ${runtime}`;
}
