import type { WorkerFactory } from '../protocol/host.ts';
import type { AttachMessage } from '../remote/devices-api.ts';

let devices: Worker | null = null;

/** One for the page: it holds the connection to the relay. A worker that dies is replaced at the next call. */
export function devicesWorker(): Worker {
  if (devices) return devices;
  const worker = new Worker(new URL('../workers/devices-worker.ts', import.meta.url), {
    type: 'module',
    name: 'devices',
  });
  worker.addEventListener('error', () => {
    if (devices === worker) devices = null;
  });
  devices = worker;
  return worker;
}

/** The worker entries; the bundler sees these `new URL`s and builds a file for each. */
export const browserWorkers: WorkerFactory = {
  graph: () => new Worker(new URL('../workers/graph-worker.ts', import.meta.url), { type: 'module', name: 'graph' }),
  runtime: (backend) =>
    backend === 'wasm'
      ? new Worker(new URL('../workers/runtime-worker.ts', import.meta.url), { type: 'module', name: 'wasm' })
      : new Worker(new URL('../workers/runtime-worker-webgpu.ts', import.meta.url), { type: 'module', name: backend }),
  device(device, port) {
    devicesWorker().postMessage({ kind: 'attach', device, port } satisfies AttachMessage, [port]);
  },
};

export const modelsWorker = (): Worker =>
  new Worker(new URL('../workers/models-worker.ts', import.meta.url), { type: 'module', name: 'models' });
