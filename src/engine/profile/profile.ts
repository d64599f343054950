import type { Job } from '../../base/job.ts';
import type { BenchRequest, Profile } from '../../bench/types.ts';
import type { Model } from '../../ir/model.ts';
import type { ProfileView } from '../../report/profile/types.ts';
import { nodeTimes } from '../node-times.ts';
import type { RuntimePort } from '../ports.ts';
import { rowsOf } from './rows.ts';

export interface ProfileSubject {
  readonly model: Model;
  /** The opened model that ancestors are nodes of; null: the subject is of another file. */
  readonly original: Model | null;
  readonly name: string;
  readonly title: string;
}

/**
 * Where the time of a model goes, by node, as the runtime runs it. Throws `runtime`, `unsupported`, `out-of-memory`,
 * `cancelled`, `bad-request`.
 */
export async function profileModel(
  { model, original, name, title }: ProfileSubject,
  request: BenchRequest,
  port: RuntimePort,
  job: Job,
): Promise<ProfileView> {
  const measured = await nodeTimes(model, name, request, port, job);
  job.progress({ stage: 'Finding the nodes' });
  await job.checkpoint();
  const { profile, rest } = measured;
  const kernelsMs = profile.kernels.reduce((sum, { ms }) => sum + ms, 0);
  const software = request.backend === 'webgpu' && (await port.capabilities()).webgpu?.software === true;
  const { backend, level, threads, runs, ms, clock, inputs } = profile;
  return {
    name,
    title,
    backend,
    level,
    threads,
    runs,
    ms,
    kernelsMs,
    betweenMs: Math.max(0, ms - kernelsMs),
    mapped: kernelsMs > 0 ? 1 - rest / kernelsMs : 1,
    clock,
    clockText: clockText(profile),
    software,
    inputs,
    ...rowsOf(model, measured, original),
    roofline: null,
  };
}

/** On WebGPU without timestamps the processor only says how long handing over took. */
function clockText({ backend, clock }: Profile): string {
  if (clock === 'gpu') return 'GPU time by timestamp queries';
  return backend === 'webgpu' ? 'time on the processor, which only hands kernels over' : 'time on the processor';
}
