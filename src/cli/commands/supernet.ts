import { formatInteger, formatShare, plural } from '../../base/format.ts';
import type { Evaluation } from '../../engine/train/types.ts';
import { isDrawn } from '../../engine/train/drawn.ts';
import { nodePort } from '../../engine/node.ts';
import { SUPERNET } from '../../search/supernet/defaults.ts';
import { supernetFile } from '../../search/supernet/file.ts';
import { requireElastic } from '../../search/supernet/phases.ts';
import type { SupernetLook, SupernetRequest, SupernetResult } from '../../search/supernet/types.ts';
import { LOSSES, TRAINING } from '../../train/defaults.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';
import { fileStore } from '../checkpoint-file.ts';
import type { Command } from '../command.ts';
import { dataChoice, preparedData } from '../prepared-data.ts';
import { openStudio } from '../studio.ts';
import { table } from '../output.ts';
import { TRAIN_OPTIONS, trainRequest } from '../train-options.ts';
import { evaluationCells } from './train.ts';
import { writeFile } from '../write-file.ts';

/** Of those of `train`. */
const TAKEN = new Set([
  ...['data', 'labels', 'test-data', 'test-labels', 'tokenizer', 'set', 'output', 'steps', 'batch', 'lr', 'seed'],
  ...['optimizer', 'schedule', 'warm-up', 'weight-decay', 'clip', 'average', 'freeze', 'flip', 'shift', 'jitter'],
  ...['evaluate-every', 'hold-out', 'checkpoint', 'threads'],
]);

const OPTIONS: Options = {
  ...Object.fromEntries(Object.entries(TRAIN_OPTIONS).filter(([name]) => TAKEN.has(name))),
  steps: {
    type: 'string',
    value: 'N',
    help: `steps with sub-networks, shared out among the kinds (${SUPERNET.steps})`,
  },
  kinds: {
    type: 'string',
    value: 'width,depth,kernel',
    help: `what sub-networks differ in; they join as kernel, depth, width (${SUPERNET.space.kinds.join(',')})`,
  },
  random: {
    type: 'string',
    value: 'N',
    help: `sub-networks drawn at each step, beside the largest and the smallest (${SUPERNET.random})`,
  },
  temperature: { type: 'string', value: 'T', help: 'softens what the largest tells the others (1)' },
  shares: {
    type: 'string',
    value: 'R,R',
    help: `shares of channels that may stay (${SUPERNET.space.shares.join(',')})`,
  },
};

function shares(args: Arguments): readonly number[] {
  const given = args.text('shares');
  if (given === null) return SUPERNET.space.shares;
  const found = given.split(',').map(Number);
  if (found.every((each) => each > 0 && each <= 1)) return [...new Set([...found, 1])].sort((a, b) => a - b);
  throw new UsageError(`--shares wants numbers above 0, at most 1, with commas between, not ${given}.`);
}

function requestOf(args: Arguments, labels: boolean): SupernetRequest {
  const { losses: _, backend: __, ...request } = trainRequest(args, LOSSES, { ...TRAINING, steps: SUPERNET.steps });
  const kinds = requireElastic(args.text('kinds')?.split(',') ?? SUPERNET.space.kinds);
  return {
    ...SUPERNET,
    ...request,
    space: { ...SUPERNET.space, kinds: kinds.includes('width') ? [...kinds, 'heads'] : kinds, shares: shares(args) },
    random: args.number('random', { min: 0, max: 100, integer: true }) ?? SUPERNET.random,
    temperature: args.number('temperature', { min: 0.01, max: 1e6 }) ?? SUPERNET.temperature,
    labels,
  };
}

const cellsOf = (name: string, each: Evaluation): string[] => [name, ...evaluationCells(each)];

function lines({ steps, ms, genes, size, looks, test, notes, curve }: SupernetResult): string[] {
  const last = curve.at(-1);
  const figure = (each: Evaluation): string => formatShare(each.top1 ?? each.agreement ?? NaN);
  const look = ({ full, middle, smallest }: SupernetLook): string[] => [
    `step ${formatInteger(full.step)}`,
    `full ${figure(full)}`,
    `middle ${figure(middle)}`,
    `smallest ${figure(smallest)}`,
  ];
  return [
    `${plural(steps, 'step')} in ${(ms / 1000).toFixed(1)} s: ${genes} genes, 10^${size.toFixed(1)} sub-networks`,
    ...(last ? [`loss ${last.terms.map((each) => each.toFixed(4)).join(', ')}`] : []),
    ...table(looks.map(look)),
    ...(test
      ? table((['full', 'middle', 'smallest'] as const).map((name) => cellsOf(`test, ${name}`, test[name])))
      : []),
    ...notes,
  ];
}

export const supernet: Command = {
  name: 'supernet',
  summary: 'Trains a trained network so that its sub-networks work as they are.',
  positionals: ['MODEL'],
  options: OPTIONS,
  examples: [
    'whittle supernet "sample:edge-cnn?width=2&layers=2" --data digits --steps 3 --batch 4 --hold-out 8 -o elastic.onnx',
  ],
  async run(args, output, job) {
    const [path, out] = [args.text('data'), args.text('output')];
    if (path === null) throw new UsageError('--data is missing: the samples to train on.');
    if (out === null) throw new UsageError('-o is missing: where the trained model goes.');
    const { studio, document } = await openStudio(args.positionals[0] ?? '', job);
    const stop = studio.stopOf(document.cursor);
    const labels = args.text('labels');
    const data = await preparedData(dataChoice(path, labels, args), stop.summary.inputs, 'train');
    for (const note of data.notes) output.note(note);
    const test = args.text('test-data');
    const judges =
      test === null
        ? null
        : await preparedData(dataChoice(test, args.text('test-labels'), args), stop.summary.inputs, 'judge');
    const request = requestOf(args, labels !== null || isDrawn(path) || data.dataSet.labels !== undefined);
    const ask = { data, judges, request };
    const checkpoint = args.text('checkpoint');
    const store = checkpoint === null ? null : fileStore(checkpoint);
    const { result, bytes } = await supernetFile(stop, ask, nodePort(), job, { store });
    writeFile(out, bytes);
    const { curve, ...rest } = result;
    const answer = {
      ...rest,
      loss: curve.map(({ loss }) => loss),
      metrics: result.test ?? result.looks.at(-1) ?? null,
      output: out,
    };
    output.result(answer, [...lines(result), `written to ${out}`]);
    return 0;
  },
};
