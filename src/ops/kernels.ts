import table from './kernels.json' with { type: 'json' };

/**
 * What a kernel of the runtime does, alone in a model: `right`; `wrong` results without a word; `cpu`: there is none for
 * this backend, and the runtime computes it on the CPU, with copies there and back; `none`: the model is refused;
 * `unknown`: it could not be probed (the adapter has no shader-f16).
 */
export type KernelVerdict = 'right' | 'wrong' | 'cpu' | 'none' | 'unknown';

/** The operator, then what is special: `com.microsoft.FusedConv Z`. */
export type KernelName = keyof typeof table.kernels;
type Column = 'wasm' | 'wasm float16' | 'webgpu';

/** The version that the table was probed on. */
export const KERNELS_OF: string = table.runtime;

/** What `scripts/kernels.mjs` found out about the pinned runtime. */
export const kernelVerdict = (name: KernelName, column: Column): KernelVerdict =>
  table.kernels[name][column] as KernelVerdict;

export const KERNEL_NAMES = Object.keys(table.kernels) as readonly KernelName[];
