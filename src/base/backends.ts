import { plural } from './format.ts';

/** What runs a model, in words. */
const NAMES = { wasm: 'WASM', webgpu: 'WebGPU', webnn: 'WebNN', native: 'Native' } as const;
export type BackendId = keyof typeof NAMES;

export const backendName = (backend: BackendId): string => NAMES[backend];

/** Where something was measured: `WASM, 2 threads`; `WebGPU`. */
export const placeName = (backend: BackendId, threads: number): string =>
  backend === 'wasm' || backend === 'native' ? `${NAMES[backend]}, ${plural(threads, 'thread')}` : NAMES[backend];
