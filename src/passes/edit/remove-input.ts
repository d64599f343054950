import type { Json } from '../../base/json.ts';
import type { Value } from '../../ir/model.ts';
import { numberToFloat16 } from '../../ir/float.ts';
import type { ElementArray } from '../../base/element-arrays.ts';
import { tensorOf, type Tensor } from '../../ir/tensor.ts';
import { sizeOf, staticShape, type DataType, type NodeId } from '../../ir/types.ts';
import { NO_NODE, type PassContext } from '../../rewrite/pass.ts';
import { editPass, refuse, type EditPlan } from './edit-pass.ts';
import { inputNamed, listNodes, readersOf, textOption } from './targets.ts';

/** How a number is stored, by element type; types that are missing cannot be typed in by hand. */
const STORED: Partial<Record<DataType, (values: readonly number[]) => ElementArray>> = {
  float32: (values) => Float32Array.from(values),
  float64: (values) => Float64Array.from(values),
  float16: (values) => Uint16Array.from(values, numberToFloat16),
  int8: (values) => Int8Array.from(values),
  uint8: (values) => Uint8Array.from(values),
  bool: (values) => Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)),
  int16: (values) => Int16Array.from(values),
  uint16: (values) => Uint16Array.from(values),
  int32: (values) => Int32Array.from(values),
  uint32: (values) => Uint32Array.from(values),
  int64: (values) => BigInt64Array.from(values, BigInt),
  uint64: (values) => BigUint64Array.from(values, BigInt),
};

const isWhole = (dtype: DataType): boolean => !/^float/.test(dtype) && dtype !== 'bool';

/** Numbers in any nesting, in row-major order; null: something else is among them. */
function numbersIn(value: Json): number[] | null {
  if (typeof value === 'number') return [value];
  if (typeof value === 'boolean') return [value ? 1 : 0];
  if (!Array.isArray(value)) return null;
  const parts = (value as readonly Json[]).map(numbersIn);
  return parts.every((part) => part !== null) ? parts.flat() : null;
}

/** The constant that stands for the input: one number fills it, more must be as many as it has elements. */
function constantFor(value: Value, given: Json): Tensor {
  const { type, name } = value;
  if (type?.kind !== 'tensor') return refuse(`"${name}" is no tensor; only tensors can be given a constant value.`);
  const store = STORED[type.dtype];
  if (!store) return refuse(`A constant of type ${type.dtype} cannot be given by hand.`);
  const shape = staticShape(type.shape);
  if (!shape) return refuse(`The size of "${name}" is free. Set its shape first.`);
  const numbers = numbersIn(given);
  if (!numbers) return refuse(`The value of "${name}" must be a number or a list of numbers.`);
  const count = sizeOf(shape);
  if (numbers.length !== 1 && numbers.length !== count) {
    return refuse(`"${name}" has ${count} elements; ${numbers.length} were given.`);
  }
  if (isWhole(type.dtype) && !numbers.every(Number.isInteger)) return refuse(`"${name}" takes whole numbers.`);
  return tensorOf(
    type.dtype,
    shape,
    store(numbers.length === count ? numbers : Array.from<number>({ length: count }).fill(numbers[0] ?? 0)),
  );
}

function planConstant({ model }: PassContext, value: Value, given: Json, readers: readonly NodeId[]): EditPlan {
  const tensor = constantFor(value, given);
  const text = JSON.stringify(given);
  return {
    target: value.name,
    anchor: readers[0] ?? NO_NODE,
    nodes: readers,
    title: `Fix input ${value.name} at ${text.length > 16 ? 'a constant' : text}`,
    what: `Input "${value.name}" becomes a constant of ${tensor.size} elements.`,
    apply() {
      model.graph.inputs.splice(model.graph.inputs.indexOf(value.id), 1);
      model.setInitializer(value.id, tensor);
    },
  };
}

/** An input goes: unused, or with a constant in its place. */
export const removeInput = editPass({
  id: 'remove-input',
  title: 'Remove an input',
  why: 'An input that nothing reads, or that is always the same, need not be fed.',
  options: {
    input: { type: 'text', default: '', label: 'Input', hint: 'its name' },
    value: { type: 'json', default: null, label: 'Constant value' },
  },
  preserves: 'bits',
  changesInterface: true,
  ask: 'Give the name of an input, and a constant value where nodes read it.',
  plan(context) {
    const { model, options } = context;
    const name = textOption(context, 'input');
    if (name === '') return null;
    const value = inputNamed(model, name);
    const readers = readersOf(model, value.id);
    if (model.isGraphOutput(value.id)) refuse(`"${name}" is an output too. Remove the output first.`, readers);
    const given = options['value'] ?? null;
    if (given !== null) return planConstant(context, value, given, readers);
    if (readers.length > 0) {
      refuse(`"${name}" is read by ${listNodes(context, readers)}. Give a constant value to stand for it.`, readers);
    }
    return {
      target: name,
      anchor: NO_NODE,
      nodes: [],
      title: `Remove input ${name}`,
      what: `"${name}", which nothing reads, is no input any more.`,
      apply: () => model.removeValue(value.id),
    };
  },
});
