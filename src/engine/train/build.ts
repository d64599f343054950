import { CodedError } from '../../base/error.ts';
import { analyze } from '../../analysis/analyze.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { sizeOf, staticShape, type ValueId } from '../../ir/types.ts';
import { normal, seeded } from '../../base/random.ts';
import { parametersOf, type Parameter } from '../../grad/parameters.ts';
import { writeOptimizerStep } from '../../grad/optimizer-step.ts';
import { TOTAL, writeTrainingStep, type LossTerm, type TrainingStep } from '../../grad/step.ts';
import { Sparsifier } from '../../train/sparsity.ts';
import { RUNNING_STAYS, type TrainedTensor, type TrainerSetup } from '../../train/trainer.ts';
import { answerOf, giving } from './answers.ts';
import { forwardModel } from './forward.ts';
import { sparseOutlook } from './sparse-outlook.ts';
import { sparseParts, sparsityOf, type SparseParts } from './sparse.ts';
import type { TrainPlan, TrainRequest } from './types.ts';

/** A teacher as a training step sees it: values that are fed, by term. */
export interface TeacherModel {
  readonly model: Model;
  readonly name: string;
}

export interface BuiltStep {
  /** Forward, loss and backward. */
  readonly step: TrainingStep;
  /** What runs: the step, on WebGPU with its optimizer behind it. */
  readonly model: Model;
  readonly setup: TrainerSetup;
  readonly sparse: SparseParts;
  /** Of the student, of all constants that could be trained. */
  readonly parameters: readonly Parameter[];
  /** Names of the terms, for people. */
  readonly terms: readonly string[];
  /** For each term, the teacher's value that it is compared with; null: it takes labels. */
  readonly teacherValues: readonly (string | null)[];
  /** Whether the first term takes tokens of a text. */
  readonly text: boolean;
  readonly notes: readonly string[];
}

const NONE_SPARSE: SparseParts = { layers: [], groups: [], notes: [] };

/** Which constants a request moves: those that train, but for what it freezes. */
export function chosenParameters(model: Model, frozen: readonly string[]): readonly Parameter[] {
  const isFrozen = (name: string): boolean =>
    frozen.some((each) => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : each === name));
  return parametersOf(model).map((parameter) => {
    const { name, node, trains } = parameter;
    if (!trains || !(isFrozen(name) || isFrozen(node.name))) return parameter;
    return { ...parameter, trains: false, reason: 'frozen' };
  });
}

/**
 * The training step of a student for a batch.
 *
 * @param shapes of the student's inputs, batch and all
 * @throws CodedError `unsupported` where no gradient passes a node, `bad-request` where losses and values do not fit
 */
export async function buildStep(
  student: Model,
  teacher: TeacherModel | null,
  request: TrainRequest,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<BuiltStep> {
  const parameters = chosenParameters(student, request.frozen);
  const trained = new Set(parameters.filter(({ trains }) => trains).map(({ value }) => value));
  if (trained.size === 0) {
    throw new CodedError(
      'bad-request',
      'Nothing would be trained: the model has no float32 weights, or all are frozen.',
    );
  }
  const hints = request.losses.hints.map(({ student: value }) => value);
  const answer = answerOf(student);
  // Values that hints name would be lost where what computes them is written anew.
  const { model, report } = await forwardModel(giving(student, [answer.output, ...hints]), shapes);
  const { terms, names, values } = losses(student, teacher, request, shapes);
  const step = writeTrainingStep(model, {
    backend: request.backend,
    losses: terms,
    trained,
    batchNorm: request.batchNorm,
  });
  const left = report.left.map(({ opType, reason }) => `${opType} is not written out: ${reason}.`);
  const sparse = request.sparsity ? sparseParts(student, request.sparsity, step) : NONE_SPARSE;
  if (request.sparsity && sparse.layers.length === 0) {
    throw new CodedError(
      'bad-request',
      `Nothing can become zero. ${sparse.notes.join(' ') || 'No weight is trained.'}`,
    );
  }
  const plain = setupOf(student, step, request, parameters, sparse.layers);
  const { model: runs, resident } = residentStep(step, plain, request) ?? { model: step.model, resident: null };
  return {
    step,
    model: runs,
    setup: { ...plain, resident },
    sparse,
    parameters,
    terms: names,
    teacherValues: values,
    text: terms.some(({ kind }) => kind === 'tokens'),
    notes: [...left, ...sparse.notes, ...residenceNotes(request)],
  };
}

const decidesZeros = ({ sparsity }: TrainRequest): boolean => sparsity !== null && sparsity.kind !== 'held';

/**
 * On WebGPU weights and moments stay on the device, moved by the step itself; elsewhere an optimizer over arrays costs
 * less. Null: the step gives gradients.
 */
function residentStep(
  step: TrainingStep,
  { tensors, sparsity }: Omit<TrainerSetup, 'resident'>,
  request: TrainRequest,
) {
  if (request.backend !== 'webgpu' || decidesZeros(request)) return null;
  return writeOptimizerStep(step, {
    backend: request.backend,
    optimizer: request.optimizer,
    decays: tensors.map(({ decays }) => decays),
    held: sparsity ? new Sparsifier(tensors, sparsity).masks() : new Map(),
    runningStays: RUNNING_STAYS,
  });
}

const residenceNotes = (request: TrainRequest): readonly string[] =>
  request.backend === 'webgpu' && decidesZeros(request)
    ? ['Which weights are zero is decided outside of the step: gradients are read back from the device at every step.']
    : [];

function losses(
  student: Model,
  teacher: TeacherModel | null,
  { losses: wanted }: TrainRequest,
  shapes: Readonly<Record<string, readonly number[]>>,
): { terms: readonly LossTerm[]; names: readonly string[]; values: readonly (string | null)[] } {
  const answer = answerOf(student);
  const terms: LossTerm[] = [];
  const names: string[] = [];
  const values: (string | null)[] = [];
  const add = (term: LossTerm, name: string, value: string | null): void => {
    terms.push(term);
    names.push(name);
    values.push(value);
  };
  const asked = (what: string): TeacherModel => {
    if (teacher) return teacher;
    throw new CodedError('bad-request', `${what} needs a teacher: give one, or set its factor to 0.`);
  };
  if (wanted.labels > 0) {
    if (answer.rank === 3) add({ kind: 'tokens', value: answer.output }, 'next token', null);
    else add({ kind: 'labels', value: answer.output }, 'labels', null);
  }
  if (wanted.logits > 0) {
    const theirs = answerOf(asked('Distillation').model);
    add({ kind: 'logits', value: answer.output }, 'logits', theirs.logits);
  }
  if (wanted.values > 0) {
    add({ kind: 'values', value: answer.output }, 'values', answerOf(asked('The loss of values').model).output);
  }
  for (const { kind, student: own, teacher: theirs } of wanted.hints) {
    const shape = teacherShape(asked('A hint').model, theirs, shapes);
    add({ kind, value: own, teacher: shape }, `${kind} ${own}`, theirs);
  }
  if (terms.length === 0) throw new CodedError('bad-request', 'The loss has no terms: all factors are 0.');
  return { terms, names, values };
}

/** The size of a teacher's value for the same batch. */
function teacherShape(
  model: Model,
  name: string,
  shapes: Readonly<Record<string, readonly number[]>>,
): readonly number[] {
  const copy = model.clone();
  for (const id of copy.graph.inputs) {
    const value = copy.getValue(id);
    const shape = shapes[value.name];
    if (shape && value.type?.kind === 'tensor') value.type = { ...value.type, shape };
  }
  const analysis = analyze(copy);
  for (const value of copy.values.values()) {
    if (value.name !== name || value.graph !== copy.graph.id) continue;
    const shape = staticShape(analysis.shape(value.id));
    if (shape) return shape;
    throw new CodedError('unsupported', `The size of ${name} in the teacher is not known.`, { value: name });
  }
  throw new CodedError('bad-request', `The teacher has no value named ${name}.`, { value: name });
}

/** The student's own numbers, a small random map for each hint, and what an optimizer has to know. */
export function setupOf(
  student: Model,
  step: TrainingStep,
  request: Pick<TrainRequest, 'seed' | 'optimizer' | 'sparsity' | 'steps'>,
  parameters: readonly Pick<Parameter, 'value' | 'role'>[],
  layers: SparseParts['layers'],
): Omit<TrainerSetup, 'resident'> {
  const draw = normal(seeded(request.seed + 17));
  const roles = new Map(parameters.map(({ value, role }) => [value, role]));
  const copyOf = (value: ValueId): Float32Array<ArrayBuffer> => {
    const tensor = student.graph.initializers.get(value);
    if (!tensor) throw new Error('invariant: what is trained is a constant of the student');
    return Float32Array.from(tensor.numbers());
  };
  const tensors = step.parameters.map(({ name, shape, gradient, value }): TrainedTensor => {
    const role = value === null ? 'weight' : roles.get(value);
    const fan = Math.max(1, sizeOf(shape) / Math.max(1, shape.at(-1) ?? 1));
    const data =
      value === null ? Float32Array.from({ length: sizeOf(shape) }, () => draw() / Math.sqrt(fan)) : copyOf(value);
    return { name, shape, gradient, decays: role === 'weight' || role === 'embedding', data };
  });
  const statistics = step.statistics.map(({ mean, variance, count, runningMean, runningVariance }) => {
    const named = (value: ValueId) => ({ name: student.getValue(value).name, data: copyOf(value) });
    return { mean, variance, count, runningMean: named(runningMean), runningVariance: named(runningVariance) };
  });
  return {
    tensors,
    statistics,
    total: TOTAL,
    losses: step.losses.map(({ output }) => output),
    optimizer: request.optimizer,
    sparsity: sparsityOf(request, layers),
  };
}

/** The same model with other numbers. */
export function withWeights(student: Model, weights: Readonly<Record<string, Float32Array<ArrayBuffer>>>): Model {
  const copy = student.clone();
  for (const [value, tensor] of copy.graph.initializers) {
    const data = weights[copy.getValue(value).name];
    if (data && tensor.dtype === 'float32') copy.setInitializer(value, floats(tensor.shape, data));
  }
  return copy;
}

/** What a run would do, before it begins. */
export function planOf(
  { step, model, parameters, terms, notes, setup, sparse }: BuiltStep,
  student: Model,
  request: TrainRequest,
): TrainPlan {
  const weights = 4 * setup.tensors.reduce((sum, { data }) => sum + data.length, 0);
  const { kind, average } = setup.optimizer;
  const moments = (kind === 'adamw' ? 2 : 1) + Number(average !== null);
  // What a step that moves its weights gives back lies beside what it was given until it has ended.
  const times = setup.resident ? 2 : 1;
  const analysis = analyze(step.model);
  const activations = analysis.order.reduce((sum, node) => sum + (analysis.cost(node).activationBytes ?? 0), 0);
  return {
    parameters: parameters.map(({ name, shape, role, node, trains, reason }) => {
      return { name, shape, role, node: node.name || node.opType, trains, reason };
    }),
    terms,
    nodes: model.graph.nodes.size,
    memory: { weights: times * weights, optimizer: times * moments * weights, activations },
    sparse: request.sparsity && setup.sparsity && sparseOutlook(student, request.sparsity, sparse, setup.sparsity),
    notes: [...notes, ...(setup.resident ? [TWICE] : [])],
  };
}

const TWICE =
  'Weights and what the optimizer remembers stay on the device, where each step holds them twice: as they were, and as they become.';
