import { CodedError } from './error.ts';

/** How far a long job has come: a stage in words, and a count with its total where one is known. */
export interface Progress {
  readonly stage: string;
  readonly done?: number;
  readonly total?: number;
}

/**
 * What a long job is given. Long loops `await job.checkpoint()` so that a cancel is seen and the thread can answer
 * other messages.
 */
export interface Job {
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
  /** Yields to the event loop when the last yield is long past; throws `cancelled` once the signal is aborted. */
  checkpoint(): Promise<void>;
}

const YIELD_AFTER_MS = 12;

/** A macrotask: unlike a resolved promise it lets messages (a cancel among them) be delivered. */
const macrotask = (): Promise<void> =>
  new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.addEventListener('message', () => {
      channel.port1.close();
      resolve();
    });
    channel.port1.start();
    channel.port2.postMessage(null);
  });

export function createJob(signal: AbortSignal, progress: (progress: Progress) => void): Job {
  let last = performance.now();
  return {
    signal,
    progress,
    async checkpoint() {
      if (performance.now() - last > YIELD_AFTER_MS) {
        await macrotask();
        last = performance.now();
      }
      if (signal.aborted) throw new CodedError('cancelled', 'The job was cancelled.');
    },
  };
}

/** A job that nobody watches: for tests and short work. */
export const silentJob = (): Job => createJob(new AbortController().signal, () => {});
