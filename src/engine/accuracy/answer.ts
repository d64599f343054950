import { CodedError } from '../../base/error.ts';
import { formatShape } from '../../base/format.ts';
import { isFloat } from '../../ir/types.ts';
import type { HostTensor } from '../../runtime/types.ts';
import { numbersOf } from '../host-numbers.ts';

type Outputs = Readonly<Record<string, HostTensor>>;

/** Which output answers, and how many elements it has for one sample. */
export interface Answer {
  readonly output: string;
  readonly width: number;
}

/**
 * The output that holds class scores (or a regression's numbers): the named one, else the first float one that gives a
 * vector for each sample, like `[N, C]`, `[N, C, 1, 1]` or `[C]` for one. Throws `unsupported` where there is none, with
 * the shapes that there are.
 *
 * @param counts how many rows the run may have: as many as were fed, or one without a batch axis
 */
export function findAnswer(outputs: Outputs, counts: readonly number[], wanted: string | null): Answer {
  const floats = Object.entries(outputs).filter(([, { dtype }]) => isFloat(dtype));
  const described = Object.entries(outputs).map(([name, { dtype, shape }]) => `${name} ${dtype} ${formatShape(shape)}`);
  if (wanted !== null && !outputs[wanted]) {
    throw new CodedError('bad-request', `There is no output ${wanted}: ${described.join('; ')}.`, { output: wanted });
  }
  for (const [name, { shape }] of floats) {
    if (wanted !== null && name !== wanted) continue;
    for (const rows of counts) {
      const width = vectorWidth(shape, rows);
      if (width !== null) return { output: name, width };
    }
  }
  throw new CodedError(
    'unsupported',
    `No output gives one vector of numbers for each sample: ${described.join('; ')}. Accuracy needs class scores [N, C] or values [N, D]; for boxes, masks and sequences compare outputs in the verification lab.`,
  );
}

/** Elements of a sample where all axes but one are 1 beside the batch; null: it is no vector. */
function vectorWidth(shape: readonly number[], rows: number): number | null {
  const rest = shape[0] === rows && shape.length > 1 ? shape.slice(1) : rows === 1 ? shape : null;
  if (!rest) return shape.length === 1 && shape[0] === rows ? 1 : null;
  const long = rest.filter((size) => size !== 1);
  return long.length <= 1 ? (long[0] ?? 1) : null;
}

/** The answers of one run, a row for each sample. */
export function rowsOf(outputs: Outputs, { output, width }: Answer): Float64Array[] {
  const tensor = outputs[output];
  if (!tensor) throw new CodedError('runtime', `The model gave no ${output}.`);
  const numbers = numbersOf(tensor);
  return Array.from({ length: numbers.length / width }, (_, row) => numbers.subarray(row * width, (row + 1) * width));
}
