import { formatBytes, formatCount, formatShape, formatShare } from '../base/format.ts';
import { parametersOf, readTensorFile, totalsOf } from '../formats/read.ts';
import { pathSource } from '../formats/sources.ts';
import type { TensorFile } from '../formats/types.ts';
import type { Finding } from './many.ts';
import { table, type Output } from './output.ts';

/** Of a metadata value, so many characters stand on its line. */
const SHOWN = 100;
const oneLine = (value: string): string => {
  const line = value.replaceAll(/\s+/g, ' ');
  return line.length > SHOWN ? `${line.slice(0, SHOWN)} …` : line;
};

function lines(file: TensorFile, parameters: number): string[] {
  const { format, version, bytes, headerBytes, metadata, tensors } = file;
  const totals = totalsOf(tensors);
  const whole = totals.reduce<number | null>(
    (sum, total) => (sum === null || total.bytes === null ? null : sum + total.bytes),
    0,
  );
  const share = (own: number | null): string =>
    formatShare(whole === null || own === null || whole === 0 ? null : own / whole);
  return [
    ...table([
      ['format', version === null ? format : `${format} ${version}`],
      ['file', formatBytes(bytes)],
      ['header', formatBytes(headerBytes)],
      ['tensors', String(tensors.length)],
      ['parameters', formatCount(parameters)],
    ]),
    ...(metadata.length > 0 ? ['', ...table(metadata.map(({ key, value }) => [key, oneLine(value)]))] : []),
    '',
    ...table(
      totals.map((total) => [
        total.dtype,
        `${total.tensors} tensors`,
        formatCount(total.parameters),
        formatBytes(total.bytes),
      ]),
      [1, 2, 3],
    ),
    '',
    ...table(
      tensors.map(({ name, dtype, shape, bytes: own }) => [
        name,
        dtype,
        formatShape(shape),
        formatBytes(own),
        share(own),
      ]),
      [3, 4],
    ),
  ];
}

/** `inspect` of a file that holds tensors and no graph: its header. */
export async function inspectTensors(path: string, output: Output): Promise<Finding> {
  const source = pathSource(path);
  try {
    const file = await readTensorFile(source);
    for (const note of file.notes) output.note(note);
    const parameters = file.tensors.reduce((sum, tensor) => sum + parametersOf(tensor), 0);
    return {
      value: { ...file, parameters, dtypes: totalsOf(file.tensors) },
      lines: lines(file, parameters),
      ok: true,
      cells: ['', formatBytes(file.bytes), formatCount(parameters), '', ''],
      verdict: `${file.tensors.length} tensors`,
    };
  } finally {
    source.close();
  }
}
