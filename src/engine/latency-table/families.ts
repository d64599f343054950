import type { Json } from '../../base/json.ts';

const parsed = (key: string): readonly Json[] => JSON.parse(key) as readonly Json[];

/**
 * A key without the sizes of channels: entries of one family differ in those only. Channels are the second axis of what
 * is computed on, and the first two axes of constants; a convolution of one group for each channel stays one.
 */
export function familyOf(key: string): string {
  const nodes = parsed(key).map((node) => {
    const [operator, attributes, inputs, outputs] = node as [string, [string, Json][], Json[], number];
    const weight = inputs[1];
    const count = Array.isArray(weight) ? (shapeOf(weight)?.[0] ?? 1) : 1;
    const open = attributes.map(([name, value]) => [
      name,
      name === 'group' && Number(value) > 1 && Number(value) === count ? 'each' : value,
    ]);
    return [operator, open, inputs.map(opened), outputs];
  });
  return JSON.stringify(nodes);
}

const isComputed = (name: Json | undefined): boolean => typeof name === 'string' && name.startsWith('in');

function shapeOf(input: readonly Json[]): readonly number[] | null {
  const shape = isComputed(input[0]) ? input[2] : input[1];
  return Array.isArray(shape) ? (shape as number[]) : null;
}

function opened(input: Json): Json {
  if (!Array.isArray(input)) return input;
  const [name, second, third] = input as readonly Json[];
  const shape = shapeOf(input as readonly Json[]) ?? [];
  if (isComputed(name)) {
    return [name ?? null, second ?? null, shape.map((size, axis) => (shape.length > 1 && axis === 1 ? '*' : size))];
  }
  return [name ?? null, shape.map((size, axis) => (axis < 2 && size !== 1 ? '*' : size)), third ?? null];
}
