import { basename } from 'node:path';
import { formatInteger, formatShare } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import type { InputPort } from '../../data/types.ts';
import { isDrawn } from '../../engine/train/drawn.ts';
import { LOSSES, TEACHING, TRAINING } from '../../train/defaults.ts';
import type { Evaluation, LossSettings, TrainResult } from '../../engine/train/types.ts';
import type { DocumentView } from '../../engine/types.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import { BUILD_OPTIONS, buildStudent, buildsStudent } from '../build-student.ts';
import { fileStore } from '../checkpoint-file.ts';
import type { Command, Example } from '../command.ts';
import { modelAt } from '../model-at.ts';
import { dataChoice, preparedData } from '../prepared-data.ts';
import { table, type Output } from '../output.ts';
import { replayFile, saveRecipe } from '../recipe-file.ts';
import { sizesLine } from './prune-dead.ts';
import { openStudio, type CommandStudio } from '../studio.ts';
import { TEACHER_OPTIONS, teachingLosses, TRAIN_OPTIONS, trainRequest } from '../train-options.ts';
import { writeFile } from '../write-file.ts';
import { writeModelFile } from '../write-model.ts';

const metricsOf = ({ evaluations, best }: TrainResult): { first: Evaluation | null; best: Evaluation | null } => ({
  first: evaluations[0] ?? null,
  best: evaluations[best] ?? null,
});

export function evaluationCells({
  step,
  top1,
  agreement,
  crossEntropy,
  divergence,
  perplexity,
  error,
}: Evaluation): string[] {
  return [
    formatInteger(step),
    top1 === null ? '' : `top-1 ${formatShare(top1)}`,
    agreement === null ? '' : `as the teacher ${formatShare(agreement)}`,
    perplexity === null ? '' : `perplexity ${perplexity.toFixed(2)}`,
    crossEntropy === null ? '' : `cross entropy ${crossEntropy.toFixed(4)}`,
    divergence === null ? '' : `KL ${divergence.toFixed(4)}`,
    error === null ? '' : `squared error ${error.toPrecision(3)}`,
  ];
}

const testRows = ({ before, after, teacher }: NonNullable<TrainResult['test']>): string[][] => {
  const row = (name: string, each: Evaluation): string[] => [name, ...evaluationCells(each).slice(1)];
  const rows = [row('test, before', before), row('test, after', after)];
  // Of itself a teacher can only say what labels say.
  return [...rows, ...(teacher && told(teacher) ? [row('test, teacher', teacher)] : [])];
};
const told = (each: Evaluation): boolean => evaluationCells(each).slice(1).some(Boolean);

function lines(result: TrainResult): string[] {
  const { steps, parameters, ms, evaluations, teacher, terms, notes, test } = result;
  const { best } = metricsOf(result);
  const last = result.curve.at(-1);
  return [
    `${formatInteger(steps)} steps in ${(ms / 1000).toFixed(1)} s: ${formatInteger(parameters.trained)} of ${formatInteger(parameters.all)} numbers trained`,
    last
      ? `loss ${last.loss.toFixed(4)} (${terms.map((term, i) => `${term} ${last.terms[i]?.toFixed(4)}`).join(', ')})`
      : '',
    ...table(evaluations.map(evaluationCells)),
    ...(test ? table(testRows(test)) : []),
    ...(teacher && told(teacher) ? [`teacher  ${evaluationCells(teacher).slice(1).filter(Boolean).join('  ')}`] : []),
    best ? `kept: the weights of step ${formatInteger(best.step)}` : '',
    ...notes,
  ].filter((line) => line !== '');
}

/** What became of the zeros: numbers that are left and are not zero, and how wide groups of channels or heads are now. */
function sparseTold({ stops, cursor }: DocumentView, studio: CommandStudio) {
  const { pass, groups = [] } = stops[cursor] ?? {};
  return { step: pass === 'recover' ? null : (pass ?? null), ...studio.sparsity(), groups };
}

function sparseLines({ stops, cursor }: DocumentView, told: ReturnType<typeof sparseTold>): string[] {
  const { step, parameters, nonzero, groups } = told;
  const [before, after] = [stops[cursor - 1], stops[cursor]];
  if (step === null || !before || !after) return ['No zeros were left behind.'];
  if (groups.length === 0)
    return [`${formatShare(1 - nonzero / parameters)} of ${formatInteger(parameters)} numbers are zero`];
  return [
    ...table(groups.map((each) => [each.name, `${each.before} → ${each.after}`])),
    sizesLine(before.summary, after.summary),
  ];
}

/** Who teaches: a side as the studio calls it. */
type Teacher = 'second' | 0 | null;

async function run(
  args: Arguments,
  output: Output,
  job: Job,
  losses: LossSettings,
  { studio, inputs }: Awaited<ReturnType<typeof opened>>,
  teacher: Teacher,
) {
  const path = args.text('data');
  const out = args.text('output');
  if (path === null) throw new UsageError('--data is missing: the samples to train on.');
  if (out === null) throw new UsageError('-o is missing: where the trained model goes.');
  const data = await preparedData(dataChoice(path, args.text('labels'), args), inputs, 'train');
  studio.trainings.give(data, 'train');
  for (const note of data.notes) output.note(note);
  const test = args.text('test-data');
  if (test !== null) {
    const judges = await preparedData(dataChoice(test, args.text('test-labels'), args), inputs, 'judge');
    studio.trainings.give(judges, 'judge');
  }
  const request = trainRequest(args, losses, teacher === null ? TRAINING : TEACHING);
  const checkpoint = args.text('checkpoint');
  const store = checkpoint === null ? null : fileStore(checkpoint);
  const student = studio.document().stops.length - 1;
  const ask = { student, teacher, request };
  const graph = args.text('graph');
  if (graph !== null) writeFile(graph, (await studio.trainings.graph(ask, basename(graph))).bytes);
  const result = await studio.trainings.run(ask, job, store);
  const document = await studio.trainings.keep(job);
  writeModelFile(studio, out);
  const recipeFile = args.text('save-recipe');
  if (recipeFile !== null) saveRecipe(recipeFile, document.recipe, studio.artifacts);
  const { curve, evaluations, ...rest } = result;
  const { first, best } = metricsOf(result);
  const sparse = request.sparsity && sparseTold(document, studio);
  const answer = {
    ...rest,
    ...(sparse && { sparse }),
    loss: curve.map(({ loss }) => loss),
    metrics: result.test?.after ?? best,
    before: result.test?.before ?? first,
    evaluations,
    output: out,
  };
  output.result(answer, [...lines(result), ...(sparse ? sparseLines(document, sparse) : []), `written to ${out}`]);
  return 0 as const;
}

/** The model, after the recipe if there is one. */
async function opened(args: Arguments, job: Job): Promise<{ studio: CommandStudio; inputs: readonly InputPort[] }> {
  const { studio } = await openStudio(args.positionals[0] ?? '', job);
  const recipe = args.text('recipe');
  if (recipe !== null) await replayFile(studio, recipe, job);
  return { studio, inputs: studio.document().stops.at(-1)?.summary.inputs ?? [] };
}

export const train: Command = {
  name: 'train',
  summary: 'Trains the weights of a model on labelled samples or a text.',
  positionals: ['MODEL'],
  options: TRAIN_OPTIONS,
  examples: [
    'whittle train "sample:edge-cnn?width=2&layers=2" --data digits --steps 4 --batch 8 --hold-out 8 -o trained.onnx',
  ],
  async run(args, output, job) {
    return run(args, output, job, LOSSES, await opened(args, job), null);
  },
};

/** With a teacher: from its classes, from values inside it, and from labels as far as asked. */
const taught = (name: 'distill' | 'recover', summary: string, example: Example): Command => ({
  name,
  summary,
  positionals: ['STUDENT'],
  options: { ...TEACHER_OPTIONS, ...BUILD_OPTIONS, ...TRAIN_OPTIONS },
  examples: [example],
  async run(args, output, job) {
    const path = args.text('teacher');
    if (path === null && args.text('recipe') === null && !buildsStudent(args)) {
      throw new UsageError(
        '--teacher is missing: the model to learn from. With --recipe, --thinner or --shallower the original teaches.',
      );
    }
    const open = await opened(args, job);
    if (buildsStudent(args)) await buildStudent(open.studio, args, output, job);
    if (path !== null) await open.studio.openSecond(await modelAt(path), job);
    const losses = teachingLosses(args, args.text('labels') !== null || isDrawn(args.text('data') ?? ''));
    return run(args, output, job, losses, open, path === null ? 0 : 'second');
  },
});

export const distill = taught(
  'distill',
  'Trains a student to answer as its teacher does, labels or not.',
  'whittle distill model.onnx --thinner 0.5 --data digits --steps 4 --batch 8 --hold-out 8 -o student.onnx',
);
export const recover = taught(
  'recover',
  'Brings a pruned model back towards its original.',
  'whittle recover pruned.onnx --teacher model.onnx --data digits --steps 4 --batch 8 --hold-out 8 -o recovered.onnx',
);
