import type { Job } from '../base/job.ts';
import { writeModel } from '../onnx/write.ts';
import { MomentsSum, observingModel, StatsSum, type Measured } from '../prune/observe.ts';
import { observedKey, type Facts, type Observed } from '../rewrite/facts.ts';
import type { PassContext } from '../rewrite/pass.ts';
import type { Feeds, HostTensor } from '../runtime/types.ts';
import type { RuntimePort } from './ports.ts';

/** Inputs on which activations are observed. */
export interface Calibration {
  /** What they are, for reports: the file's name, or that they were made up. */
  readonly name: string;
  /** One entry a run. Null: seeded inputs that fit the model are made up. */
  readonly feeds: readonly Feeds[] | null;
  /** How many are made up. */
  readonly samples: number;
}

/** Where a person gives no data: inputs as they are made up to check a model. */
export const SYNTHETIC: Calibration = { name: 'made-up inputs', feeds: null, samples: 8 };

/** Runs that are sent to the runtime at once: few enough to see a cancel, enough to pay for the session. */
const AT_ONCE = 32;

interface Wanted {
  readonly stats: readonly Observed[];
  readonly moments: readonly Observed[];
}

/** Runs the model on calibration data and adds up what the channels of the given values are like. */
export async function observe(
  { model, analysis }: PassContext,
  { stats, moments }: Wanted,
  calibration: Calibration,
  port: RuntimePort,
  job: Job,
): Promise<Pick<Facts, 'activations' | 'moments'>> {
  const bytes = writeModel(observingModel(model, analysis, stats, moments));
  const sums = new Map(stats.map((each) => [observedKey(each), new StatsSum(each)]));
  const squares = new Map(moments.map((each) => [observedKey(each), new MomentsSum(each)]));
  const { feeds, samples } = calibration;
  const total = feeds?.length ?? samples;
  for (let done = 0; done < total; done += AT_ONCE) {
    job.progress({ stage: `Observing activations on ${calibration.name}`, done, total });
    await job.checkpoint();
    const inputs = feeds?.slice(done, done + AT_ONCE) ?? { first: done, count: Math.min(AT_ONCE, total - done) };
    for (const run of await port.runs({ name: 'observed', bytes: bytes.slice() }, inputs, job)) {
      const measured = numbersOf(run);
      for (const sum of [...sums.values(), ...squares.values()]) sum.add(measured);
    }
  }
  return {
    activations: new Map([...sums].map(([key, sum]) => [key, sum.result()])),
    moments: new Map([...squares].map(([key, sum]) => [key, sum.result()])),
  };
}

function numbersOf(run: Readonly<Record<string, HostTensor>>): Measured {
  return Object.fromEntries(
    Object.entries(run).map(([name, { data }]) => [
      name,
      data instanceof BigInt64Array ? Float64Array.from(data, Number) : (data as unknown as ArrayLike<number>),
    ]),
  );
}
