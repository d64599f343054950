import type { Analysis } from '../analysis/analyze.ts';
import { CodedError } from '../base/error.ts';
import type { Model, Node, Value } from '../ir/model.ts';
import { typeText } from '../ir/type-text.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import { documentationUrl, familyOf, opKey, schemaOf, sinceVersion, slotName } from '../ops/registry.ts';
import { summaryOf } from '../ops/summaries.ts';
import { attributeDetails } from './attribute-detail.ts';
import type { MadeBy, NodeDetail, NodeRef, OriginDetail, PortDetail } from './detail-types.ts';
import { channelAxisOf, pictureOf } from './weight-role.ts';

/** Consumers that are named; of the rest, how many. */
const MOST_CONSUMERS = 24;

/** What is asked about: the analysis of a stop, and that of the opened model, which knows the ancestors. */
export interface DetailSubject {
  readonly analysis: Analysis;
  readonly original: Analysis;
  /** Title of the step that made a node, and its stop. */
  readonly madeAt: (node: NodeId) => { readonly title: string; readonly stop: number } | null;
}

/** `Conv /features/features.0/Conv`: what errors, lists and the command line call a node. */
export function nodeLabel(model: Model, id: NodeId): string {
  const node = model.nodes.get(id);
  if (!node) return `node ${id}`;
  return `${opKey(node)} ${nameOf(model, node)}`.trim();
}

/** Its name, else that of its first output. */
function nameOf(model: Model, node: Node): string {
  const output = node.outputs.find((each) => each !== null);
  return node.name || (output ? model.getValue(output).name : '');
}

function nodeRef(model: Model, id: NodeId): NodeRef {
  const node = model.nodes.get(id);
  return node
    ? { node: id, opType: opKey(node), name: nameOf(model, node) }
    : { node: id, opType: 'node', name: String(id) };
}

/** What a value was in the opened model; null: it is of the opened model, unchanged. */
function originOf(original: Analysis, { origin }: Value): OriginDetail | null {
  if (origin === null || origin.relation === 'new') return origin;
  const name = original.model.values.get(origin.value)?.name ?? 'a value that is gone';
  if (origin.relation !== 'sliced') return { relation: origin.relation, name };
  const size = original.shape(origin.value)?.[origin.axis];
  const of = typeof size === 'number' ? size : null;
  return { relation: 'sliced', name, axis: origin.axis, kept: origin.kept.length, of };
}

const NOTHING = {
  value: null,
  name: '',
  type: '',
  dtype: null,
  shape: null,
  constant: false,
  bytes: null,
  isInput: false,
  isOutput: false,
  isInner: false,
  producer: null,
  consumers: [],
  consumerCount: 0,
  channelAxis: null,
  picture: null,
  origin: null,
} as const;

function port({ original, analysis }: DetailSubject, node: Node, id: ValueId, index: number) {
  const { model } = analysis;
  const value = model.getValue(id);
  const tensor = analysis.constant(id);
  const type = analysis.type(id);
  const readers = [...new Set(value.uses.map((use) => use.node))].filter((each) => each !== node.id);
  const { producer } = value;
  return {
    value: id,
    name: value.name,
    type: typeText(type),
    dtype: analysis.dtype(id),
    shape: analysis.shape(id),
    constant: tensor !== null,
    bytes: tensor && tensor.dtype !== 'string' ? tensor.byteLength : null,
    isInput: model.getGraph(value.graph).inputs.includes(id),
    isOutput: model.getGraph(value.graph).outputs.includes(id),
    isInner: value.graph !== model.graph.id,
    producer: producer && producer.node !== node.id ? nodeRef(model, producer.node) : null,
    consumers: readers.slice(0, MOST_CONSUMERS).map((each) => nodeRef(model, each)),
    consumerCount: readers.length,
    channelAxis: tensor && index >= 0 ? channelAxisOf(node, index, tensor.shape.length) : null,
    picture: tensor && tensor.dtype !== 'string' ? pictureOf(index >= 0 ? node : null, index, tensor.shape) : null,
    origin: originOf(original, value),
  };
}

/** Every slot that the node fills or that the specification names: what is left out is shown as such. */
function ports(subject: DetailSubject, node: Node, side: 'inputs' | 'outputs'): PortDetail[] {
  const slots = schemaOf(node)?.[side] ?? [];
  const named = slots.filter(({ variadic }) => !variadic).length;
  return Array.from({ length: Math.max(node[side].length, named) }, (_, index) => {
    const id = node[side][index] ?? null;
    const head = { slot: slotName(node, side, index), optional: slots[index]?.optional ?? true };
    if (id === null) return { ...head, ...NOTHING };
    return { ...head, ...port(subject, node, id, side === 'inputs' ? index : -1) };
  });
}

/** Results of the ancestors that nothing in the rewritten model is, or was made from. */
function goneValues({ analysis, original }: DetailSubject, node: Node): string[] {
  const made = node.ancestors.flatMap((id) => original.model.nodes.get(id)?.outputs ?? []);
  if (made.length === 0) return [];
  const alive = new Set<ValueId>();
  for (const { id, origin } of analysis.model.values.values()) {
    alive.add(id);
    if (origin && origin.relation !== 'new') alive.add(origin.value);
  }
  return made.flatMap((id) => (id === null || alive.has(id) ? [] : [original.model.getValue(id).name]));
}

function madeBy({ madeAt }: DetailSubject, node: Node): MadeBy | null {
  if (node.madeBy === null) return null;
  const rule = node.madeBy.slice(node.madeBy.indexOf('/') + 1);
  return { rule, ...(madeAt(node.id) ?? { title: node.madeBy, stop: 0 }) };
}

/** Everything the inspector says of a node. */
export function nodeDetail(subject: DetailSubject, id: NodeId): NodeDetail {
  const { original, analysis } = subject;
  const { model } = analysis;
  const node = model.nodes.get(id);
  if (!node) throw new CodedError('bad-request', `There is no node ${id} at this stop.`);
  const cost = analysis.cost(node);
  const since = sinceVersion(node, model.opset(node.domain));
  return {
    node: id,
    opType: node.opType,
    domain: node.domain,
    name: node.name,
    family: familyOf(node),
    since,
    opset: model.opset(node.domain),
    documentation: documentationUrl(node.domain, node.opType, since),
    summary: summaryOf(node),
    attributes: attributeDetails(model, node),
    inputs: ports(subject, node, 'inputs'),
    outputs: ports(subject, node, 'outputs'),
    macs: cost.macs,
    elementwise: cost.elementwise,
    parameters: cost.parameters,
    movedBytes: cost.movedBytes,
    ancestors: node.ancestors.map((each) => nodeRef(original.model, each)),
    gone: goneValues(subject, node),
    madeBy: madeBy(subject, node),
  };
}
