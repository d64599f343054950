import type * as OnnxRuntime from 'onnxruntime-web';
import { CodedError } from '../base/error.ts';

/** The module, whichever of its bundles. */
export type Ort = typeof OnnxRuntime;

/**
 * Loads a fresh instance of the runtime with this many WASM threads. The thread pool belongs to the instance and is
 * fixed when its first session is created, so another count takes another instance.
 */
export type OrtLoader = (threads: number) => Promise<Ort>;

/**
 * The instances in use, one per thread count. An instance that has aborted (out of memory, a trap) answers nothing
 * sensible any more: `drop` lets the next session start on a fresh one.
 */
export class OrtInstances {
  private readonly load: OrtLoader;
  private readonly loaded = new Map<number, Promise<Ort>>();

  constructor(load: OrtLoader) {
    this.load = load;
  }

  get(threads: number): Promise<Ort> {
    let instance = this.loaded.get(threads);
    if (!instance) {
      instance = startInstance(this.load, threads);
      this.loaded.set(threads, instance);
      instance.catch(() => this.loaded.delete(threads));
    }
    return instance;
  }

  drop(threads: number): void {
    this.loaded.delete(threads);
  }
}

/** An instance that belongs to nobody else. */
export async function startInstance(load: OrtLoader, threads: number): Promise<Ort> {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new CodedError('bad-request', `The number of threads must be 1 or more, not ${threads}.`);
  }
  const ort = await load(threads);
  ort.env.wasm.numThreads = threads;
  // Errors arrive as exceptions; the log would only repeat them.
  ort.env.logLevel = 'fatal';
  return ort;
}
