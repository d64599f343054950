import { CodedError } from '../base/error.ts';
import { defined } from '../base/assert.ts';
import type { Job } from '../base/job.ts';
import { DeviceState, isHost } from '../runtime/device-state.ts';
import type { HostTensor, KeepingSession } from '../runtime/types.ts';
import { factorsAt, type Moments, type StepFactors } from './optimizer.ts';
import { Sparsifier } from './sparsity.ts';
import { bytesOf, floatsOf, inTurn, keptOf, lossOf, numberOf } from './step-values.ts';
import type {
  ResidentSetup,
  ResidentTensor,
  StateSlot,
  StepInput,
  StepOutput,
  Trainer,
  TrainerSetup,
  TrainerState,
  Weights,
} from './trainer.ts';

type Floats = Float32Array<ArrayBuffer>;

const tensorSlots = ({ tensors }: ResidentSetup): readonly StateSlot[] =>
  tensors.flatMap((each) => [each.weight, each.first, each.second, each.average].filter((slot) => slot !== null));
const statisticSlots = ({ statistics }: ResidentSetup): readonly StateSlot[] =>
  statistics.flatMap(({ mean, variance }) => [mean, variance]);

const held = (shape: readonly number[], data: Floats): HostTensor => ({ dtype: 'float32', shape, data });

/** Outputs that a session has to keep on the device for a step with its optimizer in it. */
export const keptOutputs = (resident: ResidentSetup): readonly string[] =>
  [...tensorSlots(resident), ...statisticSlots(resident)].map(({ output }) => output);

/**
 * Runs training steps that move their weights by themselves: what comes out changed is fed to the next step and stays on
 * the device; losses alone come back. Weights are read when somebody asks for them.
 */
export class ResidentStepper implements Trainer {
  private readonly session: KeepingSession;
  private readonly setup: TrainerSetup;
  private readonly resident: ResidentSetup;
  private readonly sparsity: TrainerState['sparsity'];
  private readonly device = new DeviceState();
  private done = 0;

  /**
   * @param session one that keeps what `keptOutputs` names
   * @throws CodedError `unsupported` where zeros are yet to be decided, which no such step does
   */
  constructor(session: KeepingSession, setup: TrainerSetup, resident: ResidentSetup) {
    if (setup.sparsity && setup.sparsity.kind !== 'held') {
      throw new CodedError(
        'unsupported',
        `Zeros by ${setup.sparsity.kind} are decided outside of the step, which has to give its gradients for that.`,
      );
    }
    this.session = session;
    this.setup = setup;
    this.resident = resident;
    this.sparsity = setup.sparsity && new Sparsifier(setup.tensors, setup.sparsity).state();
    for (const [index, { data }] of setup.tensors.entries()) {
      this.placeTensor(index, data, { first: new Float32Array(data.length), second: null, average: null });
    }
    for (const [index, { runningMean, runningVariance }] of setup.statistics.entries()) {
      this.placeStatistics(index, runningMean.data, runningVariance.data);
    }
  }

  steps(inputs: readonly StepInput[], job: Job): Promise<StepOutput[]> {
    return inTurn(inputs, job, (input) => this.step(input));
  }

  async weights(): Promise<Weights> {
    const named = await this.readStatistics();
    for (const [index, { name }] of this.setup.tensors.entries()) {
      const { weight, average } = this.slotsOf(index);
      named[name] = await this.read(average ?? weight);
    }
    return named;
  }

  async state(): Promise<TrainerState> {
    const weights = await this.readStatistics();
    const moments: Moments[] = [];
    const read = (slot: StateSlot | null) => slot && this.read(slot);
    for (const [index, { name }] of this.setup.tensors.entries()) {
      const { weight, first, second, average } = this.slotsOf(index);
      weights[name] = await this.read(weight);
      moments.push({
        first: await this.read(first),
        second: await read(second),
        average: await read(average),
      });
    }
    return { weights, optimizer: { steps: this.done, moments }, sparsity: this.sparsity };
  }

  async restore(state: TrainerState): Promise<void> {
    keptOf(this.setup, state);
    const kept = (name: string): Floats => defined(state.weights[name], name);
    for (const [index, { name }] of this.setup.tensors.entries()) {
      this.placeTensor(index, kept(name), defined(state.optimizer.moments[index], 'moments for each tensor'));
    }
    for (const [index, { runningMean, runningVariance }] of this.setup.statistics.entries()) {
      this.placeStatistics(index, kept(runningMean.name), kept(runningVariance.name));
    }
    this.done = state.optimizer.steps;
    await Promise.resolve();
  }

  async release(): Promise<void> {
    this.device.release();
    await this.session.release();
  }

  private async step({ feeds, rate }: StepInput): Promise<StepOutput> {
    const given = { ...feeds, ...this.factors(rate), ...this.device.feeds() };
    const { outputs, kept } = await this.session.runKeeping(given);
    let moved: readonly StateSlot[] = [];
    try {
      const loss = lossOf(this.setup, outputs, this.done + 1);
      const norm = numberOf(outputs[this.resident.norm]);
      // Not a number says nothing of where to go: the weights stay.
      moved = [...(Number.isFinite(norm) ? tensorSlots(this.resident) : []), ...statisticSlots(this.resident)];
      this.done += 1;
      const terms = this.setup.losses.map((name) => numberOf(outputs[name]));
      const host = Object.entries(given).filter((entry): entry is [string, HostTensor] => isHost(entry[1]));
      return { loss, terms, norm, given: bytesOf(Object.fromEntries(host)), taken: bytesOf(outputs) };
    } finally {
      this.device.take(moved, kept);
    }
  }

  private factors(rate: number): Record<string, HostTensor> {
    const values = factorsAt(this.setup.optimizer, this.done + 1, rate);
    const named = Object.entries(this.resident.factors) as [keyof StepFactors, string][];
    return Object.fromEntries(
      named.map(([factor, name]) => [name, { dtype: 'float32', shape: [], data: Float32Array.of(values[factor]) }]),
    );
  }

  private slotsOf = (index: number): ResidentTensor => defined(this.resident.tensors[index], 'slots for each tensor');

  /** Where there are no moments yet they are 0, and an average begins at the weights. */
  private placeTensor(index: number, data: Floats, { first, second, average }: Moments): void {
    const slots = this.slotsOf(index);
    const { shape } = defined(this.setup.tensors[index], 'a tensor');
    this.device.place(slots.weight, held(shape, data));
    this.device.place(slots.first, held(shape, first));
    if (slots.second) this.device.place(slots.second, held(shape, second ?? new Float32Array(data.length)));
    if (slots.average) this.device.place(slots.average, held(shape, average ?? data));
  }

  private placeStatistics(index: number, mean: Floats, variance: Floats): void {
    const slots = defined(this.resident.statistics[index], 'slots for each batch norm');
    this.device.place(slots.mean, held([mean.length], mean));
    this.device.place(slots.variance, held([variance.length], variance));
  }

  /** A copy. */
  private read = async (slot: StateSlot): Promise<Floats> => floatsOf(await this.device.read(slot)).slice();

  private async readStatistics(): Promise<Record<string, Floats>> {
    const named: Record<string, Floats> = {};
    for (const [index, { runningMean, runningVariance }] of this.setup.statistics.entries()) {
      const { mean, variance } = defined(this.resident.statistics[index], 'slots for each batch norm');
      named[runningMean.name] = await this.read(mean);
      named[runningVariance.name] = await this.read(variance);
    }
    return named;
  }
}
