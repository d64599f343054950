import type { Options } from './arguments.ts';
import { UsageError, type Arguments } from './arguments.ts';
import { LOSSES, SPARSITY, TRAINING } from '../train/defaults.ts';
import type { HintPair, LossSettings, SparseRequest, TrainRequest } from '../engine/train/types.ts';

/** What all commands that train take. */
export const TRAIN_OPTIONS: Options = {
  data: {
    type: 'string',
    value: 'D',
    help: 'samples: images, idx, npy, npz, csv, text, ONNX test data; made here: digits, stories',
  },
  labels: { type: 'string', value: 'L', help: 'classes of the samples: idx, npy, csv or json (folders of images)' },
  'test-data': { type: 'string', value: 'D', help: 'samples that judge the result, and neither train nor choose' },
  'test-labels': { type: 'string', value: 'L', help: 'their classes' },
  tokenizer: {
    type: 'string',
    value: 'bytes|characters|FILE',
    help: 'how text becomes ids; FILE: tokenizer.json, or as of llama2.c (bytes)',
  },
  set: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'change a field of the preprocessing' },
  recipe: { type: 'string', value: 'FILE', help: 'train the model behind this recipe; its original teaches' },
  'save-recipe': {
    type: 'string',
    value: 'FILE',
    help: 'write the recipe with the step, its weights in a folder beside it',
  },
  output: { type: 'string', short: 'o', value: 'OUT', writes: true, help: 'where the trained model goes' },
  steps: { type: 'string', value: 'N', help: `steps (${TRAINING.steps})` },
  batch: { type: 'string', value: 'N', help: `samples a step (${TRAINING.batch})` },
  lr: { type: 'string', value: 'X', help: `the highest learning rate (${TRAINING.rate})` },
  seed: { type: 'string', value: 'S', help: 'of order, held-out samples and maps of hints (0)' },
  optimizer: { type: 'string', value: 'adamw|sgd', help: 'how weights follow gradients (adamw)' },
  schedule: { type: 'string', value: 'cosine|constant|step', help: 'how the learning rate goes (cosine)' },
  'warm-up': { type: 'string', value: 'N', help: `steps in which the rate rises (${TRAINING.schedule.warmUp})` },
  'weight-decay': {
    type: 'string',
    value: 'X',
    help: `of weights, not of biases (${TRAINING.optimizer.weightDecay}; 0 with a teacher)`,
  },
  clip: { type: 'string', value: 'X', help: 'longest gradient, 0 for none (1)' },
  average: {
    type: 'string',
    value: 'X',
    help: 'decay of a running average of the weights, which is what is kept (none; 0.998 with a teacher)',
  },
  smoothing: { type: 'string', value: 'X', help: 'label smoothing (0)' },
  'batch-norm': { type: 'string', value: 'batch|fixed', help: 'what batch norms go by while training (batch)' },
  'from-scratch': { type: 'boolean', help: 'begin with weights drawn by the seed, as if nothing had been learnt' },
  freeze: {
    type: 'string',
    multiple: true,
    value: 'NAME',
    help: 'a weight or node that stays; NAME* for all that begin so',
  },
  flip: { type: 'boolean', help: 'mirror images by chance' },
  shift: { type: 'string', value: 'N', help: 'move images by up to so many pixels (0)' },
  jitter: { type: 'string', value: 'X', help: 'change brightness and contrast by up to this share (0)' },
  sparsity: { type: 'string', value: 'R', help: 'share of weights that is zero in the end' },
  'sparsity-by': { type: 'string', value: 'movement|soft|magnitude|held', help: 'how they are chosen (movement)' },
  block: {
    type: 'string',
    value: 'HxW|channel|head',
    help: 'what becomes zero together: weights (1x1), blocks outputs x inputs, whole channels or heads, which are cut',
  },
  'sparsity-begin': { type: 'string', value: 'R', help: `share of the run before the first zeros (${SPARSITY.begin})` },
  'sparsity-end': { type: 'string', value: 'R', help: `share of the run after which all are there (${SPARSITY.end})` },
  'score-rate': { type: 'string', value: 'X', help: `rate of scores, times that of weights (${SPARSITY.scoreRate})` },
  'score-penalty': { type: 'string', value: 'X', help: 'soft: pull of all scores towards 0 and below (0)' },
  'evaluate-every': {
    type: 'string',
    value: 'N',
    help: `steps between looks at held-out samples (${TRAINING.evaluateEvery})`,
  },
  'hold-out': {
    type: 'string',
    value: 'N',
    help: `samples of --data that choose the weights, at most (${TRAINING.holdOut})`,
  },
  graph: {
    type: 'string',
    value: 'FILE',
    writes: true,
    help: 'write the training step as a model: forward, loss and backward',
  },
  checkpoint: {
    type: 'string',
    value: 'FILE',
    help: 'written now and then; a run that was broken off goes on from it',
  },
  threads: { type: 'string', value: 'N', help: 'WASM threads (1)' },
};

/** What those take that have a teacher. */
export const TEACHER_OPTIONS: Options = {
  teacher: { type: 'string', value: 'MODEL', help: 'the model that the student is to be like' },
  temperature: {
    type: 'string',
    value: 'T',
    help: "softens the classes of both (by the spread of the teacher's scores)",
  },
  'label-factor': { type: 'string', value: 'X', help: 'factor of the labels in the loss (0)' },
  'logit-factor': { type: 'string', value: 'X', help: "factor of the teacher's classes (1)" },
  hint: {
    type: 'string',
    multiple: true,
    value: 'A=B',
    help: 'a value of the student that is to follow one of the teacher',
  },
  attention: {
    type: 'string',
    multiple: true,
    value: 'A=B',
    help: 'as --hint, by where each looks (attention transfer)',
  },
  blockwise: {
    type: 'string',
    multiple: true,
    value: 'A=B',
    help: "as --hint, of one shape; what comes behind A is fed the teacher's B, so that blocks learn apart",
  },
  'hint-factor': { type: 'string', value: 'X', help: 'factor of each hint (0.1)' },
};

const share = { min: 0, max: 1 };
const whole = { min: 0, max: 1e9, integer: true };

/** The request that the options spell; what they leave out is as in `base`. */
export function trainRequest(args: Arguments, losses: LossSettings, base: TrainRequest): TrainRequest {
  const { optimizer, schedule } = base;
  const clip = args.number('clip', { min: 0, max: 1e6 });
  const average = args.number('average', share);
  const augment = {
    flip: args.flag('flip'),
    shift: args.number('shift', { min: 0, max: 64, integer: true }) ?? 0,
    jitter: args.number('jitter', share) ?? 0,
  };
  return {
    ...base,
    losses: { ...losses, smoothing: args.number('smoothing', share) ?? 0 },
    optimizer: {
      ...optimizer,
      kind: args.choice('optimizer', ['adamw', 'sgd']) ?? optimizer.kind,
      weightDecay: args.number('weight-decay', { min: 0, max: 10 }) ?? optimizer.weightDecay,
      clip: clip === null ? optimizer.clip : clip === 0 ? null : clip,
      average: average ?? optimizer.average,
    },
    schedule: {
      ...schedule,
      kind: args.choice('schedule', ['cosine', 'constant', 'step']) ?? schedule.kind,
      warmUp: args.number('warm-up', whole) ?? schedule.warmUp,
    },
    rate: args.number('lr', { min: 1e-9, max: 100 }) ?? base.rate,
    batch: args.number('batch', { min: 1, max: 4096, integer: true }) ?? base.batch,
    steps: args.number('steps', { min: 1, max: 1e7, integer: true }) ?? base.steps,
    seed: args.number('seed', { min: 0, max: 2 ** 31, integer: true }) ?? 0,
    batchNorm: args.choice('batch-norm', ['batch', 'fixed']) ?? base.batchNorm,
    fresh: args.flag('from-scratch'),
    frozen: args.texts('freeze'),
    augment: augment.flip || augment.shift > 0 || augment.jitter > 0 ? augment : null,
    sparsity: sparsityOf(args),
    evaluateEvery: args.number('evaluate-every', { min: 1, max: 1e7, integer: true }) ?? base.evaluateEvery,
    holdOut: args.number('hold-out', { min: 1, max: 1e7, integer: true }) ?? base.holdOut,
    checkpointEvery: args.text('checkpoint') === null ? 0 : base.checkpointEvery,
    threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
  };
}

function sparsityOf(args: Arguments): SparseRequest | null {
  const kind = args.choice('sparsity-by', ['movement', 'soft', 'magnitude', 'held']);
  const target = args.number('sparsity', { min: 0, max: 0.999 });
  if (kind === null && target === null) return null;
  if (target === null && kind !== 'held')
    throw new UsageError('--sparsity is missing: the share that is zero in the end.');
  const begin = args.number('sparsity-begin', share) ?? SPARSITY.begin;
  const end = args.number('sparsity-end', share) ?? Math.max(begin, SPARSITY.end);
  if (end < begin) throw new UsageError('--sparsity-end lies before --sparsity-begin.');
  return {
    ...SPARSITY,
    kind: kind ?? 'movement',
    target: target ?? 0,
    begin,
    end,
    block: blockOf(args.text('block')),
    scoreRate: args.number('score-rate', { min: 0, max: 1e9 }) ?? SPARSITY.scoreRate,
    penalty: args.number('score-penalty', { min: 0, max: 1e9 }) ?? SPARSITY.penalty,
  };
}

function blockOf(text: string | null): SparseRequest['block'] {
  if (text === null) return { height: 1, width: 1 };
  if (text === 'channel' || text === 'head') return text;
  const [, height, width] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (!height || !width) throw new UsageError(`--block is HxW, channel or head, not ${text}.`);
  return { height: Number(height), width: Number(width) };
}

/** The loss of a student beside its teacher. */
export function teachingLosses(args: Arguments, hasLabels: boolean): LossSettings {
  const factor = args.number('hint-factor', { min: 0, max: 1e6 }) ?? 0.1;
  const pairs = (option: 'hint' | 'attention' | 'blockwise'): HintPair[] =>
    args.texts(option).map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new UsageError(`--${option} is STUDENT=TEACHER, two names of values, not ${text}.`);
      return {
        student: text.slice(0, at),
        teacher: text.slice(at + 1),
        kind: option === 'blockwise' ? 'block' : option,
        factor,
      };
    });
  const labels = args.number('label-factor', { min: 0, max: 1e6 }) ?? 0;
  if (labels > 0 && !hasLabels) throw new UsageError('--label-factor needs --labels.');
  return {
    ...LOSSES,
    labels,
    logits: args.number('logit-factor', { min: 0, max: 1e6 }) ?? 1,
    hints: [...pairs('hint'), ...pairs('attention'), ...pairs('blockwise')],
    temperature: args.number('temperature', { min: 0.1, max: 1e6 }),
  };
}
