import type { RuntimeBackend } from '../../runtime/types.ts';
import type { JobView } from '../../state/jobs.ts';

/** What is to be timed, as chosen on the page. `b` null: stop `a` alone. */
export interface Setup {
  readonly backend: RuntimeBackend;
  readonly runs: number;
  readonly a: number;
  readonly b: number | null;
}

/** What the measurements of the page share: where they run, and which of them is at work. */
export interface Measuring {
  readonly backend: RuntimeBackend;
  readonly threads: number;
  /** The WebGPU adapter is no graphics card. */
  readonly software: boolean;
  readonly job: JobView | null;
}

export const SOFTWARE = 'This WebGPU adapter is software: its times say nothing about a graphics card.';

export const RUN_CHOICES = [30, 60, 120, 240, 480] as const;

/** The stops that can be compared still exist after undo or another recipe; else the nearest that do. */
export function fitSetup(setup: Setup, stops: number, hasWebgpu: boolean): Setup {
  const last = Math.max(0, stops - 1);
  const a = Math.min(setup.a, last);
  const b = setup.b === null ? null : Math.min(setup.b, last);
  return { ...setup, a, b: b === a ? null : b, backend: hasWebgpu ? setup.backend : 'wasm' };
}
