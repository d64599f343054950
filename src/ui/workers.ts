import type { WorkerFactory } from '../protocol/host.ts';

/** The worker entries; the bundler sees these `new URL`s and builds a file for each. */
export const browserWorkers: WorkerFactory = {
  graph: () => new Worker(new URL('../workers/graph-worker.ts', import.meta.url), { type: 'module', name: 'graph' }),
  runtime: (backend) =>
    backend === 'wasm'
      ? new Worker(new URL('../workers/runtime-worker.ts', import.meta.url), { type: 'module', name: 'wasm' })
      : new Worker(new URL('../workers/runtime-worker-webgpu.ts', import.meta.url), { type: 'module', name: backend }),
};

export const modelsWorker = (): Worker =>
  new Worker(new URL('../workers/models-worker.ts', import.meta.url), { type: 'module', name: 'models' });
