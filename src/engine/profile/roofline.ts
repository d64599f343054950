import { CodedError } from '../../base/error.ts';
import { formatInteger } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import type { BenchRequest } from '../../bench/types.ts';
import { writeModel } from '../../onnx/write.ts';
import type { Roofline } from '../../report/profile/types.ts';
import type { RuntimePort } from '../ports.ts';
import { chainProbe, convProbe, gemmProbe, memoryProbe, type ProbeModel } from './device-models.ts';

/** Where the ceilings are to hold. */
export interface RooflineRequest extends Pick<BenchRequest, 'backend' | 'threads' | 'level' | 'device'> {
  /** For all probes together, ms, where they are to take less than they would by themselves. */
  readonly budgetMs?: number;
}

/** Of each probe: what is wanted at most of its runs and time, ms. */
const RUNS = 30;
const BUDGET_MS = 900;

const GEMMS = [128, 256, 512] as const;
/** Channels, height and width, kernel. */
const CONVS = [
  [64, 56, 3],
  [256, 28, 1],
] as const;
/** Elements and nodes in a row: from what caches hold to what none does, 262 kB to 134 MB moved a node. */
const ARRAYS = [
  [2 ** 15, 32],
  [2 ** 19, 8],
  [2 ** 22, 4],
  [2 ** 24, 2],
] as const;
/** Lengths of two chains of tiny nodes. */
const CHAINS = [50, 450] as const;

const PROBES = GEMMS.length + CONVS.length + ARRAYS.length + CHAINS.length + 1;

/**
 * The ceilings of a device (Williams, Waterman and Patterson, “Roofline: an insightful visual performance model”, CACM
 * 52(4), 2009), as they are reached through the runtime, by the shortest calls: the highest rate of matrix products and convolutions of several
 * sizes, the rate at which an elementwise operator gets through an array that no cache holds, and the time that a node
 * takes beside its work, the slope between two chains of tiny ones.
 *
 * Throws `unsupported` on a software WebGPU adapter; as `profile` and `benchmark` else.
 */
export async function measureRoofline(request: RooflineRequest, port: RuntimePort, job: Job): Promise<Roofline> {
  await refuseSoftware(request, port);
  const probing = new Prober(request, port, job);
  const peaks: { readonly gflops: number; readonly what: string }[] = [];
  for (const probe of [...GEMMS.map(gemmProbe), ...CONVS.map(([c, s, k]) => convProbe(c, s, k))]) {
    const { least } = await probing.kernel(probe, `Measuring compute: ${probe.what}`);
    peaks.push({ gflops: probe.flops / least / 1e6, what: probe.what });
  }
  const levels: { readonly bytes: number; readonly gbs: number }[] = [];
  for (const probe of ARRAYS.map(([elements, nodes]) => memoryProbe(elements, nodes))) {
    const { least } = await probing.kernel(probe, `Measuring memory: ${formatInteger(probe.bytes / 1000)} kB`);
    levels.push({ bytes: probe.bytes, gbs: probe.bytes / least / 1e6 });
  }
  const [short, long] = CHAINS;
  const tiny = await probing.kernel(chainProbe(short), 'Measuring dispatch');
  const times = [await probing.run(chainProbe(short)), await probing.run(chainProbe(long))] as const;
  const peak = peaks.reduce((best, each) => (each.gflops > best.gflops ? each : best));
  return {
    backend: request.backend,
    threads: request.threads,
    peakGflops: peak.gflops,
    peakBy: peak.what,
    bandwidthGbs: levels.at(-1)?.gbs ?? NaN,
    levels,
    dispatchUs: Math.max(0, (1000 * (times[1] - times[0])) / (long - short)),
    kernelUs: 1000 * tiny.mean,
    method: `Peak: ${peak.what}. Memory: Neg over ${formatInteger((levels.at(-1)?.bytes ?? 0) / 1e6)} MB. All through the runtime.`,
  };
}

async function refuseSoftware({ backend, device }: RooflineRequest, port: RuntimePort): Promise<void> {
  // What a lent device has is known to who chose it.
  if (backend !== 'webgpu' || device) return;
  const { webgpu, webgpuReason } = await port.capabilities();
  if (webgpu?.software === false) return;
  throw new CodedError(
    'unsupported',
    webgpu
      ? 'This WebGPU adapter is software: its ceilings say nothing about a graphics card. Measure them on WASM instead.'
      : (webgpuReason ?? 'There is no WebGPU here.'),
  );
}

class Prober {
  private readonly request: RooflineRequest;
  private readonly port: RuntimePort;
  private readonly job: Job;
  private done = 0;

  constructor(request: RooflineRequest, port: RuntimePort, job: Job) {
    this.request = request;
    this.port = port;
    this.job = job;
  }

  /** ms of one counted node by the runtime's profile: at best, and as it is mostly. */
  async kernel(probe: ProbeModel, stage: string): Promise<{ readonly least: number; readonly mean: number }> {
    const { parcel, request, job } = this.next(probe, stage);
    const { kernels } = await this.port.profile(parcel, request, job);
    const counted = kernels.filter(({ node }) => node.startsWith(probe.counted));
    const mean = counted.reduce((sum, each) => sum + each.ms, 0) / counted.length;
    const least = Math.min(...counted.map((each) => each.least).filter((ms) => ms > 0));
    if (!(mean > 0)) throw new CodedError('runtime', `${probe.what} took no time that the clock of this device sees.`);
    return { least: Math.min(least, mean), mean };
  }

  /** The shortest whole run, ms, without the profile's own cost. */
  async run(probe: ProbeModel): Promise<number> {
    const { parcel, request, job } = this.next(probe, 'Measuring dispatch');
    return (await this.port.bench(parcel, null, request, job)).a.min;
  }

  private next({ model }: ProbeModel, stage: string) {
    const done = this.done++;
    const { job: outer } = this;
    outer.progress({ stage, done, total: PROBES });
    const job: Job = { signal: outer.signal, checkpoint: () => outer.checkpoint(), progress: () => {} };
    const { budgetMs: most = Infinity } = this.request;
    const request: BenchRequest = {
      ...this.request,
      runs: RUNS,
      looks: false,
      budgetMs: Math.min(BUDGET_MS, most / PROBES),
    };
    return { parcel: { name: 'probe.onnx', bytes: writeModel(model) }, request, job };
  }
}

/** Ceilings measured before, by backend and threads. */
export class RooflineCache {
  private readonly known = new Map<string, Roofline>();

  async get(request: RooflineRequest, port: RuntimePort, job: Job): Promise<Roofline> {
    const key = `${request.backend} ${request.threads} ${request.level} ${request.device?.id ?? 'here'} ${request.budgetMs ?? ''}`;
    const found = this.known.get(key) ?? (await measureRoofline(request, port, job));
    this.known.set(key, found);
    return found;
  }
}
