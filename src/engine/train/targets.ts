import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { DataFeeds, DataSet } from '../../data/types.ts';
import type { StepLoss } from '../../grad/step.ts';
import { sizeOf } from '../../ir/types.ts';
import type { HostTensor } from '../../runtime/types.ts';
import type { HeldModel } from '../ports.ts';
import { numbersOf } from '../host-numbers.ts';

/** The classes of samples as rows of zeros with one 1. Throws `bad-request` where one is none of the model's. */
export function oneHot(dataSet: DataSet, indices: readonly number[], classes: number): HostTensor {
  const data = new Float32Array(indices.length * classes);
  indices.forEach((index, row) => {
    const label = dataSet.labels?.[index] ?? -1;
    if (label < 0 || label >= classes) {
      const where = dataSet.files?.[index] ?? `sample ${index}`;
      throw new CodedError(
        'bad-request',
        `${where} has ${dataSet.labels ? `the label ${label}` : 'no label'}; the model has ${classes} classes, 0 to ${classes - 1}.`,
        { sample: index },
      );
    }
    data[row * classes + label] = 1;
  });
  return { dtype: 'float32', shape: [indices.length, classes], data };
}

/** Of each place the token that comes next, [N, T], and where there is one: the last place of a window has none. */
export function nextTokens(feeds: DataFeeds): { tokens: HostTensor; weights: HostTensor } {
  const ids = Object.values(feeds).find(({ dtype }) => dtype === 'int64' || dtype === 'int32');
  if (!ids || ids.dtype === 'string') {
    throw new CodedError('bad-request', 'A text is trained on by its tokens, and no input takes whole numbers.');
  }
  const [batch = 1, length = 1] = ids.shape;
  const numbers = numbersOf(ids);
  const tokens = new Int32Array(batch * length);
  const weights = new Float32Array(batch * length);
  for (let i = 0; i < tokens.length; i++) {
    if ((i + 1) % length === 0) continue;
    tokens[i] = numbers[i + 1] ?? 0;
    weights[i] = 1;
  }
  const shape = [batch, length];
  return { tokens: { dtype: 'int32', shape, data: tokens }, weights: { dtype: 'float32', shape, data: weights } };
}

/** What a teacher says is kept up to so many bytes. */
const KEPT = 512 << 20;

/**
 * What a teacher says of samples. Where samples are the same each time they are seen, it is asked once for each and its
 * answers are kept; images that change by chance are shown to it as the student sees them.
 */
export class Teacher {
  private readonly held: HeldModel;
  /** Values of the teacher, by term of the loss. */
  private readonly values: readonly string[];
  private readonly keeps: boolean;
  private readonly kept = new Map<number, readonly Float32Array[]>();
  private bytes = 0;
  /** Samples that were asked for, and of these the ones that were known. */
  asked = 0;
  known = 0;

  constructor(held: HeldModel, values: readonly string[], keeps: boolean) {
    this.held = held;
    this.values = values;
    this.keeps = keeps;
  }

  /** One tensor for each value, for the samples of a batch. */
  async answers(
    indices: readonly number[],
    feeds: () => Promise<DataFeeds>,
    losses: readonly StepLoss[],
    job: Job,
  ): Promise<readonly HostTensor[]> {
    this.asked += indices.length;
    const all = indices.map((index) => this.kept.get(index));
    if (all.every((each) => each !== undefined)) {
      this.known += indices.length;
      return losses.map(({ targetShape }, which) =>
        joined(
          all.map((each) => each[which]!),
          targetShape,
        ),
      );
    }
    const [outputs] = await this.held.run([await feeds()], job);
    const rows = this.values.map((name, which) => split(outputs?.[name], indices.length, losses[which]!, name));
    if (this.keeps) this.keep(indices, rows);
    return losses.map(({ targetShape }, which) => joined(rows[which]!, targetShape));
  }

  release = (): Promise<void> => this.held.release();

  private keep(indices: readonly number[], rows: readonly (readonly Float32Array[])[]): void {
    indices.forEach((index, sample) => {
      if (this.kept.has(index) || this.bytes > KEPT) return;
      const own = rows.map((each) => each[sample]!.slice());
      this.kept.set(index, own);
      this.bytes += own.reduce((sum, { byteLength }) => sum + byteLength, 0);
    });
  }
}

function split(
  tensor: HostTensor | undefined,
  samples: number,
  { targetShape }: StepLoss,
  name: string,
): Float32Array[] {
  const size = sizeOf(targetShape) / samples;
  const data = tensor?.data;
  if (!(data instanceof Float32Array) || data.length !== size * samples) {
    throw new CodedError(
      'bad-request',
      `${name} of the teacher is [${tensor?.shape.join(', ') ?? ''}] for a batch of ${samples}, and the student's is [${targetShape.join(', ')}].`,
      { value: name },
    );
  }
  return Array.from({ length: samples }, (_, row) => data.subarray(row * size, (row + 1) * size));
}

function joined(rows: readonly Float32Array[], shape: readonly number[]): HostTensor {
  const size = rows[0]?.length ?? 0;
  const data = new Float32Array(size * rows.length);
  rows.forEach((row, at) => data.set(row, at * size));
  return { dtype: 'float32', shape, data };
}
