import type { Job } from '../base/job.ts';
import { isFloat } from '../ir/types.ts';
import { planFeeds } from '../runtime/feed-plan.ts';
import { CHECK_ATTEMPTS } from '../runtime/feed-sizes.ts';
import type { ModelFacts } from '../runtime/facts.ts';
import type { HostTensor, RuntimeSession } from '../runtime/types.ts';
import { inputCases, perturb, type InputCase, type NamedFeeds } from './cases.ts';
import { compareTensors, isSame, scaleOf } from './compare.ts';
import { ExpectedRecord } from './expected.ts';
import type { PortMap } from './ports.ts';
import { relativeError } from './record.ts';
import type { ExpectedRun } from './types.ts';

export type Outputs = Readonly<Record<string, HostTensor>>;

export interface ReferenceOptions {
  readonly seeds: number;
  readonly given: readonly NamedFeeds[];
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly facts: ModelFacts;
  readonly ports?: PortMap | undefined;
}

/** The given inputs, and made ones of sizes that the model was found to run with. */
export async function casesFor(
  session: RuntimeSession,
  { facts, given, shapes, seeds }: Omit<ReferenceOptions, 'ports'>,
  job: Job,
): Promise<InputCase[]> {
  if (seeds === 0) return inputCases(session.inputs, [], 0, given);
  const plans = await planFeeds(session, { attempts: CHECK_ATTEMPTS, count: 2, shapes, limits: facts.limits }, job);
  return inputCases(session.inputs, plans, seeds, given);
}

/** The original at `disabled` on WASM: its inputs, its outputs on each, and how much its last bits matter. */
export class Reference {
  readonly session: RuntimeSession;
  readonly ports: PortMap | undefined;
  readonly cases: readonly InputCase[];
  /** By case. */
  readonly outputs: readonly Outputs[];
  /** Outputs that can be compared; sequences, maps and optionals cannot be handed out by the runtime. */
  readonly names: readonly string[];
  readonly uncompared: readonly string[];
  private readonly noises = new Map<InputCase, Promise<ReadonlyMap<string, number>>>();
  private readonly widest = new Map<string, number>();

  private constructor(
    session: RuntimeSession,
    cases: readonly InputCase[],
    outputs: readonly Outputs[],
    ports: PortMap | undefined,
  ) {
    this.session = session;
    this.cases = cases;
    this.outputs = outputs;
    this.ports = ports;
    const linked = session.outputs.filter(({ name }) => !ports || ports.outputs.some(({ source }) => source === name));
    this.names = linked.filter(({ dtype }) => dtype !== 'undefined').map(({ name }) => name);
    this.uncompared = linked.filter(({ dtype }) => dtype === 'undefined').map(({ name }) => name);
    for (const each of outputs) {
      for (const [name, tensor] of Object.entries(each)) {
        this.widest.set(name, Math.max(this.widestOf(name), scaleOf(tensor)));
      }
    }
  }

  static async run(session: RuntimeSession, options: ReferenceOptions, job: Job): Promise<Reference> {
    const { facts, given, shapes, seeds } = options;
    const cases = await casesFor(session, { facts, given, shapes, seeds }, job);
    const outputs: Outputs[] = [];
    for (const each of cases) {
      await job.checkpoint();
      job.progress({ stage: 'Running the original', done: outputs.length, total: cases.length });
      outputs.push(await session.run(each.feeds()));
    }
    return new Reference(session, cases, outputs, options.ports);
  }

  /** Against recorded outputs, where inputs came with them. */
  expected(): readonly ExpectedRun[] {
    const record = new ExpectedRecord('original', 'disabled', 'wasm');
    this.cases.forEach(({ expected }, index) => record.add(expected, this.outputs[index] ?? {}));
    const run = record.result();
    return run ? [run] : [];
  }

  /** Largest |y| of an output over all inputs. */
  widestOf(name: string): number {
    return this.widest.get(name) ?? 0;
  }

  /** By output: its change, relative to max|y|, when every float of the input moves by one unit in the last place. */
  noise(input: InputCase): Promise<ReadonlyMap<string, number>> {
    let noise = this.noises.get(input);
    if (!noise) {
      noise = this.measureNoise(input);
      this.noises.set(input, noise);
    }
    return noise;
  }

  /** Whether it was measured already. */
  hasNoise(input: InputCase): boolean {
    return this.noises.has(input);
  }

  private async measureNoise(input: InputCase): Promise<ReadonlyMap<string, number>> {
    if (!this.session.inputs.some(({ dtype }) => isFloat(dtype))) return new Map();
    const outputs = this.outputs[this.cases.indexOf(input)] ?? {};
    const moved = await this.session.run(perturb(input.feeds(), 1));
    return new Map(
      Object.entries(outputs).map(([name, tensor]) => {
        const difference = compareTensors(tensor, moved[name]);
        return [name, relativeError(difference, this.widestOf(name))];
      }),
    );
  }

  /** Outputs that come out the same for every input of equal size, though their values should depend on it. */
  constantOutputs(facts: ModelFacts): string[] {
    return this.names.filter((name) => facts.followsInputs(name) && this.isConstant(name));
  }

  private isConstant(name: string): boolean {
    const bySize = new Map<string, HostTensor>();
    let pairs = 0;
    for (const outputs of this.outputs) {
      const tensor = outputs[name];
      if (!tensor) continue;
      const size = tensor.shape.join('×');
      const first = bySize.get(size);
      if (!first) bySize.set(size, tensor);
      else if (isSame(first, tensor)) pairs++;
      else return false;
    }
    return pairs > 0;
  }
}
