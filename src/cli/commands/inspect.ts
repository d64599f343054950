import { formatBytes, formatCount } from '../../base/format.ts';
import type { ModelSummary } from '../../analysis/summary.ts';
import { isTensorFile } from '../../formats/read.ts';
import { openStudio } from '../studio.ts';
import { inspectTensors } from '../tensor-file.ts';
import { table } from '../output.ts';
import type { Command } from '../command.ts';

/** The numbers of a model as rows for a person. */
export function summaryLines(summary: ModelSummary): string[] {
  const io = (list: ModelSummary['inputs']): string =>
    list.map(({ name, dtype, shape }) => `${name} ${dtype} ${shape ? shape.join('×') : '?'}`).join(', ');
  const ops = Object.entries(summary.ops).sort(([, a], [, b]) => b - a);
  return [
    ...table([
      ['nodes', String(summary.nodes)],
      ['parameters', formatCount(summary.parameters)],
      ['file', formatBytes(summary.bytes)],
      ['MACs', formatCount(summary.macs)],
      ['elementwise', formatCount(summary.elementwise)],
      ['peak activation', formatBytes(summary.peakActivationBytes)],
      ['opset', String(summary.opset)],
      ['unknown shapes', String(summary.unknownShapes)],
      ['inputs', io(summary.inputs)],
      ['outputs', io(summary.outputs)],
    ]),
    '',
    ...table(
      ops.map(([name, count]) => [String(count), name]),
      [0],
    ),
  ];
}

export const inspect: Command = {
  name: 'inspect',
  summary:
    'Counts nodes, parameters, bytes, MACs and peak memory of a model; tells the header of safetensors and GGUF.',
  positionals: ['MODEL'],
  options: {},
  async run(args, output, job) {
    const [path = ''] = args.positionals;
    if (isTensorFile(path)) {
      await inspectTensors(path, output);
      return 0;
    }
    const { document } = await openStudio(path, job);
    for (const warning of document.warnings) output.note(warning);
    const summary = document.stops[0]?.summary;
    if (summary) output.result(summary, summaryLines(summary));
    return 0;
  },
};
