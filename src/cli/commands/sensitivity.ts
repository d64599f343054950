import type { Sensitivity } from '../../prune/sensitivity.ts';
import type { Command } from '../command.ts';
import { MEASURED, ratiosOf } from '../flatten.ts';
import { fold, freeze } from '../freeze.ts';
import { CALIBRATING, calibrateFrom } from '../open-data.ts';
import { table } from '../output.ts';
import { openStudio } from '../studio.ts';
import { IMPORTANCES } from './importances.ts';
import { writeFile } from '../write-file.ts';

/** The figure that ranks: accuracy lost where there are labels, else KL. */
const figure = ({ accuracy }: Sensitivity, point: Sensitivity['groups'][number]['points'][number]): string =>
  accuracy === null || point.accuracy === null
    ? point.fidelity.kl.toFixed(4)
    : `${(100 * (point.accuracy - accuracy)).toFixed(1)} %`;

function sensitivityLines(found: Sensitivity): string[] {
  const ratios = found.groups[0]?.points.map((point) => `${Math.round(100 * point.ratio)} %`) ?? [];
  return [
    found.accuracy === null
      ? `KL from the whole model on ${found.runs} samples, each group cut by itself`
      : `accuracy lost on ${found.runs} samples (${(100 * found.accuracy).toFixed(1)} % whole), each group cut by itself`,
    ...table([
      ['group', ...ratios],
      ...found.groups.map((group) => [group.name, ...group.points.map((point) => figure(found, point))]),
    ]),
  ];
}

export const sensitivity: Command = {
  name: 'sensitivity',
  summary: 'Measures what each group of channels bears: cut by itself to several widths.',
  positionals: ['MODEL'],
  options: {
    importance: { type: 'string', value: 'ID', help: `how channels are ranked: ${IMPORTANCES.join(', ')} (l2)` },
    formula: { type: 'string', value: 'F', help: 'rank by a formula over importances' },
    ...MEASURED,
    seed: { type: 'string', value: 'S', help: 'seed of the random ranking' },
    out: {
      type: 'string',
      short: 'o',
      value: 'OUT',
      writes: true,
      help: 'write the curves as JSON, for `prune --flatten --curves`',
    },
    ...CALIBRATING,
  },
  examples: ['whittle sensitivity model.onnx --ratios 0.25,0.5 -o curves.json'],
  async run(args, output, job) {
    const { studio } = await openStudio(args.positionals[0] ?? '', job);
    await freeze(studio, output, job);
    await fold(studio, output, job);
    const judgement = await calibrateFrom(args, studio, output, job);
    const formula = args.text('formula') ?? '';
    const importance = args.choice('importance', IMPORTANCES) ?? (formula ? 'formula' : 'l2');
    const rating = { importance, formula, seed: args.number('seed', { min: 0, max: 2 ** 31, integer: true }) ?? 0 };
    const found = await studio.sensitivity({ rating, ratios: ratiosOf(args) }, judgement, job);
    const out = args.text('out');
    if (out) writeFile(out, JSON.stringify(found, null, 1));
    output.result(found, [...sensitivityLines(found), ...(out ? [`Written to ${out}`] : [])]);
    return 0;
  },
};
