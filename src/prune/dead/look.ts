import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { Shape, ValueId } from '../../ir/types.ts';
import type { Space } from '../space.ts';
import { ofTensor, type Known } from './known.ts';

/** What a rule sees of one node, all of it known whatever the inputs of the model are. */
export interface Look {
  readonly node: Node;
  readonly opset: number;
  readonly has: (slot: number) => boolean;
  /** What is known of an input, a constant or computed. */
  readonly known: (slot: number) => Known | null;
  /** A constant that no caller can replace. */
  readonly tensor: (slot: number) => Tensor | null;
  /** The elements of a constant; null: it is none, or not of float32. */
  readonly floats: (slot: number) => ArrayLike<number> | null;
  /** The integers of a small constant. */
  readonly ints: (slot: number) => readonly number[] | null;
  readonly shape: (slot: number) => Shape;
  readonly outputShape: (index?: number) => Shape;
}

/** What a node gives at an output, from what is known of its inputs. Null: nothing is known. */
export type ConstantRule = (at: Look, output: number) => Known | null;

/** A rule for the first output; nothing is known of the others. */
export const first =
  (rule: (at: Look) => Known | null): ConstantRule =>
  (at, output) =>
    output === 0 ? rule(at) : null;

export function lookAt(space: Space, node: Node, computed: (value: ValueId) => Known | null): Look {
  const { analysis, model } = space;
  const valueAt = (slot: number): ValueId | null => node.inputs[slot] ?? null;
  const tensor = (slot: number): Tensor | null =>
    valueAt(slot) === null ? null : (space.input(node, slot)?.tensor ?? null);
  return {
    node,
    opset: model.opset(''),
    has: (slot) => valueAt(slot) !== null,
    tensor,
    known(slot) {
      const value = valueAt(slot);
      const constant = tensor(slot);
      if (constant) return ofTensor(constant);
      return value === null ? null : computed(value);
    },
    floats(slot) {
      const constant = tensor(slot);
      return constant?.dtype === 'float32' ? constant.numbers() : null;
    },
    ints(slot) {
      const value = valueAt(slot);
      const numbers = tensor(slot) === null || value === null ? null : analysis.ints(value);
      return numbers?.every((each) => typeof each === 'number') ? numbers : null;
    },
    shape(slot) {
      const value = valueAt(slot);
      return value === null ? null : analysis.shape(value);
    },
    outputShape(index = 0) {
      const value = node.outputs[index] ?? null;
      return value === null ? null : analysis.shape(value);
    },
  };
}
