import { parseValues } from '../../base/value-list.ts';
import { formatBytes, formatCount, formatInteger, formatMs, formatRatioInterval, plural } from '../../base/format.ts';
import { sweptStep } from '../../engine/recipes/read.ts';
import type { SweepPoint, SweepProgress, SweepResult } from '../../engine/recipes/sweep-types.ts';
import type { Job } from '../../base/job.ts';
import { UsageError } from '../arguments.ts';
import { BENCHED } from '../bench-settings.ts';
import type { Command } from '../command.ts';
import { CALIBRATING, calibrateFrom } from '../open-data.ts';
import { table } from '../output.ts';
import { bringWeights } from '../recipe-file.ts';
import { openStudio } from '../studio.ts';
import { recipeAt } from './recipe.ts';

const valueText = (value: SweepPoint['value']): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Where values change on purpose, agreeing says little: how near they stay does. */
function verdictText(verify: SweepPoint['verify']): string {
  if (!verify) return '–';
  if (verify.verdict !== 'agrees' || verify.class !== 'approximation') return verify.verdict;
  return `cosine ${Math.min(...verify.outputs.map(({ cosine }) => cosine)).toFixed(4)}`;
}

type Column = readonly [title: string, cell: (point: SweepPoint) => string];

/** Columns of what was asked for. */
function columnsOf({ option, points }: SweepResult): readonly Column[] {
  const has = (of: 'verify' | 'bench' | 'fidelity'): boolean => points.some((point) => point[of] !== null);
  const accuracy = points.some(({ fidelity }) => fidelity?.accuracy);
  const timed = ({ bench }: SweepPoint): string => (bench ? formatMs(bench.ms) : '–');
  return [
    [option, ({ value }) => valueText(value)],
    ['nodes', ({ nodes }) => formatInteger(nodes)],
    ['parameters', ({ parameters }) => formatCount(parameters)],
    ['MACs', ({ macs }) => formatCount(macs)],
    ['size', ({ bytes }) => formatBytes(bytes)],
    ...(has('verify') ? [['verdict', ({ verify }) => verdictText(verify)] satisfies Column] : []),
    ...(has('fidelity') ? [['cosine', ({ fidelity }) => fidelity?.cosine.toFixed(4) ?? '–'] satisfies Column] : []),
    ...(accuracy
      ? [
          [
            'accuracy',
            ({ fidelity }) => (fidelity?.accuracy ? `${(100 * fidelity.accuracy.after).toFixed(1)} %` : '–'),
          ] satisfies Column,
        ]
      : []),
    ...(has('bench')
      ? [
          ['time', timed] satisfies Column,
          [
            'speed-up',
            ({ bench }) => (bench ? formatRatioInterval(bench.ratio, bench.interval) : '–'),
          ] satisfies Column,
        ]
      : []),
  ];
}

export function sweepLines(found: SweepResult): string[] {
  const columns = columnsOf(found);
  const rows = found.points.map((point) => columns.map(([, cell]) => cell(point)));
  const right = columns.map((_, index) => index);
  const troubles = found.points.flatMap(({ value, error }) => (error ? [`${valueText(value)}: ${error}`] : []));
  return [
    `${found.title}, ${found.label}: ${plural(found.points.length, 'value')}`,
    ...table([columns.map(([title]) => title), ...rows], right),
    ...troubles,
  ];
}

/** A line on stderr for each value that is done, beside the terminal's own progress. */
const noting = (job: Job, note: (line: string) => void): Job => ({
  ...job,
  progress(told: SweepProgress) {
    job.progress(told);
    const { point, done = 0, total = 0 } = told;
    if (point) note(`${done + 1}/${total}  ${valueText(point.value)}: ${formatBytes(point.bytes)}`);
  },
});

export const sweep: Command = {
  name: 'sweep',
  summary: 'Gives one option of one step of a recipe several values, and lists what each leads to. Writes no model.',
  positionals: ['MODEL'],
  options: {
    recipe: { type: 'string', value: 'FILE|PRESET', help: 'a recipe file, or clean, wasm, webgpu, portable, edge' },
    step: { type: 'string', value: 'N|PASS', help: 'the step by its number from 1, or by its pass' },
    option: { type: 'string', value: 'NAME', help: 'an option of that pass, as in `whittle passes`' },
    values: { type: 'string', value: 'FROM..TO:COUNT|A,B,C', help: 'what it is given: 0.1..0.7:7, or a list' },
    verify: { type: 'boolean', help: 'compare each result with the original; exit 1 if one differs' },
    bench: { type: 'boolean', help: 'time each result beside the original (WASM, one thread)' },
    ...CALIBRATING,
  },
  examples: [
    'whittle sweep model.onnx --recipe edge --step prune-channels --option ratio --values 0.2..0.6:3 --verify',
  ],
  async run(args, output, job) {
    const [path, wanted, option, text] = ['recipe', 'step', 'option', 'values'].map((name) => args.text(name));
    if (!path || !wanted || !option || !text)
      throw new UsageError('--recipe, --step, --option and --values are needed.');
    const values = parseValues(text);
    if (typeof values === 'string') throw new UsageError(`--values: ${values}`);
    const recipe = recipeAt(path);
    const step = sweptStep(recipe, wanted);
    const { studio } = await openStudio(args.positionals[0] ?? '', job);
    await bringWeights(studio, path);
    const judgement = await calibrateFrom(args, studio, output, job);
    const request = {
      recipe,
      step,
      option,
      values,
      verify: args.flag('verify'),
      bench: args.flag('bench') ? BENCHED : null,
    };
    const found = await studio.recipes.sweep(
      request,
      judgement,
      noting(job, (line) => output.note(line)),
    );
    output.result(found, sweepLines(found));
    return found.points.some(({ verify }) => verify?.verdict === 'differs') ? 1 : 0;
  },
};
