import type { Analysis } from '../analysis/analyze.ts';
import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { seeded } from '../base/random.ts';
import { insertGates } from '../grad/gates.ts';
import { writeTrainingStep } from '../grad/step.ts';
import { floats } from '../ir/tensor.ts';
import { sizeOf, staticShape } from '../ir/types.ts';
import { writeModel } from '../onnx/write.ts';
import type { Gated } from '../rewrite/facts.ts';
import type { PassContext } from '../rewrite/pass.ts';
import type { MadeUp } from '../runtime/run-many.ts';
import type { Feeds, HostTensor } from '../runtime/types.ts';
import type { Calibration } from './calibration.ts';
import { softmax, spreadOf } from './distribution.ts';
import { numbersOf } from './host-numbers.ts';
import type { RuntimePort } from './ports.ts';
import { answerOf, giving } from './train/answers.ts';
import { forwardModel } from './train/forward.ts';

/** Runs that are sent to the runtime at once: few enough to see a cancel. */
const AT_ONCE = 32;

type Shapes = Readonly<Record<string, readonly number[]>>;
type Of = Pick<PassContext, 'model' | 'analysis'>;

/** The last gradients of a model: a look, a preview and a step ask for the same. */
const known = new WeakMap<
  Analysis,
  { readonly calibration: Calibration; readonly slots: string; readonly squares: Float64Array }
>();

/**
 * By unit of the gates the mean over runs of (∂L/∂gate)². With labels, L is their cross entropy. Without, it is how far
 * the outputs are from the model's own, ½|y − y₀|², whose gradient is 0 where nothing has been cut: its curvature along a
 * gate is |∂y/∂gate|², which equals the mean of (r·∂y/∂gate)² over random signs r (Hutchinson 1990).
 *
 * @throws CodedError `unsupported` with the node that no gradient passes
 */
export async function observeGradients(
  of: Of,
  gates: readonly Gated[],
  calibration: Calibration,
  port: RuntimePort,
  job: Job,
): Promise<Float64Array> {
  const slots = gates.map(({ node, index, dim }) => `${node}:${index}:${dim}`).join(' ');
  const last = known.get(of.analysis);
  if (last?.calibration === calibration && last.slots === slots) return last.squares;
  const squares = await new Observation(of, gates, calibration, port, job).run();
  known.set(of.analysis, { calibration, slots, squares });
  return squares;
}

/** A gradient of gates as a model that runs: its outputs are one gradient for each gate that the answer depends on. */
interface Step {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly inputs: readonly string[];
  /** What the answer is looked along: the input for it, and its shape. */
  readonly target: string;
  readonly way: readonly number[];
  /** By the name of an output: the gate whose gradient it is. */
  readonly gradients: ReadonlyMap<string, number>;
}

class Observation {
  private readonly of: Of;
  private readonly gates: readonly Gated[];
  private readonly calibration: Calibration;
  private readonly port: RuntimePort;
  private readonly job: Job;
  private readonly steps = new Map<string, Step>();

  constructor(of: Of, gates: readonly Gated[], calibration: Calibration, port: RuntimePort, job: Job) {
    this.of = of;
    this.gates = gates;
    this.calibration = calibration;
    this.port = port;
    this.job = job;
  }

  async run(): Promise<Float64Array> {
    const { feeds, samples, name } = this.calibration;
    const units = 1 + this.gates.reduce((most, gate) => gate.units.reduce((a, b) => Math.max(a, b), most), -1);
    const squares = new Float64Array(units);
    const total = feeds?.length ?? samples;
    const ways = feeds && (await this.labelled(feeds));
    for (let done = 0; done < total; done += AT_ONCE) {
      this.job.progress({ stage: `Taking gradients on ${name}`, done, total });
      await this.job.checkpoint();
      const count = Math.min(AT_ONCE, total - done);
      for (const [step, inputs] of await this.inputs(feeds, ways, done, count)) {
        const runs = await this.port.runs({ name: 'gradients', bytes: step.bytes.slice() }, inputs, this.job);
        for (const run of runs) this.add(step, run, squares);
      }
    }
    return squares.map((sum) => sum / Math.max(1, total));
  }

  /** Of each run, by unit: the gradients of its gates, with their signs; then squared. */
  private add({ gradients }: Step, run: Readonly<Record<string, HostTensor>>, squares: Float64Array): void {
    const sums = new Float64Array(squares.length);
    for (const [name, gate] of gradients) {
      const tensor = run[name];
      const units = this.gates[gate]?.units;
      if (!tensor || !units) continue;
      numbersOf(tensor).forEach((each, i) => {
        const unit = units[i] ?? -1;
        if (unit >= 0) sums[unit] = (sums[unit] ?? 0) + each;
      });
    }
    sums.forEach((sum, unit) => (squares[unit] = (squares[unit] ?? 0) + sum * sum));
  }

  /** Runs of one shape go through one step. Where inputs are made up, so is the way: normal numbers do as signs do. */
  private async inputs(
    feeds: readonly Feeds[] | null,
    ways: readonly (HostTensor | null)[] | null,
    first: number,
    count: number,
  ): Promise<readonly (readonly [Step, readonly Feeds[] | MadeUp])[]> {
    if (!feeds) return [[await this.stepFor(assumedShapes(this.of)), { first, count }]];
    const found = new Map<Step, Feeds[]>();
    for (let i = first; i < first + count; i++) {
      const own = feeds[i] ?? {};
      const step = await this.stepFor(shapesOf(own));
      const target = ways?.[i] ?? signs(step.way, i + 1);
      found.set(step, [...(found.get(step) ?? []), fed(step, own, target)]);
    }
    return [...found];
  }

  private async stepFor(shapes: Shapes): Promise<Step> {
    const key = JSON.stringify(shapes);
    const made = this.steps.get(key) ?? (await writeStep(this.of, this.gates, shapes));
    this.steps.set(key, made);
    return made;
  }

  /**
   * By run, the gradient of the cross entropy of its labels with respect to the scores: (softmax(z/T) − t)/T. Scores that
   * lie far apart are softened to half their spread: a softmax that is sure of itself has no gradient. Null: no labels,
   * or no row of classes for each.
   */
  private async labelled(feeds: readonly Feeds[]): Promise<readonly HostTensor[] | null> {
    const { labels } = this.calibration;
    if (!labels) return null;
    const { model } = this.of;
    const { logits } = answerOf(model);
    const bytes = writeModel(giving(model, [logits]));
    const runs = await this.port.runs({ name: 'scores', bytes }, feeds, this.job);
    const scores = runs.map((run) => run[logits]);
    const all = scores.flatMap((each) => (each ? rowsOf(each) : []));
    if (all.length < labels.length || all.some((row) => row.length < 2)) return null;
    const temperature = Math.max(1, spreadOf(all) / 2);
    let next = 0;
    return scores.map((tensor): HostTensor => {
      const rows = (tensor ? rowsOf(tensor) : []).map((row) => pullOf(row, labels[next++], temperature));
      return float(tensor?.shape ?? [], Float32Array.from(rows.flatMap((row) => [...row])));
    });
  }
}

/** The gradients of gates as a model, for inputs of these sizes. */
async function writeStep({ model, analysis }: Of, gates: readonly Gated[], shapes: Shapes): Promise<Step> {
  const copy = model.clone();
  const values = insertGates(copy, analysis, gates);
  const { logits } = answerOf(copy);
  copy.sort();
  const { model: forward } = await forwardModel(giving(copy, [logits]), shapes);
  const step = writeTrainingStep(forward, {
    backend: 'wasm',
    losses: [{ kind: 'along', value: logits }],
    trained: new Set(values),
    batchNorm: 'fixed',
  });
  const [loss] = step.losses;
  if (!loss) throw new Error('invariant: a step has a loss');
  // Gates and factor are 1 for good: what is fed are the inputs and the way.
  const one = (name: string, shape: readonly number[]): void => {
    const id = step.model.graph.inputs.find((each) => step.model.getValue(each).name === name);
    if (id === undefined) return;
    step.model.graph.inputs.splice(step.model.graph.inputs.indexOf(id), 1);
    step.model.setInitializer(id, floats(shape, new Float32Array(sizeOf(shape)).fill(1)));
  };
  for (const { name, shape } of step.parameters) one(name, shape);
  one(loss.coefficient, []);
  const order = new Map(values.map((value, gate) => [value, gate]));
  const gradients = step.parameters.map(
    ({ gradient, value }) => [gradient, order.get(value ?? values[0]!) ?? 0] as const,
  );
  return {
    bytes: writeModel(step.model),
    inputs: step.inputs,
    target: loss.target,
    way: loss.targetShape,
    gradients: new Map(gradients),
  };
}

function fed({ target, inputs }: Step, feeds: Feeds, way: HostTensor): Feeds {
  const own = Object.entries(feeds).filter(([name]) => inputs.includes(name));
  return { ...Object.fromEntries(own), [target]: way };
}

const float = (shape: readonly number[], data: Float32Array<ArrayBuffer>): HostTensor => ({
  dtype: 'float32',
  shape,
  data,
});

const shapesOf = (feeds: Feeds): Shapes =>
  Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));

/** Sizes of the inputs where nobody gives any: those that the model has, and what is assumed of the others. */
function assumedShapes({ model, analysis }: Of): Shapes {
  const { graph } = model;
  return Object.fromEntries(
    graph.inputs
      .filter((id) => !graph.initializers.has(id))
      .map((id) => {
        const type = analysis.assumedType(id);
        return [model.getValue(id).name, (type?.kind === 'tensor' && staticShape(type.shape)) || []];
      }),
  );
}

/** Random signs (Rademacher), by the number of the run. */
function signs(shape: readonly number[], run: number): HostTensor {
  const random = seeded(run);
  return float(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => (random() < 0.5 ? -1 : 1)),
  );
}

/** Scores of samples: all that is behind the first axis. */
function rowsOf(tensor: HostTensor): Float64Array[] {
  const [count = 1, ...rest] = tensor.shape;
  const [numbers, width] = [numbersOf(tensor), sizeOf(rest)];
  return Array.from({ length: count }, (_, row) => numbers.slice(row * width, (row + 1) * width));
}

/** Of a label that there is none for, nothing. */
function pullOf(row: Float64Array, label: number | undefined, temperature: number): Float64Array {
  if (label === undefined) return row.map(() => 0);
  if (label < 0 || label >= row.length) {
    throw new CodedError(
      'bad-request',
      `A sample has the label ${label}; the model has ${row.length} classes, 0 to ${row.length - 1}.`,
    );
  }
  const soft = softmax(row.map((each) => each / temperature));
  return soft.map((each, i) => (each - Number(i === label)) / temperature);
}
