import type { Job } from '../base/job.ts';
import type { DataType } from '../ir/types.ts';
import type { TracedRun } from './trace.ts';

/** `native`: ONNX Runtime itself on this machine's processor, on the command line where `onnxruntime-node` is installed. */
export type RuntimeBackend = 'wasm' | 'webgpu' | 'webnn' | 'native';
export type WebnnDevice = 'cpu' | 'gpu' | 'npu';
export type OptimizationLevel = 'disabled' | 'basic' | 'extended' | 'layout' | 'all';

/** A tensor on the host. `data` is ONNX Runtime Web's array for the type; strings are a plain array. */
export interface HostTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView | readonly string[];
}
export type Feeds = Readonly<Record<string, HostTensor>>;

/**
 * A tensor that stays where a session computes: in the memory of the graphics device for WebGPU, in the runtime's own
 * elsewhere. Sessions of the same runtime take it as an input.
 */
export interface DeviceTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Copies it to the host; the data may be those of an earlier read. */
  read(): Promise<HostTensor>;
  /** Gives its memory back. It cannot be used any more. */
  dispose(): void;
}

export interface SessionSettings {
  readonly backend: RuntimeBackend;
  readonly level: OptimizationLevel;
  /** WASM threads; 1 where the page is not cross-origin isolated. */
  readonly threads: number;
  /** ONNX Runtime session config entries (`optimization.disable_specified_optimizers`, …). */
  readonly config?: Readonly<Record<string, string>>;
  /** `enableCpuMemArena`, `enableMemPattern`; on where they are left out. */
  readonly arena?: boolean;
  readonly memoryPattern?: boolean;
  /** Of WebGPU: `preferredLayout`. */
  readonly layout?: 'NCHW' | 'NHWC';
  /** Of WebNN: where it computes; `gpu` where it is left out. */
  readonly webnnDevice?: WebnnDevice;
  /** Keeps the time of every kernel, for `endProfile`. */
  readonly profile?: boolean;
  /** Reads off the runtime's log which of its optimizers changed the graph on loading. */
  readonly log?: boolean;
}

export interface PortInfo {
  readonly name: string;
  readonly dtype: DataType;
  /** Numbers, symbols, or null where the runtime knows neither. */
  readonly shape: readonly (number | string | null)[] | null;
}

export interface RuntimeSession {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  /** The runtime's own optimizers that changed the graph, in their order, where the session was made with `log`. */
  readonly optimizers?: readonly string[];
  run(feeds: Feeds): Promise<Record<string, HostTensor>>;
  /** The runs so far of a session that was created with `profile`. */
  endProfile(): Promise<readonly TracedRun[]>;
  release(): Promise<void>;
}

/** A session some of whose outputs stay on the device. */
export interface KeepingSession extends RuntimeSession {
  /** The caller disposes of what is kept. */
  runKeeping(feeds: Readonly<Record<string, HostTensor | DeviceTensor>>): Promise<{
    readonly outputs: Readonly<Record<string, HostTensor>>;
    readonly kept: Readonly<Record<string, DeviceTensor>>;
  }>;
}

/** What this device and this page can do; the benchmark's and the report's "on what". */
export interface Capabilities {
  readonly environment: 'browser' | 'node';
  readonly agent: string;
  readonly cores: number;
  /** WASM threads that may be asked for; 1 without cross-origin isolation. */
  readonly maxThreads: number;
  readonly crossOriginIsolated: boolean;
  readonly simd: boolean;
  /** Null: no WebGPU, with the reason in words. */
  readonly webgpu: { readonly adapter: string; readonly f16: boolean; readonly software: boolean } | null;
  readonly webgpuReason: string | null;
  /** Kinds of devices on which WebNN computes here; null: there is no WebNN, with the reason in words. */
  readonly webnn: readonly WebnnDevice[] | null;
  readonly webnnReason: string | null;
  readonly runtimeVersion: string;
  /** Step of `performance.now()`, ms. */
  readonly timerStep: number;
}

/** ONNX Runtime Web, wherever it runs. */
export interface Runtime {
  capabilities(): Promise<Capabilities>;
  createSession(model: Uint8Array, settings: SessionSettings, job?: Job): Promise<RuntimeSession>;
  /** The outputs named in `keep` stay on the device. Left out by what stands for a runtime and holds no tensors. */
  createKeeping?(
    model: Uint8Array,
    settings: SessionSettings,
    keep: readonly string[],
    job?: Job,
  ): Promise<KeepingSession>;
  /**
   * Bytes to which the memory of a WASM module that holds nothing else grows when it loads the model and runs it once,
   * on one thread. Memory grows by a fifth at least, so that is how fine it is. Left out where there is no such module.
   */
  heapOf?(model: Uint8Array, settings: SessionSettings, feeds: Feeds, job: Job): Promise<number>;
}
