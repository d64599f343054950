import { CodedError } from '../base/error.ts';
import { defined } from '../base/assert.ts';
import type { Model, Node, Use } from '../ir/model.ts';
import { sizeOf, type ValueId } from '../ir/types.ts';
import { backward } from './backward.ts';
import { Emit, type TrainBackend } from './emit.ts';
import { useBatchStatistics, useTrainingActivations } from './forms.ts';
import { logitsOf } from './logits.ts';
import {
  along,
  attentionTransfer,
  crossEntropy,
  distillation,
  hint,
  meanSquaredError,
  nextTokenLoss,
  projectionShape,
} from './loss/terms.ts';
import { removeUnused } from './unused.ts';
import { useWebgpuForms, useWebgpuVersions } from './webgpu-forms.ts';

/**
 * One term of the loss. `value` names a value of the student (an output, or for hints any value); `teacher` the shape of
 * what it is compared with, which is fed.
 */
export type LossTerm =
  | { readonly kind: 'labels'; readonly value: string }
  | { readonly kind: 'tokens'; readonly value: string }
  | { readonly kind: 'logits'; readonly value: string }
  | { readonly kind: 'values'; readonly value: string }
  | { readonly kind: 'along'; readonly value: string }
  | { readonly kind: 'hint' | 'attention' | 'block'; readonly value: string; readonly teacher: readonly number[] };

export interface StepOptions {
  readonly backend: TrainBackend;
  readonly losses: readonly LossTerm[];
  /** Initializers that are moved. */
  readonly trained: ReadonlySet<ValueId>;
  /** Whether batch norms take statistics of the batch, or keep what they have. */
  readonly batchNorm: 'batch' | 'fixed';
  /** Names of values that it gives as they are. */
  readonly shows?: readonly string[];
}

/** A tensor that is moved: fed as `name`, its gradient is the output `gradient`. */
export interface StepParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly gradient: string;
  /** The initializer that it was; null: the projection of a hint, which is thrown away in the end. */
  readonly value: ValueId | null;
}

/** What a term is fed with, and where its own value stands. */
export interface StepLoss {
  readonly term: LossTerm;
  readonly output: string;
  /** Input of the factor that it goes into the sum with. */
  readonly coefficient: string;
  /** Input of what the value is compared with: one-hot labels [N, C], tokens [N, T], or what the teacher says. */
  readonly target: string;
  readonly targetShape: readonly number[];
}

/** The running statistics of a batch norm, by names of initializers; `mean` and `variance` are outputs of the step. */
export interface StepStatistics {
  readonly mean: string;
  readonly variance: string;
  readonly runningMean: ValueId;
  readonly runningVariance: ValueId;
  readonly count: number;
}

/** A training step as a model: forward, loss and backward. */
export interface TrainingStep {
  readonly model: Model;
  /** Inputs of the forward model. */
  readonly inputs: readonly string[];
  readonly parameters: readonly StepParameter[];
  readonly losses: readonly StepLoss[];
  readonly statistics: readonly StepStatistics[];
}

/** Scalars that every step takes, whether a term uses them or not. */
export const TEMPERATURE = 'temperature';
export const SMOOTHING = 'smoothing';
/** Where tokens count, [N, T]. */
export const WEIGHTS = 'token_weights';
/** The output that holds the sum. */
export const TOTAL = 'loss';

/**
 * Writes the training step of a forward model, which is edited in place: the caller gives a copy, with sizes that are
 * numbers, in operator set 18 or later, with what is composed written out.
 *
 * @throws CodedError `unsupported` with the node that no gradient passes, `bad-request` where a loss fits no value
 */
export function writeTrainingStep(
  model: Model,
  { backend, losses, trained, batchNorm, shows = [] }: StepOptions,
): TrainingStep {
  if (backend === 'webgpu') useWebgpuVersions(model);
  const emit = new Emit(model, backend);
  const inputs = model.graph.inputs.filter((id) => !model.graph.initializers.has(id)).map((id) => emit.nameOf(id));
  const statistics = emit.in('statistics', () =>
    batchNorm === 'batch' ? useBatchStatistics(emit, (node) => keepsStatistics(model, node)) : [],
  );
  if (backend === 'webgpu') emit.in('webgpu', () => useWebgpuForms(emit));
  else useTrainingActivations(emit);
  model.graph.outputs.length = 0;
  const scalars = new Scalars(emit);
  const parameters = new Map<ValueId, Omit<StepParameter, 'gradient'>>();
  const constants = new Map(model.graph.initializers);
  for (const value of trained) parameters.set(value, fed(emit, value));
  const cut = losses
    .filter(({ kind }) => kind === 'block')
    .map(({ value }) => ({ value, uses: readersOf(emit, value) }));
  const terms = losses.map((term, index) => writeTerm(emit, term, index, scalars, parameters));
  for (const { value, uses } of cut) feedBlocks(emit, uses, terms, value);
  const total = emit.in('loss', () =>
    terms.map(({ value, factor }) => emit.mul(value, factor)).reduce((sum, each) => emit.add(sum, each)),
  );
  const one = emit.scalar(1);
  const gradients = emit.in('backward', () => backward(emit, new Map([[total, one]]), [...parameters.keys()]));
  const give = (value: ValueId, name: string): string => {
    const given = emit.op('Identity', [value]);
    model.getValue(given).name = name;
    model.graph.outputs.push(given);
    return name;
  };
  give(total, TOTAL);
  for (const name of shows) model.graph.outputs.push(valueNamed(emit, name));
  const told = terms.map(({ value, loss }) => ({ ...loss, output: give(value, loss.output) }));
  const moved = [...parameters].flatMap(([value, parameter]) => {
    const gradient = gradients.get(value);
    if (gradient !== undefined) return [{ ...parameter, gradient: give(gradient, `gradient of ${parameter.name}`) }];
    // The loss does not depend on it: it is the constant that it was.
    const tensor = constants.get(value);
    if (tensor) model.graph.initializers.set(value, tensor);
    model.graph.inputs.splice(model.graph.inputs.indexOf(value), 1);
    return [];
  });
  const seen = statistics.map(({ mean, variance, ...rest }, index) => ({
    ...rest,
    mean: give(mean, `mean ${index}`),
    variance: give(variance, `variance ${index}`),
  }));
  removeUnused(model);
  return { model, inputs, parameters: moved, losses: told, statistics: seen };
}

/** Running values that are computed cannot be moved: such a batch norm goes by them as they are. */
const keepsStatistics = ({ graph }: Model, { inputs }: Node): boolean =>
  [3, 4].every((index) => {
    const value = inputs[index] ?? null;
    return value !== null && graph.initializers.has(value);
  });

/** A constant becomes an input, which every step is fed anew. */
function fed(emit: Emit, value: ValueId): Omit<StepParameter, 'gradient'> {
  const { graph } = emit.model;
  const tensor = defined(graph.initializers.get(value), 'a constant that is trained');
  graph.initializers.delete(value);
  // One that is an input with a default has its place already.
  if (!graph.inputs.includes(value)) graph.inputs.push(value);
  return { name: emit.nameOf(value), shape: tensor.shape, value };
}

class Scalars {
  private readonly emit: Emit;
  private readonly made = new Map<string, ValueId>();

  constructor(emit: Emit) {
    this.emit = emit;
  }
  get(name: string): ValueId {
    const known = this.made.get(name) ?? this.emit.input(name, 'float32', []);
    this.made.set(name, known);
    return known;
  }
}

interface WrittenTerm {
  readonly value: ValueId;
  readonly factor: ValueId;
  readonly loss: StepLoss;
}

function writeTerm(
  emit: Emit,
  term: LossTerm,
  index: number,
  scalars: Scalars,
  parameters: Map<ValueId, Omit<StepParameter, 'gradient'>>,
): WrittenTerm {
  const found = valueNamed(emit, term.value);
  const own =
    term.kind === 'labels' || term.kind === 'tokens' || term.kind === 'logits' ? logitsOf(emit, found) : found;
  const shape = 'teacher' in term ? term.teacher : emit.shape(own);
  const target = `target ${index}`;
  const given = (targetShape: readonly number[], dtype: 'float32' | 'int32' = 'float32'): ValueId =>
    emit.input(target, dtype, targetShape);
  const tokens = shape.slice(0, -1);
  const value = emit.in(`loss ${index}`, (): ValueId => {
    switch (term.kind) {
      case 'labels':
        requireRank(emit, own, 2, 'classes');
        return crossEntropy(emit, own, given(shape), scalars.get(SMOOTHING));
      case 'tokens':
        requireRank(emit, own, 3, 'words');
        return nextTokenLoss(emit, own, given(tokens, 'int32'), emit.input(WEIGHTS, 'float32', tokens));
      case 'logits':
        return distillation(emit, own, given(shape), scalars.get(TEMPERATURE));
      case 'values':
        return meanSquaredError(emit, own, given(shape));
      case 'along':
        return along(emit, own, given(shape));
      case 'attention':
        return attentionTransfer(emit, own, given(shape));
      case 'block':
        return meanSquaredError(emit, own, given(shape));
      case 'hint': {
        const size = projectionShape(emit.shape(own), shape);
        const projection = emit.input(`projection ${index}`, 'float32', size);
        parameters.set(projection, { name: `projection ${index}`, shape: size, value: null });
        return hint(emit, own, given(shape), projection);
      }
    }
  });
  const factor = scalars.get(`factor ${index}`);
  const targetShape = term.kind === 'tokens' ? tokens : shape;
  return {
    value,
    factor,
    loss: { term, output: `loss ${index}`, coefficient: `factor ${index}`, target, targetShape },
  };
}

const readersOf = (emit: Emit, name: string): readonly Use[] => [...emit.model.getValue(valueNamed(emit, name)).uses];

/**
 * What reads a value of the student reads the teacher's from now on: blocks learn apart, each from what the teacher's
 * block before it gives (Li et al., Blockwisely Supervised Neural Architecture Search with Knowledge Distillation, 2020).
 */
function feedBlocks(emit: Emit, uses: readonly Use[], terms: readonly WrittenTerm[], value: string): void {
  const { loss } = defined(
    terms.find(({ loss: { term } }) => term.kind === 'block' && term.value === value),
    'the term of a block',
  );
  const target = valueNamed(emit, loss.target);
  for (const { node, index } of uses) emit.model.setInput(emit.model.getNode(node), index, target);
}

function requireRank(emit: Emit, value: ValueId, rank: number, what: string): void {
  const shape = emit.shape(value);
  if (shape.length === rank && sizeOf(shape) > 0) return;
  throw new CodedError(
    'bad-request',
    `${emit.nameOf(value)} is [${shape.join(', ')}]: a loss over ${what} wants ${rank} axes, the last one of ${what}.`,
    { value: emit.nameOf(value) },
  );
}

function valueNamed(emit: Emit, name: string): ValueId {
  for (const value of emit.model.values.values()) {
    if (value.graph === emit.model.graph.id && value.name === name) return value.id;
  }
  throw new CodedError('bad-request', `The student has no value named ${name}.`, { value: name });
}
