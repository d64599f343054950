import { createStore, type StoreApi } from 'zustand/vanilla';
import { CodedError, toErrorRecord, type ErrorRecord } from '../base/error.ts';
import type { Progress } from '../base/job.ts';
import type { CallOptions } from '../protocol/client.ts';

export type JobKind =
  | 'open'
  | 'apply'
  | 'replay'
  | 'move'
  | 'verify'
  | 'verify-lab'
  | 'bench'
  | 'optimizers'
  | 'tune'
  | 'latency'
  | 'profile'
  | 'roofline'
  | 'latency-table'
  | 'bisect'
  | 'export'
  | 'prune'
  | 'calibrate'
  | 'sensitivity'
  | 'judge'
  | 'accuracy'
  | 'train'
  | 'sweep'
  | 'sweep-bench'
  | 'search'
  | 'supernet'
  | 'generate'
  | 'perplexity'
  | 'simulate'
  | 'recover'
  | 'overlay'
  | 'keep'
  | 'compare';

export interface JobView {
  readonly id: number;
  readonly kind: JobKind;
  readonly title: string;
  readonly progress: Progress;
  /** Stages that are over, in order. */
  readonly stages: readonly Progress[];
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly error: ErrorRecord | null;
  /** `performance.now()`, ms. */
  readonly startedAt: number;
  readonly ms: number | null;
}

export interface JobsState {
  /** The newest last. */
  readonly jobs: readonly JobView[];
}
export type JobsStore = StoreApi<JobsState>;
export const createJobsStore = (): JobsStore => createStore<JobsState>(() => ({ jobs: [] }));

export const runningJobs = ({ jobs }: JobsState): readonly JobView[] => jobs.filter((job) => job.state === 'running');

/** Ended jobs beyond this many are forgotten, the oldest first. */
const KEPT = 20;
/** An ended job that was shorter than this leaves no trace: nobody saw it. */
const BRIEF_MS = 300;

export interface JobRunner {
  /** Runs `work` as a job that a person can see and cancel; throws what `work` throws, as a `CodedError`. */
  run<T>(kind: JobKind, title: string, work: (call: CallOptions, id: number) => Promise<T>): Promise<T>;
  cancel(id: number): void;
  isRunning(...kinds: readonly JobKind[]): boolean;
}

const asCoded = (error: unknown): CodedError => {
  if (error instanceof CodedError) return error;
  const { code, message, data } = toErrorRecord(error);
  return new CodedError(code, message, data, { cause: error });
};

/** The stages so far, with the one that ended when the name changes. */
function advance(job: JobView, progress: Progress): Pick<JobView, 'stages' | 'progress'> {
  const ended = job.progress.stage !== '' && job.progress.stage !== progress.stage;
  return { progress, stages: ended ? [...job.stages, job.progress] : job.stages };
}

export function createJobRunner(store: JobsStore, onStuck: () => void, stuckAfterMs = 5000): JobRunner {
  const controllers = new Map<number, AbortController>();
  let nextId = 1;

  const change = (id: number, patch: (job: JobView) => Partial<JobView>): void =>
    store.setState(({ jobs }) => ({ jobs: jobs.map((job) => (job.id === id ? { ...job, ...patch(job) } : job)) }));

  const end = (id: number, state: JobView['state'], error: ErrorRecord | null): void => {
    controllers.delete(id);
    change(id, (job) => ({ state, error, ms: performance.now() - job.startedAt }));
    store.setState(({ jobs }) => {
      const seen = jobs.filter((job) => job.state !== 'done' || (job.ms ?? 0) >= BRIEF_MS);
      const ended = seen.filter((job) => job.state !== 'running');
      const forgotten = new Set(ended.slice(0, Math.max(0, ended.length - KEPT)).map((job) => job.id));
      return { jobs: seen.filter((job) => !forgotten.has(job.id)) };
    });
  };

  return {
    async run(kind, title, work) {
      const id = nextId++;
      const controller = new AbortController();
      controllers.set(id, controller);
      const job: JobView = {
        id,
        kind,
        title,
        progress: { stage: '' },
        stages: [],
        state: 'running',
        error: null,
        startedAt: performance.now(),
        ms: null,
      };
      store.setState(({ jobs }) => ({ jobs: [...jobs, job] }));
      const onProgress = (progress: Progress): void => change(id, (now) => advance(now, progress));
      try {
        const result = await work({ signal: controller.signal, onProgress }, id);
        end(id, 'done', null);
        return result;
      } catch (caught) {
        const error = asCoded(caught);
        const cancelled = error.code === 'cancelled' || controller.signal.aborted;
        end(id, cancelled ? 'cancelled' : 'failed', toErrorRecord(error));
        throw cancelled ? new CodedError('cancelled', 'The job was cancelled.') : error;
      }
    },
    cancel(id) {
      controllers.get(id)?.abort();
      // A worker that does not look at its cancel is ended: the hard stop.
      setTimeout(() => {
        if (controllers.has(id)) onStuck();
      }, stuckAfterMs);
    },
    isRunning: (...kinds) => runningJobs(store.getState()).some((job) => kinds.includes(job.kind)),
  };
}
