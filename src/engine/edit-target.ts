import type { Analysis } from '../analysis/analyze.ts';
import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import type { Model, Node } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';
import { schemaOf } from '../ops/registry.ts';
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

function attributesOf(node: Node): EditableAttribute[] {
  const defaults = schemaOf(node)?.defaults ?? {};
  return [...new Set([...node.attributes.keys(), ...Object.keys(defaults)])].flatMap((name) => {
    const type = typeOfAttribute(node, name);
    const own = node.attributes.get(name);
    const value = own ? valueOf(own) : (defaults[name] ?? null);
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
    attributes: attributesOf(node),
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
