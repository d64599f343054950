import type { Analysis } from '../analysis/analyze.ts';
import { CodedError } from '../base/error.ts';
import type { Attribute, Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import type { TensorRef } from './detail-types.ts';

/** Tensors inside of an attribute, sparse ones by the elements that they store. */
export function tensorsOf(attribute: Attribute): readonly Tensor[] {
  if (attribute.type === 'tensor') return [attribute.value];
  if (attribute.type === 'tensors') return attribute.value;
  if (attribute.type === 'sparse-tensor') return [attribute.value.values];
  return attribute.type === 'sparse-tensors' ? attribute.value.map((each) => each.values) : [];
}

/**
 * The tensor that is asked for, and its name.
 *
 * @throws CodedError `bad-request` where there is none
 */
export function resolveTensor(model: Model, analysis: Analysis, ref: TensorRef): { name: string; tensor: Tensor } {
  if ('value' in ref) {
    const name = model.values.get(ref.value as ValueId)?.name;
    const tensor = name === undefined ? null : analysis.constant(ref.value as ValueId);
    if (name === undefined || !tensor) throw new CodedError('bad-request', `${name ?? ref.value} is no constant.`);
    return { name, tensor };
  }
  const attribute = model.nodes.get(ref.node as NodeId)?.attributes.get(ref.attribute);
  const tensor = attribute ? tensorsOf(attribute)[ref.index] : undefined;
  if (!tensor) {
    throw new CodedError('bad-request', `Attribute ${ref.attribute} of node ${ref.node} holds no such tensor.`);
  }
  return { name: ref.attribute, tensor };
}
