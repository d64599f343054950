import type { Analysis } from '../analysis/analyze.ts';
import { formatShape, plural } from '../base/format.ts';
import type { Model, Value } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Dim, ValueId } from '../ir/types.ts';
import { declarable } from '../passes/edit/declare.ts';
import { fedInputs } from '../passes/edit/input-shapes.ts';
import type { HostTensor } from '../runtime/types.ts';
import type { PortMap } from '../verify/ports.ts';
import { commonShape, counterpart, partsOf, shapeOf } from './counterpart.ts';

/** One end of a comparison. */
interface End {
  readonly model: Model;
  readonly analysis: Analysis;
}

export interface Correspondence {
  readonly ports: PortMap;
  /** Values of the original that have to be outputs of it for the comparison. */
  readonly reveal: readonly ValueId[];
  /** Both can be fed alike, but for the names. */
  readonly sameInputs: boolean;
}

/**
 * How the inputs and outputs of a later model answer to those of an earlier one; null: both have the same. Values keep
 * their ids from step to step, whatever they are called: an input or output is found again by its id, an intermediate
 * value also by its origin.
 *
 * @param between the models of all steps in between, the last one included: constants that stand for inputs
 */
export function correspondence(before: End, after: End, between: readonly Model[]): Correspondence | null {
  if (signature(before.model) === signature(after.model) && !isReshaped(before, after)) return null;
  return new Matching(before, after, between).result();
}

/** Ids, names and input shapes: what a caller sees. */
const signature = (model: Model): string =>
  JSON.stringify([
    fedInputs(model).map((value) => [value.id, value.name, shapeOf(value)]),
    model.graph.outputs.map((id) => [id, model.getValue(id).name]),
  ]);

/** An output that provably has another shape. */
const isReshaped = (before: End, after: End): boolean =>
  after.model.graph.outputs.some((id) => {
    const [old, now] = [before.analysis.shape(id), after.analysis.shape(id)];
    return old !== null && now !== null && commonShape(old, now) === null;
  });

const hostTensor = (tensor: Tensor): HostTensor => ({ dtype: tensor.dtype, shape: tensor.shape, data: tensor.read() });

const quoted = (name: string): string => `"${name}"`;

class Matching {
  private readonly before: End;
  private readonly after: End;
  private readonly between: readonly Model[];
  private readonly reveal = new Set<ValueId>();
  private readonly inputs: PortMap['inputs'][number][] = [];
  private readonly outputs: PortMap['outputs'][number][] = [];
  private readonly shapes: Record<string, readonly Dim[]> = {};
  private readonly fixed: Record<string, HostTensor> = {};
  private readonly notes: string[] = [];
  private parts = 1;
  /** Why the later model cannot be fed as the earlier one is; null: it can. */
  private obstacle: string | null = null;

  constructor(before: End, after: End, between: readonly Model[]) {
    this.before = before;
    this.after = after;
    this.between = between;
  }

  result(): Correspondence {
    this.linkInputs();
    this.fixInputs();
    if (this.obstacle !== null) this.notes.push(this.obstacle);
    else this.linkOutputs();
    const { inputs, outputs, shapes, fixed, parts, notes } = this;
    const fedAlike = inputs.every(({ from }) => from === 'input') && Object.keys(shapes).length === 0;
    return {
      ports: { inputs, outputs, shapes, fixed, parts, notes },
      reveal: [...this.reveal],
      sameInputs: fedAlike && this.obstacle === null,
    };
  }

  private linkInputs(): void {
    const old = new Map(fedInputs(this.before.model).map((value) => [value.id, value]));
    const computed: string[] = [];
    const resized: [Value, Value][] = [];
    for (const value of fedInputs(this.after.model)) {
      const same = old.get(value.id);
      if (same) {
        this.inputs.push({ name: value.name, from: 'input', source: same.name });
        if (same.name !== value.name)
          this.notes.push(`Input ${quoted(same.name)} is called ${quoted(value.name)} now.`);
        if (formatShape(shapeOf(same)) !== formatShape(shapeOf(value))) resized.push([same, value]);
      } else if (this.linkComputed(value)) computed.push(quoted(value.name));
    }
    if (computed.length > 0) this.notes.push(`Fed with what the model before computes for ${computed.join(', ')}.`);
    if (resized.length > 0) this.resize(resized);
  }

  /** An input that was a value inside: it is fed what the earlier model computes there. */
  private linkComputed(value: Value): boolean {
    const { before, after } = this;
    const source = counterpart(before.model, after.model, value.id);
    if (!source) {
      this.obstacle = `Input ${quoted(value.name)} answers to nothing in the model before.`;
      return false;
    }
    if (commonShape(before.analysis.shape(source.id), shapeOf(value)) === null) {
      this.obstacle = `Input ${quoted(value.name)} has another shape than the value in the model before.`;
      return false;
    }
    this.revealed(source);
    this.inputs.push({ name: value.name, from: 'value', source: source.name });
    return true;
  }

  private revealed({ id }: Value): void {
    if (!this.before.model.graph.outputs.includes(id)) this.reveal.add(id);
  }

  /** Both run with sizes that both take; else the earlier one part by part along the batch. */
  private resize(pairs: readonly (readonly [Value, Value])[]): void {
    const common = pairs.map(([old, value]) => commonShape(shapeOf(old), shapeOf(value)));
    if (common.every((shape) => shape !== null)) {
      pairs.forEach(([old], index) => (this.shapes[old.name] = common[index] ?? []));
      const [old] = pairs[0] ?? [];
      if (old) this.notes.push(`Both were run with ${old.name} ${formatShape(this.shapes[old.name] ?? null)}.`);
      return;
    }
    const counts = new Set(pairs.map(([old, value]) => partsOf(shapeOf(old), shapeOf(value))));
    const [parts = 0] = counts;
    if (counts.size > 1 || parts === 0) {
      const [old] = pairs.find((_, index) => common[index] === null) ?? [];
      this.obstacle = `The model before takes only ${formatShape(old ? shapeOf(old) : null)}.`;
      return;
    }
    this.parts = parts;
    for (const [old, value] of pairs) this.shapes[old.name] = shapeOf(value) ?? [];
    this.notes.push(`The model before ran ${parts} times, on ${parts} equal parts of the batch.`);
  }

  /** Inputs that became constants are given to the earlier model; those that nothing read may be anything. */
  private fixInputs(): void {
    const kept = new Set(fedInputs(this.after.model).map(({ id }) => id));
    for (const { id, name } of fedInputs(this.before.model)) {
      if (kept.has(id)) continue;
      const tensor = this.between.map((model) => model.graph.initializers.get(id)).find((each) => each !== undefined);
      if (tensor) {
        this.fixed[name] = hostTensor(tensor);
        this.notes.push(`The model before was given the constant for ${quoted(name)}.`);
      }
    }
  }

  private linkOutputs(): void {
    const { before, after } = this;
    const inside: string[] = [];
    const linked = new Set<ValueId>();
    for (const id of after.model.graph.outputs) {
      const { name } = after.model.getValue(id);
      const source = counterpart(before.model, after.model, id);
      const reason = source ? this.incomparable(source.id, id) : 'it answers to no value of the model before';
      if (!source || reason !== null) {
        this.notes.push(`Not compared: ${quoted(name)}, for ${reason}.`);
        continue;
      }
      linked.add(source.id);
      if (!before.model.graph.outputs.includes(source.id)) inside.push(quoted(name));
      else if (source.name !== name) this.notes.push(`Output ${quoted(source.name)} is called ${quoted(name)} now.`);
      this.revealed(source);
      this.outputs.push({ name, source: source.name });
    }
    if (inside.length > 0) {
      this.notes.push(
        `Compared with ${inside.length === 1 ? 'a value' : plural(inside.length, 'value')} inside the model before: ${inside.join(', ')}.`,
      );
    }
    this.tellGone(linked);
  }

  private tellGone(linked: ReadonlySet<ValueId>): void {
    const { before, after } = this;
    const gone = before.model.graph.outputs.filter((id) => !linked.has(id) && !after.model.graph.outputs.includes(id));
    if (gone.length > 0) {
      this.notes.push(`No output any more: ${gone.map((id) => quoted(before.model.getValue(id).name)).join(', ')}.`);
    }
  }

  /** Why two values of the same name cannot be held against each other; null: they can. */
  private incomparable(source: ValueId, id: ValueId): string | null {
    const [old, now] = [this.before.analysis.shape(source), this.after.analysis.shape(id)];
    if (this.parts > 1) {
      return partsOf(old, now) === this.parts ? null : 'its first dimension is not the batch';
    }
    if (Object.keys(this.shapes).length > 0 || commonShape(old, now) !== null || old === null || now === null)
      return null;
    return `it is ${formatShape(now)} now, and was ${formatShape(old)}`;
  }
}

/** A copy of a model in which these values are outputs too. */
export function withOutputs({ model, analysis }: End, values: readonly ValueId[]): Model {
  const copy = model.clone();
  for (const id of values) {
    copy.getValue(id).type ??= declarable(analysis.type(id));
    copy.graph.outputs.push(id);
  }
  return copy;
}

/** A copy of a later model whose inputs have the names that they have in the earlier one. */
export function withInputNames(model: Model, { inputs }: Pick<PortMap, 'inputs'>): Model {
  const copy = model.clone();
  const sources = new Map(inputs.map(({ name, source }) => [name, source]));
  for (const { id, name } of fedInputs(model)) copy.getValue(id).name = sources.get(name) ?? name;
  return copy;
}
