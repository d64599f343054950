import { CodedError } from '../base/error.ts';

/** One kernel in one run, from the runtime's own profile. */
export interface KernelEvent {
  /** Name of the node as the runtime has it; its optimizer makes nodes of its own. */
  readonly node: string;
  readonly op: string;
  readonly provider: string;
  readonly ms: number;
}

/** What one run took, and its kernels in the order in which they ran. */
export interface TracedRun {
  readonly ms: number;
  readonly kernels: readonly KernelEvent[];
}

interface Entry {
  readonly cat?: string;
  readonly name?: string;
  /** µs */
  readonly dur?: number;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

const KERNEL = '_kernel_time';

/**
 * Reads the Chrome trace that ONNX Runtime prints at the end of profiling: kernels, then the `model_run` that they
 * belong to. Lines that are not part of the trace are passed over.
 */
export function readTrace(printed: string): readonly TracedRun[] {
  const start = printed.indexOf('[');
  const end = printed.lastIndexOf(']');
  let entries: readonly Entry[];
  try {
    entries = JSON.parse(printed.slice(start, end + 1)) as Entry[];
  } catch (error) {
    throw new CodedError('runtime', `The runtime's profile could not be read: ${(error as Error).message}.`);
  }
  const runs: TracedRun[] = [];
  let kernels: KernelEvent[] = [];
  for (const { cat, name = '', dur = 0, args } of entries) {
    if (cat === 'Node' && name.endsWith(KERNEL)) {
      const node = name.slice(0, -KERNEL.length);
      kernels.push({ node, op: args?.op_name ?? '', provider: args?.provider ?? '', ms: dur / 1000 });
    } else if (cat === 'Session' && name === 'model_run') {
      runs.push({ ms: dur / 1000, kernels });
      kernels = [];
    }
  }
  return runs;
}
