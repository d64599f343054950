import { CodedError } from '../../base/error.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { KernelTransforms } from './crop.ts';

export interface KernelOptions {
  /** For every convolution, where `sizes` names none. */
  readonly size: number;
  /** By the name of what the convolution gives: these alone. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly method: 'crop' | 'least-squares';
  /** By the same name. */
  readonly transforms: ReadonlyMap<string, KernelTransforms>;
}

/** The pass's options with their types. Numbers and choices have been checked; the structured ones are checked here. */
export function kernelOptions(values: JsonObject): KernelOptions {
  const sizes = Object.entries(objectOf(values['kernels'], 'kernels')).map(([name, size]): [string, number] => [
    name,
    sizeOf(size, 'kernels', 'a map of names to odd sizes such as { "y": 3 }'),
  ]);
  return {
    size: sizeOf(values['size'], 'size', 'an odd number'),
    sizes: new Map(sizes),
    method: values['method'] === 'least-squares' ? 'least-squares' : 'crop',
    transforms: new Map(
      Object.entries(objectOf(values['transforms'], 'transforms')).map(([name, matrices]) => [
        name,
        matricesOf(matrices),
      ]),
    ),
  };
}

const MATRICES = 'a map of names to { "3": […] }, for each size a matrix [k·k, k·k], row by row';

function matricesOf(json: Json): KernelTransforms {
  return new Map(
    Object.entries(objectOf(json, 'transforms')).map(([size, matrix]) => {
      const numbers = Array.isArray(matrix) ? (matrix as readonly Json[]) : [];
      const isMatrix = numbers.length > 0 && numbers.every((each) => typeof each === 'number' && Number.isFinite(each));
      if (!isMatrix) throw refused('transforms', MATRICES);
      return [sizeOf(Number(size), 'transforms', MATRICES), numbers as readonly number[]];
    }),
  );
}

function sizeOf(value: Json | undefined, option: string, wanted: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value % 2 === 1) return value;
  throw refused(option, wanted);
}

function objectOf(json: Json | undefined, option: string): JsonObject {
  const value = json ?? {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw refused(option, option === 'transforms' ? MATRICES : 'a map of names to odd sizes such as { "y": 3 }');
}

const refused = (option: string, wanted: string): CodedError =>
  new CodedError('bad-request', `Option "${option}" of shrink-kernels must be ${wanted}.`, { option });
