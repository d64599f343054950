import { CodedError } from '../base/error.ts';

/** Type and shape of a tensor as it was when a kernel ran: `float`, [1, 3, 224, 224]. */
export interface TracedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** One kernel in one run, from the runtime's own profile. */
export interface KernelEvent {
  /** Name of the node as the runtime has it; its optimizer makes nodes of its own. */
  readonly node: string;
  readonly op: string;
  readonly provider: string;
  /** Place of the node in the graph as the runtime optimized it; -1: not told. */
  readonly index: number;
  /** Time of its own: kernels inside of its subgraphs are told for themselves. */
  readonly ms: number;
  /** From the start of the run, and how long with everything inside, ms. */
  readonly start: number;
  readonly span: number;
  /** Time on the graphics card, by its own clock, over all programs of the kernel; null: none was told. */
  readonly gpuMs: number | null;
  /** What it reads and writes; weights that were packed when the model was loaded are left out. */
  readonly inputs: readonly TracedTensor[];
  readonly outputs: readonly TracedTensor[];
}

/** What one run took, and its kernels in the order in which they ran, those of subgraphs before what holds them. */
export interface TracedRun {
  readonly ms: number;
  readonly kernels: readonly KernelEvent[];
}

interface Entry {
  readonly cat?: string;
  readonly name?: string;
  /** µs */
  readonly dur?: number;
  readonly ts?: number;
  readonly args?: {
    readonly op_name?: string;
    readonly provider?: string;
    readonly node_index?: string;
    readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

const KERNEL = '_kernel_time';
/** Operators whose kernels run graphs: their times hold those of the kernels inside. */
const HOLDERS: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan', 'BeamSearch', 'GreedySearch', 'Sampling']);

/**
 * Reads the Chrome trace that ONNX Runtime prints at the end of profiling: kernels, then the `model_run` that they
 * belong to; programs of the WebGPU provider, with the times of its timestamp queries, stand behind all runs. Lines
 * that are not part of the trace are passed over.
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
  const runs: { run: Entry; kernels: Entry[] }[] = [];
  const programs = new Map<string, number[]>();
  let kernels: Entry[] = [];
  for (const entry of entries) {
    const { cat, name = '', dur = 0 } = entry;
    if (cat === 'Node' && name.endsWith(KERNEL)) kernels.push(entry);
    else if (cat === 'Api' && name.includes('&')) programs.set(name, [...(programs.get(name) ?? []), dur / 1000]);
    else if (cat === 'Session' && name === 'model_run') {
      runs.push({ run: entry, kernels });
      kernels = [];
    }
  }
  const gpu = gpuTimes(programs, runs.length);
  return runs.map(({ run, kernels: own }, index) => ({
    ms: (run.dur ?? 0) / 1000,
    kernels: eventsOf(own, run.ts ?? 0, gpu[index] ?? new Map<string, number>()),
  }));
}

/**
 * ms by run and node. A program is named `node&operator&program`. What the first run does once, as turning weights
 * round, is not a matter of every run: where a program did not run equally often in all, the first ones are left out.
 */
function gpuTimes(programs: ReadonlyMap<string, readonly number[]>, runs: number): Map<string, number>[] {
  const times = Array.from({ length: runs }, () => new Map<string, number>());
  for (const [name, all] of programs) {
    const node = name.slice(0, name.indexOf('&'));
    const each = Math.floor(all.length / runs);
    const steady = all.slice(all.length - each * runs);
    steady.forEach((ms, at) => {
      const run = times[Math.floor(at / each)];
      run?.set(node, (run.get(node) ?? 0) + ms);
    });
  }
  return times;
}

function eventsOf(entries: readonly Entry[], runStart: number, gpu: ReadonlyMap<string, number>): KernelEvent[] {
  /** Kernels that no later one was found to hold. */
  const open: Entry[] = [];
  const told = new Set<string>();
  return entries.map((entry) => {
    const { name = '', dur = 0, ts = runStart, args } = entry;
    const node = name.slice(0, -KERNEL.length);
    const op = args?.op_name ?? '';
    let inside = 0;
    while (HOLDERS.has(op) && (open.at(-1)?.ts ?? -1) >= ts) inside += open.pop()?.dur ?? 0;
    open.push(entry);
    const gpuMs = told.has(node) ? null : (gpu.get(node) ?? null);
    told.add(node);
    return {
      node,
      op,
      provider: args?.provider ?? '',
      index: Number(args?.node_index ?? -1),
      ms: Math.max(0, dur - inside) / 1000,
      start: (ts - runStart) / 1000,
      span: dur / 1000,
      gpuMs,
      inputs: tensorsOf(args?.input_type_shape),
      outputs: tensorsOf(args?.output_type_shape),
    };
  });
}

const tensorsOf = (list: readonly Readonly<Record<string, readonly number[]>>[] = []): TracedTensor[] =>
  list.flatMap((each) => Object.entries(each).map(([dtype, shape]) => ({ dtype, shape })));
