import { defined } from '../../base/assert.ts';
import { formatBytes, formatCount, formatInteger } from '../../base/format.ts';
import type { ModelSummary } from '../../analysis/summary.ts';
import { isTensorFile } from '../../formats/read.ts';
import { openStudio } from '../studio.ts';
import { inspectTensors } from '../tensor-file.ts';
import { table } from '../output.ts';
import type { Command } from '../command.ts';
import { MANY_NOTE, overModels, type Finding, type Surroundings } from '../many.ts';

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

async function inspectOne(path: string, { port, job, output }: Surroundings): Promise<Finding> {
  if (isTensorFile(path)) return inspectTensors(path, output);
  const { document } = await openStudio(path, job, port);
  for (const warning of document.warnings) output.note(warning);
  const value = defined(document.stops[0], 'the opened model').summary;
  const { nodes, bytes, parameters, macs, opset, unknownShapes } = value;
  return {
    value,
    lines: summaryLines(value),
    ok: true,
    cells: [formatInteger(nodes), formatBytes(bytes), formatCount(parameters), formatCount(macs), String(opset)],
    verdict: unknownShapes === 0 ? 'read' : `${unknownShapes} shapes unknown`,
  };
}

export const inspect: Command = {
  name: 'inspect',
  summary:
    'Counts nodes, parameters, bytes, MACs and peak memory of models; tells the headers of safetensors and GGUF.',
  positionals: ['MODEL…'],
  options: {},
  notes: [MANY_NOTE],
  examples: ['whittle inspect model.onnx', 'whittle inspect "models/*.onnx"', 'whittle inspect weights.safetensors'],
  run: (args, output, job) =>
    overModels(args, output, job, { heads: ['nodes', 'bytes', 'parameters', 'MACs', 'opset'], one: inspectOne }),
};
