import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorRecord } from '../base/error.ts';
import type { Progress } from '../base/job.ts';

export interface JobView {
  readonly id: number;
  readonly title: string;
  readonly progress: Progress;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly error: ErrorRecord | null;
  readonly startedAt: number;
  readonly ms: number | null;
}

export interface JobsState {
  readonly jobs: readonly JobView[];
}
export type JobsStore = StoreApi<JobsState>;
export const createJobsStore = (): JobsStore => createStore<JobsState>(() => ({ jobs: [] }));
