import type { Analysis } from '../analysis/analyze.ts';
import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import type { Model, Node } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';
import { attributesOf } from '../ops/attributes.ts';
import { EDITABLE, typeOfAttribute, valueOf, type EditableType } from '../passes/edit/attribute-value.ts';
import { answers, nodesByName } from '../passes/edit/targets.ts';
import { bodyNodes } from '../rewrite/graphs.ts';

/** An attribute that a person can type in. */
export interface EditableAttribute {
  readonly name: string;
  readonly type: EditableType;
  readonly value: Json;
  /** False: not written in the file, the operator's default counts. */
  readonly given: boolean;
}

/** What hand edits need to know of a node: the name that they find it by, and what there is to change. */
export interface EditTarget {
  readonly node: number;
  /** A name that only this node answers to: its own, or that of a value that it gives. */
  readonly ref: string;
  readonly attributes: readonly EditableAttribute[];
  readonly inputs: readonly string[];
  readonly outputs: readonly { readonly name: string; readonly isOutput: boolean }[];
}

const isEditable = (type: string | null): type is EditableType => EDITABLE.some((each) => each === type);

/** Those that the node has, and those that its operator may have. */
function editable(model: Model, node: Node): EditableAttribute[] {
  const specs = attributesOf(node, model.opset(node.domain)) ?? [];
  const names = new Set([...node.attributes.keys(), ...specs.map(({ name }) => name)]);
  return [...names].flatMap((name) => {
    const type = typeOfAttribute(model, node, name);
    const own = node.attributes.get(name);
    const value = own ? valueOf(own) : (specs.find((each) => each.name === name)?.fallback ?? null);
    return isEditable(type) ? [{ name, type, value, given: own !== undefined }] : [];
  });
}

function targetOf(
  model: Model,
  analysis: Analysis,
  names: ReadonlyMap<string, readonly Node[]>,
  id: NodeId,
): EditTarget {
  const node = model.nodes.get(id);
  if (!node) throw new CodedError('bad-request', `There is no node ${id} at this stop.`);
  const outputs = node.outputs.filter((each) => each !== null).map((each) => model.getValue(each));
  const candidates = [node.name, ...outputs.map(({ name }) => name)];
  return {
    node: id,
    ref: candidates.find((name) => answers(names, name)?.id === id) ?? node.name,
    attributes: editable(model, node),
    inputs: node.inputs.flatMap((each) =>
      each === null || analysis.constant(each) !== null ? [] : [model.getValue(each).name],
    ),
    outputs: outputs.map(({ id: value, name }) => ({ name, isOutput: model.graph.outputs.includes(value) })),
  };
}

/** Throws `bad-request` for a node that is not there. */
export function editTargets(model: Model, analysis: Analysis, nodes: readonly NodeId[]): readonly EditTarget[] {
  const names = nodesByName(model, bodyNodes(model));
  return nodes.map((id) => targetOf(model, analysis, names, id));
}
